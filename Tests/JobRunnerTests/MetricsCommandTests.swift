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

/// `metrics print` and `--metrics` of the scheduled jobs, through the built binary.
@Suite(.fewAtOnce) struct MetricsCommandTests {
  private let workspace: WindowWorkspace

  init() throws {
    workspace = try WindowWorkspace()
    try makeFolder(workspace.root.appending(".jobrunner"))
  }

  private var file: FilePath { workspace.home.appending("jobrunner.prom") }

  private func fill() async throws {
    try makeFolder(workspace.root.appending(".opencode-subagent"))
    try writeFile(
      workspace.root.appending(".opencode-subagent/registry.json"),
      AgentRecord.registry([.done("review/\"odd\"\\name", "ses_EXAMPLE1")]))
    try writeFile(
      workspace.root.appending("logs/usage.jsonl"),
      (1...4).map { number in
        """
        {"ts":"2026-11-20T10:00:0\(number)Z","rid":"r\(number)","lane":"x",\
        "model":"\(number == 1 ? "other" : "glm-4.6")","status":"ok","input_tokens":1,\
        "output_tokens":1,"latency_ms":5}

        """
      }.joined())
    #expect(try await workspace.run("ingest-telemetry").exit == 0)
    #expect(
      try await workspace.run("alias", "start", "codex", "--from", "app-server", "--window", "W0-A")
        .exit == 0)
  }

  @Test("Metrics hold what was cached, making nothing, and are clean under promtool")
  func print() async throws {
    try await fill()
    let before = workspace.allFiles()
    let run = try await workspace.run("metrics", "print")
    #expect(run.exit == 0 && run.stderr == "", "\(run)")
    #expect(workspace.allFiles() == before)
    let lines = run.stdout.split(separator: "\n")
    for line in [
      #"jobrunner_agents{status="done"} 1"#, #"jobrunner_source_readable{source="registry"} 1"#,
      "jobrunner_telemetry_routed_ratio 0.75",
      #"jobrunner_job_last_run_exit_code{job="ingest-telemetry"} 0"#,
      #"jobrunner_anomalies{type="glitch"} 0"#,
    ] { #expect(lines.contains { $0 == line }, "\(line) in \(run)") }
    #expect(
      lines.contains {
        $0.hasPrefix("jobrunner_window_used_ratio{") && $0.contains(#"window="5h""#)
          && $0.hasSuffix("} 0.37")
      }, "\(run)")
    let names = lines.filter { $0.hasPrefix("# TYPE ") }
    #expect(Set(names).count == names.count)
    guard requireTool("promtool"), let promtool = findTool("promtool") else { return }
    let check = try await workspace.shell("jobrunner metrics print | '\(promtool)' check metrics")
    #expect(check.exit == 0 && check.stdout == "" && check.stderr == "", "\(check)")
  }

  @Test("A file that cannot be read costs its own part alone")
  func damaged() async throws {
    try await fill()
    try writeFile(workspace.root.appending(".opencode-subagent/registry.json"), "{")
    let run = try await workspace.run("metrics", "print")
    #expect(run.exit == 0 && run.stdout.contains(#"source_readable{source="registry"} 0"#))
    #expect(!run.stdout.contains("jobrunner_agents{"))
    #expect(run.stdout.contains("jobrunner_telemetry_routed_ratio 0.75"))
  }

  @Test("A telemetry ledger that is too long to be read every minute is left out")
  func longLedger() async throws {
    try await fill()
    let ledger = workspace.data.appending("proxy_telemetry.jsonl")
    let text = try #require(readText(ledger))
    try writeFile(
      ledger,
      text
        + String(
          repeating: String(repeating: " ", count: 1_023) + "\n",
          count: 9 << 10))
    let run = try await workspace.run("metrics", "print")
    #expect(run.exit == 0 && !run.stdout.contains("jobrunner_telemetry_"), "\(run)")
  }

  @Test("Every scheduled job writes them after its work, whole, readable by all, also on failure")
  func written() async throws {
    let jobs = [
      "rotate-log", "refresh-usage", "window-reset", "ingest-telemetry", "cost-compare",
    ]
    for job in jobs {
      unlink(file.string)
      let run = try await workspace.run(job, "--quiet", "--metrics", file.string)
      #expect(run.exit == 0 && run.stderr == "", "\(run)")
      let text = try #require(readText(file), "\(job)")
      #expect(text.contains(#"jobrunner_job_last_success_timestamp_seconds{job="\#(job)"}"#))
      #expect(FileSnapshot(file).map { $0.mode & 0o777 } == 0o644)
    }
    chmod(file.string, 0o600)
    try writeFile(workspace.home.appending("jobrunner.prom.tmp.999999.ab12"), "half")
    try workspace.configure("{nonsense")
    let failed = try await workspace.run("rotate-log", "--metrics", file.string)
    #expect(failed.exit == 78, "\(failed)")
    let text = try #require(readText(file))
    #expect(text.contains(#"jobrunner_job_last_run_exit_code{job="rotate-log"} 78"#), "\(text)")
    #expect(FileSnapshot(file).map { $0.mode & 0o777 } == 0o644)
    #expect(!listFolder(workspace.home).contains { $0.contains(".tmp.") })
  }

  @Test("Metrics that cannot be written are told once and change no exit status")
  func unwritable() async throws {
    let path = workspace.home.appending("gone/jobrunner.prom").string
    let first = try await workspace.run("rotate-log", "--quiet", "--metrics", path)
    #expect(first.exit == 0 && first.stdout == "")
    #expect(first.stderr.hasPrefix("jobrunner rotate-log: metrics: open \(path): "), "\(first)")
    let second = try await workspace.run("rotate-log", "--quiet", "--metrics", path)
    #expect(second.isSilentSuccess, "\(second)")
    let dry = try await workspace.run("rotate-log", "--dry-run", "--metrics", file.string)
    #expect(dry.exit == 0 && FileSnapshot(file) == nil)
  }
}
