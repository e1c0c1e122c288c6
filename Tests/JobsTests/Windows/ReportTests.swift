import Jobs
import Shared
import TestSupport
import Testing

private func written(_ write: (inout JSONWriter) -> Void) -> String {
  var writer = JSONWriter()
  write(&writer)
  return String(decoding: writer.bytes, as: UTF8.self)
}

struct CcusageReportTests {
  private func read(_ name: String, _ scope: CcusageReport.Scope) throws -> CcusageReport {
    .read(json: try Fixtures.bytes("windows/ccusage/\(name).json"), scope: scope)
  }

  @Test func `sessions are counted and the latest is that of the latest moment`() throws {
    let report = try read("sessions", .session)
    #expect(
      written { report.writeParsed(into: &$0) } == """
        {"scope":"session","session_count":3,"total_tokens":1501,"cost_usd":0.76,\
        "latest_session":{"session_id":"EXAMPLE-b","total_tokens":0,"cost_usd":0,\
        "last_activity":"2026-11-20T10:02:24+02:00"},"sessions":[\
        {"session_id":"EXAMPLE-a","total_tokens":1200,"cost_usd":0.5,\
        "last_activity":"2026-11-19T08:02:24.975Z"},\
        {"session_id":"EXAMPLE-b","total_tokens":0,"cost_usd":0,\
        "last_activity":"2026-11-20T10:02:24+02:00"},\
        {"session_id":"EXAMPLE-c","total_tokens":300,"cost_usd":0.25,\
        "last_activity":"2026-11-20T09:00:00+02:00"}],"errors":[]}
        """)
  }

  @Test func `days of both shapes are read, zero is zero, and dates are compared as dates`() throws
  {
    let report = try read("daily-fixture", .daily)
    #expect(
      written { report.writeParsed(into: &$0) } == """
        {"scope":"daily","generated_at":"2026-11-20T12:05:00Z","reset_at":"2026-11-24T07:15:00Z",\
        "days":[{"date":"2026-11-19","total_tokens":654,"percent_used":11.2,"cost_usd":4.5},\
        {"date":"2026-11-20","total_tokens":0,"percent_used":0,"cost_usd":0}],\
        "total_tokens":654,"cost_usd":4.5,"errors":[]}
        """)
    #expect(report.latestDay?.date == "2026-11-20")
    let client = try read("daily-cli", .daily)
    #expect(client.latestDay?.date == "Nov 01, 2026")
    #expect(client.days.map(\.percentUsed) == [nil, nil])
    #expect(client.totalTokens == 30)
    #expect(client.cost == 4)
  }

  @Test func `weeks of both shapes are read`() throws {
    let report = try read("weekly", .weekly)
    #expect(
      written { report.writeParsed(into: &$0) } == """
        {"scope":"weekly","generated_at":"2026-11-20T07:00:00Z","reset_at":"2026-11-24T07:15:00Z",\
        "weekly":{"start_date":"2026-11-17","end_date":"2026-11-23","percent_used":0,\
        "tokens_used":98765,"tokens_remaining":12345,"cost_usd":18.25},"total_tokens":98765,\
        "errors":[]}
        """)
    let older = try read("weekly-older", .weekly)
    #expect(older.week?.percentUsed == 7.5)
    #expect(older.week?.tokens == 0)
    #expect(older.week?.start == "2026-11-17")
    #expect(older.resetsAt == nil)
  }

  @Test(
    arguments: [
      ("no json", .session, ["invalid-json"]), ("{}", .session, ["invalid-sessions"]),
      ("{\"sessions\":[]} {", .session, ["invalid-json"]),
      ("[]", .daily, ["invalid-days", "no-days"]),
      ("{\"sessions\":[]}", .session, ["no-sessions"]), ("{\"days\":[]}", .daily, ["no-days"]),
      ("{\"days\":7}", .daily, ["invalid-days", "no-days"]), ("{}", .weekly, ["invalid-week"]),
      ("{\"week\":{\"percent\":NaN}}", .weekly, ["invalid-json"]), ("", .weekly, ["invalid-json"]),
    ] as [(String, CcusageReport.Scope, [String])])
  func `what is no report is flagged`(
    _ text: String, _ scope: CcusageReport.Scope, _ errors: [String]
  ) {
    #expect(CcusageReport.read(json: Array(text.utf8), scope: scope).errors == errors)
  }

  @Test(arguments: ["1e400", "-5", "\"nan\"", "\"inf\"", "\"0x10\"", "1e30", "true", "[1]", "null"])
  func `a number that cannot be true is none`(_ number: String) {
    let text = "{\"week\":{\"percent\":\(number),\"totalTokens\":\(number),\"cost\":\"2.5\"}}"
    let report = CcusageReport.read(json: Array(text.utf8), scope: .weekly)
    #expect(report.week?.percentUsed == nil)
    #expect(report.week?.tokens == nil)
    #expect(report.week?.cost == 2.5)
  }
}

