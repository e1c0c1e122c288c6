import Shared
import TestSupport
import Testing

@testable import Jobs

/// `fiveh_pct=4, weekly_pct=null(stale-pane)`
func deltas(_ pair: WindowPair?) -> String {
  (pair?.deltas ?? []).map { delta in
    let points = delta.points.map { JSONWriter.text(of: $0) } ?? "null"
    return "\(delta.field.name)=\(points)" + (delta.fault.map { "(\($0.rawValue))" } ?? "")
  }.joined(separator: " ")
}

private func pair(_ before: Snapshot, _ afters: Snapshot..., known: [Snapshot] = []) -> WindowPair? {
  WindowPair(before: before, afters: afters, known: known + [before] + afters)
}

struct WindowPairTests {
  private let before = row(.before, at: 0, [fiveHours(4, end: 250), week(20, end: 6_000)])

  @Test func `use is what the after shows more than the before`() {
    let after = row(.after, at: 240, [fiveHours(34.5, end: 251), week(26, end: 6_000)])
    #expect(deltas(pair(before, after)) == "fiveh=30.5 weekly=6")
  }

  @Test func `a window not begun is counted up to the end of the first that began`() {
    let idle = row(.before, at: 0, [fiveHours(0, end: 300), week(20, end: 6_000)])
    let first = row(.after, at: 200, [fiveHours(9, end: 380), week(22, end: 6_000)])
    #expect(deltas(pair(idle, first)) == "fiveh=9 weekly=2")
    let second = row(.after, at: 900, [fiveHours(9, end: 1_000), week(22, end: 6_000)])
    #expect(deltas(pair(idle, second)) == "fiveh=null(reset-crossed) weekly=2")
    let stillIdle = row(.after, at: 900, [fiveHours(0, end: 1_200), week(20, end: 6_000)])
    #expect(deltas(pair(idle, stillIdle)) == "fiveh=null(reset-crossed) weekly=0")
  }

  @Test(
    arguments: [
      (249, "fiveh=6 weekly=0"), (250, "fiveh=6 weekly=0"), (251, "fiveh=6(late-after) weekly=0"),
      (255, "fiveh=6(late-after) weekly=0"), (256, "fiveh=6 weekly=0"),
    ])
  func `old numbers in the minutes after the reset are late`(minute: Double, expected: String) {
    let after = row(.after, at: minute, [fiveHours(10, end: 250), week(20, end: 6_000)])
    #expect(deltas(pair(before, after)) == expected)
  }

  @Test(
    arguments: [
      (251, "fiveh=null(late-after) weekly=1"), (255, "fiveh=null(late-after) weekly=1"),
      (256, "fiveh=null(reset-crossed) weekly=1"), (2_000, "fiveh=null(reset-crossed) weekly=1"),
    ])
  func `numbers of the next window are no use of this one`(minute: Double, expected: String) {
    let after = row(
      .after, at: minute, [fiveHours(40, end: Int(minute) + 290), week(21, end: 6_000)])
    #expect(deltas(pair(before, after)) == expected)
  }

  @Test func `what fell under the same or an unknown end is no use`() {
    let fell = row(.after, at: 100, [fiveHours(3, end: 250), week(21, end: 6_000)])
    #expect(deltas(pair(before, fell)) == "fiveh=null(negative-delta) weekly=1")
    let unknown = row(.after, at: 100, [fiveHours(3), week(21)])
    #expect(deltas(pair(before, unknown)) == "fiveh=null(negative-delta) weekly=1")
    let grown = row(.after, at: 100, [fiveHours(6), week(21)])
    #expect(deltas(pair(before, grown)) == "fiveh=2 weekly=1")
    let older = row(.after, at: 100, [fiveHours(6, end: 100), week(21, end: 6_000)])
    #expect(deltas(pair(before, older)) == "fiveh=null(negative-delta) weekly=1")
  }

  @Test func `a limit that one end does not have has no delta and no fault`() {
    let after = row(.after, at: 100, [fiveHours(9, end: 250)])
    #expect(deltas(pair(before, after)) == "fiveh=5 weekly=null")
  }

  @Test func `a month is counted where there is one`() {
    let month = LimitReading(
      limitID: "codex", minutes: 43_200, usedPercent: 3, resetsAt: minutes(40_000))
    var more = month
    more.usedPercent = 5
    let result = pair(row(.before, at: 0, [month]), row(.after, at: 9, [more]))
    #expect(deltas(result) == "fiveh=null weekly=null monthly=2")
  }

  @Test func `news of no reading leaves nulls, and any reading is better`() throws {
    let news = missing(.after, at: 260)
    let result = try #require(pair(before, news))
    #expect(deltas(result) == "fiveh=null weekly=null")
    #expect(result.errors == ["unavailable", "deadline"])
    let after = row(.after, at: 240, [fiveHours(9, end: 250), week(20, end: 6_000)])
    #expect(pair(before, after, news)?.after == after)
  }

  // MARK: Which AFTER

