import Shared
import SystemPackage
import TestSupport
import Testing

/// `complete` and `anomalies`.
@Suite(.fewAtOnce) struct CompleteTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace([]) }

  /// A window of both providers, from 10 to 30 and from 20 to 25.
  private func fill() async throws {
    for (provider, action, pane) in [
      ("codex", "start", PaneSample.codex(10, 40)), ("codex", "end", PaneSample.codex(30, 45)),
      ("claude", "start", PaneSample.claude(20)), ("claude", "end", PaneSample.claude(25)),
    ] {
      let run = try await workspace.run("alias", action, provider, "--stdin", text: pane)
      try #require(run.exit == 0, "\(run)")
    }
  }

  @Test("A window is finalized once; other content is a row that corrects the first")
  func once() async throws {
    try await fill()
    let command = ["complete", "--window", "W0-01", "--codex-features", "2", "--outcome", "pass"]
    let run = try await workspace.start(command).wait()
    #expect(run.exit == 0 && run.stderr == "")
    #expect(run.stdout == "finalized window W0-01 with providers: claude, codex\n")
    let again = try await workspace.start(command).wait()
    #expect(
      again.stdout
        == "window W0-01 is finalized with the same content already; nothing was added\n")
    let row = try #require(try workspace.rows("windows").first)
    #expect(try workspace.rows("windows").count == 1)
    #expect(row["features"]["codex"].integer == 2 && row["features"]["glm"].integer == 0)
    #expect(row["quality_score"].double == 1 && row["outcome"].string == "pass")
    #expect(row["methodology"] == .missing)
    #expect(row["providers"]["codex"]["delta"]["fiveh_pct"].integer == 20)
    #expect(row["providers"]["codex"]["delta"]["weekly_pct"].integer == 5)
    #expect(row["providers"]["claude"]["delta"]["session_pct"].integer == 5)
    let other = try await workspace.run(
      "window-finalize", "--window", "W0-01", "--codex-features", "3", "--quality-score", "0.8",
      "--methodology", "m1", "--spec-id", "S1", "--spec-version", "2", "--notes", "n")
    #expect(other.exit == 0)
    let second = try #require(try workspace.rows("windows").last)
    #expect(second["corrects"].string == row["id"].string)
    #expect(second["quality"].double == 0.8 && second["methodology"].string == "m1")
    #expect(second["spec_id"].string == "S1" && second["spec_version"].string == "2")
  }

  @Test("A window without readings is 66, one without an end 65, and neither makes a file")
  func incomplete() async throws {
    let none = try await workspace.run("complete", "--window", "W0-01")
    #expect(none.exit == 66)
    #expect(none.stderr == "jobrunner complete: no snapshots found for window W0-01\n")
    #expect(workspace.allFiles() == [])
    _ = try await workspace.run("alias", "start", "codex", "--stdin", text: PaneSample.codex(10))
    let files = workspace.allFiles()
    let half = try await workspace.run("complete", "--window", "W0-01")
    #expect(half.exit == 65)
    #expect(
      half.stderr
        == "jobrunner complete: missing before/after snapshots for providers: codex\n")
    #expect(workspace.allFiles() == files)
    for flags in [["--codex-features", "-1"], ["--quality", "nan"], ["--quality", "good"]] {
      let run = try await workspace.start(["complete", "--window", "W0-01"] + flags).wait()
      #expect(run.exit == 64, "\(flags)")
    }
  }

  @Test("Commits are written with their full ids", .enabled(if: requireTool("git")))
  func commits() async throws {
    try await fill()
    let made = try await workspace.shell(
      """
      export GIT_AUTHOR_NAME=d GIT_AUTHOR_EMAIL=d@example.com \
        GIT_COMMITTER_NAME=d GIT_COMMITTER_EMAIL=d@example.com
      git init -q . && git commit -q --allow-empty -m one && git commit -q --allow-empty -m two
      git rev-parse HEAD~1 HEAD
      """)
    let ids = made.stdout.split(separator: "\n").map(String.init)
    try #require(ids.count == 2, "\(made)")
    let run = try await workspace.run(
      "complete", "--window", "W0-01", "--commit-start", "HEAD~1", "--commit-end", "HEAD")
    #expect(run.exit == 0, "\(run)")
    let row = try #require(try workspace.rows("windows").last)
    #expect(row["commit_start"].string == ids[0] && row["commit_end"].string == ids[1])
    let same = try await workspace.run(
      "complete", "--window", "W0-01", "--commit-start", String(ids[0].prefix(12)),
      "--commit-end", "HEAD")
    #expect(same.stdout.hasSuffix("nothing was added\n"))
    for name in ["nowhere", "--all", "HEAD~7"] {
      let unknown = try await workspace.run(
        "complete", "--window", "W0-01", "--commit-start=\(name)")
      #expect(unknown.exit == 65, "\(unknown)")
      #expect(
        unknown.stderr
          == "jobrunner complete: unable to resolve commit '\(name)' in \(workspace.root)\n")
    }
    #expect(try workspace.rows("windows").count == 1)
  }

  @Test("What was told of a reading that was deleted since is settled by the next")
  func deletedReading() async throws {
    func record(_ action: String, _ used: Int, _ weekly: Int) async throws {
      let run = try await workspace.run(
        "alias", action, "codex", "--window", "W0-77", "--stdin",
        text: PaneSample.codex(used, weekly))
      #expect(run.exit == 0, "\(run)")
    }
    func open() async throws -> [String?] {
      let list = try JSON(parsing: try await workspace.run("anomalies", "--json").stdoutBytes)
      return (list["anomalies"].array ?? []).map { $0["type"].string }
    }
    try await record("start", 30, 45)
    try await record("end", 20, 40)
    _ = try await workspace.run("complete", "--window", "W0-77")
    #expect(try await !open().isEmpty)
    let deleted = try await workspace.run(
      "alias", "delete", "codex", "--window", "W0-77", "--phase", "after")
    #expect(deleted.exit == 0, "\(deleted)")
    try await record("end", 41, 47)
    #expect(try await open() == [])
    let all = try await workspace.run("anomalies", "--all")
    #expect(all.stdout.contains("resolved: corrected: the reading was deleted or put right"))
    _ = try await workspace.run("complete", "--window", "W0-77")
    #expect(try await open() == [])
  }

  @Test("An anomaly that is not there is not resolved, and leaves nothing behind")
  func unknownAnomaly() async throws {
    let run = try await workspace.run("anomalies", "resolve", "feed", "--notes", "n")
    #expect(run.exit == 66)
    #expect(workspace.allFiles() == [])
  }

  @Test("Anomalies are listed, resolved with a reason, and then only shown on request")
  func anomalies() async throws {
    let none = try await workspace.run("anomalies")
    #expect(none.exit == 0 && none.stdout == "no anomalies\n")
    #expect(workspace.allFiles() == [])
    let pane = PaneSample.codex(10)
    _ = try await workspace.run("alias", "start", "codex", "--stdin", text: pane)
    _ = try await workspace.run("alias", "end", "codex", "--stdin", text: pane)
    let list = try await workspace.run("anomalies", "--json")
    let found = try JSON(parsing: list.stdoutBytes)["anomalies"]
    #expect(found.array?.count == 1)
    #expect(found[0]["type"].string == "duplicate-pane")
    #expect(found[0]["window"].string == "W0-01")
    let id = try #require(found[0]["id"].string)
    let lines = try await workspace.run("anomalies", "list").stdout.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("ID ") && lines[1].hasPrefix("\(id)  duplicate"))
    let other = try await workspace.run("anomalies", "--window", "W9")
    #expect(other.stdout == "no anomalies\n")

    let resolved = try await workspace.run("anomalies", "resolve", id, "--notes", "pasted twice")
    #expect(resolved.exit == 0 && resolved.stdout == "resolved anomaly \(id)\n")
    let again = try await workspace.run("anomalies", "resolve", id, "--notes", "once more")
    #expect(again.exit == 0 && again.stdout == "anomaly \(id) is resolved already\n")
    #expect(try await workspace.run("anomalies").stdout == "no anomalies\n")
    #expect(try await workspace.run("anomalies", "--all").stdout.contains("resolved: pasted twice"))
    _ = try await workspace.run("complete", "--window", "W0-01")
    #expect(
      try await workspace.run("anomalies").stdout == "no anomalies\n", "a resolved one stays so")

    let unknown = try await workspace.run("anomalies", "resolve", "feed", "--notes", "n")
    #expect(unknown.exit == 66)
    #expect(
      unknown.stderr
        == "jobrunner anomalies: no anomaly has the id 'feed'; 'jobrunner anomalies' lists them\n")
    for arguments in [
      ["resolve"], ["resolve", id], ["resolve", id, "--notes", ""], ["list", id],
    ] {
      #expect(try await workspace.start(["anomalies"] + arguments).wait().exit == 64)
    }
  }

  @Test("Quiet is silent, JSON one object, errors too")
  func shapes() async throws {
    try await fill()
    let json = try await workspace.run("complete", "--window", "W0-01", "--json")
    let object = try JSON(parsing: json.stdoutBytes)
    #expect(object["ok"] == .bool(true) && object["window"].string == "W0-01")
    #expect(object["agent_id"].string == "main")
    for arguments in [
      ["complete", "--window", "W0-01", "--codex-features", "9"], ["anomalies"],
      ["override", "codex", "--window", "W0-01", "--phase", "after", "--fiveh-pct", "31"],
      [
        "ingest", "glm", "--window", "W0-01", "--file",
        Fixtures.path("windows/glm/blocks.json").string,
      ],
    ] {
      let run = try await workspace.start(arguments + ["--quiet"]).wait()
      #expect(run.isSilentSuccess, "\(arguments): \(run)")
    }
    for (arguments, code) in [
      (["complete", "--window", "W9"], "E_NO_INPUT"), (["complete"], "E_USAGE"),
      (["anomalies", "resolve", "feed", "--notes", "n"], "E_NO_INPUT"),
      (["ingest", "glm", "--window", "W1", "--file", "nowhere"], "E_NO_INPUT"),
      (["override", "codex", "--window", "W1", "--phase", "after"], "E_USAGE"),
    ] {
      let run = try await workspace.start(arguments + ["--json"]).wait()
      let error = try JSON(parsing: run.stdoutBytes)
      #expect(run.stderr == "" && error["ok"] == .bool(false), "\(arguments): \(run)")
      #expect(error["code"].string == code)
    }
  }
}
