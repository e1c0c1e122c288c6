import SystemPackage
import TestSupport
import Testing

/// The binary as cron starts it, and the ways to tell it where things are.
@Suite(.fewAtOnce) struct CronTests {
  private let cron = ["PATH": "/usr/bin:/bin"]

  @Test(
    .enabled(if: findTool("opencode") == nil, "an opencode is installed on PATH"),
    arguments: [Set<Int32>(), [0], [0, 1], [0, 1, 2]])
  func `E31 under cron, without opencode, one line says what is missing`(closed: Set<Int32>)
    async throws
  {
    let workspace = try workspace(replaying: minimalFixture)
    let before = workspace.registryBytes
    let run = try await BuiltBinary.run(
      ["refresh-usage"], environment: cron, workingDirectory: workspace.root,
      closedDescriptors: closed)
    #expect(run.exit == 69, "\(run)")
    if !closed.contains(2) {
      #expect(lines(run.stderr).count == 1)
      #expect(run.stderr.contains("opencode"))
    }
    #expect(run.stdout.isEmpty)
    #expect(workspace.registryBytes == before, "no attempt is counted")
    #expect(try workspace.logLines() == [])
  }

  @Test func `E31 without due work a missing opencode is nobody's business`() async throws {
    let workspace = try OpencodeWorkspace(registryFixture: "v5-all-done.json")
    let run = try await BuiltBinary.run(
      ["refresh-usage"], environment: cron, workingDirectory: workspace.root,
      closedDescriptors: [0])
    #expect(run.isSilentSuccess, "\(run)")
  }

  @Test func `E31 UTF-8 is read without LANG, HOME or a terminal`() async throws {
    let workspace = try OpencodeWorkspace([.done("灯/ランタン", minimalSession)])
    try workspace.replay(minimalSession, minimalFixture)
    let run = try await BuiltBinary.run(
      ["refresh-usage"],
      environment: [
        "PATH": "\(Fixtures.path("bin")):/usr/bin:/bin", "STAND_IN_DIR": workspace.plan.string,
      ], workingDirectory: workspace.root, closedDescriptors: [0])
    #expect(run.isSilentSuccess, "\(run)")
    #expect(try workspace.agent("灯/ランタン")["usage"]["dialogTokens"].integer == 12)
  }

  @Test(arguments: [[0], [1], [2], [0, 1, 2]])
  func `a closed descriptor never becomes a state file`(closed: [Int32]) async throws {
    let workspace = try workspace(replaying: minimalFixture)
    let run = try await BuiltBinary.run(
      ["refresh-usage", "--verbose"], environment: workspace.environment,
      workingDirectory: workspace.root, closedDescriptors: Set(closed))
    #expect(run.exit == 0, "\(run)")
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }

