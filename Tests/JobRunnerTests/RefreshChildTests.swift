import Shared
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

/// How `opencode` is called, and what a misbehaving one can do.
@Suite(.fewAtOnce) struct RefreshChildTests {
  private static let probe = """
    kind=$(stat -L -c '%F %a' /proc/$$/fd/1)
    input=$(readlink /proc/$$/fd/0)
    echo "$kind, $input" >"$dir/probe"
    """

  @Test(.enabled(if: findTool("stat") != nil && FileSnapshot("/proc/self/fd") != nil))
  func `E25 E33 an export writes to a private file and reads nothing`() async throws {
    let workspace = try workspace(replaying: "v1-caching.json", "run probe.sh")
    try writeFile(workspace.plan.appending("probe.sh"), Self.probe)
    try makeFolder(workspace.scratch)
    let process = try SpawnedProcess(
      BuiltBinary.path, ["refresh-usage"],
      environment: workspace.environment.merging(["TMPDIR": workspace.scratch.string]) { $1 },
      workingDirectory: workspace.root, stdin: .bytes(Array("y\n".utf8)))
    let run = await process.wait()
    #expect(run.isSilentSuccess, "\(run)")
    #expect(readText(workspace.plan.appending("probe")) == "regular empty file 600, /dev/null\n")
    // Through a pipe 65,536 of its 115,747 bytes would have come.
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 152_238)
    #expect(listFolder(workspace.scratch) == [])
  }

  @Test func `E25 a run stopped by a signal removes its files and ends its exports`() async throws {
    let workspace = try workspace(replaying: minimalFixture, "hang-grandchild")
    try makeFolder(workspace.scratch)
    let run = try workspace.start(
      ["refresh-usage"], environment: ["TMPDIR": workspace.scratch.string])
    let grandchild = try await grandchild(of: workspace)
    run.signal(SIGTERM)
    let outcome = await run.wait(atMost: .seconds(10))
    #expect(outcome.exit == 143, "\(outcome)")
    #expect(listFolder(workspace.scratch) == [])
    #expect(await eventually(within: .seconds(2)) { !isAlive(grandchild) })
    #expect(try workspace.agent("one")["usageAttempt"].integer == nil)
    kill(grandchild, SIGKILL)
  }

  @Test func `E26 the model list comes through a file too, whole`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    let one = try Fixtures.text("opencode/models/verbose-v1.txt")
    let others = (0..<20).map { one.replacing("claude-sonnet-4-5", with: "claude-\($0)") }
    try writeFile(workspace.plan.appending("models.txt"), others.joined() + one)
    try writeFile(workspace.plan.appending("models.behaviour"), "run probe.sh\n")
    try writeFile(workspace.plan.appending("probe.sh"), Self.probe)
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(try workspace.agent("one")["usage"]["contextFullPct"].double == 12.0 / 200_000)
    #expect(readText(workspace.plan.appending("probe")) == "regular empty file 600, /dev/null\n")
  }

  @Test func `E27 ten megabytes on stderr block nothing`() async throws {
    let workspace = try workspace(replaying: minimalFixture, "stderr 10485760")
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(run.duration < .seconds(8))
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }

  @Test func `E28 an export is over when it exits, not when a grandchild lets go`() async throws {
    let workspace = try workspace(replaying: minimalFixture, "exit0-grandchild")
    let run = try await workspace.run("refresh-usage", "--timeout", "12")
    let grandchild = try await grandchild(of: workspace)
    #expect(run.isSilentSuccess, "\(run)")
    #expect(run.duration < .seconds(6))
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
    kill(grandchild, SIGKILL)
  }

  @Test(arguments: ["hang", "hang-stubborn", "hang-grandchild"])
  func `E29 a hanging export is ended with all its processes`(behaviour: String) async throws {
    let workspace = try workspace(replaying: minimalFixture, "\(behaviour)")
    try writeFile(workspace.plan.appending("note.sh"), "echo $$ >\"$dir/pid\"\n")
    try workspace.behave(minimalSession, "run note.sh\n\(behaviour)")
    let run = try await workspace.run("refresh-usage", "--timeout", "1")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(run.duration < .seconds(8))
    for name in ["pid", "grandchild.pid"] {
      guard let text = readText(workspace.plan.appending(name)) else { continue }
      let pid = try #require(Int32(text.prefix { $0.isNumber }))
      #expect(await eventually(within: .seconds(2)) { !isAlive(pid) }, "\(name) lives on")
    }
    let line = try #require(workspace.logLines().first)
    #expect(line["attempt"].integer == 1)
    #expect(line["error"].string?.lowercased().contains("time") == true)
  }

  @Test(arguments: ["kill", "kill-after 3000", "exit 3", "no-output", "truncate 2000"])
  func `E30 E37 a reply that is cut, killed or failed counts for nothing`(behaviour: String)
    async throws
  {
    let old = #""usage":{"messageCount":1,"dialogTokens":5,"contextFullPct":0.5}"#
    let workspace = try workspace(
      replaying: minimalFixture, behaviour,
      more: [old, #""usageUpdatedAt":"\#(Timestamp.now(-400).text)""#])
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    let agent = try workspace.agent("one")
    #expect(agent["usage"]["dialogTokens"].integer == 5, "the last known stays")
    #expect(agent["usageAttempt"].integer == 1)
    #expect(try workspace.logLines().count == 1)
  }

  @Test func `E32 a working folder that is gone does not stop an export`() async throws {
    var agent = AgentRecord.done("one", minimalSession)
    agent.workingDirectory = "/nonexistent/lantern"
    let workspace = try OpencodeWorkspace([agent])
    try workspace.replay(minimalSession, minimalFixture)
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }

  @Test func `E34 opencode 2 is recognised, remembered, and given up when it is gone`()
    async throws
  {
    let agents = (1...3).map { AgentRecord.done("\($0)", session($0)) }
    let workspace = try OpencodeWorkspace([agents[0]])
    for number in 1...3 {
      try workspace.replay(session(number), number == 3 ? minimalFixture : "v2-minimal.json")
    }
    try workspace.useVersion(2)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(workspace.calls.first { !$0.hasPrefix("models") } == "export \(session(1))")
    #expect(workspace.calls.contains("session export \(session(1))"))
    #expect(try workspace.agent("1")["usage"]["dialogTokens"].integer == 11)

    workspace.forgetCalls()
    try writeFile(workspace.registryPath, AgentRecord.registry([agents[1]]))
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(workspace.calls.filter { $0.contains("export") } == ["session export \(session(2))"])
    #expect(try workspace.agent("2")["usage"]["dialogTokens"].integer == 11)

    try workspace.useVersion(1)
    try writeFile(workspace.registryPath, AgentRecord.registry([agents[2]]))
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try workspace.agent("3")["usage"]["dialogTokens"].integer == 12)
  }

  @Test(arguments: [1, 2])
  func `E35 a session that is not there is told from a failing opencode`(version: Int)
    async throws
  {
    let workspace = try OpencodeWorkspace([.done("one", session(1))])
    try workspace.useVersion(version)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let error = try #require(workspace.logLines().first?["error"].string)
    #expect(error.contains("not found"), "\(error)")
    #expect(!error.contains("\u{1b}"))
  }

  @Test func `nothing stands before the session id, and no version is asked for`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let calls = workspace.calls.filter { !$0.hasPrefix("models") }
    #expect(calls.count == 1)
    #expect(calls.first?.hasPrefix("export \(minimalSession)") == true)
  }

  private func grandchild(of workspace: OpencodeWorkspace) async throws -> Int32 {
    let path = workspace.plan.appending("grandchild.pid")
    _ = await eventually { readText(path)?.hasSuffix("\n") == true }
    return try #require(Int32((readText(path) ?? "").prefix { $0.isNumber }))
  }
}
