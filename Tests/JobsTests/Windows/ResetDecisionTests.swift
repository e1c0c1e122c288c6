import Jobs
import Shared
import Testing

/// Windows that end at 00:01, and what follows them.
struct ResetDecisionTests {
  // MARK: Opening

  @Test("The first window ever is opened by the first reading, and is sure at once")
  func firstEver() {
    var bench = ResetBench()
    #expect(bench.due("19:10") == .look)
    bench.look(reading("19:10", 2, end: "00:01"))
    #expect(bench.lines == ["W0-01 before 2.0% at 19:10:00"])
    #expect(bench.position.isConfirmed)
    #expect(bench.last?.opened == ["W0-01"])
    #expect(bench.due("19:11") == .idle(until: at("00:06")))
  }

  @Test("A first answer of a window that is over opens nothing")
  func firstIsOver() {
    var bench = ResetBench()
    bench.look(reading("00:30", 40, end: "00:01"))
    #expect(bench.lines.isEmpty)
    #expect(bench.due("00:31") == .look)
  }

  @Test(
    "Nothing is due before the reset and its settling time are over",
    arguments: [
      ("19:10:59", .idle(until: at("19:11"))), ("19:11", .idle(until: at("00:06"))),
      ("00:00:59", .idle(until: at("00:06"))), ("00:01", .idle(until: at("00:06"))),
      ("00:05:59", .idle(until: at("00:06"))), ("00:06", .look), ("09:00", .look),
    ] as [(String, ResetDue)])
  func dueTimes(_ time: String, _ due: ResetDue) {
    #expect(openWindow().due(time) == due)
  }

  @Test(
    "A look within the settling time changes nothing, whatever the vendor shows",
    arguments: [
      reading("00:03", 78, end: "00:01"), reading("00:03", 0, end: "05:03"),
      reading("00:05:59", 1, end: "05:02"),
    ])
  func settling(_ early: Reading) {
    var bench = openWindow()
    bench.look(early)
    #expect(bench.news.isEmpty)
    #expect(bench.position.window == "W0-01")
    #expect(bench.due("00:07") == .look)
  }

  @Test("A reading that a file kept from within the settling time is no BEFORE either")
  func settlingOfFiles() {
    var bench = openWindow()
    bench.look(reading("00:02", 1, end: "05:02", method: .rollouts), now: "00:20")
    #expect(bench.news.isEmpty)
  }

  @Test("A vendor that shows the old window after the settling time is waited for")
  func lateVendor() {
    var bench = openWindow()
    bench.look(reading("00:06", 78, end: "00:01"))
    bench.look(reading("00:08", 78, end: "00:01:02"))
    #expect(bench.lines == ["W0-01 before 2.0% at 19:10:00"])
    bench.look(reading("00:09", 1, end: "05:03"))
    #expect(bench.position.window == "W0-02")
  }

  @Test("The new window's BEFORE is sure after a second look at least a minute later")
  func confirmation() {
    var bench = openWindow()
    bench.look(reading("22:00", 40, end: "00:01"))
    bench.look(reading("00:06", 1, end: "05:03"))
    #expect(!bench.position.isConfirmed)
    #expect(bench.due("00:06:30") == .idle(until: at("00:07")))
    bench.look(reading("00:06:59", 1, end: "05:03"))
    #expect(!bench.position.isConfirmed)
    #expect(bench.due("01:06") == .look)
    bench.look(reading("01:06", 4, end: "05:03"))
    #expect(bench.position.isConfirmed)
    #expect(bench.due("02:06") == .idle(until: at("05:08")))
    #expect(bench.lines.filter { $0.contains("before") }.count == 2)
  }

  @Test("A new window seen before the old one's end is sure when it is opened")
  func seenBefore() {
    var bench = openWindow()
    bench.look(reading("00:00:30", 0.5, end: "05:00:20"))
    #expect(bench.news.isEmpty)
    bench.look(reading("00:06", 1, end: "05:00:20"))
    #expect(bench.position.window == "W0-02")
    #expect(bench.position.isConfirmed)
  }

  // MARK: AFTER

