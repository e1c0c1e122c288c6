import Shared
import TestSupport
import Testing

@testable import Jobs

/// When windows were open, by what was read of them.
struct SnapshotSpansTests {
  /// `window from-to` in minutes after the morning; `…` for a window without an end.
  private func spans(_ rows: [Snapshot], of agent: String = AgentID.main) -> [String] {
    SnapshotHistory(rows).spans(of: agent).map { span in
      func minute(_ moment: Timestamp) -> String {
        "\((moment.milliseconds - morning.milliseconds) / 60_000)"
      }
      return "\(span.window) \(minute(span.from))-\(span.to.map(minute) ?? "…")"
    }
  }

  private func before(_ window: String, at minute: Double, end: Int? = nil) -> Snapshot {
    row(.before, window, at: minute, [fiveHours(3, end: end), week(10, end: 9_000)])
  }

  private func after(_ window: String, at minute: Double) -> Snapshot {
    row(.after, window, at: minute, [fiveHours(60), week(12)])
  }

  @Test func `a window is open from its first BEFORE to its last AFTER`() {
    let rows = [
      before("A", at: 0, end: 300), before("A", at: 7, end: 300), after("A", at: 100),
      after("A", at: 120),
    ]
    #expect(spans(rows) == ["A 0-120"])
    #expect(spans(rows.reversed()) == spans(rows))
  }

  @Test func `an AFTER that was taken early stands for the reset it was taken before`() {
    var early = after("A", at: 290)
    early.gap = .minutes(10)
    #expect(spans([before("A", at: 0, end: 305), early]) == ["A 0-300"])
  }

  @Test func `without an AFTER it ends at the reset its BEFORE tells of, or not at all`() {
    #expect(spans([before("A", at: 0, end: 300)]) == ["A 0-300"])
    let open = row(.before, "A", at: 0, [fiveHours(3)])
    #expect(spans([open]) == ["A 0-…"])
    // Of several the newest knows best.
    #expect(spans([open, before("A", at: 5, end: 301)]) == ["A 0-301"])
  }

  @Test func `it never outlasts the next one`() {
    #expect(
      spans([before("A", at: 0, end: 300), before("B", at: 200, end: 500), after("A", at: 250)])
        == ["A 0-200", "B 200-500"])
  }

  @Test func `what was not read, or no longer counts, opens and closes nothing`() {
    let opened = before("A", at: 0, end: 300)
    #expect(spans([missing(.before, "A", at: 0), after("A", at: 50)]).isEmpty)
    #expect(spans([opened, missing(.after, "A", at: 50)]) == ["A 0-300"])
    #expect(spans([opened, tombstone(of: opened, at: 9)]).isEmpty)
    #expect(spans([after("A", at: 50)]).isEmpty)
    #expect(spans([before("A", at: 60, end: 50)]).isEmpty)
  }

  @Test func `windows of other agents are not one's own, those of other providers are`() {
    var claude = before("C", at: 10, end: 310)
    claude.provider = .claude
    let other = row(.before, "X", at: 0, [fiveHours(1, end: 300)], agent: "lane-2")
    let rows = [before("A", at: 0, end: 300), other, claude]
    #expect(spans(rows) == ["C 10-310", "A 0-300"])
    #expect(spans(rows, of: "lane-2") == ["X 0-300"])
    #expect(spans(rows, of: "nobody").isEmpty)
  }
}
