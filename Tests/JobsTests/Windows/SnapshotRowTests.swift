import Shared
import TestSupport
import Testing

@testable import Jobs

struct SnapshotRowTests {
  private let reader = SnapshotReader(zone: .universal)

  private func full() -> Snapshot {
    var limits = [fiveHours(12.5, end: 250), week(40, end: 6_000, label: "21:11 on 9 Nov")]
    limits.append(
      LimitReading(
        limitID: "EXAMPLE-model", minutes: nil, usedPercent: 0, resetsAt: nil, isMain: false))
    var row = row(
      .after, "W0-Ü", at: 240, limits, agent: "sub1", account: "EXAMPLE-account",
      errors: ["pane-empty", "stale-warning"])
    var reading = row.reading
    reading?.clientVersion = "0.99.1"
    reading?.rawText = "line one\nline \"two\" \u{1F600} \\"
    if let reading { row.content = .reading(reading) }
    row.id = row.contentID
    row.recordedAt = minutes(243)
    row.notes = "a note"
    row.state = .notStarted
    row.gap = .milliseconds(1_500)
    row.late = .seconds(32_400)
    row.corrects = "0123456789abcdef"
    row.tried = [
      .init(method: .appServer, failure: ReadingFailure(.deadline, "8 s")),
      .init(method: .rollouts, failure: ReadingFailure(.noData, "")),
    ]
    return row
  }

  @Test func `every field comes back as it was written`() {
    let rows = [
      full(), missing(.before, at: 4), tombstone(of: full(), at: 5),
      override(.after, at: 7, [week(9, label: "21:11 on 9 Nov")]),
      row(.before, at: 0, [fiveHours(1, label: "13:05")], pane: "pane"),
    ]
    for row in rows { #expect(reader.read(row.line(stamp: .test)) == [row]) }
    var none = missing(.after, at: 9)
    none.tried = full().tried
    #expect(reader.read(none.line(stamp: .test)) == [none])
  }

  @Test func `the tracker's keys come first and in its order, ours behind them`() {
    #expect(
      String(decoding: full().line(stamp: .test), as: UTF8.self) == """
        {"window":"W0-Ü","provider":"codex","phase":"after",\
        "captured_at":"2026-11-02T12:00:00.000Z","notes":"a note",\
        "raw_text":"line one\\nline \\"two\\" \u{1F600} \\\\",\
        "parsed":{"fiveh_pct":12.5,"fiveh_resets":"2026-11-02T12:10:00.000Z","weekly_pct":40,\
        "weekly_resets":"21:11 on 9 Nov","errors":["pane-empty","stale-warning"]},\
        "source":"alias","schema_version":"1.0.0","tool_version":"9.8.7",\
        "id":"\(full().id)","agent_id":"sub1","host":"EXAMPLE-host",\
        "recorded_at":"2026-11-02T12:03:00.000Z","account":"EXAMPLE-account",\
        "method":"app-server","age_s":180,"client_version":"0.99.1",\
        "limit_id":"codex","window_minutes":300,"used_percent":12.5,"resets_at":1793621400,\
        "limits":[\
        {"limit_id":"codex","window_minutes":300,"used_percent":12.5,"resets_at":1793621400,\
        "main":true},{"limit_id":"codex","window_minutes":10080,"used_percent":40,\
        "resets_at":1793966400,"resets_label":"21:11 on 9 Nov","main":true},\
        {"limit_id":"EXAMPLE-model","window_minutes":null,"used_percent":0,"resets_at":null,\
        "main":false}],"tried":[{"method":"app-server","reason":"deadline","message":"8 s"},\
        {"method":"rollouts","reason":"no-data","message":""}],"state":"not-started","gap_s":1.5,\
        "late_s":32400,"corrects":"0123456789abcdef"}

        """)
  }

