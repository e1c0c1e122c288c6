import Shared
import Testing

@testable import Jobs

struct SiblingsTests {
  private let now = Timestamp(milliseconds: 1_790_000_000_000)

  private func overdue(
    _ hoursAgo: [String: Double], scheduled: [String: Double] = [:],
    besides job: String = RotateLogJob.name, awakeHours: Double? = nil
  ) -> [String] {
    func ago(_ hours: Double) -> Timestamp { now - .milliseconds(Int64(hours * 3_600_000)) }
    return Siblings.overdue(
      besides: job, now: now, awakeSince: awakeHours.map(ago),
      lastSuccess: { hoursAgo[$0].map(ago) }, scheduled: { scheduled[$0].map(ago) }
    ).map(\.expected.job)
  }

  private func hasSlept(_ hoursAgo: [String: Double]) -> Bool {
    Siblings.hasSlept("rotate-log", now: now) { job in
      hoursAgo[job].map { now - .milliseconds(Int64($0 * 3_600_000)) }
    }
  }

  @Test(
    "A job is overdue after several of its own turns",
    arguments: [
      ("refresh-usage", 0.16, false), ("refresh-usage", 0.17, true),
      ("ingest-telemetry", 0.49, false), ("ingest-telemetry", 0.51, true),
      ("window-reset", 2.9, false), ("window-reset", 3.1, true),
      ("cost-compare", 47, false), ("cost-compare", 49, true),
    ])
  func limits(job: String, hours: Double, isOverdue: Bool) {
    #expect(overdue([job: hours]) == (isOverdue ? [job] : []))
  }

  @Test("A job does not look at itself, nor at one that never ran")
  func others() {
    #expect(overdue(["rotate-log": 500]) == [])
    #expect(overdue([:]) == [])
  }

  @Test("A job that was scheduled and never ended well is overdue once its turns went by")
  func scheduled() {
    #expect(overdue([:], scheduled: ["window-reset": 2.9]) == [])
    #expect(overdue([:], scheduled: ["window-reset": 3.1]) == ["window-reset"])
    #expect(overdue([:], scheduled: ["window-reset": 90], awakeHours: 1) == [])
    #expect(overdue(["window-reset": 1], scheduled: ["window-reset": 90]) == [])
    #expect(overdue(["refresh-usage": 1], scheduled: ["refresh-usage": 0.1]) == ["refresh-usage"])
  }

  @Test("A checkpoint is expected of a schedule alone, by hand it is made when there is need")
  func checkpoint() {
    #expect(overdue(["ledger-checkpoint": 900]) == [])
    #expect(overdue([:], scheduled: ["ledger-checkpoint": 2]) == [])
    #expect(overdue([:], scheduled: ["ledger-checkpoint": 4]) == ["ledger-checkpoint"])
    #expect(overdue(["ledger-checkpoint": 900], scheduled: ["ledger-checkpoint": 2]) == [])
    let both = overdue(["ledger-checkpoint": 4], scheduled: ["ledger-checkpoint": 900])
    #expect(both == ["ledger-checkpoint"])
  }

  @Test("A machine that slept has no overdue jobs until it has been awake for as long")
  func sleep() {
    #expect(hasSlept(["rotate-log": 49, "refresh-usage": 60]))
    #expect(!hasSlept(["rotate-log": 47, "refresh-usage": 60]))
    #expect(!hasSlept(["rotate-log": 49, "refresh-usage": 1]), "it was broken, not asleep")
    #expect(!hasSlept(["refresh-usage": 60]), "it never ran")
    #expect(overdue(["refresh-usage": 100], awakeHours: 0.1) == [])
    #expect(overdue(["refresh-usage": 100], awakeHours: 0.2) == ["refresh-usage"])
    #expect(overdue(["refresh-usage": 0.05], awakeHours: 0.2) == [])
  }

  @Test(
    "The trigger of a run is told from what it leaves behind",
    arguments: [
      (["JOBRUNNER_TRIGGER": "cron", "CI": "1"], [], Trigger.cron),
      (["JOBRUNNER_TRIGGER": "nonsense"], [], .unknown),
      (["CI": "true"], ["bash"], .ci),
      (["INVOCATION_ID": "1f"], ["systemd"], .systemd),
      (["INVOCATION_ID": "1f"], ["sh", "cron", "systemd"], .cron),
      ([:], ["sh", "crond"], .cron),
      (["KUBERNETES_SERVICE_HOST": "10.0.0.1"], [], .kubernetes),
      (["XPC_SERVICE_NAME": "jobrunner.refresh-usage"], ["launchd"], .launchd),
      (["XPC_SERVICE_NAME": "0"], ["zsh"], .unknown),
      (["CI": ""], ["bash"], .unknown),
    ] as [([String: String], [String], Trigger)])
  func trigger(environment: [String: String], ancestors: [String], expected: Trigger) {
    let trigger = Trigger(environment: environment, ancestors: ancestors, isTerminal: false)
    #expect(trigger == expected)
    #expect(
      Trigger(environment: ["INVOCATION_ID": "1f"], ancestors: ["bash"], isTerminal: true) == .hand)
  }

  @Test(
    "A watcher is asked at the address of the moment",
    arguments: [
      ("https://hc.example/abc", RunHooks.Signal.start, "https://hc.example/abc/start?rid=R"),
      ("https://hc.example/abc/", .end(.success), "https://hc.example/abc/0?rid=R"),
      ("https://hc.example/abc", .end(.unavailable), "https://hc.example/abc/69?rid=R"),
      ("https://hc.example/abc", .end(.terminated), "https://hc.example/abc/fail?rid=R"),
      ("http://x/y?create=1", .end(.success), "http://x/y/0?create=1&rid=R"),
      ("http://x/y?create=1#z", .start, "http://x/y/start?create=1&rid=R"),
    ])
  func addresses(url: String, signal: RunHooks.Signal, expected: String) {
    #expect(RunHooks.address(url, signal, run: "R") == expected)
  }

  @Test("An address that no check has is refused")
  func refusedAddresses() {
    for url in ["ftp://x", "hc.example/abc", "https://x/a b", "https://x/\n", ""] {
      #expect(RunHooks.fault(inPing: url) != nil, "\(url)")
    }
    #expect(RunHooks.fault(inPing: "https://hc.example/abc") == nil)
    #expect(RunHooks.quoted("a\"b\\c\nd") == #""a\"b\\c\nd""#)
  }
}
