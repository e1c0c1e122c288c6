import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

/// Rows as they are stored, read back.
struct StoredRowsTests {
  private func summary(
    _ text: String, window: String? = nil, log: Bool = false
  ) throws -> TelemetrySummary {
    var tally = TelemetryTally()
    var rows = StoredRows(source: .memory(Array(text.utf8)), rules: ProxyRules())
    rows.window = window
    rows.takesEvents = log
    let pass = try rows.read(into: &tally)
    var summary = tally.summary
    summary.pass = pass
    return summary
  }

  // MARK: Figures

  @Test("A log of both lanes: shares of requests, latencies between the nearest two")
  func bothLanes() throws {
    let log = try summary(ProxySample.lanterns, log: true)
    #expect(
      ProxyBlock.text(log.total)
        == "routed=50% (events=8), latency=325 ms p50 / 767 ms p95, errors=12.5%")
    let stored = try summary(ProxySample.stored(ProxySample.lanterns, window: "L-1"))
    #expect(stored.total == log.total)
    #expect(stored.windows.map(\.name) == ["L-1"])
    #expect(stored.lanes.map { "\($0.name) \($0.figures.requests)" } == ["baseline 4", "glm 4"])
    #expect(
      stored.models.map { "\($0.name) \($0.figures.inputTokens)+\($0.figures.outputTokens)" }
        == ["anthropic/haiku 2750+670", "z.ai/glm-4.6 900+410", "glm-4.6 1760+450"])
  }

  @Test("Decisions are no requests, network errors are, streams without a count have none")
  func decisions() throws {
    let figures = try summary(ProxySample.forced, log: true).total
    #expect(figures.events == 9)
    #expect(figures.requests == 5)
    #expect(figures.routed == 3)
    #expect(figures.errors == 2)
    #expect(figures.withoutTokens == 3)
    #expect(figures.inputTokens == 8_005)
    #expect(
      ProxyBlock.text(figures)
        == "routed=60% (events=9), latency=4000 ms p50 / 5980 ms p95, errors=40%")
  }

  @Test("Without a latency, and without a request, there is no number")
  func absent() throws {
    let text = ProxySample.stored(
      #"{"ts":1760000000.5,"rid":"a","lane":"zai","status":-1,"event":"decision"}"# + "\n",
      window: "L-1")
    #expect(
      ProxyBlock.text(try summary(text).total)
        == "routed=n/a (events=1), latency=n/a p50 / n/a p95, errors=n/a")
  }

  @Test("A window is read alone")
  func window() throws {
    let text =
      ProxySample.stored(ProxySample.lanterns, window: "L-1")
      + ProxySample.stored(ProxySample.forced, window: "L-10")
    #expect(try summary(text).total.events == 17)
    #expect(try summary(text, window: "L-1").total.events == 8)
    #expect(try summary(text, window: "L-10").total.events == 9)
    #expect(try summary(text, window: "L").total.events == 0)
  }

  // MARK: Forms

  @Test("White space, escapes and another order of members change nothing")
  func forms() throws {
    let row =
      #"{"window":"L-1","provider":"proxy-telemetry","ts":"2025-10-19T16:05:00.000Z","rid":"a","#
      + #""lane":"glm","model":"glm-4.6","kind":"completion","route":"glm","outcome":"ok","#
      + #""input_tokens":5,"latency_ms":120.5,"id":"00000000000000aa"}"#
    let spaced = row.replacing(":", with: ": ").replacing("\",", with: "\" ,")
      .replacing(": 05: 00.", with: ":05:00.")
    let escaped = row.replacing("glm-4.6", with: #"glm\u002d4.6"#)
    let turned =
      #"{"x":[{"kind":"z"}],"route":"glm","kind":"completion","model":"glm-4.6","lane":"glm","#
      + #""provider":"proxy-telemetry","outcome":"ok","latency_ms":120.5,"input_tokens":5,"#
      + #""window":"L-1"}"#
    let plain = try summary(row + "\n")
    #expect(plain.total.p50 == 120.5)
    for text in [spaced, escaped, turned] {
      let read = try summary(text + "\n")
      #expect(read.total == plain.total, "\(text)")
      #expect(read.models == plain.models, "\(text)")
      #expect(read.pass.damaged == 0)
    }
    #expect(try summary(row + row + "\n" + row).total.events == 3)
  }

  @Test("A damaged line costs itself, and is counted with its number; a torn last line is not")
  func damage() throws {
    let good = ProxySample.stored(ProxySample.lanterns, window: "L-1")
    let read = try summary(good + "{\"window\":\n\n[1]\n{\"window\":\"L-1\"}\n" + good + "{\"win")
    #expect(read.total.events == 16)
    #expect(read.pass.damaged == 3)
    #expect(read.pass.firstDamaged == 9)
  }

  @Test("More tokens than can be added up are no count, whoever stored them")
  func tooManyTokens() throws {
    let row =
      #"{"window":"L-1","provider":"proxy-telemetry","rid":"a","lane":"glm","model":"glm-4.6","#
      + #""kind":"completion","route":"glm","outcome":"ok","input_tokens":99999999999999999,"#
      + #""output_tokens":7,"id":"00000000000000aa"}"# + "\n"
    let read = try summary(String(repeating: row, count: 200))
    #expect(read.total.inputTokens == 0)
    #expect(read.total.outputTokens == 1_400)
  }

  @Test("Bytes that are not UTF-8 cost a row nothing")
  func invalidUTF8() throws {
    let rows = ProxySample.stored(ProxySample.lanterns, window: "L-1")
    var bytes = Array(rows.utf8)
    let place = try #require(rows.utf8.firstIndex(of: UInt8(ascii: "L")))
    bytes[rows.utf8.distance(from: rows.utf8.startIndex, to: place)] = 0xFF
    var tally = TelemetryTally()
    let pass = try StoredRows(source: .memory(bytes), rules: ProxyRules()).read(into: &tally)
    #expect(pass.events == 8)
    #expect(pass.damaged == 0)
  }

  @Test("Of a proxy's own log only the lines that lose an event are damaged")
  func damagedLog() throws {
    let good = #"{"rid":"a","ts":1760000000,"lane":"glm"}"#
    let lines = [
      good, good.replacing("\"a\"", with: "\"b\"") + "{}", "{\"rid\":", "[1]", "{\"level\":3}",
      good.replacing("\"a\"", with: "\"c\"") + "\r", "",
      good.replacing("{", with: #"{"latency_ms":"slow","#).replacing("\"a\"", with: "\"d\""),
    ]
    let read = try summary(lines.joined(separator: "\n") + "\n", log: true)
    #expect(read.total.events == 4)
    #expect(read.pass.damaged == 3)
    #expect(read.pass.firstDamaged == 3)
  }

  // MARK: Rows with the log of a run

  @Test("The log in a row is read out, each event once, in whichever rows it is")
  func logs() throws {
    let early = ProxySample.lanterns.split(separator: "\n")[..<5].joined(separator: "\n")
    let text =
      ProxySample.run(early, window: "L-1")
      + ProxySample.run(ProxySample.lanterns, window: "L-1")
      + ProxySample.run(ProxySample.forced, window: "L-2")
    let read = try summary(text)
    #expect(read.windows.map { "\($0.name) \($0.figures.events)" } == ["L-1 8", "L-2 9"])
    #expect(read.pass.logs == 3)
    #expect(read.pass.repeated == 5)
  }

  @Test("What is stored by itself is not read out of a log again, wherever that stands")
  func logsAndRows() throws {
    let rows = ProxySample.stored(ProxySample.lanterns, window: "L-1")
    let run = ProxySample.run(ProxySample.lanterns, window: "L-7")
    for text in [rows + run, run + rows] {
      let read = try summary(text)
      #expect(read.windows.map { "\($0.name) \($0.figures.events)" } == ["L-1 8"])
      #expect(read.pass.repeated == 8)
    }
  }

  @Test("The same log twice in one file is one log")
  func logTwice() throws {
    let read = try summary(ProxySample.lanterns + ProxySample.lanterns, log: true)
    #expect(read.total.events == 8)
    #expect(read.pass.repeated == 8)
  }

  // MARK: Corrections

  @Test("An event that was put into a window later is counted there, at its first correction")
  func corrections() throws {
    let rows = ProxySample.stored(ProxySample.lanterns, window: "unassigned")
    let ids = try rows.split(separator: "\n").map { line in
      try #require(JSON(parsing: String(line))["id"].string)
    }
    func correction(_ id: String, _ window: String) -> String {
      #"{"window":"\#(window)","provider":"proxy-telemetry","assigns":"\#(id)"}"# + "\n"
    }
    let text =
      rows + correction(ids[0], "L-1") + correction(ids[2], "L-2")
      + correction(ids[0], "L-3")
    let read = try summary(text)
    #expect(
      read.windows.map { "\($0.name) \($0.figures.events)" }
        == ["L-1 1", "unassigned 6", "L-2 1"])
    #expect(read.pass.corrections == 3)
    #expect(try summary(text, window: "L-1").total.events == 1)
    #expect(try summary(text, window: "unassigned").total.events == 6)
  }

  // MARK: Size

  @Test("A ledger read with several cores says what one of them says")
  func halves() throws {
    let folder = try TemporaryFolder("rows")
    var text = ""
    var numbers = SeededNumbers(seed: 77)
    let sample =
      ProxySample.stored(ProxySample.lanterns, window: "L-1")
      + ProxySample.stored(ProxySample.forced, window: "unassigned")
    while text.utf8.count < 6 << 20 {
      text += sample
      if Int.random(in: 0..<50, using: &numbers) == 0 { text += "{\"window\":\"damaged\n" }
    }
    try Fixture.write(text, to: folder.at("rows"))
    let log = TelemetryLog(ledger: folder.at("rows"), rules: ProxyRules())
    #expect(try log.summary(window: nil) == summary(text))
    #expect(try log.summary(window: "L-1") == summary(text, window: "L-1"))
  }

  @Test("No ledger is no telemetry, a named file that is not there an error")
  func missing() throws {
    let folder = try TemporaryFolder("rows")
    let ledger = TelemetryLog(ledger: folder.at("none"), rules: ProxyRules())
    #expect(try ledger.summary(window: nil) == nil)
    let file = TelemetryLog(file: folder.at("none"), rules: ProxyRules())
    let error = #expect(throws: JobError.self) { try file.summary(window: nil) }
    #expect(error?.status == .noInput)
  }
}
