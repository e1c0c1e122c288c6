import Shared
import TestSupport
import Testing

@testable import Jobs

/// A week's ledger as the tracker leaves it, with everything that can be wrong about panes pasted by
/// hand: the verdict on each window, wherever it is read.
struct TrackerLedgerTests {
  static let zones = ["Africa/Nairobi", "America/Los_Angeles", "Pacific/Auckland"]

  private func history(in zone: String) throws -> SnapshotHistory {
    let reader = SnapshotReader(zone: try #require(LocalTime(named: zone)))
    let bytes = try Fixtures.bytes("windows/tracker/snapshots.jsonl")
    return SnapshotHistory(RowLedger.lines(bytes).flatMap { reader.read(Array($0)) })
  }

  private func pair(_ window: String, _ history: SnapshotHistory) -> WindowPair? {
    for provider in [Provider.codex, .claude] {
      let known = history.rows.filter { $0.provider == provider && $0.isUsable }
      let own = history.rows(of: AgentID.main, provider)
      if let pair = WindowPair(of: window, in: own, known: known) { return pair }
    }
    return nil
  }

  static let verdicts: [(window: String, after: String, deltas: String)] = [
    // The BEFORE was pasted hours late, the AFTER is a paste within a paste.
    ("S1-07", "2026-03-03T21:16:40.161Z", "fiveh=null(reset-crossed) weekly=13"),
    // The AFTER is the pane of a morning long gone.
    ("S1-08", "2026-03-03T21:27:02.951Z", "fiveh=null(stale-pane) weekly=null(negative-delta)"),
    // Two readings of an old day, and a later AFTER that nobody waited for.
    ("S1-09", "2026-03-03T23:10:44.500Z", "fiveh=null(stale-pane) weekly=null(stale-pane)"),
    // A third AFTER came after the reset.
    ("S1-ALP", "2026-03-04T01:55:31.250Z", "fiveh=5 weekly=2"),
    ("S1-ALP-1", "2026-03-04T08:20:09.100Z", "fiveh=7 weekly=2"),
    // Panes of the day before: more of the week was used already.
    ("S1-ALP-2", "2026-03-04T09:09:13.918Z", "fiveh=null(stale-pane) weekly=null(stale-pane)"),
    // Resets were crossed twice.
    ("S1-ALP-3", "2026-03-04T21:23:25.250Z", "fiveh=null(reset-crossed) weekly=3"),
    // One pane for both ends, a blink apart.
    (
      "S1-ALN", "2026-03-03T21:40:10.290Z", "fiveh=null(duplicate-pane) weekly=null(duplicate-pane)"
    ),
    ("S1-09C", "2026-03-04T18:15:00.000Z", "session=11 all_models=2"),
    ("S1-OVR", "2026-03-04T23:00:00.250Z", "fiveh=null weekly=null"),
  ]

  @Test(arguments: zones, verdicts)
  func `each window gets its verdict in any zone`(
    zone: String, expected: (window: String, after: String, deltas: String)
  ) throws {
    let pair = try #require(pair(expected.window, try history(in: zone)))
    #expect(deltas(pair) == expected.deltas)
    #expect(pair.after.capturedAt.text == expected.after)
  }

  @Test func `windows without an end have no pair`() throws {
    let history = try history(in: "Africa/Nairobi")
    for window in ["S1-ALN-1", "S1-ALP-4"] { #expect(pair(window, history) == nil) }
  }

  @Test(arguments: zones)
  func `what is odd is found once, and bears the same id in any zone`(zone: String) throws {
    let history = try history(in: zone)
    let rows = history.rows.filter { $0.provider == .codex && $0.isUsable }
    var found = AnomalyRules.find(in: rows)
    for verdict in Self.verdicts {
      guard let pair = pair(verdict.window, history) else { continue }
      found += AnomalyRules.find(in: pair, known: rows)
    }
    var ids: Set<String> = []
    let once = found.filter { ids.insert($0.id).inserted }
    let summary = once.map {
      "\($0.window) \($0.type.rawValue) \($0.capturedAt.text.dropFirst(11))"
    }
    #expect(
      summary.sorted() == [
        "S1-07 reset-crossed 21:16:40.161Z", "S1-08 negative-delta 21:27:02.951Z",
        "S1-08 stale-pane 21:27:02.951Z", "S1-09 stale-pane 22:30:00.000Z",
        "S1-09 stale-pane 22:31:00.000Z", "S1-09 stale-pane 23:10:44.500Z",
        "S1-ALN duplicate-pane 21:40:10.290Z", "S1-ALP-2 stale-pane 09:07:05.253Z",
        "S1-ALP-2 stale-pane 09:07:12.870Z", "S1-ALP-2 stale-pane 09:09:13.918Z",
        "S1-ALP-3 reset-crossed 21:23:25.250Z",
      ])
    let home = try self.history(in: "Africa/Nairobi")
    #expect(history.rows.map(\.id) == home.rows.map(\.id))
    let usable = home.rows.filter { $0.provider == .codex && $0.isUsable }
    #expect(AnomalyRules.find(in: usable).map(\.id) == AnomalyRules.find(in: rows).map(\.id))
  }
}
