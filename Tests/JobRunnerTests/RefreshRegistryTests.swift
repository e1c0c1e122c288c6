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

/// What `refresh-usage` does to, and with, the registry other programs share.
@Suite(.fewAtOnce) struct RefreshRegistryTests {
  @Test func `E01 a run killed during an export leaves nothing that stops the next one`()
    async throws
  {
    let workspace = try workspace(replaying: minimalFixture, "slow 8")
    let first = try workspace.start(["refresh-usage"])
    #expect(await eventually { workspace.exportedSessions.count == 1 })
    first.signal(SIGKILL)
    #expect(await first.wait().termination == .signalled(SIGKILL))

    // The orphaned export still runs: it must not have inherited the lock.
    try workspace.behave(minimalSession, nil)
    let second = try await workspace.run("refresh-usage")
    #expect(second.isSilentSuccess, "\(second)")
    #expect(second.duration < .seconds(6), "it waited for the orphan")
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }

  @Test func `E02 two runs at the same minute: the second exits 0 and exports nothing twice`()
    async throws
  {
    let workspace = try workspace(replaying: minimalFixture, "slow 4")
    let first = try workspace.start(["refresh-usage"])
    #expect(await eventually { workspace.exportedSessions.count == 1 })
    let second = try await workspace.run("refresh-usage")
    #expect(second.isSilentSuccess, "\(second)")
    #expect(second.duration < .seconds(3))
    #expect(await first.wait().isSilentSuccess)
    #expect(workspace.exportedSessions == [minimalSession])
  }

  @Test func `E03 no lock is held during an export: status answers while one hangs`()
    async throws
  {
    let workspace = try workspace(replaying: minimalFixture, "hang")
    let refresh = try workspace.start(["refresh-usage"])
    #expect(await eventually { workspace.exportedSessions.count == 1 })
    #expect(FileSnapshot(workspace.lockPath) == nil)
    let status = try await workspace.run("status")
    #expect(status.exit == 0, "\(status)")
    // Far less than the export has, so that it did not wait for it.
    #expect(status.duration < .seconds(5))
    refresh.signal(SIGTERM)
    #expect(await refresh.wait().exit == 143)
    #expect(FileSnapshot(workspace.lockPath) == nil)
  }

  @Test(arguments: [
    "corrupt-truncated.json", "corrupt-empty.json", "corrupt-not-an-object.json",
    "corrupt-agents-an-array.json", "corrupt-two-documents.json",
  ])
  func `E05 a damaged registry is refused and kept as it is`(fixture: String) async throws {
    let workspace = try OpencodeWorkspace(registryFixture: fixture)
    let before = try #require(FileSnapshot(workspace.registryPath))
    let run = try await workspace.run("refresh-usage")
    #expect(run.exit == 65, "\(run)")
    #expect(run.stdout.isEmpty)
    #expect(lines(run.stderr).count == 1)
    #expect(run.stderr.contains("registry.json"))
    #expect(FileSnapshot(workspace.registryPath) == before)
    #expect(workspace.registryBytes == (try Fixtures.bytes("opencode/registries/\(fixture)")))
    #expect(listFolder(workspace.registryFolder) == ["registry.json"])
    #expect(workspace.calls.isEmpty)
  }

