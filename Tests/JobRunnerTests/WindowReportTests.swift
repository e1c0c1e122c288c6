import Shared
import SystemPackage
import TestSupport
import Testing

/// `ingest` and `override`: what somebody has, stored as it is.
@Suite(.fewAtOnce) struct WindowReportTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace([]) }

  private func file(_ name: String) -> String { Fixtures.path("windows/\(name)").string }

  @Test(
    "Each source has its line and its ledger",
    arguments: [
      (
        ["codex", "--phase", "before"], "panes/codex/used-wide.txt", "snapshots",
        "codex before snapshot for W0-01 (errors=[])"
      ),
      (
        ["codex", "--phase", "after"], "panes/codex/several.txt", "snapshots",
        "codex after snapshot for W0-01 (errors=['multi-pane-trimmed'])"
      ),
      (
        ["codex", "--phase", "after"], "panes/codex/too-narrow.txt", "snapshots",
        "codex after snapshot for W0-01 (errors=['insufficient-data'])"
      ),
      (
        ["claude", "--phase", "after"], "panes/claude/wide.txt", "snapshots",
        "claude after snapshot for W0-01 (errors=[])"
      ),
      (
        ["claude", "--phase", "before"], "panes/claude/several.txt", "snapshots",
        "claude before snapshot for W0-01 (errors=['multi-pane-trimmed'])"
      ),
      (["glm"], "glm/blocks.json", "glm_counts", "glm prompts for W0-01 (prompts=89.5)"),
      (["glm"], "glm/no-blocks.json", "glm_counts", "glm prompts for W0-01 (prompts=0)"),
      (
        ["codex-ccusage", "--scope", "weekly"], "ccusage/weekly.json", "codex_ccusage",
        "codex ccusage weekly summary for W0-01 (tokens=98765)"
      ),
      (
        ["codex-ccusage"], "glm/blocks.json", "codex_ccusage",
        "codex ccusage session summary for W0-01 (tokens=0)"
      ),
      (
        ["claude-monitor"], "panes/claude-monitor/idle.txt", "claude_monitor",
        "claude monitor summary for W0-01 (usage=0%)"
      ),
      (
        ["claude-monitor"], "panes/claude-monitor/busy.txt", "claude_monitor",
        "claude monitor summary for W0-01 (usage=41.5%)"
      ),
    ] as [([String], String, String, String)])
  func lines(arguments: [String], fixture: String, ledger: String, line: String) async throws {
    let command = ["ingest"] + arguments + ["--window", "W0-01", "--file", file(fixture)]
    let run = try await workspace.start(command).wait()
    #expect(run.exit == 0 && run.stderr == "")
    #expect(run.stdout == "stored \(line)\n")
    let row = try #require(try workspace.rows(ledger).first)
    #expect(row["window"].string == "W0-01" && row["provider"].string == arguments[0])
    #expect(row["source"].string == "ingest" && row["notes"].string == "")
    #expect(row["agent_id"].string == "main" && row["schema_version"].string == "1.0.0")
    #expect(workspace.files(holding: ["dev@example.com"]) == [])
    let again = try await workspace.start(command).wait()
    #expect(again.exit == 0)
    #expect(again.stdout == "stored \(line); it was there already, nothing was added\n")
    #expect(try workspace.rows(ledger).count == 1)
  }

  @Test("The same text for another window, end or agent is another row")
  func distinct() async throws {
    for (window, phase, agent) in [
      ("W1", "before", "main"), ("W1", "after", "main"), ("W2", "before", "main"),
      ("W1", "before", "sub1"),
    ] {
      let run = try await workspace.run(
        "ingest", "codex", "--window", window, "--phase", phase, "--stdin", "--notes", "n",
        text: PaneSample.claude(1) + PaneSample.codex(30), with: ["AGENT_ID": agent])
      #expect(run.exit == 0)
    }
    #expect(
      try workspace.shortRows() == [
        "W1 before 30 main", "W1 after 30 main", "W2 before 30 main", "W1 before 30 sub1",
      ])
  }

  @Test("Garbage is stored with flags, nothing is 66 and no row, no source 64")
  func inputs() async throws {
    let none = try await workspace.run(
      "ingest", "codex", "--window", "W1", "--phase", "after", "--stdin", text: " \n")
    #expect(none.exit == 66 && none.stderr == "jobrunner ingest: no content received\n")
    for (arguments, message) in [
      (["codex", "--window", "W1", "--phase", "after"], "provide --stdin or --file"),
      (["glm", "--window", "W1", "--stdin", "--file", "f"], "choose one input source"),
      (["codex", "--window", "W1", "--stdin"], "codex/claude ingest requires --phase"),
      (["claude", "--window", "W1", "--stdin"], "codex/claude ingest requires --phase"),
      (
        ["glm", "--window", "W1", "--stdin", "--phase", "after"], "--phase is for codex and claude"
      ),
      (["codex", "--phase", "after", "--stdin"], "Missing expected argument '--window <name>'"),
      (["gemini", "--window", "W1", "--stdin"], "'gemini' is invalid"),
      (["codex-ccusage", "--window", "W1", "--stdin", "--scope", "yearly"], "'yearly' is invalid"),
    ] {
      let run = try await workspace.start(["ingest"] + arguments).wait()
      #expect(run.exit == 64 && run.stderr.contains(message), "\(arguments): \(run)")
    }
    let missing = try await workspace.run("ingest", "glm", "--window", "W1", "--file", "f")
    #expect(missing.exit == 66)
    #expect(workspace.allFiles() == [])
    for source in ["codex-ccusage", "glm", "claude-monitor"] {
      let run = try await workspace.run(
        "ingest", source, "--window", "W1", "--stdin", text: "}{ \u{7}")
      #expect(run.exit == 0 && run.stdout.hasPrefix("stored "), "\(run)")
    }
    #expect(try workspace.rows("glm_counts")[0]["prompts_used"] == .null)
  }

  @Test("Addresses and keys of notes and reports are not stored")
  func secrets() async throws {
    let secrets = ["dev@example.com", "sk-EXAMPLE-0123456789"]
    let notes = "ask dev@example.com (sk-EXAMPLE-0123456789)"
    let sessions = #"{"sessions":[{"sessionId":"dev@example.com","totalTokens":7}]}"#
    let prompts = #"{"blocks":[{"window_id":"dev@example.com","prompts_used":7}]}"#
    for (arguments, text) in [
      (["ingest", "codex", "--phase", "before"], PaneSample.codex(11)),
      (["ingest", "codex", "--phase", "after"], PaneSample.codex(9)),
      (["ingest", "codex-ccusage"], sessions), (["ingest", "glm"], prompts),
      (["ingest", "claude-monitor"], "Tokens: 1 / 2"),
      (["alias", "start", "glm"], prompts),
      (["alias", "end", "glm"], prompts.replacing("7", with: "9")),
      (["alias", "delete", "glm"], ""),
    ] {
      let input = arguments[1] == "delete" ? [] : ["--stdin"]
      let run = try await workspace.start(
        arguments + input + ["--window", "W1", "--notes", notes], text: text
      ).wait()
      #expect(run.exit == 0, "\(run)")
    }
    let complete = try await workspace.run(
      "complete", "--window", "W1", "--notes", notes, "--outcome", notes, "--methodology", notes)
    #expect(complete.exit == 0, "\(complete)")
    let id = try #require(try workspace.rows("anomalies").first?["id"].string)
    let resolve = try await workspace.run("anomalies", "resolve", id, "--notes", notes)
    #expect(resolve.exit == 0, "\(resolve)")
    #expect(workspace.files(holding: secrets) == [])
    #expect(try workspace.rows()[0]["notes"].string == "ask <redacted> (<redacted>)")
  }

  @Test("A pane in two-byte characters is read, and its address not stored")
  func wideCharacters() async throws {
    let pane = "Account: dev@example.com\n5h limit: 12% used\nWeekly limit: 34% used\n"
    let run = try await workspace.run(
      "ingest", "codex", "--window", "W1", "--phase", "before", "--stdin",
      text: pane.map { "\($0)\0" }.joined())
    #expect(run.exit == 0)
    #expect(try workspace.shortRows() == ["W1 before 12 main"])
    #expect(workspace.files(holding: ["@example", "dev@", "e\u{0}x", "\\u0000"]) == [])
  }

  @Test("Numbers put right by hand replace what was read, and what no flag gives is kept")
  func override() async throws {
    let pane = PaneSample.codex(30, 50)
    _ = try await workspace.run(
      "alias", "start", "codex", "--stdin", text: PaneSample.codex(10, 40))
    _ = try await workspace.run("alias", "end", "codex", "--stdin", text: pane)
    let run = try await workspace.run(
      "override", "codex", "--window", "W0-01", "--phase", "after", "--fiveh-pct", "35")
    #expect(run.exit == 0)
    #expect(run.stdout == "recorded manual codex after snapshot for W0-01\n")
    let row = try #require(try workspace.rows().last)
    #expect(row["source"].string == "override" && row["notes"].string == "manual override")
    #expect(row["raw_text"].string == "")
    #expect(row["parsed"]["fiveh_pct"].integer == 35 && row["parsed"]["weekly_pct"] == .null)
    #expect(row["parsed"]["errors"] == .array([.text("manual-override")]))
    _ = try await workspace.run("complete", "--window", "W0-01")
    let delta = try workspace.rows("windows").last?["providers"]["codex"]["delta"]
    #expect(delta?["fiveh_pct"].integer == 25 && delta?["weekly_pct"].integer == 10)
    let claude = try await workspace.run(
      "override", "claude", "--window", "W9", "--phase", "before", "--session-pct", "0",
      "--session-resets", "7pm", "--all-models-pct", "12", "--notes", "n", "--json")
    let object = try JSON(parsing: claude.stdoutBytes)
    #expect(object["ok"] == .bool(true) && object["window"].string == "W9")
    #expect(try workspace.rows().last?["parsed"]["session_resets"].string == "7pm")
  }

  @Test("An override without a percentage, or of another's, is 64")
  func overrideUsage() async throws {
    for (arguments, message) in [
      (["codex"], "codex override requires --fiveh-pct and/or --weekly-pct"),
      (["claude"], "claude override requires at least one percentage flag"),
      (["glm"], "glm has no percentages"),
      (["codex", "--session-pct", "3"], "codex override requires"),
      (["codex", "--fiveh-pct", "3", "--session-pct", "3"], "are of claude"),
      (["claude", "--session-pct", "3", "--fiveh-pct", "3"], "are of codex"),
      (["codex", "--fiveh-pct", "101"], "a percentage is 0 to 100"),
      (["codex", "--fiveh-pct", "3", "--weekly-resets", "x"], "a reset goes with its percentage"),
    ] {
      let run = try await workspace.start(
        ["override"] + arguments + ["--window", "W1", "--phase", "after"]
      ).wait()
      #expect(run.exit == 64 && run.stderr.contains(message), "\(arguments): \(run)")
    }
    #expect(workspace.allFiles() == [])
  }
}