  @Test func `of several the one that bears the window and shows the most is the end`() {
    let early = row(.after, at: 100, [fiveHours(9, end: 250)])
    let most = row(.after, at: 200, [fiveHours(30, end: 250)])
    let next = row(.after, at: 300, [fiveHours(50, end: 550)])
    #expect(pair(before, early, next, most)?.after == most)
    #expect(pair(before, most, early, next)?.after == most)
    let tied = row(.after, at: 240, [fiveHours(30, end: 250)])
    #expect(pair(before, tied, most)?.after == tied)
    #expect(pair(before, most, tied)?.after == tied)
  }

  @Test func `without one that bears the window the latest is the end`() {
    let next = row(.after, at: 300, [fiveHours(50, end: 550)])
    let later = row(.after, at: 700, [fiveHours(2, end: 900)])
    #expect(pair(before, later, next)?.after == later)
  }

  @Test func `a text that nobody can read is no end where another is`() throws {
    let unreadable = row(.after, at: 300, [], pane: "no pane", errors: ["insufficient-data"])
    let next = row(.after, at: 280, [fiveHours(50, end: 550), week(21, end: 6_000)])
    #expect(pair(before, next, unreadable)?.after == next)
    let alone = try #require(pair(before, unreadable))
    #expect(deltas(alone) == "fiveh=null weekly=null")
    #expect(alone.errors == ["insufficient-data"])
    let start = row(.before, at: 9, [], pane: "no pane", errors: ["insufficient-data"])
    let rows = [before, start, next]
    #expect(WindowPair(of: "W0-A", in: rows, known: rows)?.before == before)
  }

  @Test func `readings of another account are no end; one that tells none goes with any`() {
    let mine = row(.before, at: 0, [fiveHours(4, end: 250)], account: "EXAMPLE-1")
    let other = row(.after, at: 100, [fiveHours(90, end: 250)], account: "EXAMPLE-2")
    let own = row(.after, at: 90, [fiveHours(9, end: 250)], account: "EXAMPLE-1")
    let untold = row(.after, at: 95, [fiveHours(11, end: 250)])
    #expect(pair(mine, other) == nil)
    #expect(pair(mine, other, own)?.after == own)
    #expect(pair(mine, other, own, untold)?.after == untold)
  }

  // MARK: Panes

  private func pane(
    _ phase: Phase, _ window: String = "W0-A", at minute: Double, _ five: Double, _ weekly: Double,
    label: String = "12:10", agent: String = AgentID.main, account: String? = nil
  ) -> Snapshot {
    row(
      phase, window, at: minute,
      [fiveHours(five, label: label), week(weekly, label: "21:11 on 9 Nov")], agent: agent,
      account: account, pane: "\(five) \(label) \(weekly)")
  }

  @Test func `a pane that shows less than was known is older than it looks`() {
    let start = pane(.before, at: 0, 4, 20)
    let end = pane(.after, at: 100, 9, 21)
    #expect(deltas(pair(start, end)) == "fiveh=5 weekly=1")
    let elsewhere = pane(.after, "W0-Z", at: 50, 2, 22, agent: "sub1")
    #expect(
      deltas(pair(start, end, known: [elsewhere]))
        == "fiveh=null(stale-pane) weekly=null(stale-pane)")
    // Another account's week is another week; a later reading was not known.
    let stranger = pane(.after, "W0-Z", at: 50, 2, 22, account: "EXAMPLE-2")
    let mine = pane(.before, at: 0, 4, 20, account: "EXAMPLE-1")
    let mineLater = pane(.after, at: 100, 9, 21, account: "EXAMPLE-1")
    #expect(deltas(pair(mine, mineLater, known: [stranger])) == "fiveh=5 weekly=1")
    let afterwards = pane(.after, "W0-Z", at: 150, 2, 22)
    #expect(deltas(pair(start, end, known: [afterwards])) == "fiveh=5 weekly=1")
  }

  @Test func `whole numbers of panes are held against exact ones with a point to spare`() {
    let start = pane(.before, at: 0, 4, 20)
    let end = pane(.after, at: 100, 9, 21)
    func exact(_ percent: Double) -> Snapshot {
      row(.after, "W0-Z", at: 50, [week(percent, label: "21:11 on 9 Nov")])
    }
    #expect(deltas(pair(start, end, known: [exact(22)])) == "fiveh=5 weekly=1")
    #expect(
      deltas(pair(start, end, known: [exact(22.1)]))
        == "fiveh=null(stale-pane) weekly=null(stale-pane)")
  }

  @Test func `an older window's pane is stale, or of nothing comparable where it shows more`() {
    let start = pane(.before, at: 0, 17, 20, label: "23:01")
    #expect(
      deltas(pair(start, pane(.after, at: 60, 3, 20, label: "18:01")))
        == "fiveh=null(stale-pane) weekly=0")
    #expect(
      deltas(pair(start, pane(.after, at: 60, 30, 20, label: "18:01")))
        == "fiveh=null(reset-crossed) weekly=0")
  }

  @Test func `one pane for both ends says nothing`() {
    let start = pane(.before, at: 0, 17, 20)
    #expect(
      deltas(pair(start, pane(.after, at: 0.003, 17, 20)))
        == "fiveh=null(duplicate-pane) weekly=null(duplicate-pane)")
    let live = row(.before, at: 0, [fiveHours(17, end: 200)])
    #expect(deltas(pair(live, row(.after, at: 9, [fiveHours(17, end: 200)]))) == "fiveh=0 weekly=null")
  }
}