  @Test(
    "The AFTER is the largest percent that bears the old reset time, of equals the last",
    arguments: [
      AfterCase(
        "of a look", looks: [("22:00", 40)], files: [], is: "40.0% at 22:00:00", gap: 7_260),
      AfterCase(
        "of session files", looks: [], files: [("20:00", 9), ("23:59", 79.5)],
        is: "79.5% at 23:59:00", gap: 120),
      AfterCase(
        "files say more than the look", looks: [("23:00", 70)],
        files: [("20:00", 9), ("23:30", 71)],
        is: "71.0% at 23:30:00", gap: 1_860),
      AfterCase(
        "the look says more than files", looks: [("23:00", 70)],
        files: [("20:00", 9), ("23:30", 69)],
        is: "70.0% at 23:00:00", gap: 3_660),
      AfterCase(
        "both say the same", looks: [("23:00", 70)], files: [("20:00", 9), ("23:30", 70)],
        is: "70.0% at 23:30:00", gap: 1_860),
      AfterCase(
        "a row at the very reset", looks: [], files: [("20:00", 9), ("00:01", 80)],
        is: "80.0% at 00:01:00", gap: 0),
    ])
  func after(_ example: AfterCase) {
    var bench = openWindow()
    if !example.files.isEmpty { bench.evidence = [evidence(end: "00:01", example.files)] }
    for look in example.looks { bench.look(reading(look.time, look.percent, end: "00:01")) }
    bench.look(reading("00:06", 0, end: "05:06"))
    #expect(bench.news.first == "W0-01 after \(example.expected)")
    #expect(bench.last?.rows.first?.gap == .seconds(example.gap))
    #expect(bench.last?.rows.first?.late == .zero)
    #expect(bench.last?.closed == ["W0-01"])
  }

  struct AfterCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let looks: [(time: String, percent: Double)]
    let files: [(time: String, percent: Double)]
    let expected: String
    let gap: Int

