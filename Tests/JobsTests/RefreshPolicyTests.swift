import Jobs
import Shared
import Testing

struct RefreshPolicyTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)
  private let policy = RefreshPolicy(runningInterval: .seconds(30))

  private static func ago(_ seconds: Int) -> Timestamp { now - .seconds(seconds) }

  private static func session(
    _ status: AgentStatus?, _ change: (inout SessionState) -> Void = { _ in }
  ) -> SessionState {
    var state = SessionState(sessionID: "ses_a", status: status)
    state.hasUsage = true
    state.usageUpdatedAt = ago(10)
    state.updatedAt = ago(100)
    change(&state)
    return state
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let session: SessionState
    let reason: DueReason?

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "no session id", session: session(.running) { $0.sessionID = nil }, reason: nil),
    Case(name: "empty session id", session: session(.running) { $0.sessionID = "" }, reason: nil),
    Case(name: "scheduled", session: session(.scheduled) { $0.hasUsage = false }, reason: nil),
    Case(
      name: "running without usage", session: session(.running) { $0.hasUsage = false },
      reason: .neverExported),
    Case(name: "running, fresh", session: session(.running), reason: nil),
    Case(
      name: "running, 30 s old", session: session(.running) { $0.usageUpdatedAt = ago(30) },
      reason: .intervalPassed),
    Case(
      name: "running, dated tomorrow",
      session: session(.running) { $0.usageUpdatedAt = ago(-86_400) }, reason: .clockWentBack),
    Case(
      name: "done, exported since", session: session(.done) { $0.finishedAt = ago(20) },
      reason: nil),
    Case(
      name: "done after the export", session: session(.done) { $0.finishedAt = ago(5) },
      reason: .finishedSince),
    Case(
      name: "done, finish dated in the future, exported as done",
      session: session(.done) {
        $0.finishedAt = ago(-500)
        $0.usageStatus = .done
      }, reason: nil),
    Case(
      name: "done, finish dated in the future, exported while running",
      session: session(.done) {
        $0.finishedAt = ago(-500)
        $0.usageStatus = .running
      }, reason: .finishedSince),
    Case(
      name: "done without usage", session: session(.done) { $0.hasUsage = false },
      reason: .neverExported),
    Case(name: "unknown, exported since", session: session(.unknown), reason: nil),
    Case(
      name: "unknown, written after the export",
      session: session(.unknown) { $0.updatedAt = ago(1) }, reason: .endedSince),
    Case(
      name: "unknown, exported while running",
      session: session(.unknown) { $0.usageStatus = .running }, reason: .endedSince),
    Case(
      name: "unknown, exported as unknown",
      session: session(.unknown) {
        $0.usageStatus = .unknown
        $0.updatedAt = ago(1)
      }, reason: nil),
    Case(
      name: "a new session under the same name",
      session: session(.running) {
        $0.usageSessionID = "ses_old"
        $0.retryAt = ago(-30)
        $0.attempt = 9
      }, reason: .newSession),
    Case(
      name: "waiting for its next try",
      session: session(.done) {
        $0.hasUsage = false
        $0.retryAt = ago(-30)
        $0.attempt = 5
      }, reason: nil),
    Case(
      name: "its next try has come",
      session: session(.done) {
        $0.hasUsage = false
        $0.retryAt = ago(0)
        $0.attempt = 5
      }, reason: .neverExported),
    Case(
      name: "next try further away than its attempt allows",
      session: session(.done) {
        $0.hasUsage = false
        $0.retryAt = ago(-33)
        $0.attempt = 5
      }, reason: .neverExported),
    Case(
      name: "a permanent failure waits for hours",
      session: session(.done) {
        $0.hasUsage = false
        $0.retryAt = ago(-3_500)
        $0.attempt = 1
        $0.error = ExportFailure.notFound.message
      }, reason: nil),
    Case(
      name: "another program's error text is a passing one",
      session: session(.done) {
        $0.hasUsage = false
        $0.retryAt = ago(-3_500)
        $0.attempt = 1
        $0.error = "Export timed out"
      }, reason: .neverExported),
  ]

  @Test(arguments: cases)
  func `a session is due for a reason`(_ row: Case) {
    #expect(policy.reason(for: row.session, now: Self.now) == row.reason, "\(row.name)")
  }
}

struct RetryScheduleTests {
  @Test func `E21 passing faults wait 2, 4, 8 ... 60 seconds`() {
    let waits = (1...8).map { RetrySchedule.delay(afterAttempt: $0, permanent: false) }
    #expect(waits == [2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
  }

  @Test func `E21 permanent faults wait for hours`() {
    let waits = [1, 2, 3, 6, 60].map { RetrySchedule.delay(afterAttempt: $0, permanent: true) }
    #expect(waits == [1, 2, 4, 24, 24].map { .seconds($0 * 3_600) })
  }

  @Test func `an attempt count that is no count waits as the first`() {
    #expect(RetrySchedule.delay(afterAttempt: -3, permanent: false) == .seconds(2))
    #expect(RetrySchedule.delay(afterAttempt: .max, permanent: false) == .seconds(60))
  }
}