struct GlmPromptsTests {
  @Test func `the prompts of all blocks with a number are added up`() throws {
    let prompts = GlmPrompts.read(json: try Fixtures.bytes("windows/glm/blocks.json"))
    #expect(
      written { prompts.writeParsed(into: &$0) } == """
        {"account":"claude","generated_at":"2026-11-05T10:02:17Z","blocks":[\
        {"window_id":"W0-02","prompts_used":87,"provider":"glm-4.6","duration_minutes":300,\
        "notes":"Pro block"},{"window_id":"W0-04","prompts_used":2.5,"provider":null,\
        "duration_minutes":null,"notes":null}],"prompts_used":89.5,"errors":[]}
        """)
  }

  @Test(arguments: [
    ("", ["invalid-json"]), ("{\"blocks\":[{}", ["invalid-json"]), ("{}", ["invalid-blocks"]),
    ("{\"blocks\":{}}", ["invalid-blocks"]), ("{\"blocks\":[]}", ["no-blocks"]),
    ("{\"blocks\":[{\"prompts_used\":-1},3]}", ["no-blocks"]),
    ("{\"blocks\":[{\"prompts_used\":1e400}]}", ["no-blocks"]),
    ("{\"blocks\":[{\"prompts_used\":\"12\"}]}", []),
  ])
  func `what is no report is flagged`(_ text: String, _ errors: [String]) {
    #expect(GlmPrompts.read(json: Array(text.utf8)).errors == errors)
  }

  @Test func `an empty report is flagged and counts nothing`() throws {
    let prompts = GlmPrompts.read(json: try Fixtures.bytes("windows/glm/no-blocks.json"))
    #expect(prompts.errors == ["no-blocks"])
    #expect(prompts.promptsUsed == 0)
  }
}

struct ClaudeMonitorTextTests {
  @Test(arguments: [
    (
      "idle",
      """
      {"token_usage_pct":0,"tokens_used":0,"token_limit":88200,"burn_rate_per_min":0,\
      "cost_rate_per_min":0,"message_count":0,"errors":[]}
      """
    ),
    (
      "busy",
      """
      {"token_usage_pct":41.5,"tokens_used":36603,"token_limit":88200,"burn_rate_per_min":1204.7,\
      "cost_rate_per_min":0.31,"message_count":112,"errors":[]}
      """
    ),
  ])
  func `the view is read, coloured or not`(_ name: String, _ parsed: String) throws {
    let text = ClaudeMonitorText.read(try paneFixture("claude-monitor/\(name)"))
    #expect(written { text.writeParsed(into: &$0) } == parsed)
  }

  @Test(arguments: [
    ("", ["token-usage-missing", "token-count-missing", "insufficient-data"]),
    ("Tokens: 5 / ~10", ["token-usage-missing"]),
    ("Token Usage: [##] 5.0%", ["token-count-missing"]),
    (
      "Token Usage: nan%\nTokens: 5 / 99999999999999999999",
      [
        "token-usage-missing", "token-count-missing", "insufficient-data",
      ]
    ),
  ])
  func `what is missing is flagged`(_ text: String, _ errors: [String]) {
    #expect(ClaudeMonitorText.read(text).errors == errors)
  }
}
