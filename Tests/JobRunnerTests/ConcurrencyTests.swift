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

/// Many at once, beside a program that knows nothing of us.
@Suite(.fewAtOnce) struct ConcurrencyTests {
  /// Changes the registry as the original does, until the file `stop` is there.
  ///
  /// The lock is the existence of an empty file, tried for every 50 ms, 5 s at most; then the
  /// whole registry is read, changed and replaced.
  private static let foreignProgram = """
    import json, os, sys, time
    registry, lock, own, stop = sys.argv[1:]
    written = refused = 0
    while not os.path.exists(stop):
        end = time.monotonic() + 5
        while True:
            try:
                held = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                break
            except FileExistsError:
                if time.monotonic() > end:
                    refused += 1
                    held = None
                    break
                time.sleep(0.05)
        if held is None:
            continue
        with open(registry) as file:
            value = json.load(file)
        value["agents"][own]["updates"] = value["agents"][own].get("updates", 0) + 1
        value["foreign"] = value.get("foreign", 0) + 1
        time.sleep(0.01)
        temporary = registry + ".tmp." + str(os.getpid())
        with open(temporary, "w") as file:
            json.dump(value, file, separators=(",", ":"), ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, registry)
        os.close(held)
        os.unlink(lock)
        written += 1
        time.sleep(0.005)
    print(written, refused)
    """

  @Test(.enabled(if: requireTool("python3")))
  func `E04 fifty runs and three foreign writers: no update is lost, no one is wedged`()
    async throws
  {
    let agents = (0..<24).map { AgentRecord.done("agent/\($0)", session($0)) }
    let workspace = try OpencodeWorkspace(agents)
    for number in 0..<24 { try workspace.replay(session(number), minimalFixture, "slow 0.05") }
    let python = try #require(findTool("python3"))
    let stop = workspace.plan.appending("stop")
    let foreign = try (0..<3).map { number in
      try SpawnedProcess(
        python,
        [
          "-c", Self.foreignProgram, workspace.registryPath.string, workspace.lockPath.string,
          "agent/\(number)", stop.string,
        ], environment: ["PATH": "/usr/bin:/bin", "HOME": "/"])
    }
    #expect(await eventually { (try? workspace.registry()["foreign"].integer ?? 0) ?? 0 > 3 })
    let runs = try (0..<50).map { _ in try workspace.start(["refresh-usage"]) }
    for run in runs {
      let outcome = await run.wait()
      #expect(outcome.isSilentSuccess, "\(outcome)")
    }
    try writeFile(stop, "")
    var written = 0
    for (number, writer) in foreign.enumerated() {
      let outcome = await writer.wait()
      #expect(outcome.exit == 0, "\(outcome)")
      let counts = outcome.stdout.split { !$0.isNumber }.compactMap { Int($0) }
      try #require(counts.count == 2)
      #expect(counts[1] == 0, "the foreign program was kept waiting for over 5 s")
      #expect(try workspace.agent("agent/\(number)")["updates"].integer == counts[0])
      written += counts[0]
    }
    #expect(try workspace.registry()["foreign"].integer == written)
    for agent in agents {
      #expect(
        try workspace.agent(agent.name)["usage"]["dialogTokens"].integer == 12, "\(agent.name)")
    }
    #expect(workspace.exportedSessions.count == 24, "no session was exported twice")
    #expect(FileSnapshot(workspace.lockPath) == nil)
    #expect(listFolder(workspace.registryFolder).filter { $0.contains(".tmp") } == [])
  }

  @Test func `status is whole and quick while a run writes`() async throws {
    let agents = (0..<40).map { AgentRecord.done("agent/\($0)", session($0)) }
    let workspace = try OpencodeWorkspace(agents)
    for number in 0..<40 { try workspace.replay(session(number), minimalFixture) }
    let refresh = try workspace.start(["refresh-usage", "--concurrency", "2"])
    var known: [Int] = []
    for _ in 0..<12 {
      let status = try await workspace.run("status")
      #expect(status.exit == 0, "\(status)")
      let shown = try #require(JSON(parsing: status.stdout)["agents"].array)
      #expect(shown.count == 40)
      known.append(shown.count { $0["usage"] != .missing })
    }
    #expect(await refresh.wait().isSilentSuccess)
    #expect(known == known.sorted(), "usage once shown does not vanish")
  }
}
