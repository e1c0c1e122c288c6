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

/// The history, the marks and what is said of jobs that do not run, through the built binary.
@Suite(.fewAtOnce) struct RunHistoryTests {
  private let workspace: WindowWorkspace

  init() throws {
    workspace = try WindowWorkspace([])
    try makeFolder(workspace.root.appending(".jobrunner"))
  }

  private var history: FilePath { workspace.root.appending(".jobrunner/runs.jsonl") }

  private func mark(_ job: String) -> FilePath {
    workspace.root.appending(".jobrunner/last-success/\(job)")
  }

  private func age(_ path: FilePath, days: Int) {
    let then = time(nil) - days * 86_400
    #expect(
      utimes(path.string, [timeval(tv_sec: then, tv_usec: 0), timeval(tv_sec: then, tv_usec: 0)])
        == 0)
  }

  private func rows() throws -> [JSON] {
    try (readText(history) ?? "").split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  private func fillLog() throws {
    try makeFolder(workspace.root.appending(".opencode-subagent"))
    let line = String(repeating: "x", count: 99) + "\n"
    try writeFile(
      workspace.root.appending(".opencode-subagent/usage-export.log"),
      String(repeating: line, count: 11_000))
  }

  @Test("A run that did something is a row, one with nothing to do only a mark")
  func rowsAndMarks() async throws {
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    #expect(try rows().isEmpty)
    #expect(FileSnapshot(mark("rotate-log")) != nil)
    try fillLog()
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    let row = try #require(try rows().first)
    #expect(row["job"].string == "rotate-log" && row["run_key"].string == "rotate-log")
    #expect(row["outcome"].string == "done" && row["exit"].integer == 0)
    #expect(row["counts"]["rotated"].integer == 1)
    #expect(row["trigger"].string == "unknown" && row["host"].string?.isEmpty == false)
    #expect(row["tool_version"].string == "0.1.0")
    #expect(try rows().count == 1)
  }

  @Test("What is done by hand is a row too, without a mark; what adds nothing is none")
  func byHand() async throws {
    let pane = PaneSample.codex(11, 40)
    for _ in 1...2 {
      _ = try await workspace.run(
        "ingest", "codex", "--window", "W0-CHN", "--phase", "before", "--stdin", text: pane)
    }
    let alias = ["alias", "start", "codex", "--window", "W0-CHP", "--stdin"]
    #expect(try await workspace.start(alias, text: pane).wait().exit == 0)
    let failed = try await workspace.run("complete", "--window", "W9-XXX")
    _ = try await workspace.run(
      "override", "codex", "--window", "W0-CHN", "--phase", "before", "--weekly-pct", "41")
    #expect(try await workspace.run("intents", "drop", "nonsense").exit == 66)
    #expect(try await workspace.run("intents").exit == 0)
    #expect(try await workspace.run("anomalies", "resolve", "x", "--notes", "y").exit != 0)
    let rows = try rows()
    let expected =
      ["ingest", "alias"] + (failed.exit == 0 ? [] : ["complete"])
      + ["override", "intents", "anomalies"]
    #expect(rows.map { $0["job"].string } == expected)
    #expect(rows.map { $0["outcome"].string }.suffix(2) == ["failed", "failed"])
    #expect(listFolder(workspace.root.appending(".jobrunner/last-success")).isEmpty)
    #expect(listFolder(workspace.root.appending(".jobrunner/incidents")).isEmpty)
    let shown = try await workspace.run("history", "alias")
    #expect(shown.stdout.split(separator: "\n").count == 2, "\(shown)")
  }

  @Test("A failure by hand is always said, also off a terminal")
  func byHandSaid() async throws {
    for _ in 1...2 {
      let run = try await workspace.run("intents", "drop", "nonsense")
      #expect(run.exit == 66 && run.stderr.contains("nonsense"), "\(run)")
    }
  }

  @Test("A comparison of one window is a row, and no run of the daily job")
  func comparison() async throws {
    _ = try await workspace.run(
      "ingest", "proxy-telemetry", "--window", "W0-CHN", "--stdin", text: ProxySample.lanterns)
    for _ in 1...2 { _ = try await workspace.run("cost-compare", "--window", "W0-CHN") }
    _ = try await workspace.run("cost-compare", "--dry-run")
    #expect(try rows().map { $0["job"].string } == ["ingest", "cost-compare"])
    #expect(FileSnapshot(mark("cost-compare")) == nil)
    #expect(try await workspace.run("cost-compare").exit == 0)
    #expect(FileSnapshot(mark("cost-compare")) != nil)
  }

  @Test("A dry run and the views leave no trace")
  func noTrace() async throws {
    try fillLog()
    for arguments in [["rotate-log", "--dry-run"], ["list"], ["history"], ["status"], ["preview"]] {
      _ = try await workspace.start(arguments).wait()
    }
    #expect(listFolder(workspace.root.appending(".jobrunner")).isEmpty)
  }

  @Test("A folder that is no workspace stays as it is, also when a run fails in it")
  func noWorkspace() async throws {
    rmdir(workspace.root.appending(".jobrunner").string)
    let run = try await workspace.run("rotate-log", "--config", "missing.json5")
    #expect(run.exit == 66 && !run.stderr.isEmpty, "\(run)")
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    #expect(listFolder(workspace.root).isEmpty)
  }

  @Test("A failure that lasts is said once off a terminal, and keeps its exit status")
  func incident() async throws {
    try workspace.configure("{nonsense")
    let first = try await workspace.run("rotate-log", "--quiet")
    #expect(first.exit == 78 && first.stderr.contains("jobrunner.json5"), "\(first)")
    let second = try await workspace.run("rotate-log", "--quiet")
    #expect(second.exit == 78 && second.stderr == "" && second.stdout == "", "\(second)")
    let watched = try await workspace.run("rotate-log", "--verbose")
    #expect(watched.exit == 78 && watched.stderr == first.stderr, "\(watched)")
    let object = try await workspace.run("rotate-log", "--json")
    #expect(try JSON(parsing: object.stdout)["code"].string == "E_CONFIGURATION", "\(object)")
    #expect(try rows().map { $0["exit"].integer } == [78, 78, 78, 78])

    try workspace.configure("{}")
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    try workspace.configure("{nonsense")
    let again = try await workspace.run("rotate-log", "--quiet")
    #expect(again.stderr == first.stderr, "it was well in between: \(again)")
  }

  @Test("A job that does not run any more is told by the others, once")
  func overdue() async throws {
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    age(mark("rotate-log"), days: 3)
    let told = try await workspace.run("refresh-usage", "--quiet")
    #expect(told.exit == 0 && told.stdout == "", "\(told)")
    #expect(told.stderr.hasPrefix("jobrunner refresh-usage: rotate-log is overdue: "), "\(told)")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try await workspace.run("ingest-telemetry").isSilentSuccess)
    let list = try await workspace.run("list", "--require")
    #expect(list.exit == 1, "\(list)")
    #expect(list.stdout.contains("rotate-log         overdue"), "\(list)")

    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    #expect(try await workspace.run("list", "--require").exit == 0)
    age(mark("rotate-log"), days: 3)
    #expect(try await workspace.run("refresh-usage").stderr.contains("rotate-log is overdue"))
  }

  @Test("After a sleep of the machine nobody is overdue")
  func slept() async throws {
    for job in ["rotate-log", "refresh-usage", "ingest-telemetry"] {
      #expect(try await workspace.run(job).isSilentSuccess)
    }
    for job in ["rotate-log", "refresh-usage", "ingest-telemetry"] { age(mark(job), days: 7) }
    for _ in 1...2 { #expect(try await workspace.run("refresh-usage").isSilentSuccess) }
  }

  @Test("list and history show how each job ended, as text and as JSON")
  func views() async throws {
    try fillLog()
    #expect(try await workspace.run("rotate-log").isSilentSuccess)
    try workspace.configure("{nonsense")
    #expect(try await workspace.run("refresh-usage").exit == 78)
    let list = try await workspace.run("list", "--json")
    let jobs = try JSON(parsing: list.stdout)["jobs"]
    #expect(jobs[0]["job"].string == "refresh-usage" && jobs[0]["state"].string == "failing")
    #expect(jobs[3]["job"].string == "rotate-log" && jobs[3]["state"].string == "ok")
    #expect(jobs[5]["state"].string == "never ran")

    let all = try await workspace.run("history", "--json")
    #expect(try JSON(parsing: all.stdout)["runs"][1]["exit"].integer == 78, "\(all)")
    let failed = try await workspace.run("history", "--failed")
    #expect(failed.stdout.split(separator: "\n").count == 2, "\(failed)")
    #expect(failed.stdout.contains("refresh-usage  failed     78"), "\(failed)")
    let one = try await workspace.run("history", "rotate-log", "--limit", "1")
    #expect(one.stdout.contains("rotated=1"), "\(one)")
    #expect(try await workspace.run("history", "nonsense").exit == 64)
  }

  @Test("The history keeps itself short")
  func bounded() async throws {
    let row =
      #"{"job":"rotate-log","started":"2026-01-01T00:00:00.000Z","outcome":"done","exit":0}"#
    try writeFile(history, String(repeating: row + "\n", count: 30_000))
    try workspace.configure("{nonsense")
    _ = try await workspace.run("rotate-log")
    let kept = try rows()
    #expect(kept.count <= 4_000 && kept.count > 1_000)
    #expect(kept.last?["exit"].integer == 78)
  }

  private static let jobs = [
    "rotate-log", "refresh-usage", "window-reset", "ingest-telemetry", "cost-compare",
    "ledger-checkpoint",
  ]

  @Test("Every job writes its metrics when it is done, and when it has failed", arguments: jobs)
  func metrics(job: String) async throws {
    let arguments =
      [job, "--metrics", "job.prom"] + (job == "ledger-checkpoint" ? ["--closed"] : [])
    let file = workspace.root.appending("job.prom")
    #expect(try await workspace.start(arguments).wait().exit == 0)
    #expect(readText(file)?.contains("{job=\"\(job)\"}") == true)
    removeTree(file)
    try workspace.configure("{nonsense")
    #expect(try await workspace.start(arguments).wait().exit == 78)
    let failed = "jobrunner_job_last_run_exit_code{job=\"\(job)\"} 78"
    #expect(readText(file)?.contains(failed) == true)
  }

  @Test("A command of the user's own is told of a failure, and changes nothing")
  func onFailure() async throws {
    let hook = "echo \"$JOBRUNNER_JOB $JOBRUNNER_EXIT $JOBRUNNER_MESSAGE\" >>told; exit 3"
    #expect(try await workspace.run("rotate-log", "--on-failure", hook).isSilentSuccess)
    try workspace.configure("{nonsense")
    for job in Self.jobs {
      let run = try await workspace.run(job, "--on-failure", hook)
      #expect(run.exit == 78, "\(run)")
    }
    let told = (readText(workspace.root.appending("told")) ?? "").split(separator: "\n")
    #expect(told.map { $0.prefix { $0 != " " } } == Self.jobs.map { $0[...] })
    #expect(told.first?.hasPrefix("rotate-log 78 ") == true, "\(told)")
  }

  @Test("A watcher hears of the start and the end, in this order, its address in no arguments")
  func ping() async throws {
    // Stands in for curl: what it was told, and with which arguments.
    try await workspace.install("curl", "echo \"$*\" >>arguments; cat >>settings")
    let url = "https://hc.example/SECRET-EXAMPLE"
    #expect(try await workspace.run("rotate-log", "--ping", url).isSilentSuccess)
    try workspace.configure("{nonsense")
    #expect(try await workspace.run("refresh-usage", "--ping", url).exit == 78)
    let urls = (readText(workspace.root.appending("settings")) ?? "").split(separator: "\n")
      .filter { $0.hasPrefix("url = ") }.map { $0.prefix { $0 != "?" } }
    #expect(urls == ["start", "0", "start", "78"].map { "url = \"\(url)/\($0)" })
    #expect(readText(workspace.root.appending("arguments"))?.contains("SECRET") == false)
    #expect(try await workspace.run("rotate-log", "--ping", "nonsense").exit == 64)
  }
}
