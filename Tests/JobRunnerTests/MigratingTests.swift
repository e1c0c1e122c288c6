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

/// Every command of `docs/migrating.md`, run in its order on files as the programs before leave
/// them.
@Suite(.fewAtOnce) struct MigratingTests {
  private static let page = readText(Fixtures.packageRoot.appending("docs/migrating.md")) ?? ""

  /// A command of the page, and what is printed there behind it; none where nothing is.
  struct Step: CustomStringConvertible {
    let command: String
    var output: [String] = []
    var description: String { command }
  }

  /// The commands below a heading.
  private static func steps(below heading: String) -> [Step] {
    var steps: [Step] = []
    var isWithin = false
    var isBlock = false
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("## ") { isWithin = line == "## \(heading)" }
      guard isWithin else { continue }
      if line.hasPrefix("   ```") {
        isBlock.toggle()
      } else if isBlock, line.hasPrefix("   $ ") {
        steps.append(Step(command: String(line.dropFirst(5))))
      } else if isBlock, !steps.isEmpty {
        steps[steps.count - 1].output.append(String(line.dropFirst(3)))
      }
    }
    return steps
  }

  /// Runs the steps in a folder and compares what the page shows.
  private func run(
    _ steps: [Step], in folder: FilePath, _ environment: [String: String]
  ) async throws {
    for step in steps {
      let run = try await SpawnedProcess(
        FilePath("/bin/sh"), ["-c", step.command], environment: environment,
        workingDirectory: folder
      ).wait(atMost: .seconds(60))
      #expect(run.exit == 0, "\(step): \(run)")
      guard !step.output.isEmpty else { continue }
      #expect(run.stdout.split(separator: "\n").map(String.init) == step.output, "\(step)")
    }
  }

  private func path(_ folders: FilePath...) -> String {
    (folders.map(\.string) + ["/usr/local/bin", "/usr/bin", "/bin"]).joined(separator: ":")
  }

  // MARK: opencode-subagent

  @Test("The steps from opencode-subagent's daemon", .enabled(if: requireTool("jq")))
  func daemon() async throws {
    let daemon = try LiveProcess()
    let workspace = try OpencodeWorkspace(
      registryText: """
        {"version":5,"agents":{"build/parser":{"name":"build/parser","pid":999901,\
        "sessionId":"ses_EXAMPLEparser","status":"done","exitCode":0,\
        "startedAt":"2026-02-13T10:00:00.000Z","updatedAt":"2026-02-13T10:05:00.000Z",\
        "finishedAt":"2026-02-13T10:05:00.000Z","model":"lab/model","prompt":"read it",\
        "cwd":"/","error":null,"stderr":null,\
        "usage":{"messageCount":2,"dialogTokens":40,"contextFullPct":null},\
        "usageUpdatedAt":"2026-02-13T10:04:00.000Z","usageRetryAt":null,"usageAttempt":null,\
        "usageError":null,"variant":null,"resumeCount":1,"children":[]}},\
        "updatedAt":"2026-02-13T10:05:00.000Z","daemon":{"pid":\(daemon.pid),\
        "startedAt":"2026-02-13T10:00:00.000Z","lastHeartbeatAt":"2026-02-13T10:05:00.000Z"}}
        """)
    try workspace.replay("ses_EXAMPLEparser", "v1-minimal.json")
    try workspace.useModels("verbose-v1.txt")
    let tools = try TemporaryFolder("tools")
    #expect(symlink(BuiltBinary.path.string, tools.at("jobrunner").string) == 0)
    let before = workspace.registryBytes
    let files = workspace.allFiles()
    var environment = workspace.environment
    environment["PATH"] = path(tools.path, Fixtures.path("bin"))
    environment["TMPDIR"] = tools.path.string

    let steps = Self.steps(below: "From opencode-subagent's daemon")
    #expect(steps.count == 8)
    try await run(Array(steps.prefix(3)), in: workspace.root, environment)
    #expect(workspace.registryBytes == before && workspace.allFiles() == files)
    try await run(Array(steps.dropFirst(3)), in: workspace.root, environment)
    #expect(await isGone(daemon.pid))
    let agent = try workspace.agent("build/parser")
    #expect(agent["usage"]["contextTokens"].integer != nil, "it was refreshed")
    // All that the other program reads is still there.
    for key in ["prompt", "variant", "resumeCount", "finishedAt", "children", "usageError"] {
      #expect(agent[key] == (try JSON(parsing: before)["agents"]["build/parser"][key]), "\(key)")
    }
  }

  // MARK: The tracker

  /// Rows as the tracker writes them: white space behind `,` and `:`, microseconds, no ids.
  private struct TrackerRows {
    private let now = Timestamp.now(0)

    private func moment(_ seconds: Int) -> String {
      "\((now + .seconds(seconds)).text.dropLast())438+00:00"
    }

    /// `18:40 on 6 Mar`, as a pane prints the end of a window.
    private func label(_ seconds: Int) -> String {
      let time = LocalTime.universal.civil(at: now + .seconds(seconds))
      let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(separator: " ")
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      return
        "\(two(time.hour)):\(two(time.minute)) on \(time.day.day) \(months[time.day.month - 1])"
    }

    func pane(_ fiveHours: Int, _ week: Int, end: Int) -> [String] {
      [
        "│  5h limit:         [██░░] \(fiveHours)% used (resets \(label(end))) │",
        "│  Weekly limit:     [█░░░] \(week)% used (resets \(label(4 * 86_400))) │",
      ]
    }

    func snapshot(
      _ window: String, _ phase: String, at: Int, _ fiveHours: Int, _ week: Int, end: Int
    ) -> String {
      let raw = pane(fiveHours, week, end: end).joined(separator: "\\n")
      return """
        {"window": "\(window)", "provider": "codex", "phase": "\(phase)", \
        "captured_at": "\(moment(at))", "notes": "alias:\(phase == "before" ? "start" : "end")", \
        "raw_text": "\(raw)", "parsed": {"fiveh_pct": \(fiveHours), \
        "fiveh_resets": "\(label(end))", "weekly_pct": \(week), \
        "weekly_resets": "\(label(4 * 86_400))", "errors": []}, "source": "alias", \
        "schema_version": "1.0.0", "tool_version": "0.1.0"}

        """
    }

    func events() -> [String] {
      (0..<4).map { number in
        """
        {"ts":"2026-03-02T11:0\(number):00Z","rid":"r\(number)","lane":"x",\
        "model":"\(number % 2 == 0 ? "other" : "z.ai/glm-4.6")","status":"ok","input_tokens":100,\
        "output_tokens":10,"reason":"routed","latency_ms":\(300 + number)}
        """
      }
    }

    /// One row for a whole log.
    func telemetry() -> String {
      let raw = events().map { $0.replacingQuotes + "\\n" }.joined()
      return """
        {"window": "W0-OLA", "provider": "proxy-telemetry", "captured_at": "\(moment(-9_000))", \
        "notes": "", "raw_text": "\(raw)", "parsed": {"total": 4, "routed_to_glm_pct": 50.0, \
        "latency_p50_ms": 301.5, "latency_p95_ms": 302.85, "error_rate_pct": 0.0, "errors": []}, \
        "source": "ingest", "schema_version": "1.0.0", "tool_version": "0.1.0"}

        """
    }

    func state() -> String {
      """
      {
        "provider": "codex",
        "current_window": "W0-OLB",
        "last_phase": "before",
        "baseline_prompts": null,
        "updated_at": "\(moment(-3_600))"
      }
      """
    }
  }

  @Test(
    "The steps from the Python tracker, with its state file and without",
    .enabled(if: requireTool("jq")), arguments: [true, false])
  func tracker(hasState: Bool) async throws {
    let workspace = try WindowWorkspace([])
    let rows = TrackerRows()
    try writeFile(
      workspace.snapshots,
      rows.snapshot("W0-OLA", "before", at: -30_000, 4, 30, end: -12_600)
        + rows.snapshot("W0-OLA", "after", at: -13_000, 61, 38, end: -12_600)
        + rows.snapshot("W0-OLB", "before", at: -3_600, 2, 38, end: 10_800))
    try writeFile(workspace.data.appending("proxy_telemetry.jsonl"), rows.telemetry())
    try writeFile(
      workspace.root.appending("logs/usage.jsonl"), rows.events().map { $0 + "\n" }.joined())
    if hasState { try writeFile(workspace.data.appending("state/codex.json"), rows.state()) }
    try writeFile(
      workspace.root.appending("pane.txt"),
      rows.pane(44, 45, end: 10_800).map { $0 + "\n" }.joined())
    let before = try #require(readText(workspace.snapshots))
    let files = workspace.allFiles()
    var environment = workspace.environment
    environment["PATH"] = "\(workspace.program("jobrunner").removingLastComponent()):" + path()
    environment["TMPDIR"] = workspace.home.string

    let steps = Self.steps(below: "From the Python tracker")
    #expect(steps.count == 12)
    try await run(Array(steps.prefix(3)), in: workspace.root, environment)
    #expect(workspace.allFiles() == files)
    try await run(Array(steps.dropFirst(3)), in: workspace.root, environment)
    #expect(readText(workspace.snapshots)?.hasPrefix(before) == true, "rows are only added")
    for row in try workspace.rows() {
      for key in ["window", "provider", "phase", "captured_at", "raw_text", "parsed", "source"] {
        #expect(row[key] != .null, "\(key) of \(row)")
      }
    }
  }
}

extension String {
  /// As the inside of a JSON string.
  fileprivate var replacingQuotes: String {
    split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
  }
}
