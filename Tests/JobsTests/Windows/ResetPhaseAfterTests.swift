import Jobs
import Shared
import Testing

struct ResetPhaseAfterTests {
  @Test("An AFTER before the reset is written once, and only more corrects it")
  func early() {
    var bench = openWindow()
    bench.lookAfter(reading("23:59:30", 78, end: "00:01"))
    #expect(bench.news == ["W0-01 after 78.0% at 23:59:30"])
    #expect(bench.last?.rows.first?.gap == .seconds(90))
    bench.lookAfter(reading("23:59:40", 78, end: "00:01"))
    #expect(bench.news.isEmpty)
    bench.lookAfter(reading("23:59:50", 77, end: "00:01"))
    #expect(bench.news.isEmpty)
    bench.lookAfter(reading("00:00:40", 80, end: "00:01"))
    #expect(bench.news == ["W0-01 after 80.0% at 00:00:40 corrects"])
    bench.look(reading("00:06", 0, end: "05:06"))
    #expect(bench.news == ["W0-02 before 0.0% at 00:06:00 not-started"])
    #expect(
      bench.lines.filter { $0.contains("after") } == ["W0-01 after 80.0% at 00:00:40 corrects"])
  }

  @Test("One that comes too late takes what was seen before the reset")
  func late() {
    var bench = openWindow()
    bench.evidence = [evidence(end: "00:01", [("23:40", 61)])]
    bench.lookAfter(reading("00:02", 0, end: "05:02"))
    #expect(bench.news == ["W0-01 after 61.0% at 23:40:00"])
    #expect(bench.position.window == "W0-01")
    bench.look(reading("00:06", 0, end: "05:06"))
    #expect(bench.news == ["W0-02 before 0.0% at 00:06:00 not-started"])
  }

  @Test("One that fails says so once, and is corrected when the window is closed")
  func failed() {
    var bench = openWindow()
    bench.failAfter("23:59:30")
    #expect(bench.news == ["W0-01 after unavailable server"])
    bench.failAfter("00:00:30")
    #expect(bench.news.isEmpty)
    bench.evidence = [evidence(end: "00:01", [("23:40", 61)])]
    bench.look(reading("00:06", 1, end: "05:02"))
    #expect(bench.news.first == "W0-01 after 61.0% at 23:40:00 corrects")
  }

  @Test("It pins a window that had not begun, writes nothing of one that still has not")
  func notStarted() {
    var bench = openWindow()
    bench.look(reading("00:06", 0, end: "05:06"))
    bench.lookAfter(reading("00:08", 0, end: "05:08"))
    #expect(bench.news.isEmpty)
    bench.lookAfter(reading("04:58", 20, end: "05:30"))
    #expect(bench.news == ["W0-02 after 20.0% at 04:58:00"])
    #expect(bench.position.identity?.end == .resetsAt(at("05:30")))
  }

  @Test("Another window than the open one is no AFTER, nor does an answer without limits count")
  func otherWindow() {
    var bench = openWindow()
    bench.lookAfter(reading("23:00", 3, end: "03:00"))
    #expect(bench.news.isEmpty)
    var empty = reading("23:01", 3, end: "03:00")
    empty.limits = []
    bench.lookAfter(empty)
    #expect(bench.last?.failure?.reason == .noData)
  }

  @Test("What a person has set right is not corrected")
  func overridden() {
    var bench = openWindow()
    bench.lookAfter(reading("23:59:30", 78, end: "00:01"))
    bench.written.append(
      Snapshot(
        window: "W0-01", provider: .codex, phase: .after, agent: "main", capturedAt: at("23:59:40"),
        recordedAt: at("23:59:40"), notes: "", source: "override",
        content: .reading(reading("23:59:40", 75, end: "00:01", method: .override))))
    bench.evidence = [evidence(end: "00:01", [("20:00", 3), ("23:59", 79)])]
    bench.look(reading("00:06", 1, end: "05:02"))
    #expect(bench.news == ["W0-02 before 1.0% at 00:06:00"])
  }
}
