import Shared
import SystemPackage
import TestSupport
import Testing

/// `preview`, `window-audit` and `decision-card`, as a user would run them.
@Suite(.fewAtOnce) struct ViewTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace([]) }

  /// A window of codex, from one pane to another.
  private func record(
    _ window: String, _ before: (Int, Int), _ after: (Int, Int), features: Int = 3,
    with more: [String: String] = [:]
  ) async throws {
    for (action, used) in [("start", before), ("end", after)] {
      let run = try await workspace.run(
        "alias", action, "codex", "--window", window, "--stdin",
        text: PaneSample.codex(used.0, used.1), with: more)
      try #require(run.exit == 0, "\(run)")
    }
    let run = try await workspace.run(
      "complete", "--window", window, "--codex-features", "\(features)", "--outcome", "pass",
      with: more)
    try #require(run.exit == 0, "\(run)")
  }

  private func ingest(_ arguments: String..., text: String) async throws {
    let run = try await workspace.start(
      ["ingest"] + arguments + ["--window", "W0-CHN", "--stdin"], text: text
    ).wait()
    try #require(run.exit == 0, "\(run)")
  }

  /// The lines that do not depend on when they are printed.
  private func lines(_ run: Outcome) -> [String] {
    run.stdout.split(separator: "\n").map(String.init).filter {
      !$0.contains("age=") && !$0.contains("last=")
    }
  }

  // MARK: The tracker's acceptance

  @Test("From one pane to another: what was used, what it brought, and every block of it")
  func everyBlock() async throws {
    try await record("W0-CHN", (11, 40), (12, 58))
    try await ingest("glm", text: #"{"blocks":[{"prompts_used":90},{"prompts_used":28}]}"#)
    _ = try await workspace.run(
      "complete", "--window", "W0-CHN", "--codex-features", "3", "--glm-features", "2",
      "--outcome", "pass", "--notes", "demo")
    try await ingest("proxy-telemetry", text: ProxySample.lanterns)
    try await ingest(
      "codex-ccusage", "--scope", "weekly",
      text: #"{"currentWeek":{"percentUsed":57.5,"tokensUsed":98765},"resetAt":"2026-11-25"}"#)
    try await ingest("codex-ccusage", "--scope", "weekly", text: "not json")
    let run = try await workspace.run("preview", "--window", "W0-CHN")
    #expect(run.exit == 0 && run.stderr == "")
    #expect(
      lines(run) == [
        "Windows: W0-CHN",
        "Anomalies: 0 (see anomalies.jsonl)",
        "Providers:",
        "  - codex: features=3, capacity=18 pp, efficiency=0.17, ci=n/a, n=1, power=n/a",
        "  - glm: features=2, capacity=118 prompts, efficiency=0.02, ci=n/a, n=1, power=n/a",
        "Outcome: quality=1.0, outcome=pass",
        "Notes: demo",
        "Subagent Proxy:",
        "  - routed=50% (events=8), latency=325 ms p50 / 767 ms p95, errors=12.5%",
        "ccusage:",
        "  - weekly: percent_used=57.5% tokens=98765 reset=2026-11-25",
        "Snapshots:",
        "  - codex: after, before (source=alias, notes=alias:end; alias:start)",
        "Readings:",
        "Agents:",
        "  - main glm: finalized=1, features=2, capacity=118 prompts, efficiency=0.02, readings=0",
      ])
  }

  @Test("A difference below nothing is one anomaly, no capacity, and no GO")
  func negativeDelta() async throws {
    try await record("W0-CHN", (40, 50), (12, 51))
    let preview = try await workspace.run("preview", "--window", "W0-CHN")
    #expect(preview.stdout.contains("\nAnomalies: 1 (see anomalies.jsonl)\n"), "\(preview)")
    #expect(preview.stdout.contains("capacity=0 pp, efficiency=n/a"))
    #expect(preview.stdout.contains("  - W0-CHN codex fiveh_pct: negative-delta\n"))
    let card = try await workspace.run("decision-card", "--window", "W0-CHN")
    #expect(card.stdout.contains("  Status:   NO-GO\n") && card.exit == 0)
    #expect(card.stdout.contains("  Reasons:  anomalies=1, no-churn-row, no-evidence-row\n"))
    let gate = try await workspace.run("decision-card", "--window", "W0-CHN", "--require")
    #expect(gate.exit == 1)
  }

  @Test("A window that is not finalized shows its readings and its telemetry")
  func open() async throws {
    try await ingest("proxy-telemetry", text: ProxySample.lanterns)
    let telemetry = try await workspace.run("preview", "--window", "W0-CHN")
    #expect(
      lines(telemetry) == [
        "Windows: W0-CHN (not finalized)",
        "Anomalies: 0 (see anomalies.jsonl)",
        "Subagent Proxy:",
        "  - routed=50% (events=8), latency=325 ms p50 / 767 ms p95, errors=12.5%",
      ])
    _ = try await workspace.run(
      "alias", "start", "codex", "--window", "W0-CHP", "--stdin", text: PaneSample.codex(7, 9))
    let all = try await workspace.run("preview")
    #expect(lines(all).contains("Not finalized: W0-CHN, W0-CHP"))
    let one = try await workspace.run("preview", "--window", "W0-CHP")
    #expect(one.stdout.contains("  - W0-CHP codex/before (main): fiveh=7%, weekly=9%, age="))
  }

  @Test("Two agents that finalize a window of one name are two rows of one preview")
  func agents() async throws {
    try await record("W0-01", (10, 40), (20, 44), features: 1, with: ["AGENT_ID": "alpha"])
    try await record("W0-01", (30, 45), (40, 47), features: 2, with: ["AGENT_ID": "beta"])
    let run = try await workspace.run("preview", "--json")
    let json = try JSON(parsing: run.stdoutBytes)
    #expect(json["windows"].array?.count == 1)
    #expect(json["agents"].array?.compactMap { $0["agent_id"].string } == ["alpha", "beta"])
    #expect(json["agents"][0]["providers"][0]["capacity"].integer == 4)
    #expect(json["agents"][1]["providers"][0]["capacity"].integer == 2)
    #expect(json["providers"][0]["capacity"].integer == 6)
  }

  @Test(
    "A card says GO when churn was measured and a test run speaks for the window",
    .enabled(if: requireTool("git")))
  func card() async throws {
    try await record("W0-CHN", (11, 40), (12, 58))
    let soft = try await workspace.run("decision-card", "--require")
    #expect(soft.exit == 0 && soft.stdout.contains("  Status:   SOFT GO\n"), "\(soft)")
    let made = try await workspace.shell(
      """
      export GIT_AUTHOR_NAME=d GIT_AUTHOR_EMAIL=d@example.com \
        GIT_COMMITTER_NAME=d GIT_COMMITTER_EMAIL=d@example.com
      git init -q . && echo a >a && git add a && git commit -qm one && echo b >>a \
        && git commit -qam two
      jobrunner churn --window W0-CHN --provider codex --commit-start HEAD~1
      """)
    #expect(made.exit == 0, "\(made)")
    try writeFile(
      workspace.root.appending("docs/Ledgers/Acceptance_Evidence.csv"),
      """
      window_id,capability_id,test_run_id,runner,result,artifacts_path,artifact_hash,notes
      W0-CHN,CAP-EXAMPLE,TR-1,pytest,pass,a.txt,00ff,

      """)
    let go = try await workspace.run("decision-card", "--window", "W0-CHN")
    #expect(
      go.stdout == """
        Decision Card
          Window:   W0-CHN
          Status:   GO
          Anoms:    0
          Finalized:True
          Outcome:  pass
          Evidence: 1
          Churn:    1
          Completeness:100% (5/5)

        """)
    let json = try await workspace.run("decision-card", "--window", "W0-CHN", "--json")
    let object = try JSON(parsing: json.stdoutBytes)
    #expect(object["status"].string == "GO" && object["completeness_pct"].integer == 100)
    #expect(object["reasons"] == .array([]))
  }

  // MARK: Audit

  @Test("An audit covers every ledger of a window, and is JSON where there is nothing")
  func audit() async throws {
    try await ingest("proxy-telemetry", text: ProxySample.lanterns)
    let run = try await workspace.run("window-audit", "--window", "W0-CHN")
    #expect(
      run.stdout == """
        Window Audit: W0-CHN
        Anomalies: 0
        Churn rows: 0
        Telemetry: routed=50% (events=8), latency=325 ms p50 / 767 ms p95, errors=12.5%

        """)
    try await record("W0-CHP", (1, 2), (3, 4))
    let latest = try await workspace.run("window-audit")
    #expect(latest.stdout.hasPrefix("Window Audit: W0-CHP\nSnapshots:\n"), "\(latest)")
    #expect(latest.stdout.contains("\nFinalize rows: entries=1, duplicates=0, canonical="))
    for flags in [["--json"], ["--format", "json"]] {
      let none = try await workspace.start(["window-audit", "--window", "W9"] + flags).wait()
      let json = try JSON(parsing: none.stdoutBytes)
      #expect(none.exit == 0 && json["window"].string == "W9")
      #expect(json["finalize"] == .null && json["snapshots"] == .array([]))
      #expect(json["anomalies"]["count"].integer == 0 && json["found"] == .bool(false))
    }
    let text = try await workspace.run("window-audit", "--window", "W9")
    #expect(text.stdout == "no records found for W9\n")
  }

  // MARK: Reading only

  @Test("Where nothing was recorded all views say so, and make nothing")
  func nothing() async throws {
    for arguments in [["preview"], ["preview", "--window", "W9"], ["window-audit"]] {
      let run = try await workspace.start(arguments).wait()
      #expect(run.exit == 0 && run.stdout == "no windows recorded\n", "\(run)")
      let json = try await workspace.start(arguments + ["--json"]).wait()
      #expect(try JSON(parsing: json.stdoutBytes).object?.isEmpty == false)
      #expect(try await workspace.start(arguments + ["--quiet"]).wait().isSilentSuccess)
    }
    let card = try await workspace.run("decision-card")
    #expect(card.exit == 66)
    #expect(
      card.stderr
        == "jobrunner decision-card: no windows recorded; name one with --window\n")
    #expect(workspace.allFiles() == [])
  }

  @Test("Jobs keep what preview shows, views only read it, and a change shows at once")
  func kept() async throws {
    try await record("W0-CHN", (11, 40), (12, 58))
    try await ingest("proxy-telemetry", text: ProxySample.lanterns)
    let state = workspace.root.appending(".jobrunner")
    let caches = ["preview-telemetry.cache", "preview-windows.cache", "telemetry-cells.cache"]
    #expect(Set(caches).isSubset(of: Set(Fixture.names(in: state))))
    let first = try await workspace.run("preview")
    let before = caches.map { FileSnapshot(state.appending($0)) }
    let again = try await workspace.run("preview")
    #expect(lines(again) == lines(first))
    #expect(caches.map { FileSnapshot(state.appending($0)) } == before)
    // What another program writes is seen, and is kept by the next job.
    let windows = workspace.data.appending("windows.jsonl")
    let changed = (readText(windows) ?? "").replacing("\"pass\"", with: "\"fail\"")
    try writeFile(windows, changed)
    #expect(try await workspace.run("preview").stdout.contains("outcome=fail"))
    #expect(caches.map { FileSnapshot(state.appending($0)) } == before)
    _ = try await workspace.run("ingest-telemetry")
    #expect(FileSnapshot(state.appending(caches[1])) != before[1])
    for name in caches { removeTree(state.appending(name)) }
    #expect(try await workspace.run("preview").stdout.contains("outcome=fail"))
    _ = try await workspace.run("ingest-telemetry", "--dry-run")
    #expect(Set(caches).isDisjoint(with: Set(Fixture.names(in: state))))
  }

  @Test(
    "A view opens nothing for writing, takes no lock and starts no program",
    .enabled(if: canTrace()))
  func traced() async throws {
    try await record("W0-CHN", (11, 40), (12, 58))
    for command in ["preview", "window-audit", "decision-card"] {
      let run = try await workspace.shell(
        "strace -f -qq -o trace.log -e trace=openat,open,creat,mkdir,rename,unlink,flock,execve "
          + "jobrunner \(command) && grep -cE 'O_WRONLY|O_RDWR|O_CREAT|mkdir|rename|unlink|flock' "
          + "trace.log; grep -c execve trace.log")
      #expect(run.stdout.hasSuffix("\n0\n1\n"), "\(command): \(run.stdout)")
    }
  }
}
