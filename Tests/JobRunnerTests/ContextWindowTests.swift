import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where the size of a context window comes from, through the built binary.
@Suite(.fewAtOnce) struct ContextWindowTests {
  @Test func `E46 the window is that of the message's model, not of the registry's`()
    async throws
  {
    let workspace = try workspace(replaying: "v1-caching.json")
    try workspace.useModels("verbose-v1.txt")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let agent = try workspace.agent("one")
    #expect(agent["model"].string == "opencode/gpt-5-nano")
    #expect(agent["usage"]["contextFullPct"].double == 152_238.0 / 200_000)
  }

  @Test(arguments: [
    "verbose-v1.txt", "verbose-v1-crlf.txt", "verbose-v1-noise.txt", "verbose-v1-truncated.txt",
    "verbose-v2.txt", "verbose-v2-truncated.txt", "table.txt", "plain.txt", "empty.txt",
  ])
  func `E47 every form of the model list gives the right window or none`(form: String)
    async throws
  {
    let windows = try #require(Fixtures.expectedWindows()[form])
    let models = windows.keys.sorted()
    let agents = models.indices.map { AgentRecord.done(models[$0], session($0)) }
    let workspace = try OpencodeWorkspace(agents)
    try workspace.useModels(form)
    let template = try Fixtures.text("opencode/exports/\(minimalFixture)")
    for (index, model) in models.enumerated() {
      let parts = model.split(separator: "/", maxSplits: 1)
      let text = template.replacing("\"anthropic\"", with: quoted(String(parts[0])))
        .replacing("\"claude-sonnet-4-5\"", with: quoted(String(parts[1])))
      try workspace.replay(session(index), bytes: Array(text.utf8))
    }
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    for model in models {
      let usage = try workspace.agent(model)["usage"]
      #expect(usage["dialogTokens"].integer == 12)
      if let window = windows[model] ?? nil {
        #expect(usage["contextFullPct"].double == 12.0 / Double(window), "\(model)")
      } else {
        #expect(usage["contextFullPct"] == .null, "\(model)")
      }
    }
  }

  @Test func `E48 more than the window is printed as it is`() async throws {
    let workspace = try workspace(replaying: "v1-tokens-floats.json")
    try workspace.useModels("verbose-v1.txt")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try workspace.agent("one")["usage"]["contextFullPct"].double == 6.25)
    let diagram = try await workspace.run("status", "--diagram")
    #expect(diagram.stdout.contains("625.0%"), "\(diagram)")
  }

  @Test func `E49 the list is read once and remembered`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    try workspace.useModels("verbose-v1.txt")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    try finishAgain(workspace)
    try writeFile(workspace.plan.appending("models.behaviour"), "exit 1\n")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(workspace.calls.filter { $0.hasPrefix("models") }.count == 1)
    #expect(try workspace.agent("one")["usage"]["contextFullPct"].double == 12.0 / 200_000)
  }

  @Test func `E49 a model that is missing from the list is not asked for again at once`()
    async throws
  {
    let workspace = try workspace(replaying: minimalFixture)
    try workspace.useModels("empty.txt")
    for _ in 0..<3 {
      #expect(try await workspace.run("refresh-usage").isSilentSuccess)
      try finishAgain(workspace)
    }
    #expect(workspace.exportedSessions.count == 3)
    #expect(workspace.calls.filter { $0.hasPrefix("models") }.count == 1)
  }

  @Test func `E50 a percentage once known is kept for the same message`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    try workspace.useModels("verbose-v1.txt")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    removeTree(workspace.stateFolder)
    try workspace.useModels("empty.txt")
    try finishAgain(workspace)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(workspace.exportedSessions.count == 2)
    #expect(try workspace.agent("one")["usage"]["contextFullPct"].double == 12.0 / 200_000)
  }

  @Test func `E50 a resume does not take a percentage that was known`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    try workspace.useModels("verbose-v1.txt")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    unlink(workspace.stateFolder.appending("context-windows.json").string)
    try workspace.useModels("empty.txt")
    try finishAgain(workspace)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let resumed = AgentRecord("one", session: minimalSession, status: "scheduled")
    try writeFile(workspace.registryPath, AgentRecord.registry([resumed]))
    let status = try JSON(parsing: await workspace.run("status").stdout)
    #expect(status["agents"][0]["usage"]["contextFullPct"].double == 12.0 / 200_000)
  }

  @Test func `no secret of the model list is kept`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    try workspace.useModels("verbose-v1.txt")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    for file in workspace.allFiles() {
      let text = readText(workspace.root.appending(file)) ?? ""
      #expect(!text.contains("made-up-secret"), "\(file)")
      #expect(!text.contains("Hello there."), "\(file)")
    }
  }
}
