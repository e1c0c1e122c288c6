import Shared
import TestSupport
import Testing

@testable import Jobs

/// Type, window and the values of the evidence.
private func summary(_ anomalies: [Anomaly]) -> [String] {
  anomalies.map { anomaly in
    "\(anomaly.type.rawValue) \(anomaly.window) \(anomaly.evidence.map(\.name).joined(separator: ","))"
  }
}

struct AnomalyRulesTests {
  private func find(_ rows: [Snapshot]) -> [Anomaly] { AnomalyRules.find(in: rows) }

  private func live(
    _ minute: Double, _ percent: Double, end: Int = 290, window: String = "W0-A",
    phase: Phase = .after, agent: String = AgentID.main, account: String? = nil
  ) -> Snapshot {
    row(
      phase, window, at: minute, [fiveHours(percent, end: end)], agent: agent, account: account)
  }

  // MARK: Pairs

  @Test(arguments: [
    (100.0, 3.0, 290, WindowPair.Fault.negativeDelta), (292, 20, 290, .lateAfter),
    (400, 20, 650, .resetCrossed),
  ])
  func `a fault of a pair is one anomaly that says by what it was found`(
    minute: Double, percent: Double, end: Int, fault: WindowPair.Fault
  ) throws {
    let rows = [live(0, 10, phase: .before), live(minute, percent, end: end)]
    let pair = try #require(WindowPair(of: "W0-A", in: rows, known: rows))
    let found = AnomalyRules.find(in: pair, known: rows)
    #expect(summary(found) == ["\(fault.rawValue) W0-A before,after,fiveh_pct"])
    #expect(found.first?.capturedAt == rows[1].capturedAt)
    #expect(found.first?.evidence.first?.value == rows[0].id)
    #expect(
      found.first?.evidence.last?.value
        == "10 (\(minutes(290).text)) -> \(Int(percent)) (\(minutes(end).text))")
    #expect(found.first?.type.isInformational == (fault == .resetCrossed))
  }

  @Test func `one pane for both ends is one anomaly for all limits`() throws {
    let limits = [fiveHours(4, label: "13:05"), week(9, label: "21:11 on 9 Nov")]
    let rows = [
      row(.before, at: 0, limits, pane: "p"), row(.after, at: 0.003, limits, pane: "p"),
    ]
    let pair = try #require(WindowPair(of: "W0-A", in: rows, known: rows))
    #expect(
      summary(AnomalyRules.find(in: pair, known: rows))
        == ["duplicate-pane W0-A before,after,fiveh_pct,weekly_pct"])
    #expect(find(rows).isEmpty)
  }

  @Test func `a stale pane is found as a row and as a pair under one id`() throws {
    func pane(_ phase: Phase, _ window: String, _ minute: Double, _ percent: Double) -> Snapshot {
      row(
        phase, window, at: minute, [fiveHours(percent, label: "13:05")], pane: "\(percent)")
    }
    let rows = [
      pane(.before, "W0-A", 0, 4), pane(.after, "W0-Z", 50, 30), pane(.after, "W0-A", 60, 9),
    ]
    let pair = try #require(WindowPair(of: "W0-A", in: rows, known: rows))
    let ofPair = AnomalyRules.find(in: pair, known: rows)
    #expect(summary(find(rows)) == ["stale-pane W0-A row,newer"])
    #expect(ofPair == find(rows))
    #expect(ofPair.first?.evidence.map(\.value) == [rows[2].id, rows[1].id])
    // More of the same evidence makes it no other anomaly.
    let more = rows + [pane(.after, "W0-Z", 55, 45)]
    #expect(find(more).map(\.id) == find(rows).map(\.id))
    #expect(find(more) != find(rows))
    // By labels of another window alone, nothing proves it but the pair itself.
    let older = row(.after, at: 60, [fiveHours(2, label: "08:05")], pane: "older")
    let apart = [rows[0], older]
    let unproven = try #require(WindowPair(of: "W0-A", in: apart, known: apart))
    #expect(
      summary(AnomalyRules.find(in: unproven, known: apart))
        == ["stale-pane W0-A before,after,fiveh_pct"])
  }

  // MARK: Rows

  @Test func `a second before is found, however often it is looked for`() {
    let rows = [
      live(0, 4, phase: .before), live(9, 5, phase: .before),
      live(9, 5, phase: .before, agent: "sub1"), live(12, 5, window: "W0-B", phase: .before),
      override(.before, at: 20, [fiveHours(6)]),
      row(.before, "W0-B", at: 21, [], pane: "unreadable"),
    ]
    #expect(summary(find(rows)) == ["second-before W0-A first,second"])
    #expect(find(rows).first?.evidence.map(\.value) == [rows[0].id, rows[1].id])
    #expect(find(rows) == find(rows))
  }

  @Test func `a fall under the same end that comes back is one glitch`() {
    let rows = [live(0, 40), live(10, 41), live(20, 12), live(30, 13), live(40, 41)]
    #expect(summary(find(rows)) == ["glitch W0-A limit,high,low,back"])
    #expect(
      find(rows).first?.evidence.map(\.value)
        == ["codex/300", rows[1].id, rows[2].id, rows[4].id])
    #expect(find(rows + [live(50, 43)]).map(\.id) == find(rows).map(\.id))
    #expect(find(Array(rows.dropLast())).isEmpty)
  }

  @Test(
    arguments: [
      [(0, 40, 290), (20, 39, 290), (40, 41, 290)], [(0, 40, 290), (300, 2, 590), (320, 45, 590)],
      [(0, 40, 290), (300, 0, 600), (320, 45, 611)],
      [(0, 40, 290), (100, 40, 290), (200, 90, 290)],
    ] as [[(Double, Double, Int)]])
  func `a rounding, a reset or a healthy rise is no glitch`(series: [(Double, Double, Int)]) {
    #expect(find(series.map { live($0.0, $0.1, end: $0.2) }).isEmpty)
  }

  @Test func `a reading of nothing between two of one window is a glitch too`() {
    let rows = [live(0, 40), live(10, 0, end: 310), live(20, 40), live(30, 42)]
    #expect(summary(find(rows)) == ["glitch W0-A limit,high,low,back"])
    // A row of the old window that comes late, after its end, is none.
    let late = [live(0, 40), live(291, 1, end: 590), live(292, 40), live(300, 2, end: 590)]
    #expect(find(late).isEmpty)
  }

  @Test func `a window that gives way early is a surprise once two readings agree`() throws {
    let rows = [live(0, 40), live(60, 1, end: 350), live(80, 3, end: 350), live(90, 4, end: 350)]
    #expect(summary(find(rows)) == ["surprise-reset W0-A limit,old,new,confirmed,old_resets_at"])
    #expect(find(rows).first?.evidence.last?.value == minutes(290).text)
    #expect(find(Array(rows.prefix(2))).isEmpty)
    // One reading in two rows, as cross writes it, does not agree with itself, nor hide the next.
    let crossed = [rows[0], rows[1], live(60, 1, end: 350, window: "W0-B", phase: .before)]
    #expect(find(crossed).isEmpty)
    #expect(find(crossed + [rows[2]]).count == 1)
    // After the end it is a reset as any other.
    let due = [live(0, 40), live(291, 1, end: 591), live(300, 3, end: 591)]
    #expect(find(due).isEmpty)
  }

  @Test func `accounts are told apart, and a source that tells none goes with the only one`() {
    let mixed = [
      live(0, 40, account: "EXAMPLE-1"), live(60, 1, end: 350, account: "EXAMPLE-2"),
      live(80, 3, end: 350, account: "EXAMPLE-2"), live(90, 41, account: "EXAMPLE-1"),
    ]
    #expect(find(mixed).isEmpty)
    let untold = [
      live(0, 40, account: "EXAMPLE-1"), live(60, 12), live(90, 41, account: "EXAMPLE-1"),
    ]
    #expect(summary(find(untold)) == ["glitch W0-A limit,high,low,back"])
  }

  // MARK: ccusage

  private func counted(_ percent: String, agent: String? = nil, window: String = "W0-A") -> String {
    let agent = agent.map { #","agent_id":"\#($0)""# } ?? ""
    return #"{"window":"\#(window)","provider":"codex-ccusage","parsed":{"scope":"weekly","#
      + #""weekly":{"percent_used":\#(percent)}},"scope":"weekly"\#(agent)}"# + "\n"
  }

  @Test(
    arguments: [
      ("40", 45, true), ("40", 44.4, false), ("45", 40, true), ("44", 40, false), ("2", 3, false),
      ("2", 3.1, true), ("0", 0, false),
    ] as [(String, Double, Bool)])
  func `a tenth of the larger and more than a point apart diverge`(
    counted: String, shown: Double, diverges: Bool
  ) throws {
    let limits = { (percent: Double) in
      [
        LimitReading(
          limitID: "codex", minutes: 10_080, usedPercent: percent, resetsAt: minutes(6_000))
      ]
    }
    let rows = [row(.before, at: 0, limits(0)), row(.after, at: 9, limits(shown))]
    let pair = try #require(WindowPair(of: "W0-A", in: rows, known: rows))
    let found = CcusageDivergence.find(in: pair, rows: Array(self.counted(counted).utf8))
    #expect((found != nil) == diverges)
    if let found {
      #expect(summary([found]) == ["ccusage-divergence W0-A ccusage_weekly_pct,weekly_pct,after"])
    }
    let elsewhere =
      self.counted(counted, window: "W0-B") + self.counted(counted, agent: "sub1") + "damaged\n"
    #expect(CcusageDivergence.find(in: pair, rows: Array(elsewhere.utf8)) == nil)
    let hidden = self.counted(counted) + self.counted("null") + "{\n"
    #expect((CcusageDivergence.find(in: pair, rows: Array(hidden.utf8)) != nil) == diverges)
  }

  // MARK: A long healthy ledger

  /// Three months of two agents on one account: panes in whole numbers, session files and the
  /// client's own answers, resets and idle nights among them.
  private static func healthy(_ count: Int, seed: UInt64) -> [Snapshot] {
    var numbers = SeededNumbers(seed: seed)
    var rows: [Snapshot] = []
    var minute = 0
    var five = (percent: 0.0, end: 0)
    var weekly = (percent: 0.0, end: 10_080)
    while rows.count < count {
      minute += Int.random(in: 1...30, using: &numbers)
      if Int.random(in: 0..<60, using: &numbers) == 0 { minute += 500 }
      while minute >= weekly.end { weekly = (0, weekly.end + 10_080) }
      if minute >= five.end {
        // Nothing has begun: the end slides until the first turn.
        five.percent = 0
        if Bool.random(using: &numbers) { five.end = minute + 300 }
      } else {
        five.percent += Double.random(in: 0...2, using: &numbers)
        weekly.percent = min(99, weekly.percent + Double.random(in: 0...0.2, using: &numbers))
      }
      let number = rows.count
      let end = minute >= five.end ? minute + 300 : five.end
      let agent = Bool.random(using: &numbers) ? AgentID.main : "sub1"
      let isPane = Int.random(in: 0..<4, using: &numbers) == 0
      let shown = { (percent: Double) in isPane ? percent.rounded() : percent }
      let moments = [end, weekly.end].map { minutes($0) }
      let jitter = isPane ? 0 : Int.random(in: -1...1, using: &numbers)
      let limits = [
        fiveHours(
          shown(five.percent), end: end + jitter, label: isPane ? clock(moments[0]) : nil),
        LimitReading(
          limitID: "codex", minutes: 10_080, usedPercent: shown(weekly.percent),
          resetsAt: moments[1], resetsLabel: isPane ? dated(moments[1]) : nil),
      ]
      rows.append(
        row(
          number % 2 == 0 ? .before : .after, "W0-\(number / 2)", at: Double(minute), limits,
          agent: agent, account: isPane ? nil : "EXAMPLE-account",
          pane: isPane ? "pane \(number)" : nil,
          method: Bool.random(using: &numbers) ? .appServer : .rollouts))
    }
    return rows
  }

  private static func clock(_ moment: Timestamp) -> String {
    String(decoding: Array(moment.text.utf8)[11..<16], as: UTF8.self)
  }

  private static func dated(_ moment: Timestamp) -> String {
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let day = LocalTime.universal.day(at: moment)
    return "\(clock(moment)) on \(day.day) \(months[day.month - 1])"
  }

  @Test(arguments: 1...4)
  func `a healthy ledger gives no alarm`(seed: UInt64) {
    let rows = Self.healthy(3_000, seed: seed)
    #expect(summary(find(rows)) == [])
  }

  @Test func `ten thousand rows are looked through in well under a second`() {
    let rows = Self.healthy(10_000, seed: 7)
    let time = processorTime { #expect(find(rows).isEmpty) }
    #expect(time < .seconds(2))
  }

  @Test func `in a healthy ledger each planted oddity is found once and nothing else`() {
    var rows = Self.healthy(2_000, seed: 3)
    rows.append(
      row(
        .before, "W0-10", at: 1_000_000, [fiveHours(5, end: 1_000_100)], agent: rows[20].agent))
    let stale = rows.lastIndex { $0.reading?.method == .pane && $0.leadingPercent > 9 }
    if let stale {
      var limits = rows[stale].reading?.limits ?? []
      limits[0].usedPercent -= 5
      let at = (rows[stale].capturedAt - morning).inSeconds / 60 + 0.5
      rows.append(row(.after, "W0-stale", at: at, limits, pane: "replayed"))
    }
    #expect(
      Set(summary(find(rows))) == [
        "second-before W0-10 first,second", "stale-pane W0-stale row,newer",
      ])
    #expect(find(rows).count == 2)
  }
}

