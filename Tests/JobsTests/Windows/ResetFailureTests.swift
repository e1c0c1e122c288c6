import Jobs
import Shared
import Testing

struct ResetFailureTests {
  @Test("Failed looks leave one row a window and phase, however many, and readings replace them")
  func failures() {
    var bench = openWindow()
    bench.fail("23:00")
    #expect(bench.news.isEmpty)
    for time in ["00:06", "01:06", "02:06"] { bench.fail(time) }
    #expect(
      bench.lines == [
        "W0-01 before 2.0% at 19:10:00", "W0-01 after unavailable server",
        "W0-02 before unavailable server",
      ])
    #expect(bench.due("03:06") == .look)
    bench.evidence = [evidence(end: "00:01", [("23:40", 61)])]
    bench.look(reading("03:06", 9, end: "05:02"))
    #expect(
      bench.news == [
        "W0-02 before 9.0% at 03:06:00 corrects", "W0-01 after 61.0% at 23:40:00 corrects",
      ])
    #expect(bench.last?.rows.first?.late == .seconds(10_800))
    #expect(bench.lines.filter { $0.contains("unavailable") }.isEmpty)
  }

  @Test("A first look ever that fails leaves one row, and its name to the first reading")
  func firstFails() {
    var bench = ResetBench(plan: ["W0-CHN"])
    bench.fail("00:06")
    bench.fail("01:06")
    #expect(bench.lines == ["W0-CHN before unavailable server"])
    bench.look(reading("02:06", 3, end: "05:02"))
    #expect(bench.lines == ["W0-CHN before 3.0% at 02:06:00 corrects"])
  }

  @Test("An answer of the closed window does not open the one that could not be read")
  func oldAnswer() {
    var bench = openWindow()
    bench.fail("00:06")
    bench.look(reading("00:08", 80, end: "00:01"))
    #expect(bench.news.isEmpty)
  }

  @Test("Nor does one that a file kept from within the settling time")
  func oldFile() {
    var bench = openWindow()
    bench.fail("00:06")
    bench.look(reading("00:02", 1, end: "05:02", method: .rollouts), now: "01:06")
    #expect(bench.news.isEmpty)
  }

  @Test("Windows that passed while nothing could be read are closed by files, in order")
  func passedMeanwhile() {
    var bench = openWindow()
    bench.fail("00:06")
    bench.evidence = [
      evidence(end: "00:01", [("23:40", 61)]),
      evidence(end: "05:10", [("00:11", 1), ("02:00", 30)]),
    ]
    bench.look(reading("06:06", 1, end: "11:00"))
    #expect(
      bench.news == [
        "W0-02 before 1.0% at 00:11:00 corrects", "W0-02 after 30.0% at 02:00:00",
        "W0-03 before 1.0% at 06:06:00", "W0-01 after 61.0% at 23:40:00 corrects",
      ])
  }

  @Test("A failed look at a window that has not begun writes nothing")
  func notStarted() {
    var bench = openWindow()
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.fail("06:00")
    #expect(bench.news.isEmpty)
  }
}
