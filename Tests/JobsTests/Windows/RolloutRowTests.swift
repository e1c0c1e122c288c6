import Jobs
import Shared
import TestSupport
import Testing

struct RolloutRowTests {
  private static let end = 1_791_981_000
  private static let rowTime = "2026-10-14T09:00:05.000Z"

  private static func line(_ rateLimits: String, time: String = rowTime) -> String {
    #"{"timestamp":"\#(time)","type":"event_msg","payload":{"type":"token_count","info":null,"#
      + #""rate_limits":\#(rateLimits)}}"#
  }

  private static func window(_ percent: String, _ minutes: String, _ end: String) -> String {
    #"{"used_percent":\#(percent),"window_minutes":\#(minutes),"resets_at":\#(end)}"#
  }

  private func read(_ line: String) -> RolloutRow? { RolloutRow(line: Array(line.utf8)) }

  /// The limits in short: pool, minutes, percent, seconds of the end; a star marks main ones.
  private func short(_ row: RolloutRow?) -> [String]? {
    row?.limits.map { limit in
      let end = limit.resetsAt.map { "\($0.milliseconds / 1_000)" } ?? "-"
      return "\(limit.limitID)\(limit.isMain ? "*" : "") \(limit.minutes ?? 0) "
        + "\(limit.usedPercent) \(end)"
    }
  }

  private static let five = window("27.5", "300", "\(end)")
  private static let week = window("61", "10080", "\(end + 400_000)")

