import Jobs
import Shared
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The real client of the vendor against a back end of our own: shapes, timing and teardown are
/// the client's, only the numbers are ours.
@Suite(.serialized, .fewAtOnce, .enabled(if: RealCodex.isInstalled)) struct RealCodexTests {
  private func failure(_ result: Result<Reading, ReadingFailure>) throws -> ReadingFailure {
    guard case .failure(let failure) = result else {
      throw Unexpected(description: "\(result)")
    }
    return failure
  }

  private struct Unexpected: Error { let description: String }

  @Test("Two reads around a reset tell the old window and the new one")
  func resetCrossing() async throws {
    let codex = try await RealCodex()
    try codex.control(#"{"primary":[79,300,1796403600],"secondary":[41,10080,1796860800]}"#)
    let before = try await codex.read().get()
    #expect(before.limits.filter(\.isMain).map(\.usedPercent) == [79, 41])
    #expect(before.limits.first?.minutes == 300)
    #expect(before.limits.first?.resetsAt == Timestamp(milliseconds: 1_796_403_600_000))
    #expect(before.clientVersion == RealCodex.version)
    // printf codex:account-EXAMPLE | sha256sum
    #expect(before.account == "3cdf4e957f2d66ea")
    #expect(!before.rawText.contains("EXAMPLE") && !before.rawText.contains("@"))

    try codex.control(#"{"primary":[0,300,1796421600],"secondary":[41,10080,1796860800]}"#)
    let after = try await codex.read().get()
    #expect(after.limits.filter(\.isMain).map(\.usedPercent) == [0, 41])
    #expect(after.limits.first?.resetsAt == Timestamp(milliseconds: 1_796_421_600_000))
    #expect(after.account == before.account)
    #expect(await codex.isOver())
  }

  @Test(
    "A refusal of the back end is told as what it is",
    arguments: [(401, .unauthorized), (403, .forbidden), (500, .server)]
      as [(Int, ReadingFailure.Reason)])
  func refusals(status: Int, reason: ReadingFailure.Reason) async throws {
    let codex = try await RealCodex()
    try codex.control("{\"status\":\(status)}")
    let failure = try failure(await codex.read())
    #expect(failure.reason == reason, "\(failure.message)")
    #expect(!failure.message.contains("@") && !failure.message.contains("EXAMPLE"))
    #expect(await codex.isOver())
  }

  @Test("A sign-in that ran out is renewed by the client, and then read")
  func renewal() async throws {
    let codex = try await RealCodex()
    try codex.control(#"{"status":401,"renews":true,"primary":[12,300,1796403600]}"#)
    #expect(try await codex.read().get().limits.first?.usedPercent == 12)
    #expect(await codex.isOver())
  }

  @Test(
    "Who has no subscription is told so",
    arguments: [("none", .notSignedIn), ("api-key", .apiKey)]
      as [(String, ReadingFailure.Reason)])
  func signIn(kind: String, reason: ReadingFailure.Reason) async throws {
    let codex = try await RealCodex(signIn: kind)
    let failure = try failure(await codex.read())
    #expect(failure.reason == reason, "\(failure.message)")
    #expect(await codex.isOver())
  }

  @Test("A back end that hangs costs the deadline and the teardown, and no child survives")
  func hang() async throws {
    // The client alone would take half a minute to notice that nobody listens any more. Once in a
    // while this process is held up as long by its other tests; not three times.
    for attempt in 1...3 {
      let codex = try await RealCodex()
      try codex.control(#"{"hang":true}"#)
      let start = ContinuousClock.now
      let failure = try failure(await codex.read(.init(read: .seconds(2))))
      let duration = ContinuousClock.now - start
      #expect(failure.reason == .deadline)
      #expect(await codex.isOver())
      if duration < .seconds(25) { return }
      print("attempt \(attempt) took \(duration)")
    }
    Issue.record("a client that hangs was never ended at its deadline")
  }
}
