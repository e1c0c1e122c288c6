import SystemPackage
import TestSupport
import Testing

/// The registry's text with all that `refresh-usage` may write taken out, so that what is left
/// must be byte for byte what other programs wrote.
func withoutOurKeys(_ registry: some Sequence<UInt8>) -> String {
  let text = String(decoding: Array(registry), as: UTF8.self)
  let scalar = /,\s*"usage\w+":\s*("(\\.|[^"\\])*"|null|[-0-9.]+)/
  let block = /,\s*"(usage|refresh)":\s*\{[^{}]*\}/
  return text.replacing(block.matchingSemantics(.unicodeScalar), with: "")
    .replacing(scalar.matchingSemantics(.unicodeScalar), with: "")
}

/// Whether a registry record carries the numbers of a fixture.
func expectUsage(
  _ usage: JSON, _ expected: ExpectedUsage, sourceLocation: SourceLocation = #_sourceLocation
) {
  func number(_ value: Int?) -> JSON { value.map { .number(Double($0)) } ?? .null }
  #expect(
    usage["messageCount"].integer == expected.messageCount, "messageCount of \(expected.file)",
    sourceLocation: sourceLocation)
  #expect(
    usage["dialogTokens"] == number(expected.dialogTokens), "dialogTokens of \(expected.file)",
    sourceLocation: sourceLocation)
  // Unlike the plan's own keys, an unknown `contextTokens` may also be left out.
  #expect(
    usage["contextTokens"].integer == expected.contextTokens,
    "contextTokens of \(expected.file)", sourceLocation: sourceLocation)
}

/// The fixtures of these names.
func expectedUsage(_ names: [String]) throws -> [ExpectedUsage] {
  try Fixtures.expectedUsage().filter { names.contains($0.file) }
}

/// A registry of one finished agent called `one`, whose session replays a fixture.
func workspace(
  replaying fixture: String, _ behaviour: String? = nil, more: [String] = []
) throws -> OpencodeWorkspace {
  let session = try #require(expectedUsage([fixture]).first).sessionId
  let workspace = try OpencodeWorkspace([.done("one", session, more: more)])
  try workspace.replay(session, fixture, behaviour)
  return workspace
}

/// The session of the fixture most tests use; 12 prompt tokens, 2 messages.
let minimalSession = "ses_4a10b2c3dffeMinimal0000001"
let minimalFixture = "v1-minimal.json"

/// A session id of the real shape.
func session(_ number: Int) -> String {
  let digits = String(number)
  return "ses_4a99" + String(repeating: "0", count: 8 - digits.count) + digits + "ffeMadeUp00000"
}

/// The lines of a text, without the last newline.
func lines(_ text: String) -> [Substring] {
  text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
    text.hasSuffix("\n") ? 1 : 0)
}
