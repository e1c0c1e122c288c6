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

/// `doctor` and `config` through the built binary.
@Suite(.fewAtOnce) struct DoctorTests {
  private let workspace: WindowWorkspace

  init() throws {
    workspace = try WindowWorkspace()
    try makeFolder(agents)
    try makeFolder(scratch)
    try writeFile(registry, AgentRecord.registry([.done("ended", "ses_EXAMPLE1")]))
  }

  private var agents: FilePath { workspace.root.appending(".opencode-subagent") }
  private var registry: FilePath { agents.appending("registry.json") }
  private var lock: FilePath { agents.appending("registry.lock") }
  private var scratch: FilePath { workspace.home.appending("scratch") }

  /// The lines of a run by the name of their check, and its exit status.
  private func doctor(
    _ arguments: String..., with more: [String: String] = [:]
  ) async throws -> (checks: [String: JSON], exit: Int32?) {
    let more = more.merging(["TMPDIR": scratch.string]) { old, _ in old }
    let run = try await workspace.start(["doctor", "--json"] + arguments, with: more)
      .wait(atMost: .seconds(60))
    let checks = try #require(try JSON(parsing: run.stdout)["checks"].array, "\(run)")
    var named: [String: JSON] = [:]
    for check in checks { named[check["check"].string ?? "?"] = check }
    return (named, run.exit)
  }

  private func age(_ path: FilePath, seconds: Int) {
    let then = timeval(tv_sec: time(nil) - seconds, tv_usec: 0)
    #expect(utimes(path.string, [then, then]) == 0)
  }

  // MARK: Looking

  @Test("A workspace that is well is all ok, asks the clients only for limits and makes no file")
  func well() async throws {
    try await workspace.install(
      "opencode",
      """
      case $1 in
      --version) echo 1.18.30 ;;
      *) echo lab/model; printf '{"id":"model","providerID":"lab","limit":{"context":1000}}\\n' ;;
      esac
      """)
    for job in ["refresh-usage", "rotate-log"] { _ = try await workspace.run(job) }
    let before = workspace.allFiles()
    workspace.forgetCalls()
    let run = try await workspace.run("doctor", with: ["TMPDIR": scratch.string])
    #expect(run.exit == 0 && run.stderr == "", "\(run)")
    let lines = run.stdout.split(separator: "\n")
    #expect(lines.count == 17)
    #expect(lines.allSatisfy { $0.hasPrefix("ok  ") || $0.hasPrefix("!   timers ") }, "\(run)")
    #expect(run.stdout.contains("opencode 1.18.30, lists 1 models"), "\(run)")
    #expect(run.stdout.contains("codex, signed in, 37% of its 5h window used"), "\(run)")
    #expect(run.stdout.utf8.allSatisfy { $0 < 0x7F })
    #expect(workspace.calls.filter { $0.hasPrefix("codex app-server") }.count == 1)
    #expect(workspace.allFiles() == before)
    #expect(listFolder(scratch).isEmpty)
    let quiet = try await workspace.run("doctor", "--quiet", with: ["TMPDIR": scratch.string])
    #expect(quiet.stdout.split(separator: "\n").allSatisfy { $0.hasPrefix("!") }, "\(quiet)")
  }

  @Test("A folder that is not there, or nobody's, is told")
  func noWorkspace() async throws {
    let gone = try await doctor("--workspace", "gone")
    #expect(gone.exit == 1 && gone.checks["workspace"]?["state"].string == "failed")
    let other = try await doctor("--workspace", workspace.home.string)
    #expect(other.checks["workspace"]?["state"].string == "warning")
    #expect(!listFolder(workspace.root).contains("gone"))
  }

  @Test("What is damaged fails, what is odd is worth a look")
  func damaged() async throws {
    try writeFile(registry, #"{"agents":"#)
    try makeFolder(workspace.data)
    try writeFile(workspace.snapshots, "{\"window\":\"W0-A\"}\n{\"window\":")
    try workspace.configure("{refresh: {timout: 3}}")
    let (checks, exit) = try await doctor(
      with: ["CODEX_STANDIN": "not-signed-in", "TZ": "Nowhere/Land"])
    #expect(exit == 1)
    #expect(checks["registry"]?["state"].string == "failed")
    #expect(checks["ledgers"]?["text"].string == "snapshots.jsonl ends in the middle of a row")
    #expect(
      checks["configuration"]?["text"].string
        == "line 1: unknown key 'refresh.timout'; did you mean 'refresh.timeout'?")
    #expect(checks["codex"]?["advice"].string == "sign in with 'codex login'")
    #expect(checks["claude"]?["state"].string == "ok")
    #expect(
      checks["opencode"]?["state"].string == "failed", "there are agents, and it is not found")
    #expect(checks["time zone"]?["state"].string == "failed")

