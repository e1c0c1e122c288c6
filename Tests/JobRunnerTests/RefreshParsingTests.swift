import Shared
import SystemPackage
import TestSupport
import Testing

/// The numbers that recorded exports give, through the built binary.
@Suite(.fewAtOnce) struct RefreshParsingTests {
  private func refresh(_ expected: ExpectedUsage) async throws -> JSON {
    let workspace = try OpencodeWorkspace([.done("one", expected.sessionId)])
    try workspace.replay(expected.sessionId, expected.file)
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(workspace.exportedSessions.first == expected.sessionId)
    return try workspace.agent("one")
  }

  private static func table(_ names: String...) -> [ExpectedUsage] {
    let rows = (try? expectedUsage(names)) ?? []
    precondition(rows.count == names.count, "a fixture of \(names) is missing")
    return rows
  }

  @Test(
    arguments: table(
      "noise-before.txt", "noise-after.txt", "noise-around.txt", "noise-crlf.txt",
      "noise-banner-without-newline.txt", "noise-braces-in-log-line.txt",
      "noise-byte-order-mark.txt"))
  func `E36 noise around the JSON is passed over`(expected: ExpectedUsage) async throws {
    expectUsage(try await refresh(expected)["usage"], expected)
  }

  @Test func `E37 an export cut at 64 KiB is called truncated`() async throws {
    let workspace = try workspace(replaying: "v1-caching.json", "truncate 65536")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let line = try #require(workspace.logLines().first)
    #expect(line["error"].string?.contains("truncated") == true)
    #expect(try workspace.agent("one")["usage"] == .missing)
  }

  @Test func `E38 a large export is read whole`() async throws {
    let workspace = try OpencodeWorkspace([.done("one", minimalSession)])
    let small = try Fixtures.text("opencode/exports/\(minimalFixture)")
    let filler = String(repeating: "the wick, the lamp and the oil ", count: 100_000)
    let large = small.replacing("Hello there.", with: filler)
    try workspace.replay(minimalSession, bytes: Array(large.utf8))
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(run.duration < .seconds(10))
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }

  @Test(
    arguments: table(
      "v1-minimal.json", "v1-no-total.json", "v2-minimal.json",
      "v2-no-model.json", "v2-all-types.json"))
  func `E39 both shapes of an export are read`(expected: ExpectedUsage) async throws {
    expectUsage(try await refresh(expected)["usage"], expected)
  }

  @Test(
    arguments: table(
      "v1-only-zeros.json", "v1-zero-and-reasoning-only.json", "v1-errored-last.json",
      "v1-summary-last.json", "v1-after-compaction.json", "v1-no-time.json",
      "v1-only-users.json", "v1-empty-messages.json", "v1-mock-without-output.json"))
  func `E40 the message that counts is the last finished one`(expected: ExpectedUsage)
    async throws
  {
    expectUsage(try await refresh(expected)["usage"], expected)
  }

