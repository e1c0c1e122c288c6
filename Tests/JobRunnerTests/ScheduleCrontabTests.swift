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

/// `schedule` with a crontab.
@Suite(.fewAtOnce) struct ScheduleCrontabTests {
  private let folder: TemporaryFolder
  private let foreign = "MAILTO=dev@example.com\n\n# nightly\n0 4 * * * tar \\%x \t\n"

  init() throws {
    folder = try TemporaryFolder("schedule")
    for name in ["one", "two-b", "home", "bin"] { try makeFolder(folder.at(name)) }
  }

  private var crontab: FilePath { folder.at("crontab") }
  private var text: String? { readText(crontab) }

  private func run(
    _ arguments: String..., in workspace: String = "one", with more: [String: String] = [:]
  ) async throws -> Outcome {
    try await BuiltBinary.run(
      ["schedule"] + arguments,
      environment: [
        "PATH": "\(Fixtures.path("bin")):/usr/bin:/bin", "HOME": folder.at("home").string,
        "CRONTAB_STANDIN": crontab.string,
      ].merging(more) { $1 }, workingDirectory: folder.at(workspace))
  }

  @Test("Lines of others stay byte for byte, a second install changes nothing, remove leaves none")
  func wholeLife() async throws {
    try writeFile(crontab, foreign)
    let first = try await run("install", "--cron")
    #expect(first.exit == 0 && first.stderr.isEmpty, "\(first)")
    let installed = try #require(text)
    #expect(installed.hasPrefix(foreign))
    #expect(installed.contains(" JOBRUNNER_WORKSPACE=\(folder.at("one")) "))
    #expect(installed.contains("env PATH=\(Fixtures.path("bin")):"))
    let again = try await run("install", "--cron")
    #expect(again.stdout.contains("is installed already"), "\(again)")
    #expect(text == installed)
    let removed = try await run("remove", "--cron")
    #expect(removed.exit == 0, "\(removed)")
    #expect(text == foreign)
    #expect(listFolder(folder.at("one")).isEmpty, "no record is left")
  }

  @Test("Without lines of others the crontab itself goes with the block")
  func noTrace() async throws {
    #expect(try await run("install", "--cron").exit == 0)
    #expect(try await run("remove").exit == 0)
    #expect(text == nil)
    #expect(try await run("remove").stdout.contains("nothing is scheduled"))
  }

  @Test("A second workspace, and a second agent, stand beside the first")
  func second() async throws {
    #expect(try await run("install", "--cron").exit == 0)
    let first = try #require(text)
    #expect(try await run("install", "--cron", in: "two-b").exit == 0)
    let agent = ["AGENT_ID": "sub1"]
    #expect(try await run("install", "--cron", "window-reset", with: agent).exit == 0)
    let all = try #require(text)
    #expect(all.hasPrefix(first))
    #expect(all.contains(#"two\x2db >>>"#))
    #expect(all.contains("AGENT_ID=sub1"))
    #expect(try await run("remove", with: agent).exit == 0)
    #expect(try await run("remove", in: "two-b").exit == 0)
    #expect(text == first)
  }

  @Test("list shows what is scheduled and when it is due, and changes nothing")
  func list() async throws {
    func shown(_ arguments: [String]) async throws -> Outcome {
      try await BuiltBinary.run(
        arguments,
        environment: [
          "PATH": "\(Fixtures.path("bin")):/usr/bin:/bin", "HOME": folder.at("home").string,
          "CRONTAB_STANDIN": crontab.string,
        ], workingDirectory: folder.at("one"))
    }
    let none = try await shown(["list"])
    #expect(lines(none.stdout).filter { $0.contains(" none ") }.count == 6, "\(none)")
    #expect(listFolder(folder.at("one")).isEmpty)
    #expect(try await run("install", "--cron", "rotate-log", "refresh-usage").exit == 0)
    let table = try await shown(["status", "--jobs"])
    #expect(lines(table.stdout).filter { $0.contains("  cron  ") }.count == 2, "\(table)")
    #expect(lines(table.stdout).allSatisfy { $0.count <= 80 }, "\(table)")
    let jobs = try JSON(parsing: try await shown(["list", "--json"]).stdoutBytes)["jobs"]
    #expect(jobs[0]["schedules"][0]["scheduler"].string == "cron")
    #expect(jobs[0]["next_due"].string == jobs[0]["schedules"][0]["next_due"].string)
    #expect(jobs[2]["schedules"].array?.isEmpty == true && jobs[2]["next_due"].string == nil)
  }