  @Test(.enabled(if: BuiltBinary.canRunUnprivileged()))
  func `E05 a registry that may not be read is not an empty one`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    openToAll(workspace)
    chmod(workspace.registryPath.string, 0o000)
    let run = try await BuiltBinary.runAsUnprivileged(
      ["refresh-usage"], environment: workspace.environment, workingDirectory: workspace.root)
    #expect(run.exit == 77, "\(run)")
    #expect(lines(run.stderr).count == 1)
    #expect(workspace.calls.isEmpty)
  }

  @Test func `E05 a folder in the registry's place is damage, not an I/O error`() async throws {
    let workspace = try OpencodeWorkspace(registryText: nil)
    try makeFolder(workspace.registryPath)
    for command in ["refresh-usage", "status"] {
      let run = try await workspace.run(command)
      #expect(run.exit == 65, "\(run)")
    }
    let files = workspace.allFiles().filter { !$0.hasPrefix(".jobrunner") }
    #expect(files == [".opencode-subagent", ".opencode-subagent/registry.json"])
  }

  @Test func `E06 without a registry nothing is done and nothing is created`() async throws {
    let workspace = try OpencodeWorkspace(registryText: nil)
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(workspace.allFiles() == [])
  }

  @Test func `E06 without agents nothing is done and nothing is created`() async throws {
    let workspace = try OpencodeWorkspace(registryFixture: "no-agents.json")
    let before = FileSnapshot(workspace.registryPath)
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(workspace.allFiles() == [".opencode-subagent", ".opencode-subagent/registry.json"])
    #expect(FileSnapshot(workspace.registryPath) == before)
  }

  @Test(arguments: ["v3-running.json", "v3-all-done.json", "unknown-keys.json", "pretty.json"])
  func `E07 what others wrote survives byte for byte`(fixture: String) async throws {
    let workspace = try OpencodeWorkspace(registryFixture: fixture)
    try workspace.replay(minimalSession, minimalFixture)
    try workspace.replay("ses_4a7e0f21cffeCachingMany00", "v1-caching.json")
    let before = workspace.registryBytes
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(workspace.registryBytes != before)
    #expect(withoutOurKeys(workspace.registryBytes) == withoutOurKeys(before))
    let agents = try workspace.registry()["agents"].object ?? [:]
    #expect(agents.values.contains { $0["usage"]["dialogTokens"].integer == 12 })
    #expect(try workspace.registry()["refresh"]["lastHeartbeatAt"].string != nil)
  }

  @Test func `E08 what another program writes during an export is kept`() async throws {
    let process = try LiveProcess()
    let workspace = try OpencodeWorkspace([.running("one", minimalSession, process)])
    try workspace.replay(minimalSession, minimalFixture, "run finish.sh")
    try writeFile(
      workspace.plan.appending("finish.sh"),
      """
      sed 's/"status":"running","exitCode":null/"status":"done","exitCode":7/
           s/"finishedAt":null/"finishedAt":"2026-02-13T10:01:24.000Z"/' \
        '\(workspace.registryPath)' >'\(workspace.registryPath).new'
      mv '\(workspace.registryPath).new' '\(workspace.registryPath)'
      """)
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    let agent = try workspace.agent("one")
    #expect(agent["status"].string == "done")
    #expect(agent["exitCode"].integer == 7)
    #expect(agent["finishedAt"].string == "2026-02-13T10:01:24.000Z")
    #expect(agent["usage"]["dialogTokens"].integer == 12)
  }

  @Test(arguments: [true, false])
  func `E09 an agent deleted or resumed elsewhere meanwhile gets nothing`(deleted: Bool)
    async throws
  {
    let workspace = try workspace(replaying: minimalFixture, "run replace.sh")
    let other = AgentRecord.done("other", nil)
    let moved = AgentRecord.done("one", session(2))
    try writeFile(
      workspace.plan.appending("after.json"), AgentRecord.registry(deleted ? [other] : [moved]))
    try writeFile(
      workspace.plan.appending("replace.sh"),
      """
      cp "$dir/after.json" '\(workspace.registryPath).new'
      mv '\(workspace.registryPath).new' '\(workspace.registryPath)'
      """)
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    let agents = try workspace.registry()["agents"]
    #expect(agents.object?.count == 1)
    #expect(agents["one"]["usage"] == .missing)
    #expect(agents["one"]["sessionId"].string == (deleted ? nil : session(2)))
  }

  @Test func `E10 nothing changed: the registry is not touched`() async throws {
    let process = try LiveProcess()
    let workspace = try OpencodeWorkspace([
      .running("live", minimalSession, process), .done("ended", session(1)),
      .done("never started", nil),
    ])
    try workspace.replay(minimalSession, minimalFixture)
    try workspace.replay(session(1), "v1-no-total.json")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let before = FileSnapshot(workspace.registryPath)
    let again = try await workspace.run("refresh-usage")
    #expect(again.isSilentSuccess, "\(again)")
    #expect(FileSnapshot(workspace.registryPath) == before)
    #expect(workspace.exportedSessions.count == 2)
  }

  @Test func `E11 a run killed at any time leaves a whole registry and no litter`() async throws {
    let agents = (0..<8).map { AgentRecord.done("agent/\($0)", session($0)) }
    let workspace = try OpencodeWorkspace(agents)
    let environment = ["TMPDIR": workspace.scratch.string]
    try makeFolder(workspace.scratch)
    for number in 0..<8 { try workspace.replay(session(number), minimalFixture) }
    for milliseconds in stride(from: 5, to: 125, by: 10) {
      let run = try workspace.start(["refresh-usage"], environment: environment)
      try await Task.sleep(for: .milliseconds(milliseconds))
      run.signal(SIGKILL)
      _ = await run.wait()
      #expect(try workspace.registry()["agents"].object?.count == 8)
    }
    // A killed run may have held registry.lock; it is broken after 10 s, and merging goes on.
    let last = try await workspace.run("refresh-usage", environment: environment)
    #expect(last.isSilentSuccess, "\(last)")
    for agent in agents {
      #expect(try workspace.agent(agent.name)["usage"]["dialogTokens"].integer == 12)
    }
    #expect(listFolder(workspace.registryFolder).filter { $0.contains(".tmp") } == [])
    #expect(FileSnapshot(workspace.lockPath) == nil)
    #expect(listFolder(workspace.scratch) == [])
  }

  @Test func `E11 a reply's file that a killed run left is gone after the next`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    try makeFolder(workspace.stateFolder)
    let process = try LiveProcess()
    let left = ["999999999", "\(process.pid)"].map { "child-output.tmp.\($0).0a" }
    for name in left { try writeFile(workspace.stateFolder.appending(name), "") }
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let now = listFolder(workspace.stateFolder).filter { $0.hasPrefix("child-output") }
    #expect(now == [left[1]], "that of a live process is not ours to remove")
  }

  @Test func `E12 a symlinked registry keeps its link, its target and its mode`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    let target = workspace.root.appending("elsewhere/agents.json")
    try makeFolder(target.removingLastComponent())
    #expect(rename(workspace.registryPath.string, target.string) == 0)
    #expect(symlink("../elsewhere/agents.json", workspace.registryPath.string) == 0)
    chmod(target.string, 0o640)
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(try #require(FileSnapshot(workspace.registryPath)).mode & 0o170000 == 0o120000)
    #expect(try #require(FileSnapshot(target)).mode & 0o7777 == 0o640)
    #expect(try JSON(parsing: readBytes(target) ?? [])["agents"]["one"]["usage"] != .missing)
  }

  @Test func `E13 no room for the new registry: the old one stays, exit 73`() async throws {
    let padding = "\"note\":\"\(String(repeating: "x", count: 20_000))\""
    let workspace = try workspace(replaying: minimalFixture, more: [padding])
    let before = workspace.registryBytes
    // A limit on file size stands in for a full disk: the export fits, the registry does not.
    let limited = try SpawnedProcess(
      FilePath("/bin/sh"),
      ["-c", "ulimit -f 16; exec \"$0\" refresh-usage", BuiltBinary.path.string],
      environment: workspace.environment, workingDirectory: workspace.root)
    let run = await limited.wait()
    #expect(run.exit == 73, "\(run)")
    #expect(lines(run.stderr).count == 1)
    #expect(workspace.registryBytes == before)
    #expect(listFolder(workspace.registryFolder).filter { $0.contains(".tmp") } == [])
  }

  @Test func `E15 usage that a resume wiped stays visible until the next export`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let process = try LiveProcess()
    try writeFile(
      workspace.registryPath, AgentRecord.registry([.running("one", minimalSession, process)]))
    let status = try JSON(parsing: await workspace.run("status").stdout)
    #expect(status["agents"][0]["status"].string == "running")
    #expect(status["agents"][0]["usage"]["dialogTokens"].integer == 12)
  }
}

/// Lets every user reach and read a workspace, as a folder below /tmp is not by default.
func openToAll(_ workspace: OpencodeWorkspace) {
  chmod(workspace.root.removingLastComponent().string, 0o755)
  for path in [workspace.root, workspace.registryFolder] { chmod(path.string, 0o755) }
  chmod(workspace.registryPath.string, 0o644)
}
