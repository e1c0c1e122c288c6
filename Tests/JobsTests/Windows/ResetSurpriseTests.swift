import Jobs
import Shared
import Testing

struct ResetSurpriseTests {
  @Test(
    "Less under the same reset time is an anomaly and no new window",
    arguments: [
      (true, 12.0, true), (false, 12.0, true), (true, 39.5, false), (true, 40, false),
    ])
  func glitch(_ isRecorded: Bool, _ percent: Double, _ isGlitch: Bool) {
    var bench = openWindow()
    if isRecorded {
      bench.lookAfter(reading("21:00", 40, end: "00:01"))
    } else {
      bench.look(reading("21:00", 40, end: "00:01"))
    }
    bench.look(reading("22:00", percent, end: "00:01:01"))
    #expect(bench.news.isEmpty)
    #expect(bench.position.window == "W0-01")
    #expect(bench.anomalies.map(\.type) == (isGlitch ? [.glitch] : []))
    bench.look(reading("00:06", 0, end: "05:06"))
    // The larger one stays.
    #expect(bench.lines.contains("W0-01 after 40.0% at 21:00:00"))
  }

  @Test("A new reset time before the old one counts when two readings a minute apart agree")
  func surprise() {
    var bench = openWindow()
    bench.look(reading("20:00", 50, end: "00:01"))
    bench.look(reading("21:00", 1, end: "01:55"))
    #expect(bench.news.isEmpty)
    #expect(bench.due("21:01") == .look)
    bench.look(reading("21:00:59", 1, end: "01:55"))
    #expect(bench.news.isEmpty)
    bench.look(reading("21:01", 1, end: "01:55:01"))
    #expect(bench.news == ["W0-01 after 50.0% at 20:00:00", "W0-02 before 1.0% at 21:01:00"])
    #expect(bench.anomalies.map(\.type) == [.surpriseReset])
    #expect(bench.position.isConfirmed)
  }

  @Test("A window that the vendor takes back before its end counts the same")
  func surpriseOfNothing() {
    var bench = openWindow()
    bench.look(reading("21:00", 0, end: "02:00"))
    #expect(bench.news.isEmpty)
    bench.look(reading("21:02", 0, end: "02:02"))
    #expect(bench.last?.opened == ["W0-02"])
    #expect(bench.anomalies.map(\.type) == [.surpriseReset])
    // The first window again: it has been closed, and stays so.
    bench.look(reading("21:10", 51, end: "00:01"))
    bench.look(reading("21:20", 51, end: "00:01"))
    #expect(bench.news.isEmpty)
    #expect(bench.position.window == "W0-02")
  }

  @Test("One odd reading that goes back changes nothing")
  func oddReading() {
    var bench = openWindow()
    bench.look(reading("21:00", 1, end: "01:55"))
    bench.look(reading("21:02", 30, end: "00:01"))
    #expect(bench.position.candidate == nil)
    bench.look(reading("21:30", 1, end: "01:55"))
    #expect(bench.lines == ["W0-01 before 2.0% at 19:10:00"])
    #expect(bench.anomalies.isEmpty)
  }

  @Test("Two odd readings that disagree change nothing")
  func twoOddReadings() {
    var bench = openWindow()
    bench.look(reading("21:00", 1, end: "01:55"))
    bench.look(reading("21:02", 1, end: "01:20"))
    bench.look(reading("21:02:30", 1, end: "01:20"))
    #expect(bench.lines.count == 1)
  }

  @Test("A reading that forgets the end of a running window changes nothing")
  func forgottenEnd() {
    var bench = openWindow()
    for time in ["21:00", "21:02", "21:04"] { bench.look(reading(at(time), 20, end: nil)) }
    #expect(bench.lines.count == 1)
    #expect(bench.anomalies.isEmpty)
  }

  @Test("A BEFORE that the next reading takes back is retracted, and its name is free again")
  func retracted() {
    var bench = openWindow()
    bench.look(reading("00:06", 1, end: "05:02"))
    bench.look(reading("00:08", 70, end: "00:01"))
    #expect(bench.news == ["W0-02 before retracted"])
    #expect(bench.anomalies.map(\.type) == [.glitch])
    #expect(bench.position.window == "W0-01")
    #expect(bench.due("00:10") == .look)
    bench.look(reading("00:10", 1, end: "05:02"))
    #expect(bench.news == ["W0-02 before 1.0% at 00:10:00"])
    #expect(bench.lines.filter { $0.contains("W0-01 after") }.count == 1)
  }

  @Test("A BEFORE that a second reading has confirmed is not retracted")
  func confirmedStays() {
    var bench = openWindow()
    bench.look(reading("00:06", 1, end: "05:02"))
    bench.look(reading("00:08", 1, end: "05:02"))
    bench.look(reading("00:10", 70, end: "00:01"))
    #expect(bench.news.isEmpty)
    #expect(bench.position.window == "W0-02")
  }
}