  @Test("A job that was scheduled and never ran is told by the one that runs")
  func neverRan() async throws {
    try makeFolder(folder.at("one/.jobrunner"))
    #expect(try await run("install", "--cron", "rotate-log", "ingest-telemetry").exit == 0)
    let mark = folder.at("one/.jobrunner/scheduled/rotate-log")
    func rotate() async throws -> Outcome {
      try await BuiltBinary.run(
        ["ingest-telemetry"], environment: ["PATH": "/usr/bin:/bin"],
        workingDirectory: folder.at("one"))
    }
    #expect(try await rotate().isSilentSuccess)
    let then = time(nil) - 3 * 86_400
    #expect(
      utimes(mark.string, [timeval(tv_sec: then, tv_usec: 0), timeval(tv_sec: then, tv_usec: 0)])
        == 0)
    #expect(try await run("install", "--cron", "rotate-log").stdout.contains("already"))
    let told = try await rotate()
    #expect(told.stderr.contains("rotate-log is overdue: it has not ended well since"), "\(told)")
    #expect(try await rotate().isSilentSuccess, "said once")
    #expect(try await run("remove", "--cron").exit == 0)
    #expect(FileSnapshot(mark) == nil)
  }

  @Test("What install and remove change is a row of the history where there is one")
  func history() async throws {
    try makeFolder(folder.at("one/.jobrunner/locks"))
    for arguments in ["install", "install", "remove", "remove"] {
      #expect(try await run(arguments, "--cron").exit == 0)
    }
    let denied = ["CRONTAB_STANDIN_DENY": "1"]
    #expect(try await run("install", "--cron", with: denied).exit == 77)
    let rows = (readText(folder.at("one/.jobrunner/runs.jsonl")) ?? "").split(separator: "\n")
    #expect(rows.count == 3 && rows.allSatisfy { $0.hasPrefix("{\"job\":\"schedule\"") })
    #expect(rows.last?.contains("\"exit\":77") == true)
  }

  @Test("A last line of another's that has no end has none again when the schedule has gone")
  func unendedLine() async throws {
    try writeFile(crontab, foreign + "# odd \u{0}\r\n# the end")
    let before = readBytes(crontab)
    #expect(try await run("install", "--cron").exit == 0)
    #expect(try await run("install", "--cron", "rotate-log").stdout.contains("already"))
    #expect(try await run("remove", "--cron", "rotate-log").exit == 0)
    #expect(try await run("remove", "--cron").exit == 0)
    #expect(readBytes(crontab) == before)
  }

  @Test("Jobs are added and taken away one by one, in the table's order")
  func jobs() async throws {
    #expect(try await run("install", "--cron", "window-reset").exit == 0)
    #expect(try await run("install", "--cron", "rotate-log").exit == 0)
    let comments = (text ?? "").split(separator: "\n").filter {
      $0.hasPrefix("# r") || $0.hasPrefix("# w")
    }
    #expect(comments.map { $0.prefix(8) } == ["# rotate", "# window"])
    #expect(try await run("remove", "--cron", "window-reset").exit == 0)
    #expect(text?.contains("window-reset --quiet") == false)
    let status = try await run("status", "--cron", "--require")
    #expect(status.exit == 1)
    #expect(
      status.stderr.contains("nothing runs refresh-usage, ingest-telemetry, window-reset,"),
      "\(status)")
    #expect(try await run("status", "--cron", "--require", "rotate-log").exit == 0)
    #expect(try await run("remove", "--cron", "rotate-log").exit == 0)
    #expect(text == nil)
  }

  @Test("A dry run shows what would change and nobody else's lines, and touches nothing")
  func dryRun() async throws {
    try writeFile(crontab, foreign)
    let before = FileSnapshot(crontab)
    let run = try await run("install", "--cron", "--dry-run", "rotate-log")
    #expect(run.exit == 0, "\(run)")
    #expect(run.stdout.hasPrefix("--- crontab\n+++ crontab\n+# >>> jobrunner "))
    #expect(!run.stdout.contains("tar"))
    #expect(FileSnapshot(crontab) == before)
    #expect(listFolder(folder.at("one")).isEmpty)
    #expect(listFolder(folder.at("home")).isEmpty)
  }

  @Test("A crontab that cannot be read is not taken for an empty one")
  func denied() async throws {
    try writeFile(crontab, foreign)
    for action in ["install", "remove"] {
      let run = try await run(action, "--cron", with: ["CRONTAB_STANDIN_DENY": "1"])
      #expect(run.exit == 77, "\(run)")
      #expect(lines(run.stderr).count == 1)
    }
    #expect(text == foreign)
  }

  @Test("A block without its end is 65 and left as it is")
  func damaged() async throws {
    #expect(try await run("install", "--cron").exit == 0)
    let cut = try #require(text).split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
    try writeFile(crontab, cut)
    #expect(try await run("install", "--cron").exit == 65)
    #expect(text == cut)
  }

  @Test("A line that somebody has changed differs, and is put right by install")
  func differs() async throws {
    #expect(try await run("install", "--cron").exit == 0)
    let installed = try #require(text)
    try writeFile(crontab, installed.replacing("17 3 * * *", with: "18 3 * * *"))
    let status = try await run("status", "--cron", "--json")
    let jobs = try JSON(parsing: status.stdoutBytes)["jobs"]
    #expect(jobs[1]["job"].string == "rotate-log" && jobs[1]["state"].string == "differs")
    #expect(jobs[0]["state"].string == "active" && jobs[0]["next_due"].string != nil)
    #expect(try await run("install", "--cron").exit == 0)
    #expect(text == installed)
  }

  @Test("Where nothing is scheduled, status says so of every job and writes nothing")
  func nothing() async throws {
    let run = try await run("status")
    #expect(run.exit == 0, "\(run)")
    #expect(lines(run.stdout).filter { $0.contains("missing") }.count == 6)
    #expect(listFolder(folder.at("one")).isEmpty)
    #expect(try await self.run("status", "--require").exit == 1)
  }

  @Test(
    "What cannot be is a usage error or says what is missing",
    arguments: [
      (["print", "--binary", "/x"], 64), (["install", "--cron", "--systemd"], 64),
      (["status", "--output", "x"], 64), (["install", "nonsense"], 64),
      (["install", "--run-as", "dev"], 64), (["print", "--cron", "--binary", "jobrunner"], 64),
      (["print", "--time-zone", "Mars/Olympus"], 64),
      (["install", "--cron", "--binary", "/no/such/program"], 66),
      (["install", "--kubernetes"], 69), (["install", "--launchd"], 69),
    ] as [([String], Int32)])
  func wrong(arguments: [String], status: Int32) async throws {
    let run = try await BuiltBinary.run(
      ["schedule"] + arguments,
      environment: ["PATH": "/bin/none", "HOME": folder.at("home").string],
      workingDirectory: folder.at("one"))
    #expect(run.exit == status, "\(run)")
    let json = try await BuiltBinary.run(
      ["schedule"] + arguments + ["--json"],
      environment: ["PATH": "/bin/none", "HOME": folder.at("home").string],
      workingDirectory: folder.at("one"))
    #expect(json.exit == status, "\(json)")
  }

  // MARK: The real programs

  private func inOwnSpool(_ script: String) async throws -> Outcome? {
    let path = folder.at("script")
    try writeFile(path, "J='\(BuiltBinary.path)'; cd '\(folder.at("one"))'\n\(script)\n")
    let run = try await SpawnedProcess(
      Fixtures.path("bin/in_own_spool"), [path.string],
      environment: [
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": folder.at("home").string,
        "USER": "root", "LOGNAME": "root", "TZ": "America/Havana",
      ]
    ).wait()
    guard run.exit == 75 else { return run }
    print("skipped: \(run.stderr)")
    return nil
  }

  @Test("The real crontab program keeps the lines of others and of every workspace")
  func realCrontab() async throws {
    try writeFile(folder.at("foreign"), foreign)
    let script = """
      crontab '\(folder.at("foreign"))'
      $J schedule install --cron
      $J schedule install --cron --workspace '\(folder.at("two-b"))'
      crontab -l >'\(folder.at("both"))'
      $J schedule install --cron | grep -q already
      $J schedule remove --cron
      $J schedule remove --cron --workspace '\(folder.at("two-b"))'
      crontab -l | cmp - '\(folder.at("foreign"))'
      crontab -r
      $J schedule install --cron
      $J schedule remove --cron
      ! crontab -l 2>/dev/null
      """
    guard let run = try await inOwnSpool(script) else { return }
    #expect(run.exit == 0, "\(run)")
    let both = try #require(readText(folder.at("both")))
    #expect(both.hasPrefix(foreign))
    #expect(both.contains("/one ") && both.contains("/two-b "))
  }

  @Test("A schedule of the machine is a file that cron reads, and gone without a trace")
  func systemCrontab() async throws {
    let script = """
      $J schedule install --cron --system --run-as daemon rotate-log
      cat /etc/cron.d/*
      ls -l /etc/cron.d | grep -- '-rw-r--r--'
      $J schedule status --cron --system --require rotate-log
      $J schedule remove --cron --system
      test -z "$(ls /etc/cron.d)"
      """
    guard let run = try await inOwnSpool(script) else { return }
    #expect(run.exit == 0, "\(run)")
    #expect(run.stdout.contains("\n17 3 * * * daemon env PATH="))
  }

  @Test("Each agent of a workspace has one-shots of its own, which stay one and go with it")
  func atOfAgents() async throws {
    guard requireTool("at") else { return }
    let script = """
      reset=$(($(date +%s) + 7200))
      for agent in main sub1; do
        mkdir -p data/week0/live/state/$agent
        echo "{\\"provider\\":\\"codex\\",\\"current_window\\":\\"W0-CHN\\",\\"identity\\":{\\"limit_id\\":\\"codex\\",\\"window_minutes\\":300,\\"resets_at\\":$reset}}" \\
          >data/week0/live/state/$agent/codex.json
      done
      $J schedule install --cron
      AGENT_ID=sub1 $J schedule install --cron
      for again in 1 2 3; do $J schedule rearm; AGENT_ID=sub1 $J schedule rearm; done
      atq | wc -l
      $J schedule remove --cron
      atq | wc -l
      AGENT_ID=sub1 $J schedule remove --cron
      atq | wc -l
      ! test -e .jobrunner
      """
    guard let run = try await inOwnSpool(script) else { return }
    #expect(run.exit == 0, "\(run)")
    #expect(lines(run.stdout).filter { $0.count == 1 } == ["2", "1", "0"], "\(run)")
  }

  @Test("at holds one job a provider for the open window, replaced and removed with the schedule")
  func realAt() async throws {
    guard requireTool("at") else { return }
    let script = """
      mkdir -p '\(folder.at("bin"))' data/week0/live/state/main
      position() {
        echo "{\\"provider\\":\\"codex\\",\\"current_window\\":\\"W0-CHN\\",\\"identity\\":{\\"limit_id\\":\\"codex\\",\\"window_minutes\\":300,\\"resets_at\\":$1}}" \\
          >data/week0/live/state/main/codex.json
      }
      now=$(date +%s)
      echo true | at -t 203001010101 2>/dev/null
      position $((now + 7200))
      $J schedule install --cron
      atq | wc -l; atq | sort >first
      $J schedule rearm; atq | sort | cmp - first
      position $((now + 18000))
      $J schedule rearm
      atq | wc -l
      job=$(sed -n 's/.*"at_job":"\\([0-9]*\\)".*/\\1/p' .jobrunner/schedule.json)
      atq | grep "^$job"
      at -c "$job" | tail -4
      date -d @$((now + 18000 - 90)) '+%a %b %e %H:%M'
      $J schedule remove --cron
      atq | wc -l
      ! test -e .jobrunner
      """
    guard let run = try await inOwnSpool(script) else { return }
    #expect(run.exit == 0, "\(run)")
    let said = lines(run.stdout).map(String.init).filter { !$0.contains("schedule of") }
    let counts = said.filter { ["1", "2", "3"].contains($0) }
    #expect(counts == ["2", "2", "1"], "\(run)")
    let moment = try #require(said.first { $0.contains(":") && $0.count == 16 }, "\(run)")
    let queued = try #require(said.first { $0.contains("\t") })
    #expect(queued.contains(moment), "90 s before the reset, to the minute: \(run)")
    #expect(run.stdout.contains("window-reset --phase after --provider codex --quiet"))
    #expect(run.stdout.contains("unset TZ"))
  }
}