struct AnomalyRowTests {
  private func read(_ lines: String...) -> [AnomalyRow] {
    AnomalyRow.read(Array(lines.map { $0 + "\n" }.joined().utf8))
  }

  private let anomaly = Anomaly(
    .resetCrossed, window: "W0-A", provider: .codex, agent: "sub1", capturedAt: morning,
    evidence: [.init("before", "1"), .init("fiveh_pct", "4 (a) -> 5 (b)")])

  private var line: String {
    String(decoding: anomaly.line(stamp: .test, source: "complete").dropLast(), as: UTF8.self)
  }

  @Test func `an anomaly is written in the tracker's shape and comes back`() throws {
    #expect(
      line == """
        {"window":"W0-A","provider":"codex","captured_at":"2026-11-02T08:00:00.000Z",\
        "notes":"reset-crossed-detected","source":"complete","type":"reset-crossed",\
        "informational":true,"evidence":{"before":"1","fiveh_pct":"4 (a) -> 5 (b)"},\
        "schema_version":"1.0.0","tool_version":"9.8.7","id":"\(anomaly.id)",\
        "agent_id":"sub1","host":"EXAMPLE-host"}
        """)
    let row = try #require(read(line, line).first)
    #expect(read(line, line).count == 1)
    #expect(row.id == anomaly.id)
    #expect(row.type == "reset-crossed")
    #expect(row.agent == "sub1")
    #expect(row.isInformational)
    #expect(row.evidence == anomaly.evidence)
    #expect(row.resolution == nil)
  }

  @Test func `rows of the tracker have no type and are negative deltas`() throws {
    let row = try #require(
      read(
        #"{"window": "W0-20", "provider": "codex", "captured_at": "2026-03-04T01:00:00+00:00", "#
          + #""notes": "negative-delta-detected", "delta": {"weekly_pct": -9}, "before": {}, "#
          + #""after": {}, "source": "finalize", "schema_version": "1.0.0"}"#
      ).first)
    #expect(row.type == "negative-delta")
    #expect(row.window == "W0-20")
    #expect(row.agent == "main")
    #expect(!row.isInformational)
    #expect(!row.id.isEmpty)
  }

  @Test func `a resolution settles its anomaly wherever it stands`() {
    let resolution =
      #"{"window":"W0-A","type":"resolution","notes":"seen","resolves":"\#(anomaly.id)"}"#
    #expect(read(line, resolution).map(\.resolution) == ["seen"])
    #expect(read(resolution, line).map(\.resolution) == ["seen"])
    #expect(read(resolution).isEmpty)
  }

  @Test func `damaged lines are no anomalies`() {
    #expect(
      read("", "{}", "[]", "{", "null", #"{"type":"glitch"}"#, line + "x").map(\.id) == [anomaly.id]
    )
  }

  @Test func `ten thousand rows are read in time`() {
    let bytes = (0..<10_000).flatMap { number in
      Array(#"{"window":"W\#(number)","id":"\#(number)","type":"glitch"}"#.utf8 + [0x0A])
    }
    let time = processorTime { #expect(AnomalyRow.read(bytes).count == 10_000) }
    #expect(time < .seconds(2))
  }
}