    try workspace.configure("{refresh: {timeout: 0}}")
    let invalid = try await doctor()
    #expect(invalid.checks["configuration"]?["state"].string == "failed")
  }

  @Test("Clients that are not there are missed only where they are wanted")
  func missing() async throws {
    unlink(registry.string)
    for name in ["codex", "claude"] { unlink(workspace.program(name).string) }
    let unused = try await doctor()
    for name in ["opencode", "codex", "claude"] {
      #expect(unused.checks[name]?["state"].string == "ok", "\(name)")
    }
    try workspace.configure(#"{windows: {providers: ["codex"]}, claude: {path: "claud"}}"#)
    let wanted = try await doctor()
    #expect(wanted.exit == 1)
    #expect(wanted.checks["codex"]?["state"].string == "failed")
    #expect(wanted.checks["claude"]?["text"].string == "'claud' not found on PATH")
  }

  @Test(.enabled(if: BuiltBinary.canRunUnprivileged()))
  func `Files and folders that are not ours to write are named`() async throws {
    chmod(workspace.root.removingLastComponent().string, 0o755)
    try writeFile(workspace.snapshots, "{}\n", permissions: [.ownerReadWrite])
    let run = try await BuiltBinary.runAsUnprivileged(
      ["doctor", "--json"], environment: ["PATH": "/usr/bin:/bin", "TMPDIR": "/tmp"],
      workingDirectory: workspace.root)
    let checks = try #require(try JSON(parsing: run.stdout)["checks"].array)
    let files = try #require(checks.first { $0["check"].string == "files" })
    #expect(run.exit == 1 && files["state"].string == "failed", "\(run)")
    #expect(files["text"].string?.contains("snapshots.jsonl") == true, "\(run)")
    #expect(files["text"].string?.contains("may not be written") == true, "\(run)")
  }

  @Test(
    "Without --fix nothing is made, changed or locked outside of TMPDIR",
    .enabled(if: canTrace()))
  func changesNothing() async throws {
    try writeFile(lock, "")
    age(lock, seconds: 100)
    try writeFile(agents.appending("registry.json.tmp.999999.ab12"), "half")
    try makeFolder(workspace.root.appending(".jobrunner/locks"))
    try writeFile(workspace.root.appending(".jobrunner/locks/rotate-log.lock"), "")
    let before = workspace.allFiles().map { FileSnapshot(workspace.root.pushing(FilePath($0))) }
    let strace = try #require(findTool("strace"))
    let trace = workspace.home.appending("trace")
    let run = try await SpawnedProcess(
      strace, ["-qq", "-o", trace.string, "-ff", BuiltBinary.path.string, "doctor"],
      environment: workspace.environment.merging(["TMPDIR": scratch.string]) { $1 },
      workingDirectory: workspace.root
    ).wait(atMost: .seconds(60))
    #expect(run.exit == 1, "\(run)")
    // The first trace is ours; with its threads it is told from children by their execve.
    let traces = listFolder(workspace.home).filter { $0.hasPrefix("trace.") }
      .compactMap { readText(workspace.home.appending($0)) }
    let ours = traces.filter { text in
      !text.contains("execve(") || text.contains("execve(\"\(BuiltBinary.path)\"")
    }
    let calls = ours.flatMap { $0.split(separator: "\n") }
    #expect(calls.contains { $0.contains("registry.json") })
    let changing = ["mkdir", "rename", "unlink", "rmdir", "link", "symlink", "utimensat", "flock"]
    for call in calls {
      let name = call.prefix { $0 != "(" }
      let base = name.hasSuffix("at") && name != "utimensat" ? name.dropLast(2) : name
      let writes = ["O_WRONLY", "O_RDWR", "O_CREAT"].contains { call.contains($0) }
      guard changing.contains(String(base)) || base == "open" && writes else { continue }
      let isElsewhere = call.contains("\"\(scratch)/") || call.contains("\"/dev/")
      #expect(isElsewhere, "\(call)")
    }
    let after = workspace.allFiles().map { FileSnapshot(workspace.root.pushing(FilePath($0))) }
    #expect(after == before)
  }

  // MARK: Fixing

  @Test("--fix removes what dead programs left, says so, and leaves what lives")
  func fix() async throws {
    let process = try LiveProcess()
    try writeFile(lock, "")
    age(lock, seconds: 100)
    let dead = agents.appending("registry.json.tmp.999999.ab12")
    let live = agents.appending("registry.json.tmp.\(process.pid).ab12")
    let foreign = workspace.root.appending("notes.tmp.999999.ab12")
    for path in [dead, live, foreign] { try writeFile(path, "half") }
    let seen = try await doctor()
    #expect(seen.exit == 1 && seen.checks["locks"]?["state"].string == "failed")
    #expect(seen.checks["leftovers"]?["state"].string == "warning")

    let fixed = try await doctor("--fix")
    #expect(fixed.checks["locks"]?["fixed"][0].string == "removed \(lock)")
    #expect(fixed.checks["leftovers"]?["fixed"][0].string == "removed \(dead)")
    #expect(fixed.checks["leftovers"]?["state"].string == "ok")
    #expect(FileSnapshot(lock) == nil && FileSnapshot(dead) == nil)
    #expect(FileSnapshot(live) != nil && FileSnapshot(foreign) != nil)
    let again = try await doctor("--fix")
    #expect(again.checks.values.allSatisfy { $0["fixed"].array?.isEmpty == true })
  }

  @Test("A shared lock that somebody holds is told with its holder and never removed")
  func heldLock() async throws {
    // Like its other users, the holder has the file open for as long as it holds it.
    let holder = try SpawnedProcess(
      FilePath("/bin/sh"),
      [
        "-c", "exec 3>\"$0\"; touch -d '100 seconds ago' \"$0\"; exec sleep 60",
        lock.string,
      ], environment: workspace.environment)
    defer { holder.signal(SIGKILL) }
    for _ in 0..<500
    where FileSnapshot(lock)?.modified ?? .max > Int64(time(nil) - 50) * 1_000_000_000 {
      try await Task.sleep(for: .milliseconds(10))
    }
    let seen = try await doctor("--fix")
    #expect(seen.checks["locks"]?["state"].string == "warning")
    #expect(seen.checks["locks"]?["text"].string?.contains("held by process") == true)
    #expect(FileSnapshot(lock) != nil)
  }

  @Test("--fix finishes what was interrupted; what needs a decision stays and is told")
  func intents() async throws {
    let intents = workspace.root.appending(".jobrunner/intents")
    func interrupt(_ key: String, _ file: String, prefix: String) throws {
      try writeFile(
        intents.appending("\(key).json"),
        """
        {"version":1,"key":"\(key)","steps":[{"path":"\(file)","step":"append","base":0,\
        "prefix_sha256":"\(prefix)","copies":0,"header":"","start":"","lines":"a row\\n"}]}

        """)
    }
    let ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    try interrupt("one", "one.csv", prefix: ofNothing)
    let seen = try await doctor()
    #expect(seen.checks["intents"]?["state"].string == "warning")
    #expect(FileSnapshot(workspace.root.appending("one.csv")) == nil)
    try interrupt("two", "two.csv", prefix: "00")
    try writeFile(workspace.root.appending("two.csv"), "another row\n")
    let fixed = try await doctor("--fix")
    #expect(fixed.exit == 1 && fixed.checks["intents"]?["state"].string == "failed")
    #expect(fixed.checks["intents"]?["fixed"][0].string == "finished 'one'", "\(fixed)")
    #expect(readText(workspace.root.appending("one.csv")) == "a row\n")
    #expect(readText(workspace.root.appending("two.csv")) == "another row\n")
  }

  // MARK: config

  @Test("config print writes a file that config check has no fault in")
  func config() async throws {
    try workspace.configure("{refresh: {timeout: 7}}")
    let defaults = try await workspace.run("config", "print", "--defaults")
    #expect(defaults.exit == 0 && defaults.stdout.contains("    timeout: 15, "), "\(defaults)")
    let settings = try await workspace.run("config", "print")
    #expect(settings.stdout.contains("    timeout: 7, "), "\(settings)")
    try workspace.configure(settings.stdout)
    let check = try await workspace.run("config", "check")
    #expect(check.exit == 0 && check.stdout.hasSuffix("jobrunner.json5: no fault\n"), "\(check)")
    #expect(try await workspace.run("config", "print").stdout == settings.stdout)

    try workspace.configure("{rotat: {}}")
    let unknown = try await workspace.run("config", "check", "--json")
    let key = try JSON(parsing: unknown.stdout)["unknown_keys"][0]
    #expect(unknown.exit == 1 && key["key"].string == "rotat" && key["nearest"].string == "rotate")
    #expect(try await workspace.run("rotate-log").exit == 0, "a job does not mind")
    try workspace.configure("{refresh: {timeout: 0}}")
    #expect(try await workspace.run("config", "check").exit == 78)
    unlink(workspace.root.appending("jobrunner.json5").string)
    let none = try await workspace.run("config", "check")
    #expect(none.exit == 0 && none.stdout.hasSuffix(": none, all defaults\n"), "\(none)")
    #expect(try await workspace.run("config", "check", "--config", "gone").exit == 66)
    #expect(try await workspace.run("config").exit == 64)
  }
}
