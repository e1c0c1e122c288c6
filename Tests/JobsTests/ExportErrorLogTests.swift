import Shared
import TestSupport
import Testing

@testable import Jobs

struct ExportErrorLogTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)

  private func line(_ outcome: ExportResult.Outcome, agent: String = "build/x") -> String? {
    let result = ExportResult(
      agent: agent, agentSessionID: "ses_a", sessionID: "ses_1", startedAt: Self.now,
      status: .done, outcome: outcome)
    return ExportErrorLog.line(for: result, at: Self.now).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  // MARK: The line

  @Test func `E52 a failure is one line with exactly six fields`() throws {
    let outcome = ExportResult.Outcome.failure(
      .truncated(bytes: 65_536), attempt: 3, retryAt: Self.now + .seconds(8))
    #expect(
      line(outcome) == #"{"time":"2027-01-15T08:00:00.000Z","name":"build/x","sessionId":"ses_1","#
        + #""error":"truncated: the reply stops in the middle after 65536 bytes","attempt":3,"#
        + #""retryAt":"2027-01-15T08:00:08.000Z"}"# + "\n")
  }

  @Test func `E52 a success writes no line`() {
    let usage = Usage(
      messageCount: 1, dialogTokens: nil, contextFullPct: nil, contextTokens: nil)
    #expect(line(.usage(usage, children: [])) == nil)
  }

  @Test(arguments: ["two\nlines", "\"quoted\"", "back\\slash", "\u{0}\u{1b}", "灯/🏮", ""])
  func `E52 a name of any kind leaves it one line`(_ name: String) throws {
    let outcome = ExportResult.Outcome.failure(.notFound, attempt: 1, retryAt: Self.now)
    let text = try #require(line(outcome, agent: name))
    #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
    #expect(try JSON(parsing: text)["name"].string == name)
  }

  @Test func `every failure begins with its code`() {
    let failures: [ExportFailure] = [
      .badSessionID, .notFound, .noExportCommand, .timedOut(.seconds(15)), .signalled(9),
      .exited(1, ""), .exited(1, "Error: boom"), .truncated(bytes: 1), .tooLarge(limit: 1 << 30),
      .wrongShape("it is empty"),
    ]
    for failure in failures {
      #expect(failure.message.hasPrefix("\(failure.code): "))
      #expect(ExportFailure.isPermanent(message: failure.message) == failure.isPermanent)
    }
    #expect(failures.filter(\.isPermanent) == [.badSessionID, .notFound, .noExportCommand])
    #expect(!ExportFailure.isPermanent(message: nil))
    #expect(!ExportFailure.isPermanent(message: "not-found"))
    #expect(!ExportFailure.isPermanent(message: ""))
  }

  // MARK: Standard error

  private func summary(_ text: String) -> String {
    ExportErrorLog.summary(ofErrorOutput: Array(text.utf8))
  }

  typealias Row = (text: String, summary: String)
  static let rows: [Row] = [
    ("", ""), ("\n \n\t\n", ""),
    ("boom", "boom"),
    ("  boom  \n", "boom  "),
    ("one\ntwo\n", "two"),
    ("Error: boom\n    at Object.run (node:1)\n", "Error: boom"),
    ("Error: first\nError: second\nbye\n", "Error: second"),
    ("Exporting session: ses_1\n", ""),
    ("boom\r\nExporting session: ses_1\r\n", "boom"),
    ("\u{1b}[91m\u{1b}[1mError: \u{1b}[0mboom\u{1b}[0m\n", "Error: boom"),
    ("\u{1b}]0;title\u{07}boom", "boom"),
    ("bell\u{07} and \u{202E}turned", "bell\\u{7} and \\u{202e}turned"),
    (String(repeating: "word ", count: 100), String(repeating: "word ", count: 31) + "wo..."),
    ("ProviderModelNotFoundError: no such model", "ProviderModelNotFoundError: no such model"),
    ("Error: invalid password", "Error: invalid password"),
    ("Error: no credentials found for lamp", "Error: no credentials found for lamp"),
    ("Unexpected token < in JSON at position 0", "Unexpected token < in JSON at position 0"),
    ("Error: bad api key: x", "Error: bad api key: <redacted>"),
    ("EACCES: permission denied, open 'auth.json'", "EACCES: permission denied, open 'auth.json'"),
  ]

  @Test(arguments: rows)
  func `the telling line of standard error is kept`(_ row: Row) {
    #expect(summary(row.text) == row.summary)
  }

  @Test func `bytes that are no UTF-8 are repaired`() {
    let bytes = Array("Error: ".utf8) + [0xFF, 0xC3]
    #expect(ExportErrorLog.summary(ofErrorOutput: bytes) == "Error: \u{FFFD}\u{FFFD}")
  }

  /// A line, and the part of it that must not be seen; all made up.
  static let secrets: [Row] = [
    ("Error: bad key sk-ant-api03-Zk3fQ9tT0aBcDeFgHiJkLmNoPq", "Zk3fQ9"),
    ("Error: bad key sk-proj-qwertyuiopasdfghjklzxcvbnm", "qwerty"),
    ("Error: token ghp_0123456789abcdefABCDEF0123456789abcd is bad", "ghp_0123"),
    ("Error: github_pat_11ABCDEFG0_abcdefghijklmnop", "11ABCDEFG"),
    ("Error: AKIAIOSFODNN7EXAMPLE is not allowed", "AKIAIOSF"),
    ("Error: aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalr"),
    ("Error: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJraW0ifQ.c2lnbmF0dXJlMTIz rejected", "eyJhbG"),
    ("Error: Authorization: Bearer abcdefghijklmnop", "abcdefgh"),
    ("Error: authorization: basic a2ltOmxhbXA=", "a2lt"),
    ("Error: header x-api-key: lantern was refused", "lantern"),
    ("Error: OPENAI_API_KEY=lantern is wrong", "lantern"),
    ("Error: api_key='lantern' is wrong", "lantern"),
    (#"Error: {"apiKey":"lantern","model":"x"}"#, "lantern"),
    (#"Error: {"apiKey": "lantern", "model": "x"}"#, "lantern"),
    ("Error: password=hunter2 rejected", "hunter2"),
    ("Error: password: hunter2", "hunter2"),
    ("Error: client secret hunter2 rejected", "hunter2"),
    ("Error: GET https://kim:lamp@proxy.example.com/v1 failed", "lamp@"),
    ("Error: GET https://kim:lamp@proxy.example.com/ failed", "lamp@"),
    ("Error: Bearer lantern", "lantern"),
    ("Error: qwertyuiopasdfghjklzxcvbnmQWERTYUI is wrong", "qwerty"),
    ("Error: GET https://proxy.example.com/v1?key=lantern&x=1 failed", "lantern"),
    ("Error: GET https://proxy.example.com/v1?access_token=lantern failed", "lantern"),
    ("Error: cookie: sid=lantern", "lantern"),
    ("Error: 4f9d2c1b8a7e6f5d4c3b2a1908f7e6d5", "4f9d2c"),
    ("Error: 12345678901234567890123456789012", "1234567"),
    ("Error: bad\tsk-ant-api03-Zk3fQ9tT0aBcDeFgHiJkLmNoPq", "Zk3fQ9"),
    ("Error: k\u{1b}[1mey\u{1b}[0m=lantern", "lantern"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n", "MIIEv"),
  ]

  @Test(arguments: secrets)
  func `E51 no secret reaches the log`(_ row: Row) {
    let shown = summary(row.text)
    #expect(!shown.contains(row.summary), "\(shown)")
    #expect(!shown.isEmpty)
  }
}
