import Shared
import SystemPackage
import TestSupport
import Testing

/// `alias`, fed with panes.
@Suite(.fewAtOnce) struct AliasTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace() }

  @Test(
    "start, end and cross say what they stored",
    arguments: [("codex", PaneSample.codex), ("claude", { a, b, _ in PaneSample.claude(a, b) })]
      as [(String, @Sendable (Int, Int, Double) -> String)])
  func lines(provider: String, pane: @Sendable (Int, Int, Double) -> String) async throws {
    let start = try await workspace.run(
      "alias", "start", provider, "--stdin", text: pane(11, 40, 7_200))
    #expect(start.exit == 0)
    #expect(start.stdout == "stored \(provider) before snapshot for W0-01 (awaiting end)\n")
    #expect(start.stderr == "")
    let end = try await workspace.run(
      "alias", "end", provider, "--stdin", text: pane(17, 41, 7_200))
    #expect(end.exit == 0)
    #expect(end.stdout == "stored \(provider) after snapshot for W0-01 (ready to finalize)\n")
    let next = try await workspace.run(
      "alias", "start", provider, "--stdin", text: pane(18, 41, 7_200))
    #expect(next.stdout == "stored \(provider) before snapshot for W0-02 (awaiting end)\n")
    let cross = try await workspace.run(
      "alias", "cross", provider, "--stdin", text: pane(25, 42, 7_200))
    #expect(cross.exit == 0)
    #expect(
      cross.stdout
        == "stored \(provider) after snapshot for W0-02 and seeded before snapshot for W0-03\n")
    #expect(
      try workspace.shortRows() == [
        "W0-01 before 11 main", "W0-01 after 17 main", "W0-02 before 18 main",
        "W0-02 after 25 main", "W0-03 before 25 main",
      ])
    #expect(
      try workspace.rows().map { $0["notes"].string } == [
        "alias:start", "alias:end", "alias:start", "alias:cross-end", "alias:cross-start",
      ])
    #expect(try workspace.rows().allSatisfy { $0["source"].string == "alias" })
    #expect(try workspace.position("main", provider)["current_window"].string == "W0-03")
    #expect(try workspace.position("main", provider)["last_phase"].string == "before")
    #expect(workspace.calls.isEmpty, "a pane needs no client")
    #expect(workspace.files(holding: ["dev@example.com"]) == [])
  }

  @Test("Flags of the whole command stand before its name or behind it")
  func flagPlaces() async throws {
    let flags = ["--data-dir", "ledgers", "--state-dir", "states"]
    let words = ["alias", "start", "codex", "--stdin", "--window"]
    for (window, arguments) in [
      ("W1", flags + words + ["W1"]), ("W2", words + ["W2"] + flags),
      ("W3", Array(flags[..<2]) + words + ["W3"] + Array(flags[2...])),
      ("W4", ["alias"] + flags + Array(words[1...]) + ["W4"]),
    ] {
      let run = try await workspace.start(arguments, text: PaneSample.codex(11)).wait()
      #expect(run.stdout == "stored codex before snapshot for \(window) (awaiting end)\n")
    }
    let ledger = readText(workspace.root.appending("ledgers/snapshots.jsonl")) ?? ""
    #expect(ledger.split(separator: "\n").count == 4)
    let state = readText(workspace.root.appending("states/main/codex.json")) ?? ""
    #expect(try JSON(parsing: state)["current_window"].string == "W4")
    #expect(!workspace.allFiles().contains("data"))
  }

  @Test("What is no use of the command is 64 and leaves nothing behind")
  func usage() async throws {
    for (arguments, message) in [
      (["alias", "start", "codex"], "provide --stdin, --file or --from"),
      (["alias", "start", "codex", "--stdin", "--file", "p"], "choose one input source"),
      (["alias", "start", "glm"], "provide --stdin, --file or --from"),
      (["alias", "start", "glm", "--from", "pane"], "--from pane takes --stdin or --file"),
      (["alias", "start", "glm", "--from", "rollouts"], "rollouts is no source of glm"),
      (["alias", "end", "codex", "--from", "claude-cache"], "claude-cache is no source of codex"),
      (["alias", "end", "codex", "--from", "override"], "--from takes"),
      (
        ["alias", "end", "codex", "--stdin", "--from", "rollouts"],
        "--from rollouts goes without --stdin and --file"
      ),
      (["alias", "delete", "codex", "--index", "0"], "index must be >= 1"),
      (["alias", "start", "codex", "--stdin", "--window", "a/b"], "'a/b' is invalid"),
      (["alias", "start", "codex", "--stdin", "--window", "a,b"], "'a,b' is invalid"),
      (["alias", "begin", "codex", "--stdin"], "'begin' is invalid for '<action>'"),
      (["alias", "start", "gemini", "--stdin"], "'gemini' is invalid for '<provider>'"),
    ] {
      let run = try await workspace.start(arguments).wait()
      #expect(run.exit == 64, "\(arguments): \(run)")
      #expect(run.stdout == "" && run.stderr.contains(message), "\(arguments): \(run.stderr)")
    }
    let json = try await workspace.run("alias", "start", "codex", "--json")
    #expect(json.exit == 64)
    let error = try JSON(parsing: json.stdoutBytes)
    #expect(error["ok"] == .bool(false) && error["code"].string == "E_USAGE")
    #expect(workspace.allFiles() == [])
  }

  @Test("An AGENT_ID that cannot name a folder is 64", arguments: ["", "/", "a/b", "..", "a..b"])
  func agentNames(name: String) async throws {
    for arguments in [
      ["alias", "start", "codex", "--stdin"], ["alias", "start", "glm", "--stdin"],
      ["ingest", "codex", "--window", "W1", "--phase", "before", "--stdin"],
      ["override", "codex", "--window", "W1", "--phase", "before", "--fiveh-pct", "1"],
      ["complete", "--window", "W1"], ["window-reset"],
    ] {
      let run = try await workspace.start(
        arguments, text: PaneSample.codex(11), with: ["AGENT_ID": name]
      ).wait()
      #expect(run.exit == 64, "\(arguments): \(run)")
      #expect(run.stderr.contains("AGENT_ID is '\(name)'"))
    }
    #expect(workspace.allFiles() == [])
    #expect(workspace.calls.isEmpty)
  }

  @Test("A text that is no pane is 65, a file that is not there 66, and neither is recorded")
  func unreadable() async throws {
    let text = try await workspace.run("alias", "start", "codex", "--stdin", text: "good morning\n")
    #expect(text.exit == 65)
    #expect(
      text.stderr
        == "jobrunner alias: no codex limits in the text (insufficient-data); nothing was recorded\n"
    )
    let file = try await workspace.run("alias", "start", "codex", "--file", "pane.txt")
    #expect(file.exit == 66)
    #expect(
      file.stderr == "jobrunner alias: \(workspace.root)/pane.txt: no such file\n")
    #expect(workspace.allFiles() == [])
  }

  @Test("A second BEFORE is refused with what to run; --force records it, and an anomaly")
  func secondBefore() async throws {
    _ = try await workspace.run("alias", "start", "codex", "--stdin", text: PaneSample.codex(11))
    let first = try #require(try workspace.rows().first)
    let refused = try await workspace.run(
      "alias", "start", "codex", "--stdin", text: PaneSample.codex(12))
    #expect(refused.exit == 65)
    #expect(
      refused.stderr
        == "jobrunner alias: W0-01 has a BEFORE of \(first["captured_at"].string ?? ""); delete it "
        + "first (jobrunner alias delete codex --window W0-01 --phase before), or record a second "
        + "with --force\n")
    #expect(try workspace.rows().count == 1)
    let forced = try await workspace.run(
      "alias", "start", "codex", "--force", "--stdin", text: PaneSample.codex(12))
    #expect(forced.stdout == "stored codex before snapshot for W0-01 (awaiting end)\n")
    #expect(try workspace.shortRows() == ["W0-01 before 11 main", "W0-01 before 12 main"])
    #expect(try workspace.anomalies() == ["second-before"])
  }

  @Test("The same pane again for the same end of a window adds nothing")
  func samePane() async throws {
    let opening = PaneSample.codex(11)
    let closing = PaneSample.codex(17)
    for (action, pane) in [("start", opening), ("end", closing)] {
      _ = try await workspace.run("alias", action, "codex", "--stdin", text: pane)
      let before = readBytes(workspace.snapshots)
      let again = try await workspace.run(
        "alias", action, "codex", "--window", "W0-01", "--stdin", text: pane)
      let phase = action == "start" ? "before" : "after"
      #expect(again.exit == 0)
      #expect(
        again.stdout
          == "codex \(phase) snapshot for W0-01 is recorded already; nothing was added\n")
      #expect(readBytes(workspace.snapshots) == before)
    }
  }

  @Test("The same pane crosses once")
  func crossTwice() async throws {
    _ = try await workspace.run("alias", "start", "codex", "--stdin", text: PaneSample.codex(11))
    let pane = PaneSample.codex(19)
    _ = try await workspace.run("alias", "cross", "codex", "--stdin", text: pane)
    for arguments in [[], ["--window", "W0-01"]] {
      let again = try await workspace.start(
        ["alias", "cross", "codex", "--stdin"] + arguments, text: pane
      ).wait()
      #expect(again.exit == 0 && again.stdout.hasSuffix("nothing was added\n"), "\(again)")
    }
    #expect(
      try workspace.shortRows() == [
        "W0-01 before 11 main", "W0-01 after 19 main", "W0-02 before 19 main",
      ])
    #expect(try workspace.position("main")["current_window"].string == "W0-02")
  }

  @Test("A position that a killed run did not write is written when the pane comes again")
  func killedBeforePosition() async throws {
    _ = try await workspace.run(
      "alias", "start", "codex", "--window", "W1", "--stdin", text: PaneSample.codex(11))
    let path = workspace.data.appending("state/main/codex.json")
    let behind = try #require(readText(path))
    let cross = ["alias", "cross", "codex", "--stdin"]
    let pane = PaneSample.codex(12)
    _ = try await workspace.start(cross, text: pane).wait()
    try writeFile(path, behind)
    let again = try await workspace.start(cross, text: pane).wait()
    #expect(again.exit == 0 && again.stdout.contains("is recorded already"))
    #expect(try workspace.position("main")["current_window"].string == "W2")
    #expect(try workspace.position("main")["last_phase"].string == "before")
    #expect(try workspace.rows().count == 3)
  }

  @Test("A window opened and crossed with one pane is an empty one, and called so")
  func crossWithTheOpeningPane() async throws {
    let pane = PaneSample.codex(11)
    _ = try await workspace.run("alias", "start", "codex", "--stdin", text: pane)
    let cross = try await workspace.run("alias", "cross", "codex", "--stdin", text: pane)
    #expect(
      cross.stdout
        == "stored codex after snapshot for W0-01 and seeded before snapshot for W0-02\n")
    #expect(try workspace.anomalies().contains("duplicate-pane"))
  }

  @Test("An end without a start is 65 with what to run, and makes no file")
  func endBeforeStart() async throws {
    for action in ["end", "cross"] {
      let run = try await workspace.run(
        "alias", action, "codex", "--window", "W7", "--stdin", text: PaneSample.codex(11))
      #expect(run.exit == 65)
      #expect(
        run.stderr
          == "jobrunner alias: no BEFORE snapshot found for codex in W7; run start first: "
          + "jobrunner alias start codex --window W7\n")
    }
    #expect(workspace.allFiles() == [])
  }

  @Test("A window that is ended late leaves the open one open")
  func lateEnd() async throws {
    for window in ["W1", "W2"] {
      _ = try await workspace.run(
        "alias", "start", "codex", "--window", window, "--stdin", text: PaneSample.codex(11))
    }
    let late = try await workspace.run(
      "alias", "end", "codex", "--window", "W1", "--stdin", text: PaneSample.codex(12))
    #expect(late.stdout == "stored codex after snapshot for W1 (ready to finalize)\n")
    let end = try await workspace.run(
      "alias", "end", "codex", "--stdin", text: PaneSample.codex(13))
    #expect(end.stdout == "stored codex after snapshot for W2 (ready to finalize)\n")
  }

  @Test("The sequence of the configuration names the next window")
  func sequence() async throws {
    try workspace.configure(#"{windows: {sequence: ["W0-CHN", "W0-CHP", "W0-CHQ"]}}"#)
    for (action, percent) in [("start", 11), ("cross", 12), ("end", 13), ("start", 14)] {
      _ = try await workspace.run(
        "alias", action, "codex", "--stdin", text: PaneSample.codex(percent))
    }
    #expect(
      try workspace.shortRows() == [
        "W0-CHN before 11 main", "W0-CHN after 12 main", "W0-CHP before 12 main",
        "W0-CHP after 13 main", "W0-CHQ before 14 main",
      ])
  }

  @Test("Notes and source of the caller are kept, and who recorded beside them")
  func notes() async throws {
    let agent = ["AGENT_ID": "sub1"]
    _ = try await workspace.run(
      "alias", "start", "codex", "--stdin", "--notes", "by hand", "--source", "automation",
      text: PaneSample.codex(11), with: agent)
    _ = try await workspace.run(
      "alias", "cross", "codex", "--stdin", "--notes", "nightly", text: PaneSample.codex(12),
      with: agent)
    let rows = try workspace.rows()
    #expect(rows.map { $0["notes"].string } == ["by hand", "nightly", "nightly"])
    #expect(rows.map { $0["source"].string } == ["automation", "alias", "alias"])
    #expect(rows.allSatisfy { $0["agent_id"].string == "sub1" })
    #expect(workspace.allFiles().contains("data/week0/live/state/sub1/codex.json"))
  }

  @Test("Quiet is silent, JSON one object")
  func shapes() async throws {
    let quiet = try await workspace.run(
      "alias", "start", "codex", "--stdin", "--quiet", text: PaneSample.codex(11))
    #expect(quiet.isSilentSuccess)
    let run = try await workspace.run(
      "--json", "alias", "end", "codex", "--stdin", text: PaneSample.codex(12))
    let object = try JSON(parsing: run.stdoutBytes)
    #expect(run.exit == 0 && run.stderr == "" && run.stdout.filter { $0 == "\n" }.count == 1)
    #expect(object["ok"] == .bool(true) && object["job"].string == "alias")
    #expect(object["action"].string == "end" && object["provider"].string == "codex")
    #expect(object["window"].string == "W0-01" && object["agent_id"].string == "main")
    #expect(object["id"].string == (try workspace.rows().last)?["id"].string)
    let error = try await workspace.run(
      "alias", "start", "codex", "--window", "W0-01", "--stdin", "--json",
      text: PaneSample.codex(13))
    #expect(error.exit == 65 && error.stderr == "")
    #expect(try JSON(parsing: error.stdoutBytes)["code"].string == "E_DATA")
  }
}