  static let rows: [(String, [String]?)] = [
    (
      #"{"limit_id":"codex","primary":\#(five),"secondary":\#(week)}"#,
      ["codex* 300 27.5 \(end)", "codex* 10080 61.0 \(end + 400_000)"]
    ),
    // Either place, any order of the keys, the id missing, empty or null, white space.
    (
      #"{"primary":\#(week),"secondary":\#(five)}"#,
      ["codex* 300 27.5 \(end)", "codex* 10080 61.0 \(end + 400_000)"]
    ),
    (#"{"primary":\#(week),"limit_id":null}"#, ["codex* 10080 61.0 \(end + 400_000)"]),
    (#" { "limit_id" : "" , "primary" : \#(five) } "#, ["codex* 300 27.5 \(end)"]),
    // Another pool.
    (
      #"{"primary":\#(five),"secondary":null,"limit_id":"codex_bengalfox"}"#,
      ["codex_bengalfox 300 27.5 \(end)"]
    ),
    // Lengths that are nearly one.
    (#"{"primary":\#(window("1", "299", "\(end)"))}"#, ["codex* 300 1.0 \(end)"]),
    (#"{"primary":\#(window("1", "301.0", "\(end)"))}"#, ["codex* 300 1.0 \(end)"]),
    (#"{"primary":\#(window("1", "10079", "\(end)"))}"#, ["codex* 10080 1.0 \(end)"]),
    (#"{"primary":\#(window("1", "44640", "\(end)"))}"#, ["codex* 43200 1.0 \(end)"]),
    (#"{"primary":\#(window("1", "1440", "\(end)"))}"#, ["codex* 1440 1.0 \(end)"]),
    // Ends in other forms.
    (
      #"{"primary":{"used_percent":6.5,"window_minutes":299,"resets_in_seconds":90}}"#,
      ["codex* 300 6.5 \((Timestamp(rowTime)?.milliseconds ?? 0) / 1_000 + 90)"]
    ),
    (
      #"{"primary":\#(window("5", "300", #""2026-10-14T12:30:00Z""#))}"#,
      ["codex* 300 5.0 \((Timestamp("2026-10-14T12:30:00Z")?.milliseconds ?? 0) / 1_000)"]
    ),
    (#"{"primary":\#(window("5", "300", "0"))}"#, ["codex* 300 5.0 -"]),
    (#"{"primary":\#(window("0", "300", "\(end)"))}"#, ["codex* 300 0.0 \(end)"]),
    (#"{"primary":\#(window("104.5", "300", "\(end)"))}"#, ["codex* 300 104.5 \(end)"]),
    // No readings.
    ("null", nil),
    ("[]", nil),
    ("{}", nil),
    (#"{"limit_id":"premium","primary":null,"secondary":null}"#, nil),
    (#"{"primary":\#(window("0.0", "null", "null")),"secondary":null}"#, nil),
    (#"{"primary":\#(window("0", "0", "0"))}"#, nil),
    (#"{"primary":\#(window("null", "300", "\(end)"))}"#, nil),
    (#"{"primary":\#(window("-1", "300", "\(end)"))}"#, nil),
    (#"{"primary":\#(window(#""27""#, "300", "\(end)"))}"#, nil),
  ]

  @Test("Limits are told by their length and their pool", arguments: rows)
  func limits(rateLimits: String, expected: [String]?) {
    let row = read(Self.line(rateLimits))
    #expect(short(row) == expected)
    if let row { #expect(row.capturedAt == Timestamp(Self.rowTime)) }
  }

  @Test(
    "Other lines are no rows",
    arguments: [
      "", "{", "null", "[]", "12", "\u{0}\u{0}\u{0}",
      #"{"timestamp":"\#(rowTime)","payload":{"rate_limits":{"primary":\#(five)}}}"#,
      #"{"timestamp":"\#(rowTime)","payload":{"type":"message","rate_limits":{"primary":\#(five)}}}"#,
      #"{"timestamp":"\#(rowTime)","rate_limits":{"primary":\#(five)}}"#,
      #"{"timestamp":"\#(rowTime)","payload":{"type":"token_count","info":{"rate_limits":{"#
        + #""primary":\#(five)}}}}"#,
      line(#"{"primary":\#(five)}"#, time: "yesterday"),
      line(#"{"primary":\#(five)}"#) + "x",
      String(line(#"{"primary":\#(five)}"#).dropLast()),
      line(#"{"primary":\#(five)}"#).replacing(#""info":null"#, with: "\"info\":\"\u{0}\""),
    ])
  func others(line: String) {
    #expect(read(line) == nil)
  }

  @Test("The keys of a row may come in any order, and the line may end as on Windows")
  func order() {
    let line =
      #"{"payload":{"rate_limits":{"primary":\#(Self.five)},"type":"token_count"},"#
      + #""timestamp":"\#(Self.rowTime)"}"# + "\r"
    #expect(short(read(line)) == ["codex* 300 27.5 \(Self.end)"])
  }

  @Test("Bytes that are no text do not hide the numbers")
  func invalidText() {
    var bytes = Array(Self.line(#"{"limit_name":"?","primary":\#(Self.five)}"#).utf8)
    if let mark = bytes.firstIndex(of: UInt8(ascii: "?")) { bytes[mark] = 0xFF }
    #expect(RolloutRow(line: bytes)?.limits.count == 1)
  }

  @Test("A row as long as none is, is none")
  func tooLong() {
    let filler = String(repeating: " ", count: RolloutRow.longest)
    #expect(read(Self.line(#"{"primary":\#(Self.five)}"#) + filler) == nil)
  }

  @Test("A row of windows that are over is an old one written again")
  func stale() throws {
    let late = Timestamp(milliseconds: Int64(Self.end + 121) * 1_000).text
    let early = Timestamp(milliseconds: Int64(Self.end + 119) * 1_000).text
    let limits = #"{"primary":\#(Self.five),"secondary":\#(Self.week)}"#
    #expect(try #require(read(Self.line(limits, time: early))).isMain)
    #expect(try !#require(read(Self.line(limits, time: late))).isMain)
    #expect(
      try !#require(read(Self.line(#"{"limit_id":"other","primary":\#(Self.five)}"#))).isMain)
  }

  @Test("The text that is kept is one line and holds no address and no secret")
  func rawText() throws {
    let limits =
      #"{ "limit_id": "codex", "primary": \#(Self.five), "user_email": "dev@example.com","#
      + #" "credits": {"balance": "0", "Access_Token": "EXAMPLE"}, "list": [1, "a b"],"#
      + #" "contact": "dev@example.com"}"#
    let text = try #require(read(Self.line(limits))).rawText
    #expect(
      text == #"{"limit_id":"codex","primary":\#(Self.five),"credits":{"balance":"0"},"#
        + #""list":[1,"a b"],"contact":"<redacted>"}"#)
  }

  @Test("What is kept says the same as the row")
  func keptText() throws {
    let row = try #require(read(Self.line(#"{"primary":\#(Self.week),"secondary":\#(Self.five)}"#)))
    let again = RolloutRow(rateLimits: Array(row.rawText.utf8), capturedAt: row.capturedAt)
    #expect(again?.limits == row.limits)
  }
}