  @Test func `parsed has its keys even where nothing is known`() throws {
    func parsed(_ row: Snapshot) throws -> String {
      var writer = JSONWriter()
      row.writeParsed(into: &writer)
      return String(decoding: writer.bytes, as: UTF8.self)
    }
    #expect(
      try parsed(missing(.after, at: 0)) == """
        {"fiveh_pct":null,"fiveh_resets":null,"weekly_pct":null,"weekly_resets":null,\
        "errors":["unavailable","deadline"]}
        """)
    var claude = missing(.after, at: 0)
    claude.provider = .claude
    #expect(
      try parsed(claude) == """
        {"session_pct":null,"session_resets":null,"all_models_pct":null,\
        "all_models_resets":null,"opus_pct":null,"errors":["unavailable","deadline"]}
        """)
    #expect(try parsed(tombstone(of: full(), at: 0)).hasSuffix(#","errors":[]}"#))
  }

  // MARK: Ids

  @Test func `a pane has one id at any moment, a live reading another at another`() {
    let limits = [fiveHours(1, label: "13:05")]
    let pane = row(.before, at: 0, limits, pane: "the pane")
    #expect(pane.id == row(.before, at: 9, limits, pane: "the pane").id)
    #expect(row(.before, at: 0, limits).id != row(.before, at: 9, limits).id)
    #expect(missing(.after, at: 0).id == missing(.after, at: 60).id)
    let others = [
      row(.after, at: 0, limits, pane: "the pane"),
      row(.before, "W0-B", at: 0, limits, pane: "the pane"),
      row(.before, at: 0, limits, agent: "sub1", pane: "the pane"),
      row(.before, at: 0, limits, pane: "another pane"), row(.before, at: 0, limits),
      row(.before, at: 0, limits, account: "EXAMPLE"),
      row(.before, at: 0, limits, method: .rollouts),
      row(.before, at: 0, [fiveHours(2, label: "13:05")]), missing(.before, at: 0), pane,
    ]
    #expect(Set(others.map(\.id)).count == others.count)
  }

  @Test func `the id of a row without one is the same in every zone`() throws {
    let line = Array(
      #"""
      {"window":"W","provider":"codex","phase":"after","captured_at":"2026-03-04T01:00:00.5+00:00",
      "source":"override","raw_text":"","parsed":{"fiveh_pct":9,"fiveh_resets":"05:00"}}
      """#.utf8)
    let ids = try ["Asia/Tokyo", "America/New_York", "Etc/UTC"].map { name in
      SnapshotReader(zone: try #require(LocalTime(named: name))).read(line).map(\.id)
    }
    #expect(Set(ids).count == 1)
    #expect(ids.first?.count == 1)
  }

  // MARK: Rows of the tracker

  private func read(_ text: String) -> Snapshot? {
    let rows = reader.read(Array(text.utf8))
    return rows.count == 1 ? rows.first : nil
  }

  @Test func `a row of the tracker is read, with and without its stamps`() throws {
    let text = #"""
      {"window": "W0-07", "provider": "codex", "phase": "before", "captured_at": "2026-11-02T08:00:00.254041+00:00", "notes": "AGENT_ID=sub1", "raw_text": "pane", "parsed": {"fiveh_pct": 8, "fiveh_resets": "12:25", "weekly_pct": 31, "weekly_resets": "21:11 on 6 Nov", "errors": ["multi-pane-trimmed"]}, "source": "automation", "schema_version": "1.0.0", "tool_version": "0.1.0"}
      """#
    let row = try #require(read(text))
    #expect(row.capturedAt.text == "2026-11-02T08:00:00.254Z")
    #expect(row.agent == "sub1")
    #expect(row.recordedAt == nil)
    #expect(row.source == "automation")
    let reading = try #require(row.reading)
    #expect(reading.method == .pane)
    #expect(reading.account == nil)
    #expect(reading.errors == ["multi-pane-trimmed"])
    #expect(
      reading.limits == [
        fiveHours(8, end: 265, label: "12:25"), week(31, end: 6_551, label: "21:11 on 6 Nov"),
      ])
    #expect(row.id == row.contentID)
    let unstamped = text.replacing(
      #", "schema_version": "1.0.0", "tool_version": "0.1.0""#, with: "")
    #expect(read(unstamped) == row)
  }

  @Test(
    arguments: [
      ("AGENT_ID=main", "main"), ("AGENT_ID=sub2; more", "sub2"), ("AGENT_ID=", "main"),
      ("alias:start", "main"), ("", "main"),
    ])
  func `the agent stands in the notes of older rows`(notes: String, agent: String) {
    let row = read(
      #"{"window":"W","provider":"glm","phase":"after","captured_at":"2026-11-02T08:00:00Z","#
        + #""notes":"\#(notes)"}"#)
    #expect(row?.agent == agent)
  }

  @Test func `rows of claude and overrides are read, and nulls are nothing`() throws {
    let claude = try #require(
      read(
        #"""
        {"window":"W","provider":"claude","phase":"after","captured_at":"2026-11-02T08:00:00+00:00",
        "parsed":{"session_pct":4,"session_resets":"12:59pm (UTC)","all_models_pct":90,
        "all_models_resets":null,"opus_pct":2,"errors":[]},"source":"ingest"}
        """#)?.reading)
    #expect(claude.limits.map(\.limitID) == ["five_hour", "seven_day", "seven_day_opus"])
    #expect(claude.limits.map(\.usedPercent) == [4, 90, 2])
    #expect(claude.limits.map(\.isMain) == [true, true, false])
    #expect(claude.limits[0].resetsAt?.text == "2026-11-02T12:59:00.000Z")
    let fix = try #require(
      read(
        #"""
        {"window":"W","provider":"codex","phase":"after","captured_at":"2026-11-02T08:00:00Z",
        "raw_text":"","parsed":{"fiveh_pct":null,"fiveh_resets":null,"weekly_pct":3,
        "weekly_resets":null,"errors":["manual-override"]},"source":"override"}
        """#)?.reading)
    #expect(fix.method == .override)
    #expect(fix.limits == [week(3)])
  }

  // MARK: Damage

  private static let whole =
    #"{"window":"W","provider":"codex","phase":"after","captured_at":"2026-11-02T08:00:00Z""#

  @Test(
    arguments: [
      "", " ", "{", "}", "[]", "null", "7", "\"W\"", "{}", "nonsense", whole, whole + #","x":"#,
      whole + #","x":NaN}"#, whole + #","parsed":{"fiveh_pct":Infinity}}"#,
      whole + #","notes":"a}"#, #"{"window":"W"}"#, #"{"window":null,"provider":"codex"}"#,
      #"{"window":"W","provider":"gemini","phase":"after","captured_at":"2026-11-02T08:00:00Z"}"#,
      #"{"window":"W","provider":"codex","phase":"during","captured_at":"2026-11-02T08:00:00Z"}"#,
      #"{"window":"W","provider":"codex","phase":"after","captured_at":"yesterday"}"#,
      whole + #","deep":"# + String(repeating: "[", count: 100_000),
      whole + #","deep":"# + String(repeating: "[", count: 2_000)
        + String(repeating: "]", count: 2_000) + "}",
    ])
  func `a damaged line is no row and no crash`(line: String) {
    #expect(reader.read(Array(line.utf8)).isEmpty)
  }

  @Test func `bytes that are no text are no row`() {
    var line = Array((Self.whole + #","notes":"x"}"#).utf8)
    line[line.count - 3] = 0xFF
    #expect(reader.read(line).isEmpty)
  }

  @Test(
    arguments: [
      #""unknown":{"a":[1,{"b":null}]},"parsed":{"fiveh_pct":5,"new":true}"#,
      #""parsed":{"fiveh_pct":5,"weekly_pct":-3}"#, #""parsed":{"fiveh_pct":5,"weekly_pct":1e999}"#,
      #""parsed":{"fiveh_pct":5,"weekly_pct":"7","weekly_resets":9}"#,
      #""parsed":{"fiveh_pct":9,"weekly_pct":1,"errors":["x"]},"parsed":{"fiveh_pct":5}"#,
      #""parsed":{"fiveh_pct":7,"fiveh_pct":5,"errors":7}"#,
      #""limits":7,"gap_s":"x","late_s":1e300,"state":3,"tried":{},"parsed":{"fiveh_pct":5}"#,
      #""limits":[7,{"limit_id":"codex"},{"limit_id":"codex","window_minutes":300,"used_percent":5,"#
        + #""resets_at":99999999999999999,"main":true}]"#,
    ])
  func `what is odd in a row leaves the rest of it`(members: String) {
    let row = read(Self.whole + "," + members + "}")
    #expect(row?.reading?.limits == [fiveHours(5)])
    #expect(row?.errors == [])
  }

  @Test func `news of no reading stays that, whatever reason a later version gives`() {
    let row = read(Self.whole + #","unavailable":{"reason":"eclipse","message":"dark"}}"#)
    #expect(row?.failure == ReadingFailure(.noData, "dark"))
    #expect(read(Self.whole + #","unavailable":{"reason":"stale"}}"#)?.failure?.reason == .stale)
    #expect(read(Self.whole + #","unavailable":null}"#)?.failure == nil)
  }

  @Test func `a pane of a megabyte is read whole`() {
    let text = String(repeating: "0123456789abcde\n", count: 65_536)
    let row = row(.before, at: 0, [fiveHours(1)], pane: text)
    #expect(reader.read(row.line(stamp: .test)) == [row])
  }

  @Test func `rows without a line feed between them are both read, up to the damage`() {
    let first = row(.before, at: 0, [fiveHours(1)])
    let second = row(.after, at: 9, [fiveHours(2)])
    let glued = first.line(stamp: .test).dropLast() + second.line(stamp: .test).dropLast()
    #expect(reader.read(Array(glued)) == [first, second])
    #expect(reader.read(Array(glued.dropLast(9))) == [first])
    #expect(reader.read(first.line(stamp: .test).dropLast() + Array(" }x".utf8)) == [first])
  }
}
