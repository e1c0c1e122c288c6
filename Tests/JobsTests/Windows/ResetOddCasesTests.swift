import Jobs
import Shared
import Testing

struct ResetOddCasesTests {
  @Test("Another account is another window, even when it ends with ours")
  func accounts() {
    var bench = openWindow(account: "a1")
    bench.look(reading("20:00", 90, end: "00:01:30", account: "b2"))
    #expect(bench.position.candidate != nil)
    bench.look(reading("20:10", 12, end: "00:01", account: "a1"))
    #expect(bench.position.candidate == nil)
    #expect(bench.anomalies.isEmpty)
    bench.look(reading("00:06", 1, end: "05:02", account: "a1"))
    #expect(bench.news.first == "W0-01 after 12.0% at 20:10:00")
  }

  @Test("A change of account closes the window with what its own account said")
  func changedAccount() {
    var bench = openWindow(account: "a1")
    bench.look(reading("20:00", 12, end: "00:01", account: "a1"))
    bench.look(reading("21:00", 50, end: "23:00", account: "b2"))
    bench.look(reading("21:02", 51, end: "23:00", account: "b2"))
    #expect(bench.news == ["W0-01 after 12.0% at 20:00:00", "W0-02 before 51.0% at 21:02:00"])
    // And back: the first account's window has been closed.
    bench.look(reading("21:10", 13, end: "00:01", account: "a1"))
    bench.look(reading("21:20", 13, end: "00:01", account: "a1"))
    #expect(bench.news.isEmpty)
  }

  @Test("A window that has not begun leaves its name to the account that comes instead")
  func unpinnedAccount() {
    var bench = ResetBench()
    bench.look(reading("19:10", 0, end: "00:10", account: "a1"))
    bench.look(reading("19:20", 5, end: "23:00", account: "b2"))
    #expect(bench.news.isEmpty)
    bench.look(reading("19:30", 5, end: "23:00", account: "b2"))
    #expect(bench.lines == ["W0-01 before 5.0% at 19:30:00"])
  }

  /// One opened by hand with a pane that tells no moment.
  private func paneWindow(_ time: String, after rows: [Snapshot] = []) -> ResetBench {
    var bench = ResetBench()
    var pane = reading(time, 2, end: nil, method: .pane)
    pane.limits[0].resetsLabel = "soon"
    bench.written =
      rows + [
        Snapshot(
          window: "W1", provider: .codex, phase: .before, agent: "main", capturedAt: at(time),
          recordedAt: at(time), notes: "", source: "alias", content: .reading(pane))
      ]
    return bench
  }

  @Test("A pane that does not tell its window is of the one it was taken in")
  func panes() {
    var inside = paneWindow("19:10")
    inside.look(reading("20:00", 5, end: "00:01"))
    #expect(inside.news.isEmpty)
    #expect(inside.position.identity?.end == .resetsAt(at("00:01")))
    var before = paneWindow("00:30")
    before.look(reading("06:30", 5, end: "11:00"))
    #expect(before.news == ["W1 after unavailable no-data", "W2 before 5.0% at 06:30:00"])
  }

  @Test("A window divided by hand is known by the same end as its first part")
  func divided() {
    let first = openWindow().written
    var bench = paneWindow("20:00", after: first)
    bench.look(reading("20:30", 9, end: "00:01"))
    #expect(bench.position.identity?.end == .resetsAt(at("00:01")))
    bench.look(reading("00:06", 0, end: "05:06"))
    #expect(bench.news.first == "W1 after 9.0% at 20:30:00")
  }

