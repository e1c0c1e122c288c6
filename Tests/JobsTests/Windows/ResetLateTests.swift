import Jobs
import Shared
import Testing

struct ResetLateTests {
  @Test("A run after a night off closes the window and says how late, and opens by files")
  func nightOff() {
    var bench = openWindow()
    bench.evidence = [
      evidence(end: "00:01", [("19:20", 3), ("23:40", 61)]),
      evidence(end: "11:20", [("06:21", 1), ("08:00", 14)]),
    ]
    bench.look(reading("09:00", 17, end: "11:20"))
    #expect(
      bench.news == ["W0-01 after 61.0% at 23:40:00", "W0-02 before 1.0% at 06:21:00"])
    // 00:06 was the time to do it.
    #expect(bench.last?.rows.map(\.late) == [.seconds(32_040), .seconds(32_040)])
    #expect(bench.last?.rows.first?.gap == .seconds(1_260))
    #expect(bench.position.isConfirmed)
    #expect(bench.due("10:06") == .idle(until: at("11:25")))
  }

  @Test("The BEFORE from files is the first that lies behind the settling time")
  func firstTrusted() {
    var bench = openWindow()
    bench.evidence = [evidence(end: "05:01", [("00:02", 1), ("00:07", 6), ("03:00", 44)])]
    bench.look(reading("03:06", 45, end: "05:01"))
    #expect(bench.news.last == "W0-02 before 6.0% at 00:07:00")
  }

  @Test("Windows that files know of and no run saw are closed in order")
  func unseenWindows() {
    var bench = openWindow(plan: ["W0-01", "W0-CHP", "W0-CHQ", "W0-CHR"])
    bench.evidence = [
      evidence(end: "00:01", [("23:40", 61)]),
      evidence(end: "05:10", [("00:11", 1), ("02:00", 30)]),
      // Another account writes into the same folder: it overlaps.
      evidence(end: "06:00", [("01:01", 1), ("02:00", 9)]),
      evidence(end: "10:30", [("05:31", 2), ("10:00", 88)]),
    ]
    bench.look(reading("11:06", 0, end: "16:06"))
    #expect(
      bench.news == [
        "W0-01 after 61.0% at 23:40:00", "W0-CHP before 1.0% at 00:11:00",
        "W0-CHP after 30.0% at 02:00:00", "W0-CHQ before 2.0% at 05:31:00",
        "W0-CHQ after 88.0% at 10:00:00", "W0-CHR before 0.0% at 11:06:00 not-started",
      ])
    #expect(bench.last?.closed == ["W0-01", "W0-CHP", "W0-CHQ"])
    #expect(bench.last?.opened == ["W0-CHP", "W0-CHQ", "W0-CHR"])
  }

  @Test("A window that began after a BEFORE of nothing and ended unseen is closed by files")
  func unseenAfterNotStarted() {
    var bench = openWindow()
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.look(reading("00:08", 0, end: "05:08"))
    bench.evidence = [evidence(end: "05:30", [("00:31", 1), ("04:00", 33)])]
    bench.look(reading("06:06", 0, end: "11:06"))
    #expect(
      bench.news == [
        "W0-02 after 33.0% at 04:00:00", "W0-03 before 0.0% at 06:06:00 not-started",
      ])
  }

  @Test("A week among the files is no window of five hours")
  func weeksInFiles() {
    var bench = openWindow()
    let end = at("10:00")
    var row = reading(at("00:30"), 12, end: end, method: .rollouts)
    row.limits[0].minutes = 540
    bench.evidence = [
      evidence(WindowIdentity(limitID: "codex", minutes: 540, end: .resetsAt(end)), [row])
    ]
    bench.look(reading("11:06", 0, end: "16:06"))
    #expect(bench.last?.opened == ["W0-02"])
  }
}

struct ResetNameTests {
  @Test(
    "The names of the command line come first, then the plan, then counting",
    arguments: [
      Names("counting", plan: [], window: nil, next: nil, is: ["W0-01", "W0-02", "W0-03"]),
      Names(
        "a plan", plan: ["W0-CHN", "W0-CHP"], window: nil, next: nil,
        is: ["W0-CHN", "W0-CHP", "W0-CHP-1"]),
      Names(
        "both of the command line", plan: [], window: "W0-CHN", next: "W0-CHP",
        is: ["W0-CHN", "W0-CHP", "W0-CHP-1"]),
      Names(
        "the next of the command line before the plan", plan: ["W0-CHN", "W0-CHP"],
        window: "W0-CHN", next: "W7", is: ["W0-CHN", "W7", "W8"]),
      Names(
        "the next alone", plan: ["W0-CHN", "W0-CHP", "W0-CHQ"], window: nil, next: "W0-CHP",
        is: ["W0-CHP", "W0-CHQ", "W0-CHQ-1"]),
    ])
  func names(_ names: Names) {
    var bench = ResetBench(plan: names.plan, window: names.window, next: names.next)
    bench.look(reading("19:10", 2, end: "00:01"))
    bench.look(reading("00:06", 1, end: "05:02"))
    bench.look(reading("06:06", 1, end: "10:50"))
    #expect(
      bench.lines.filter { $0.contains("before") }.map { String($0.prefix { $0 != " " }) }
        == names.expected)
  }

  struct Names: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let plan: [String]
    let window: String?
    let next: String?
    let expected: [String]

    init(_ name: String, plan: [String], window: String?, next: String?, is expected: [String]) {
      testDescription = name
      self.plan = plan
      self.window = window
      self.next = next
      self.expected = expected
    }
  }
}