  @Test func `E40 after a compaction the number drops`() async throws {
    let workspace = try workspace(replaying: "v1-summary-last.json")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let session = try #require(workspace.exportedSessions.first)
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 181_203)
    try workspace.replay(session, "v1-after-compaction.json")
    try finishAgain(workspace)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12_200)
  }

  @Test(
    arguments: table(
      "v1-tokens-null-and-masked.json", "v1-tokens-masked-part.json", "v1-tokens-floats.json",
      "v1-tokens-over-int32.json", "v1-tokens-negative.json"))
  func `E41 odd tokens give a number or null, never a wrong one`(expected: ExpectedUsage)
    async throws
  {
    let usage = try await refresh(expected)["usage"]
    expectUsage(usage, expected)
    if expected.dialogTokens == nil { #expect(usage["contextFullPct"] == .null) }
  }

  @Test(arguments: table("v1-caching.json"))
  func `E42 what was cached counts too`(expected: ExpectedUsage) async throws {
    expectUsage(try await refresh(expected)["usage"], expected)
  }

  @Test func `E42 the plan's own word can be had by configuration`() async throws {
    let workspace = try workspace(replaying: "v1-caching.json")
    try workspace.configure("{ usage: { dialogTokens: \"input\" } }")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 2)
  }

  @Test(arguments: table("v1-total-differs.json"))
  func `E43 the provider's own total is believed`(expected: ExpectedUsage) async throws {
    expectUsage(try await refresh(expected)["usage"], expected)
  }

  @Test(
    arguments: table(
      "noise-invalid-utf8.txt", "noise-lone-surrogate.txt", "v1-misleading-text.json"))
  func `E44 odd text disturbs no number`(expected: ExpectedUsage) async throws {
    expectUsage(try await refresh(expected)["usage"], expected)
  }

  @Test func `E45 children are listed with their times, their model and their usage`()
    async throws
  {
    let parent = try #require(expectedUsage(["children-numeric-times.json"]).first)
    let workspace = try OpencodeWorkspace([.done("one", parent.sessionId)])
    for expected in try expectedUsage([
      "children-numeric-times.json", "child-survey.json", "child-nested.json",
    ]) {
      try workspace.replay(expected.sessionId, expected.file)
    }
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let agent = try workspace.agent("one")
    expectUsage(agent["usage"], parent)
    let children = try #require(agent["children"].array)
    let survey = try #require(children.first { $0["title"].string == "Chart the lantern room" })
    #expect(survey["status"].string == "completed")
    #expect(survey["sessionId"].string == "ses_4a7e1131cffeLanternSurvey02")
    #expect(survey["model"].string == "anthropic/claude-haiku-4-5")
    #expect(survey["startedAt"].string == Timestamp(milliseconds: 1_790_000_003_000).text)
    #expect(survey["finishedAt"].string == Timestamp(milliseconds: 1_790_000_033_000).text)
    #expect(survey["usage"]["dialogTokens"].integer == 900)
    let statuses = Set(children.compactMap(\.["status"].string))
    #expect(statuses.isSuperset(of: ["completed", "running", "error"]))
    #expect(try workspace.logLines().allSatisfy { $0["sessionId"].string != parent.sessionId })
  }

  @Test func `E45 a child's times may be texts`() async throws {
    let expected = try #require(expectedUsage(["children-string-times.json"]).first)
    let agent = try await refresh(expected)
    #expect(agent["children"][0]["startedAt"].string == "2026-02-13T10:00:10.000Z")
    #expect(agent["children"][0]["finishedAt"].string == "2026-02-13T10:00:40.000Z")
  }

  @Test func `E45 children that list each other end the walk`() async throws {
    let cycle = try expectedUsage(["cycle-a.json", "cycle-b.json"])
    let workspace = try OpencodeWorkspace([.done("one", "ses_4a7e2131cffeLanternCycleA04")])
    for expected in cycle { try workspace.replay(expected.sessionId, expected.file) }
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(Set(workspace.exportedSessions) == Set(cycle.map(\.sessionId)))
    #expect(workspace.exportedSessions.count == 2)
  }

  @Test(arguments: [
    "empty.txt", "wrong-shape.txt", "array.txt", "cut-in-the-middle.txt",
    "help-page-v2.txt",
  ])
  func `a reply that is no export is a failure`(reply: String) async throws {
    let workspace = try OpencodeWorkspace([.done("one", minimalSession)])
    try workspace.replay(minimalSession, bytes: Fixtures.bytes("opencode/replies/\(reply)"))
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(try workspace.agent("one")["usage"] == .missing)
    #expect(try workspace.logLines().count == 1)
  }

  @Test(arguments: [
    "Error: monthly usage limit reached", "Error: cannot load commands of a plugin",
    "Usage: 97 % of the quota", "Error: database is locked [flags]",
  ])
  func `E34 an error that speaks of usage or commands is no help page`(error: String) async throws {
    let workspace = try OpencodeWorkspace([.done("one", minimalSession)])
    try writeFile(workspace.plan.appending("error.txt"), error + "\n")
    try workspace.behave(minimalSession, "exit 1 error.txt")
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(workspace.exportedSessions == [minimalSession], "the other command is not tried")
    let reason = try workspace.agent("one")["usageError"].string ?? ""
    #expect(reason.hasPrefix("exited:"), "\(reason)")
  }

  @Test(arguments: [
    #"Error: {"headers":{"x-api-key":"abcdefghijklmnopqrstu"}}"#,
    #"Error: {"prompt": "abcdefghijklmnopqrstu"}"#, "Error: access_token=abcdefghijklmnopqrstu",
    "Error: 401 Authorization: Bearer abcdefghijklmnopqrstu",
  ])
  func `E51 no secret of opencode's error reaches log or registry`(error: String) async throws {
    let workspace = try OpencodeWorkspace([.done("one", minimalSession)])
    try writeFile(workspace.plan.appending("error.txt"), error + "\n")
    try workspace.behave(minimalSession, "exit 1 error.txt")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let written = (readText(workspace.logPath) ?? "") + (readText(workspace.registryPath) ?? "")
    #expect(written.contains("exited with status 1: Error"))
    #expect(!written.contains("abcdefghijklmnopqrstu"), "\(written)")
  }

  @Test func `E38 a reply over the limit is refused however fast it came`() async throws {
    let workspace = try workspace(replaying: "v1-caching.json")
    try workspace.configure("{ refresh: { maximumExportBytes: 1000 } }")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let agent = try workspace.agent("one")
    #expect(agent["usage"] == .missing)
    #expect(agent["usageError"].string?.hasPrefix("too-large:") == true, "\(agent)")
  }

  @Test func `E43 a total of 0 is none`() async throws {
    let export = """
      {"info":{},"messages":[{"info":{"role":"assistant","tokens":{"total":0,"input":7,"output":2,\
      "reasoning":1,"cache":{"read":30,"write":4}}},"parts":[]}]}
      """
    let workspace = try OpencodeWorkspace([.done("one", minimalSession)])
    try workspace.replay(minimalSession, bytes: export.utf8)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try workspace.agent("one")["usage"]["contextTokens"].integer == 44)
  }
}

/// Rewrites the registry so that its agents finished just now, which makes them due once more.
func finishAgain(_ workspace: OpencodeWorkspace) throws {
  let finished = /"finishedAt":"[^"]*"/
  let text = String(decoding: workspace.registryBytes, as: UTF8.self)
    .replacing(finished, with: "\"finishedAt\":\"\(Timestamp.now().text)\"")
  try writeFile(workspace.registryPath, text)
}