    init(
      _ name: String, looks: [(time: String, percent: Double)],
      files: [(time: String, percent: Double)], is expected: String, gap: Int
    ) {
      testDescription = name
      self.looks = looks
      self.files = files
      self.expected = expected
      self.gap = gap
    }
  }

  @Test("The BEFORE itself, and what was seen after the reset, is no AFTER")
  func noAfter() {
    var bench = openWindow()
    bench.evidence = [evidence(end: "00:01", [("18:30", 1)])]
    bench.look(reading("00:03", 90, end: "00:01"))
    bench.look(reading("00:06", 0, end: "05:06"))
    #expect(
      bench.news == [
        "W0-01 after unavailable no-data", "W0-02 before 0.0% at 00:06:00 not-started",
      ])
  }

  @Test("A reading that another agent took of the same window will do for an AFTER")
  func otherAgent() {
    var bench = openWindow()
    bench.agent = "second"
    bench.look(reading("23:40", 66, end: "00:01:01"))
    bench.agent = "main"
    bench.look(reading("00:06", 0, end: "05:06"))
    #expect(bench.news.first == "W0-01 after 66.0% at 23:40:00")
  }

  @Test("A reading of another account is no AFTER, though its window ends with ours")
  func otherAccount() {
    var bench = openWindow(account: "a1")
    bench.agent = "second"
    bench.look(reading("23:40", 66, end: "00:01:01", account: "b2"))
    bench.agent = "main"
    bench.look(reading("00:06", 0, end: "05:06", account: "a1"))
    #expect(bench.news.first == "W0-01 after unavailable no-data")
  }

  @Test("A weekly limit that ends with the window is not taken for it")
  func weekBeside() {
    var bench = openWindow()
    let week = WindowIdentity(limitID: "codex", minutes: 10_080, end: .resetsAt(at("00:01")))
    var row = reading("23:50", 97, end: "00:01", method: .rollouts)
    row.limits[0].minutes = 10_080
    bench.evidence = [
      evidence(end: "00:01", [("23:00", 50)]), evidence(week, [row]),
    ]
    bench.look(reading("00:06", 0, end: "05:06"))
    #expect(bench.news.first == "W0-01 after 50.0% at 23:00:00")
  }

  // MARK: Corrections

  @Test("An AFTER that files bring later corrects the row that said there is none, once")
  func backfill() {
    var bench = openWindow()
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.look(reading("00:08", 0, end: "05:08"))
    #expect(bench.due("01:06") == .look)
    bench.evidence = [evidence(end: "00:01", [("20:00", 9), ("23:58", 55)])]
    bench.backfill("01:06")
    #expect(bench.news == ["W0-01 after 55.0% at 23:58:00 corrects"])
    #expect(bench.last?.rows.first?.gap == .seconds(180))
    #expect(bench.position.window == "W0-02")
    bench.backfill("02:06")
    #expect(bench.news.isEmpty)
    bench.look(reading("03:06", 1, end: "08:00"))
    #expect(bench.news.isEmpty)
    #expect(bench.lines.count == 3)
    #expect(bench.due("04:06") == .idle(until: at("08:05")))
  }

  @Test("An AFTER that was found is not changed by what files bring later")
  func noBackfill() {
    var bench = openWindow()
    bench.look(reading("23:00", 50, end: "00:01"))
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.evidence = [evidence(end: "00:01", [("20:00", 9), ("23:58", 55)])]
    bench.backfill("01:06")
    #expect(bench.news.isEmpty)
  }

  @Test("While a window runs whose predecessor has no AFTER, only files are looked at")
  func dueBackfill() {
    var bench = openWindow()
    bench.look(reading("00:06", 1, end: "05:03"))
    bench.look(reading("00:08", 1, end: "05:03"))
    #expect(bench.due("01:06") == .backfill)
  }

  @Test("A window that began unseen is found in files, unless it belongs to a later BEFORE")
  func backfillOfUnpinned() {
    var bench = openWindow()
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.look(reading("00:08", 0, end: "05:08"))
    bench.fail("05:30")
    // Nothing was known of it: it may have begun or not.
    #expect(bench.news.isEmpty)
    bench.look(reading("07:00", 3, end: "11:30"))
    #expect(bench.news.isEmpty)
    #expect(bench.position.window == "W0-02")
    #expect(bench.position.identity?.end == .resetsAt(at("11:30")))
  }

  @Test("A correction of a window pinned by a look is not taken from the next window's files")
  func backfillOfNextWindow() {
    var bench = openWindow()
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.look(reading("00:20", 0.4, end: "05:10"))
    bench.stored["main"]?.best = nil
    bench.look(reading("05:20", 0, end: "10:20"))
    #expect(bench.news.first == "W0-02 after unavailable no-data")
    bench.evidence = [evidence(end: "11:00", [("06:00", 3), ("07:00", 20)])]
    bench.look(reading("07:30", 22, end: "11:00"))
    #expect(bench.news.isEmpty)
  }

  // MARK: Not started

  @Test(
    "A BEFORE of nothing begun is completed by the first pinned reading",
    arguments: [
      sliding("00:06"), nil,
    ] as [Timestamp?])
  func notStarted(_ end: Timestamp?) {
    var bench = openWindow()
    bench.look(reading("22:00", 40, end: "00:01"))
    bench.look(reading(at("00:06"), 0, end: end))
    bench.look(reading(at("00:07"), 0, end: end.map { $0 + .seconds(60) }))
    #expect(bench.position.isConfirmed)
    #expect(bench.position.identity == nil)
    #expect(bench.due("00:09") == .idle(until: at("00:12")))
    #expect(bench.due("01:06") == .look)
    bench.look(reading("01:06", 5, end: "05:40"))
    #expect(bench.news.isEmpty)
    #expect(bench.position.window == "W0-02")
    #expect(bench.position.identity?.end == .resetsAt(at("05:40")))
    #expect(bench.due("02:06") == .idle(until: at("05:45")))
    bench.look(reading("06:06", 1, end: "10:50"))
    #expect(bench.news == ["W0-02 after 5.0% at 01:06:00", "W0-03 before 1.0% at 06:06:00"])
  }

  @Test("A window that never starts uses no name, for days")
  func neverStarted() {
    var bench = openWindow()
    for hour in 0...17 {
      let time = "\(hour):06"
      bench.look(reading(at(time), 0, end: sliding(time)))
    }
    #expect(bench.position.window == "W0-02")
    #expect(bench.lines.count == 3)
    #expect(bench.due("17:30") == .look)
  }

  @Test("A late answer of the old window does not pin one that has not begun")
  func oldAnswerAfterNotStarted() {
    var bench = openWindow()
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.look(reading("00:08", 0, end: "05:08"))
    bench.look(reading("00:20", 78, end: "00:01"))
    #expect(bench.news.isEmpty)
    #expect(bench.position.identity == nil)
    #expect(bench.position.window == "W0-02")
  }
}