  @Test func `the workspace comes from the flag, then the environment, then the folder`()
    async throws
  {
    let here = try OpencodeWorkspace([.done("here", nil)])
    let there = try OpencodeWorkspace([.done("there", nil)])
    let elsewhere = try OpencodeWorkspace([.done("elsewhere", nil)])
    func shown(_ arguments: [String], _ more: [String: String]) async throws -> String? {
      let run = try await here.start(arguments, environment: more).wait()
      return try JSON(parsing: run.stdout)["agents"][0]["name"].string
    }
    let variable = ["JOBRUNNER_WORKSPACE": elsewhere.root.string]
    #expect(try await shown(["status"], [:]) == "here")
    #expect(try await shown(["status"], variable) == "elsewhere")
    #expect(
      try await shown(["status", "--workspace", there.root.string], variable) == "there")
    #expect(
      try await shown(["--workspace", there.root.string, "status"], variable) == "there")
  }

  @Test(arguments: [true, false])
  func `OPENCODE_PSA_DIR says where the registry is`(absolute: Bool) async throws {
    let workspace = try OpencodeWorkspace(registryText: nil)
    let folder = workspace.root.appending("agents")
    try writeFile(
      folder.appending("registry.json"), AgentRecord.registry([.done("one", minimalSession)]))
    try workspace.replay(minimalSession, minimalFixture)
    let more = ["OPENCODE_PSA_DIR": absolute ? folder.string : "agents"]
    let run = try await workspace.run("refresh-usage", environment: more)
    #expect(run.isSilentSuccess, "\(run)")
    let status = try await workspace.run("status", environment: more)
    #expect(
      try JSON(parsing: status.stdout)["agents"][0]["usage"]["dialogTokens"].integer == 12)
  }

  @Test func `JOBRUNNER_STATE_DIR says where our own files are`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    let run = try await workspace.run(
      "refresh-usage", environment: ["JOBRUNNER_STATE_DIR": workspace.scratch.string])
    #expect(run.isSilentSuccess, "\(run)")
    #expect(!listFolder(workspace.scratch).isEmpty)
    #expect(workspace.allFiles() == [".opencode-subagent", ".opencode-subagent/registry.json"])
  }

  @Test(arguments: [
    ["nonsense"], ["status", "--nonsense"], ["refresh-usage", "--deadline", "x"],
    ["refresh-usage", "--timeout", "0"],
  ])
  func `a wrong command line is exit 64`(arguments: [String]) async throws {
    let run = try await BuiltBinary.run(arguments, environment: cron)
    #expect(run.exit == 64, "\(run)")
    #expect(!run.stderr.isEmpty || !run.stdout.isEmpty)
  }

  @Test(arguments: [["nonsense", "--json"], ["--json", "nonsense"]])
  func `an unknown command is named, not the flag beside it`(arguments: [String]) async throws {
    let run = try await BuiltBinary.run(arguments, environment: cron)
    #expect(run.exit == 64, "\(run)")
    let answer = try JSON(parsing: run.stdout)
    #expect(answer["error"].string?.contains("nonsense") == true, "\(run)")
  }

  @Test(arguments: ["status", "refresh-usage", "rotate-log"])
  func `help speaks of no type of ours`(command: String) async throws {
    let run = try await BuiltBinary.run([command, "--help"], environment: cron)
    #expect(run.exit == 0)
    #expect(!run.stdout.contains("Argument("), "\(run)")
  }

  @Test(.enabled(if: requireTool("prlimit")), arguments: [3, 6, 9, 20])
  func `too few open files are exit 75 and one line, not a trap`(limit: Int) async throws {
    let workspace = try workspace(replaying: minimalFixture)
    let before = workspace.registryBytes
    let prlimit = try #require(findTool("prlimit"))
    let run = try await SpawnedProcess(
      prlimit, ["--nofile=\(limit)", "--", BuiltBinary.path.string, "refresh-usage"],
      environment: workspace.environment, workingDirectory: workspace.root
    ).wait(atMost: .seconds(20))
    // A dynamic binary does not get as far as ours with three descriptors.
    #expect(run.exit == 75 || (limit == 3 && run.exit == 127), "\(run)")
    #expect(lines(run.stderr).count == 1, "\(run)")
    #expect(workspace.registryBytes == before)
  }

  @Test(.enabled(if: requireTool("prlimit")))
  func `more exports at a time than files may be open are fewer at a time`() async throws {
    let workspace = try OpencodeWorkspace((0..<12).map { .done("agent/\($0)", session($0)) })
    for number in 0..<12 { try workspace.replay(session(number), minimalFixture) }
    let prlimit = try #require(findTool("prlimit"))
    let run = try await SpawnedProcess(
      prlimit,
      ["--nofile=48", "--", BuiltBinary.path.string, "refresh-usage", "--concurrency", "256"],
      environment: workspace.environment, workingDirectory: workspace.root
    ).wait(atMost: .seconds(20))
    #expect(run.isSilentSuccess, "\(run)")
    #expect(workspace.exportedSessions.count == 12)
  }

  @Test func `a damaged configuration is exit 78 and one line`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    try workspace.configure("{ refresh: ")
    let run = try await workspace.run("refresh-usage")
    #expect(run.exit == 78, "\(run)")
    #expect(lines(run.stderr).count == 1)
    #expect(workspace.calls == [])
  }
}