  /// A limit that counts by the local date.
  private func daily(_ time: String, _ percent: Double) throws -> Reading {
    Reading(
      provider: .codex, account: nil,
      limits: [
        LimitReading(limitID: "daily", minutes: 1_440, usedPercent: percent, resetsAt: nil)
      ], capturedAt: try #require(Timestamp(time)), method: .appServer)
  }

  @Test("A day waits for its settling time, and says how late it is closed")
  func days() throws {
    var bench = ResetBench()
    bench.look(try daily("2027-03-09T20:00:00Z", 4))
    #expect(bench.due("00:04:59") == .idle(until: nil))
    #expect(bench.due("00:05") == .look)
    bench.look(try daily("2027-03-10T00:04:00Z", 1))
    #expect(bench.news.isEmpty)
    bench.look(try daily("2027-03-10T01:05:00Z", 1))
    #expect(bench.last?.rows.map(\.late) == [.seconds(3_600), .seconds(3_600)])
  }

  @Test("A clock put back over midnight does not open yesterday again", arguments: [5.0, 0])
  func dayTwice(_ percent: Double) throws {
    // At 02:00 on 5 March it was 23:00 on the 4th again.
    var bench = ResetBench(days: try #require(LocalTime(named: "Antarctica/Casey")))
    bench.look(try daily("2010-03-04T10:00:00Z", 4))
    bench.look(try daily("2010-03-04T13:06:00Z", 1))
    #expect(bench.last?.opened == ["W0-02"])
    let looks = [("15:10", percent), ("15:20", percent), ("16:10", 5), ("16:20", 5)]
    for (time, percent) in looks {
      bench.look(try daily("2010-03-04T\(time):00Z", percent))
      #expect(bench.news.isEmpty)
    }
    #expect(bench.position.window == "W0-02")
    #expect(bench.anomalies.isEmpty)
  }

  @Test("Two agents keep windows of their own on one ledger")
  func agents() {
    var bench = openWindow()
    bench.agent = "second"
    #expect(bench.due("19:10:30") == .look)
    bench.look(reading("19:30", 4, end: "00:01"))
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.agent = "main"
    #expect(bench.position.window == "W0-01")
    bench.look(reading("00:06:10", 0, end: "05:06:10"))
    #expect(bench.position.window == "W0-02")
    #expect(bench.lines.filter { $0.contains("W0-02 before") }.count == 2)
  }

  @Test("A clock that is set back neither waits for the future nor opens a window twice")
  func clockSetBack() {
    var bench = openWindow()
    bench.look(reading("00:06", 1, end: "05:02"))
    #expect(bench.due("22:06") == .look)
    bench.look(reading("22:06", 1, end: "05:02"))
    bench.look(reading("22:10", 60, end: "00:01"))
    #expect(bench.lines.filter { $0.contains("W0-02 before") }.count <= 1)
    #expect(!bench.lines.contains { $0.contains("W0-03") })
  }

  @Test("What was seen once in a future that never came is not waited for")
  func candidateOfTheFuture() {
    var bench = openWindow()
    bench.look(reading("23:30", 0, end: nil))
    bench.look(reading("20:00", 0, end: nil))
    #expect(bench.news.isEmpty)
    bench.look(reading("20:02", 0, end: nil))
    #expect(bench.position.window == "W0-02")
  }

  @Test("A subscription that counts weeks alone has windows of a week")
  func weekOnly() {
    func week(_ moment: Timestamp, _ percent: Double, end: Timestamp) -> Reading {
      var reading = reading(moment, percent, end: end)
      reading.limits = [
        LimitReading(limitID: "codex", minutes: 10_080, usedPercent: percent, resetsAt: end)
      ]
      return reading
    }
    let end = at("00:01")
    var bench = ResetBench()
    bench.look(week(end - .minutes(9_000), 3, end: end))
    #expect(bench.due(end - .minutes(10)) == .idle(until: at("00:06")))
    bench.look(week(end - .minutes(5), 64, end: end))
    bench.look(week(at("00:06"), 0, end: at("00:06") + .minutes(10_080)))
    #expect(
      bench.news == [
        "W0-01 after 64.0% at 23:56:00", "W0-02 before 0.0% at 00:06:00 not-started",
      ])
    #expect(bench.last?.rows.first?.gap == .seconds(300))
  }

  @Test("Looks around a reset at 00:01, with and without session files", arguments: [true, false])
  func sequence(_ hasFiles: Bool) {
    var bench = ResetBench(plan: ["W3-07", "W3-08"])
    bench.look(reading("20:06", 11, end: "00:01"))
    bench.lookAfter(reading("23:59", 76, end: "00:01"))
    if hasFiles {
      bench.evidence = [evidence(end: "00:01", [("23:40", 70), ("23:58:12", 82.5)])]
    }
    bench.lookAfter(reading("00:00:40", 82, end: "00:01:01"))
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.look(reading("00:07", 0, end: "05:07"))
    #expect(bench.position.isConfirmed)
    bench.look(reading("00:08:30", 1, end: "05:07:30"))
    #expect(
      bench.lines == [
        "W3-07 before 11.0% at 20:06:00",
        hasFiles
          ? "W3-07 after 82.5% at 23:58:12 corrects" : "W3-07 after 82.0% at 00:00:40 corrects",
        "W3-08 before 0.0% at 00:06:00 not-started",
      ])
    #expect(bench.position.identity?.end == .resetsAt(at("05:07:30")))
  }
}
