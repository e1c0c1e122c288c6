import Jobs
import Shared
import SystemPackage
import TestSupport

/// A folder of Codex, and the memory of what was read of it.
struct RolloutHome {
  let folder: TemporaryFolder
  var home: FilePath { folder.at("codex") }
  var memory: FilePath { folder.at("state/rollouts.json") }

  init() throws { folder = try TemporaryFolder("rollouts") }

  /// One with some of the rollouts beside the tests.
  init(fixtures: [String]) throws {
    try self.init()
    for name in fixtures {
      try Fixture.write(Fixtures.bytes("windows/rollouts/\(name).jsonl"), to: path(name))
    }
  }

  func path(_ name: String) -> FilePath {
    home.appending("sessions/2026/10/14/rollout-\(name).jsonl")
  }

  func write(_ lines: [String], to name: String) throws {
    try Fixture.write(lines.map { $0 + "\n" }.joined(), to: path(name))
  }

  /// Ten seconds later, when no file is as young that it might change unseen.
  func read(_ memory: FilePath? = nil, now: Timestamp = .now(10)) -> RolloutFindings {
    CodexRollouts(home: home, memory: memory ?? self.memory).read(now: now)
  }

  /// What a run without a memory finds.
  func readAfresh() throws -> RolloutFindings {
    read(folder.at("other-\(UInt64.random(in: 0 ... .max))"))
  }
}

extension RolloutFindings {
  /// `minutes end percent at`, times without their date; one line a window.
  var windows: [String] {
    evidence(since: Timestamp(milliseconds: .min)).map { window in
      let best = window.best
      return "\(window.minutes) \(best.resetsAt.text) \(best.usedPercent) \(best.capturedAt.text)"
    }
  }

  /// All that is known of each window.
  var observations: [RolloutObservation] { evidence(since: Timestamp(milliseconds: .min)) }

  var newestReading: Reading? { try? newest() }
}

/// A line that tells of the limits.
func rolloutLine(
  _ time: Timestamp, five: (percent: Double, end: Timestamp)? = nil,
  week: (percent: Double, end: Timestamp)? = nil, limitID: String = "codex"
) -> String {
  func window(_ minutes: Int, _ window: (percent: Double, end: Timestamp)?) -> String {
    guard let window else { return "null" }
    return #"{"used_percent":\#(window.percent),"window_minutes":\#(minutes),"#
      + #""resets_at":\#(window.end.milliseconds / 1_000)}"#
  }
  return #"{"timestamp":"\#(time.text)","type":"event_msg","payload":{"type":"token_count","#
    + #""info":null,"rate_limits":{"#
    + #""limit_id":"\#(limitID)","primary":\#(window(300, five)),"#
    + #""secondary":\#(window(10_080, week)),"credits":null}}}"#
}
