import Jobs
import Shared
import TestSupport
import Testing

/// Which message of an export counts, and what its tokens come to.
struct ExportMessagesTests {
  /// An export with these messages, and a session model.
  private func export(_ messages: String...) throws -> SessionExport {
    try readExport(
      #"{"info":{"id":"ses_1","model":{"id":"session","providerID":"p"}},"messages":["#
        + messages.joined(separator: ",") + "]}"
    ).get()
  }

  /// A message of 1.x.
  private func first(_ info: String) -> String { #"{"info":{\#(info)},"parts":[]}"# }

  private let user = #"{"info":{"role":"user","tokens":{"input":99,"output":9}},"parts":[]}"#
  private let answer =
    #"{"info":{"role":"assistant","tokens":{"input":10,"output":1},"modelID":"m","#
    + #""providerID":"p"},"parts":[]}"#

  // MARK: Which message

  static let notCounted = [
    ("in flight", #""role":"assistant","tokens":{"input":0,"output":0,"cache":{"read":0}}"#),
    ("without output", #""role":"assistant","tokens":{"input":70,"output":0}"#),
    ("reasoning only", #""role":"assistant","tokens":{"input":0,"output":0,"reasoning":500}"#),
    ("output unknown", #""role":"assistant","tokens":{"input":70,"output":null}"#),
    ("output no number", #""role":"assistant","tokens":{"input":70,"output":"***"}"#),
    ("no tokens", #""role":"assistant""#),
    ("tokens null", #""role":"assistant","tokens":null"#),
    ("tokens no object", #""role":"assistant","tokens":[70,7]"#),
    ("an error", #""role":"assistant","error":{"name":"X"},"tokens":{"input":70,"output":7}"#),
    ("an error at the end", #""role":"assistant","tokens":{"input":70,"output":7},"error":"X""#),
    ("a summary", #""role":"assistant","summary":true,"tokens":{"input":70,"output":7}"#),
    ("a user", #""role":"user","tokens":{"input":70,"output":7}"#),
    ("a role of another kind", #""role":7,"tokens":{"input":70,"output":7}"#),
    ("no role", #""tokens":{"input":70,"output":7}"#),
  ]

  @Test(arguments: notCounted)
  func `E40 the latest answer that counts is used`(_ row: (name: String, info: String)) throws {
    let found = try export(user, answer, first(row.info))
    #expect(found.messageCount == 3)
    #expect(found.tokens?.prompt == 10, "\(row.name)")
    #expect(found.model?.key == "p/m")
  }

  static let counted = [
    ("plain", #""role":"assistant","tokens":{"input":70,"output":7}"#),
    ("no time", #""role":"assistant","time":null,"tokens":{"input":70,"output":7}"#),
    ("no error", #""role":"assistant","error":null,"tokens":{"input":70,"output":7}"#),
    ("no summary", #""role":"assistant","summary":false,"tokens":{"input":70,"output":7}"#),
    ("diffs", #""role":"assistant","summary":{"diffs":[]},"tokens":{"input":70,"output":7}"#),
    ("tokens first", #""tokens":{"output":7,"input":70},"role":"assistant""#),
    (
      "unknown keys",
      #""x":{"tokens":{"input":1}},"role":"assistant","tokens":{"x":{"input":3},"#
        + #""input":70,"output":7,"y":[1]}"#
    ),
    ("an escaped key", #""role":"assistant","tok\u0065ns":{"input":70,"output":7}"#),
  ]

  @Test(arguments: counted)
  func `a newer answer takes the place of an older one`(
    _ row: (name: String, info: String)
  ) throws {
    let found = try export(answer, first(row.info))
    #expect(found.tokens?.prompt == 70, "\(row.name)")
    #expect(found.model?.key == "p/session", "the older answer's model is not the newer's")
  }

  @Test func `E40 after a compaction the number drops`() throws {
    let full = first(#""role":"assistant","tokens":{"input":180000,"output":900}"#)
    let summary = first(
      #""role":"assistant","summary":true,"mode":"compaction","tokens":{"input":9,"output":900}"#)
    #expect(try export(user, full, summary).tokens?.prompt == 180_000)
    #expect(try export(user, full, summary, user, answer).tokens?.prompt == 10)
  }

  @Test func `E40 only zeros are unknown, not zero`() throws {
    let zeros = first(#""role":"assistant","tokens":{"input":0,"output":0}"#)
    let found = try export(user, zeros)
    #expect(found.tokens == nil)
    #expect(found.model == nil)
  }

  @Test func `an answer without an output key counts where no message has one`() throws {
    let withoutKey = first(#""role":"assistant","tokens":{"input":6}"#)
    let userWithoutTokens = first(#""role":"user""#)
    #expect(try export(userWithoutTokens, withoutKey).tokens?.prompt == 6)
    let zero = first(#""role":"assistant","tokens":{"input":3,"output":0}"#)
    #expect(try export(userWithoutTokens, zero, withoutKey).tokens == nil)
    let empty = first(#""role":"assistant","tokens":{"input":0}"#)
    #expect(try export(withoutKey, empty).tokens?.prompt == 6)
  }

  @Test(arguments: [
    ("v1-mock-without-output.json", "opencode/gpt-5-nano"), ("v2-no-model.json", nil),
    ("v1-only-zeros.json", nil),
  ])
  func `the session's model stands in where the answer names none`(
    _ row: (name: String, model: String?)
  ) throws {
    let bytes = try Fixtures.bytes("opencode/exports/\(row.name)")
    #expect(try readExport(bytes).get().model?.key == row.model)
  }

  @Test(arguments: ["3", "null", #""text""#, "[]", "{}", #"{"info":null}"#, #"{"info":[1]}"#])
  func `a message of an odd kind is counted and passed over`(_ odd: String) throws {
    let found = try export(answer, odd)
    #expect(found.messageCount == 2)
    #expect(found.tokens?.prompt == 10)
  }

  // MARK: The form of 2.x

  @Test func `E39 only users and assistants are counted in the form of two`() throws {
    let types = ["system", "idle", "compaction", "model-switched", "synthetic", "shell", "skill"]
    let others = types.map { #"{"type":"\#($0)","tokens":{"input":70,"output":7}}"# }
    let answer =
      #"{"type":"assistant","model":{"id":"m","providerID":"p"},"tokens":{"input":1,"#
      + #""output":2,"cache":{"read":30,"write":400}}}"#
    let all = try export(([#"{"type":"user"}"#, answer] + others).joined(separator: ","))
    #expect(all.messageCount == 2)
    #expect(all.tokens?.prompt == 431)
    #expect(all.tokens?.context == 433)
    #expect(all.model?.key == "p/m")
  }

  @Test func `E40 an answer of the form of two in flight or in error does not count`() throws {
    let answer = #"{"type":"assistant","tokens":{"input":10,"output":1}}"#
    let flight = #"{"type":"assistant","tokens":{"input":0,"output":0}}"#
    let failed = #"{"type":"assistant","error":{"type":"x"},"tokens":{"input":70,"output":7}}"#
    #expect(try export(answer, flight, failed, #"{"type":"compaction"}"#).tokens?.prompt == 10)
  }

  // MARK: Tokens

  typealias Tokens = (text: String, prompt: Int?, context: Int?)
  static let tokens: [Tokens] = [
    (#""input":10,"output":2"#, 10, 12),
    (#""input":10,"output":2,"reasoning":3,"cache":{"read":100,"write":1000}"#, 1_110, 1_115),
    (#""input":10,"output":2,"cache":{"read":100}"#, 110, 112),
    (#""input":10,"output":2,"cache":{}"#, 10, 12),
    (#""input":10,"output":2,"cache":null"#, 10, 12),
    (#""input":10,"output":2,"total":500"#, 10, 500),
    (#""input":10,"output":2,"total":0"#, 10, 12),
    (#""input":10,"output":2,"total":null"#, 10, 12),
    (#""input":10,"output":2,"cache":"***""#, nil, nil),
    (#""input":10,"output":2,"cache":{"read":"***"}"#, nil, nil),
    (#""input":10,"output":2,"cache":{"read":null}"#, nil, nil),
    (#""input":10,"output":2,"reasoning":"***""#, 10, nil),
    (#""input":10,"output":2,"reasoning":"***","total":44"#, 10, 44),
    (#""input":"***","output":2"#, nil, nil),
    (#""input":null,"output":2,"total":44"#, nil, 44),
    (#""output":2"#, nil, nil),
    (#""input":true,"output":2"#, nil, nil),
    (#""input":[10],"output":2"#, nil, nil),
    (#""input":{"n":10},"output":2"#, nil, nil),
    (#""input":-10,"output":2"#, nil, nil),
    (#""input":-0,"output":2"#, 0, 2),
    (#""input":10.0,"output":2e0"#, 10, 12),
    (#""input":1e6,"output":2"#, 1_000_000, 1_000_002),
    (#""input":10.5,"output":2"#, nil, nil),
    (#""input":9000000000,"output":2"#, 9_000_000_000, 9_000_000_002),
    (#""input":9223372036854775807,"output":2"#, .max, nil),
    (#""input":9223372036854775807,"output":2,"cache":{"read":1,"write":0}"#, nil, nil),
    (#""input":9223372036854775808,"output":2"#, nil, nil),
    (#""input":1e400,"output":2"#, nil, nil),
    (#""input":1,"output":2,"input":10"#, 10, 12),
  ]

  @Test(arguments: tokens)
  func `E41 E43 tokens of every kind are a number or unknown, never a wrong zero`(
    _ row: Tokens
  ) throws {
    let found = try export(first(#""role":"assistant","tokens":{\#(row.text)}"#))
    let tokens = try #require(found.tokens)
    #expect(tokens.prompt == row.prompt)
    #expect(tokens.context == row.context)
  }
}
