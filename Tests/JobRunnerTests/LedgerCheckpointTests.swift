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

/// `ledger-checkpoint` and `intents`.
@Suite(.fewAtOnce) struct LedgerCheckpointTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace([]) }

  // MARK: Samples

  private static let header =
    "date,session_id,task,tokens_planned,tokens_actual,delta,commits,lines_added,lines_deleted,"
    + "features_added,tests_added,notes"
  private var tokensPath: FilePath {
    workspace.root.appending("docs/Ledgers/Token_Churn_Ledger.csv")
  }
  private var churnPath: FilePath { workspace.root.appending("docs/Ledgers/Churn_Ledger.csv") }
  private var notePath: FilePath { workspace.root.appending("docs/SESSION_HANDOFF.md") }

  /// The rows of the token ledger without their dates.
  private func tokens() throws -> [String] {
    try Fixture.lines(tokensPath).dropFirst().map { String($0.dropFirst(11)) }
  }

  private func checkpoint(
    _ arguments: String..., with more: [String: String] = [:]
  ) async throws -> Outcome {
    try await workspace.start(["ledger-checkpoint"] + arguments, with: more)
      .wait(atMost: .seconds(60))
  }

  /// Two commits: an empty one, and one with a test of two lines and a file of one.
  private func commit() async throws {
    let made = try await workspace.shell(
      """
      export GIT_AUTHOR_NAME=d GIT_AUTHOR_EMAIL=dev@example.com \
        GIT_COMMITTER_NAME=d GIT_COMMITTER_EMAIL=dev@example.com
      git init -q . && git commit -q --allow-empty -m one && mkdir tests
      printf 'a\\nb\\n' >tests/test_x.py; printf 'c\\n' >y.py
      git add -A && git commit -qm two
      """)
    try #require(made.exit == 0, "\(made)")
  }

  private func fill() throws {
    try makeFolder(workspace.root.appending("docs"))
    try makeFolder(workspace.root.appending("docs/Ledgers"))
    try Fixture.write("# Handoff\n\nby hand\n", to: notePath)
  }

  // MARK: Rows

  @Test("Plan, mid and final are rows of a ledger that is made with its header")
  func kinds() async throws {
    let plan = try await checkpoint("--window", "W0-A", "--plan", "190000")
    #expect(plan.exit == 0 && plan.stderr == "")
    #expect(plan.stdout == "ledger checkpoint recorded for W0-A (provider=codex)\n")
    for used in ["50000", "90000", "50000"] {
      #expect(
        try await checkpoint("--window", "W0-A", "--checkpoint", "mid", "--actual", used).exit == 0)
    }
    let final = try await checkpoint(
      "--window", "W0-A", "--actual", "170000", "--features", "2", "--task", "end_of_session",
      "--plan", "180000", "--notes", "a, \"b\"", with: ["SESSION_ID": "s-1"])
    #expect(final.exit == 0)
    #expect(try Fixture.lines(tokensPath).first == Self.header)
    let start = "n/a,session_checkpoint,190000"
    let notes = "window=W0-A; provider=codex; checkpoint"
    #expect(
      try tokens() == [
        "\(start),,,0,0,0,0,0,\(notes)=plan", "\(start),50000,-140000,,,,,,\(notes)=mid",
        "\(start),90000,-100000,,,,,,\(notes)=mid", "\(start),50000,-140000,,,,,,\(notes)=mid",
        "s-1,end_of_session,180000,170000,-10000,,,,2,,\"\(notes)=final; a, \"\"b\"\"\"",
      ])
  }

  @Test("The same again changes nothing, other content is 64, and a correction supersedes")
  func again() async throws {
    let command = ["ledger-checkpoint", "--window", "W0-A", "--actual", "100", "--notes", "n"]
    #expect(try await workspace.start(command).wait().exit == 0)
    let before = try Fixture.text(tokensPath)
    let note = try Fixture.text(notePath)
    let again = try await workspace.start(command).wait()
    #expect(again.exit == 0)
    #expect(
      again.stdout
        == "ledger checkpoint of W0-A (provider=codex) is recorded with the same content already; "
        + "nothing was added\n")
    let other = ["ledger-checkpoint", "--window", "W0-A", "--actual", "120", "--notes", "n"]
    let refused = try await workspace.start(other).wait()
    #expect(refused.exit == 64 && refused.stdout == "")
    #expect(refused.stderr.contains("tokens_actual 100, now 120"))
    #expect(refused.stderr.contains("--correct"))
    #expect(try Fixture.text(tokensPath) == before && Fixture.text(notePath) == note)
    for _ in 0..<2 {
      #expect(try await workspace.start(other + ["--correct"]).wait().exit == 0)
    }
    #expect(try await workspace.start(other).wait().exit == 0)
    #expect(try tokens().count == 2)
    #expect(try tokens().last?.contains("; n; CORRECTION: supersedes the row of ") == true)
  }

  @Test("A schedule closes the window that has its AFTER, once, and not the one that is open")
  func closed() async throws {
    let early = try await checkpoint("--closed", "--actual", "auto", "--quiet")
    #expect(early.isSilentSuccess, "\(early)")
    #expect(readText(tokensPath) == nil)
    func read(_ window: String, _ phase: String, _ hour: Int, _ percent: Int) -> String {
      #"{"window":"\#(window)","provider":"codex","phase":"\#(phase)","captured_at":"#
        + #""2026-03-03T\#(hour):00:00Z","notes":"","raw_text":"","parsed":{"fiveh_pct":"#
        + #"\#(percent),"errors":[]},"source":"alias"}"# + "\n"
    }
    try makeFolder(workspace.data)
    try writeFile(
      workspace.snapshots,
      read("W0-01", "before", 10, 1) + read("W0-01", "after", 14, 9)
        + read("W0-02", "before", 15, 0))
    let first = try await checkpoint("--closed", "--actual", "700", "--quiet")
    #expect(first.isSilentSuccess, "\(first)")
    // What was used since does not matter any more.
    let again = try await checkpoint("--closed", "--actual", "900", "--quiet")
    #expect(again.isSilentSuccess, "\(again)")
    let rows = try tokens()
    #expect(rows.count == 1 && rows.first?.contains("window=W0-01;") == true, "\(rows)")
    #expect(try await checkpoint("--closed", "--window", "W0-01").exit == 64)
  }

  @Test("Agents have runs and blocks of their own")
  func agents() async throws {
    for agent in ["a", "b", "a"] {
      let run = try await checkpoint(
        "--window", "W0-A", "--actual", "1", with: ["AGENT_ID": agent])
      #expect(run.exit == 0, "\(run)")
    }
    #expect(try tokens().map { String($0.suffix(7)) } == ["agent=a", "agent=b"])
    let note = try Fixture.text(notePath) ?? ""
    #expect(note.contains("begin checkpoint a -->") && note.contains("begin checkpoint b -->"))
  }

  @Test("Tokens beyond the budget are said, the budget being that of the configuration")
  func budget() async throws {
    let small = try await checkpoint("--window", "W0-A", "--actual", "200000")
    #expect(small.stderr == "")
    let large = try await checkpoint("--window", "W0-B", "--plan", "200001")
    #expect(
      large.stderr
        == "jobrunner ledger-checkpoint: over budget: 200001 tokens planned, 1 more than the "
        + "200000 of a window\n")
    try workspace.configure("{ledgers: {budget: 10, folder: \"books\", handoff: \"NOTE.md\"}}")
    let json = try await checkpoint("--window", "W0-C", "--actual", "11", "--json")
    let object = try JSON(parsing: json.stdoutBytes)
    #expect(object["warnings"][0].string?.contains("1 more than the 10") == true)
    #expect(object["tokens_actual"].integer == 11 && object["checkpoint"].string == "final")
    #expect(try Fixture.lines(workspace.root.appending("books/Token_Churn_Ledger.csv")).count == 2)
    #expect(Fixture.exists(workspace.root.appending("NOTE.md")))
  }

  @Test("What cannot be is a usage error and makes no file")
  func usage() async throws {
    for arguments in [
      ["--plan", "-1"], ["--actual", "x"], ["--actual=-5"], ["--checkpoint", "late"],
      ["--checkpoint", "plan"], ["--task", ""], ["--task", "a;b"], ["--provider", ""],
      ["--window", "a b"], ["--commit-end", "HEAD"], ["--correct"], ["--foo"],
    ] {
      let run = try await workspace.start(
        ["ledger-checkpoint", "--window", "W0-A"] + arguments
      ).wait()
      #expect(run.exit == 64, "\(arguments): \(run)")
    }
    #expect(!Fixture.exists(workspace.root.appending("docs")))
    let name = try await workspace.run("preview", "--window", "W0 A")
    #expect(name.stderr.contains("it has a space, a comma, a slash"), "\(name)")
  }

  // MARK: Windows

  @Test("Without a name it is the latest window: of a plan the one last recorded")
  func latest() async throws {
    let none = try await checkpoint("--actual", "1")
    #expect(none.exit == 66)
    #expect(
      none.stderr
        == "jobrunner ledger-checkpoint: no window is known yet; name one with --window\n")
    #expect(!Fixture.exists(workspace.root.appending("docs")))
    for (action, used) in [("start", 10), ("end", 30)] {
      let run = try await workspace.run(
        "alias", action, "codex", "--stdin", "--window", "W0-A", text: PaneSample.codex(used, 40))
      try #require(run.exit == 0, "\(run)")
    }
    let next = try await workspace.run(
      "alias", "start", "codex", "--stdin", "--window", "W0-B", text: PaneSample.codex(1, 41))
    try #require(next.exit == 0, "\(next)")
    #expect(try await checkpoint("--actual", "1").stdout.contains("for W0-B "))
    let complete = try await workspace.run(
      "complete", "--window", "W0-A", "--codex-features", "3", "--outcome", "pass")
    try #require(complete.exit == 0, "\(complete)")
    #expect(try await checkpoint("--actual", "1").stdout.contains("for W0-A "))
    #expect(try tokens().last?.contains(",1,,,,,3,,window=W0-A;") == true)
    #expect(try await checkpoint("--plan", "1").stdout.contains("for W0-B "))
  }

  @Test(
    "Commits are counted by git, and both churn ledgers have the row",
    .enabled(if: requireTool("git")))
  func churn() async throws {
    try await commit()
    try fill()
    let run = try await checkpoint(
      "--window", "W0-A", "--actual", "90", "--commit-start", "HEAD~1", "--commit-end", "HEAD",
      "--features", "3")
    #expect(run.exit == 0 && run.stderr == "", "\(run)")
    #expect(
      run.stdout
        == "churn W0-A: files=2 +3/-0 net=3 per-feature=1.00\n"
        + "ledger checkpoint recorded for W0-A (provider=codex)\n")
    #expect(try tokens().first?.hasPrefix("n/a,session_checkpoint,,90,,1,3,0,3,1,window=") == true)
    #expect(try Fixture.lines(churnPath).last?.contains(",2,3,0,3,3,1.00,") == true)
    #expect(try workspace.rows("churn").map { $0["commits"].integer } == [1])
    let again = try await workspace.run(
      "churn", "--window", "W0-A", "--commit-start", "HEAD~1", "--provider", "codex",
      "--features", "3")
    #expect(again.exit == 0 && again.stdout == "", "charged already")
    for _ in 0..<2 {
      let other = try await checkpoint(
        "--window", "W0-B", "--actual", "1", "--commit-start", "HEAD~1", "--decision-card")
      #expect(other.exit == 0)
      #expect(other.stdout.contains("  Anoms:    1\n"), "what comes with it counts")
      #expect(try workspace.anomalies() == ["range-reused"])
    }
    let unknown = try await checkpoint(
      "--window", "W0-C", "--actual", "1", "--commit-start", "nowhere")
    #expect(unknown.exit == 65)
    #expect(try tokens().count == 2)
  }

  // MARK: The note

  @Test(
    "The note keeps every line of a person's, and shows where things stand",
    .enabled(if: requireTool("git")))
  func note() async throws {
    try await commit()
    try fill()
    let run = try await checkpoint(
      "--window", "W0-A", "--actual", "90", "--commit-start", "HEAD~1", "--decision-card")
    #expect(run.exit == 0)
    #expect(run.stdout.contains("Decision Card\n  Window:   W0-A\n  Status:   NO-GO\n"))
    #expect(run.stdout.contains("  Churn:    1\n"), "the row that comes with it counts")
    #expect(try tokens().first?.hasSuffix("checkpoint=final; decision=NO-GO") == true)
    let note = try Fixture.text(notePath) ?? ""
    #expect(note.hasPrefix("# Handoff\n\nby hand\n\n<!-- jobrunner:begin checkpoint -->\n"))
    #expect(note.hasSuffix("\n<!-- jobrunner:end checkpoint -->\n"))
    for part in [
      "## Checkpoint: W0-A, final (codex)", "actual 90", "- `docs/Ledgers/Churn_Ledger.csv`",
      "### Preview", "provider=codex window=W0-A", "### Cost", "no proxy telemetry for W0-A",
      "Decision Card",
    ] {
      #expect(note.contains(part), "\(part)")
    }
    try Fixture.write("new on top\n" + note + "new below", to: notePath)
    #expect(try await checkpoint("--window", "W0-B", "--plan", "5").exit == 0)
    let next = try Fixture.text(notePath) ?? ""
    #expect(next.hasPrefix("new on top\n# Handoff\n\nby hand\n\n<!-- jobrunner:begin"))
    #expect(next.hasSuffix("<!-- jobrunner:end checkpoint -->\nnew below"))
    #expect(next.contains("W0-B, plan (codex)") && !next.contains("W0-A, final"))
  }

  // MARK: What is not ours

  @Test("A ledger with another header is left as it is, and so are all the others")
  func foreign() async throws {
    try await commit()
    try fill()
    for path in [tokensPath, churnPath] {
      try Fixture.write("date,what\n1,2\n", to: path)
      let run = try await checkpoint(
        "--window", "W0-A", "--actual", "1", "--commit-start", "HEAD~1")
      #expect(run.exit == 65, "\(run)")
      #expect(try Fixture.text(path) == "date,what\n1,2\n")
      #expect(try Fixture.text(notePath) == "# Handoff\n\nby hand\n")
      #expect(try workspace.rows("churn").isEmpty)
      unlink(path.string)
    }
  }

  @Test("Rows that do not fit are told and left")
  func misfits() async throws {
    try fill()
    let old = Self.header + "\n2025-01-01,n/a,t,1,2,1,0,0,0,0,0,a, b\n2025-01-02,n/a\n"
    try Fixture.write(old, to: tokensPath)
    let run = try await checkpoint("--window", "W0-A", "--actual", "1")
    #expect(run.exit == 0)
    #expect(
      run.stderr == """
        jobrunner ledger-checkpoint: Token_Churn_Ledger.csv: line 2 has 13 cells, not 12; it is \
        left as it is
        jobrunner ledger-checkpoint: Token_Churn_Ledger.csv: line 3 has 2 cells, not 12; it is \
        left as it is

        """)
    #expect(try Fixture.text(tokensPath)?.hasPrefix(old) == true)
    #expect(try Fixture.lines(tokensPath).count == 4)
  }

  @Test("A person's edit between a kill and the next run is 75 until somebody decides")
  func interrupted() async throws {
    try fill()
    try Fixture.write(Self.header + "\nold,n/a,t,1,2,1,0,0,0,0,0,x\n", to: tokensPath)
    // An intent as a killed run leaves it, for a file of another length.
    let key = "ledger-checkpoint:W0-A:codex:main:session_checkpoint:final"
    for name in [".jobrunner", ".jobrunner/intents"] {
      try makeFolder(workspace.root.appending(name))
    }
    try Fixture.write(
      """
      {"version":1,"key":"\(key)","steps":[{"path":"docs/Ledgers/Token_Churn_Ledger.csv",\
      "step":"append","base":0,"prefix_sha256":"\(SHA256.hex(of: []))","copies":0,\
      "header":"\(Self.header)\\n","start":"\(Self.header)\\n","lines":"left,behind\\n"}]}
      """, to: workspace.root.appending(".jobrunner/intents/left.json"))
    let before = try Fixture.text(tokensPath) ?? ""
    let run = try await checkpoint("--window", "W0-B", "--actual", "1")
    #expect(run.exit == 75)
    #expect(run.stderr.contains("jobrunner intents show \(key)"))
    #expect(try Fixture.text(tokensPath) == before)
    let list = try await workspace.run("intents")
    #expect(list.stdout.hasPrefix("KEY ") && list.stdout.contains("\(key)  "))
    #expect(list.stdout.contains("waits for 'retry' or 'drop'"))
    let show = try await workspace.run("intents", "show", key)
    #expect(show.exit == 0 && show.stdout.contains("  + left,behind\n"))
    let json = try JSON(parsing: try await workspace.run("intents", "--json").stdoutBytes)
    #expect(json["intents"][0]["key"].string == key)
    #expect(json["intents"][0]["changed"].string?.hasSuffix("Token_Churn_Ledger.csv") == true)
    let retry = try await workspace.run("intents", "retry", key)
    #expect(retry.exit == 0 && retry.stdout == "intent '\(key)' is done\n")
    #expect(try Fixture.text(tokensPath) == before + "left,behind\n")
    #expect(try await workspace.run("intents").stdout == "no intents\n")
    for action in ["show", "retry", "drop"] {
      let unknown = try await workspace.run("intents", action, key)
      #expect(unknown.exit == 66 && unknown.stderr.contains("no intent has the key"), "\(action)")
    }
    for arguments in [["show"], ["drop"], ["list", "x"], ["redo", "x"]] {
      #expect(try await workspace.start(["intents"] + arguments).wait().exit == 64)
    }
    #expect(try await checkpoint("--window", "W0-B", "--actual", "1").exit == 0)
  }

  @Test("Eight at once leave every row once, and files that agree")
  func storm() async throws {
    try fill()
    let runs = try (0..<8).map { number in
      try workspace.start(
        ["ledger-checkpoint", "--window", "W0-\(number % 4)", "--actual", "\(number % 4)"])
    }
    for run in runs { #expect(await run.wait(atMost: .seconds(60)).exit == 0) }
    #expect(try tokens().count == 4 && Set(tokens()).count == 4)
    let note = try Fixture.text(notePath) ?? ""
    #expect(note.hasPrefix("# Handoff\n\nby hand\n\n<!--"))
    #expect(note.ranges(of: "jobrunner:begin").count == 1)
  }

  // MARK: Around it

  @Test("Metrics follow it as they follow every scheduled job")
  func metrics() async throws {
    let run = try await checkpoint("--window", "W0-A", "--actual", "5", "--metrics", "m.prom")
    #expect(run.exit == 0, "\(run)")
    #expect(Fixture.exists(workspace.root.appending("m.prom")))
  }

  @Test("Tokens are added up where that is asked for, and what was not seen is said")
  func auto() async throws {
    let run = try await checkpoint("--window", "W0-A", "--actual", "auto")
    #expect(run.exit == 0, "\(run)")
    #expect(run.stdout.hasPrefix("tokens by count: unknown\n"))
    for source in ["codex-rollouts", "claude-projects", "proxy-telemetry"] {
      #expect(run.stderr.contains("not seen: \(source): "), "\(run)")
    }
    #expect(
      try tokens() == [
        "n/a,session_checkpoint,,,,,,,,,"
          + "window=W0-A; provider=codex; checkpoint=final; actual=auto"
      ])
  }

  @Test("It is said which tokens count, and by which the budget is exceeded")
  func countedTokens() async throws {
    let open = LimitSample(at: .now(-600), used: 3, resetsAt: .now(7_200))
    try workspace.writeSnapshot("W0-A", "before", open)
    try writeFile(
      workspace.codexHome.appending("sessions/2026/11/05/rollout-T1.jsonl"),
      """
      {"timestamp":"\(Timestamp.now(-300).text)","type":"token_usage_record","payload":{\
      "turn_id":"t1","response_id":"r1","usage":{"input_tokens":250000,\
      "cached_input_tokens":240000,"output_tokens":1000,"total_tokens":251000}}}

      """)
    let all = try await checkpoint("--window", "W0-A", "--actual", "auto", "--plan", "20000")
    #expect(
      all.stdout.hasPrefix(
        "tokens by count: 251000 (cached tokens included, 240000); "
          + "codex-rollouts 251000 in 1 request"), "\(all)")
    #expect(
      all.stderr.contains(
        "over budget: 251000 tokens actual, 51000 more than the 200000 of a window; "
          + "without those a cache held 11000\n"), "\(all)")
    #expect(try tokens().last?.contains(",20000,251000,231000,") == true)
    #expect(try tokens().last?.hasSuffix("actual=auto, cached tokens included\"") == true)
    let note = try Fixture.text(notePath) ?? ""
    #expect(note.contains("planned 20000, actual 251000 (cached tokens included), delta +231000;"))

    try workspace.configure("{ledgers: {tokens: \"fresh\"}}")
    let fresh = try await checkpoint("--window", "W0-A", "--actual", "auto", "--correct")
    #expect(
      fresh.stdout.hasPrefix(
        "tokens by count: 11000 (cached tokens left out, 240000); "
          + "codex-rollouts 11000 in 1 request"), "\(fresh)")
    #expect(!fresh.stderr.contains("over budget"))
    #expect(try tokens().last?.contains("actual=auto, cached tokens left out") == true)
  }

  @Test("A dry run says what it would write, and makes nothing")
  func dryRun() async throws {
    try await commit()
    try fill()
    let before = workspace.allFiles()
    let command = [
      "ledger-checkpoint", "--window", "W0-A", "--actual", "100", "--commit-start", "HEAD~1",
      "--decision-card", "--bundle=review",
    ]
    let shown = try await workspace.start(command + ["--dry-run"]).wait()
    #expect(shown.exit == 0 && shown.stderr == "", "\(shown)")
    #expect(workspace.allFiles() == before)
    for line in [
      "churn W0-A: files=2 +3/-0 net=3", "Decision Card",
      "would add to data/week0/live/churn.jsonl: {", "would add to docs/Ledgers/Churn_Ledger.csv: ",
      "would add to docs/Ledgers/Token_Churn_Ledger.csv: ",
      "would renew the block 'checkpoint' of docs/SESSION_HANDOFF.md",
      "would renew the review bundle \(workspace.root)/review", "dry run: nothing was written",
    ] {
      #expect(shown.stdout.split(separator: "\n").contains { $0.hasPrefix(line) }, "\(line)")
    }
    #expect(try await workspace.start(command).wait().exit == 0)
    let row = try #require(try tokens().last)
    #expect(shown.stdout.contains(row), "it is what is written")
    let other = try await workspace.start([
      "ledger-checkpoint", "--window", "W0-A", "--actual", "99", "--dry-run",
    ]).wait()
    #expect(other.exit == 64 && other.stderr.contains("--correct"), "\(other)")
  }

  @Test("A bundle is complete, is renewed, and takes nothing of anybody's")
  func bundle() async throws {
    let command = ["ledger-checkpoint", "--window", "W0-A", "--actual", "5", "--notes", "it's"]
    let folder = workspace.root.appending("review")
    for _ in 0..<2 {
      let run = try await workspace.start(command + ["--bundle=review"]).wait()
      #expect(run.exit == 0 && run.stdout.hasSuffix("review bundle: \(folder)\n"), "\(run)")
      #expect(
        Fixture.names(in: folder) == [
          "MANIFEST.txt", "Token_Churn_Ledger.csv", "command.log", "cost_compare.csv",
          "decision_card.txt", "preview.txt", "window_audit.txt",
        ])
    }
    let log = try Fixture.text(folder.appending("command.log")) ?? ""
    #expect(log.contains(#" ledger-checkpoint --window W0-A --actual 5 --notes 'it'\''s'"#))
    #expect(log.contains("jobrunner --workspace \(workspace.root) preview --window W0-A"))
    #expect(!Fixture.names(in: workspace.root).contains { $0.contains(".tmp.") })
    try Fixture.write("mine", to: folder.appending("mine.txt"))
    let other = [
      "ledger-checkpoint", "--window", "W0-B", "--actual", "5", "--bundle=review",
    ]
    let refused = try await workspace.start(other).wait()
    #expect(refused.exit == 73, "\(refused)")
    #expect(try tokens().count == 1, "found out before anything is written")
    #expect(try Fixture.text(folder.appending("mine.txt")) == "mine")

    let home = try await workspace.start(command + ["--bundle"]).wait()
    #expect(home.exit == 0, "\(home)")
    let place = workspace.home.appending("Downloads/agentos_tmp_review")
    #expect(Fixture.exists(place.appending("MANIFEST.txt")))
    let homeless = try await workspace.start(command + ["--bundle"], with: ["HOME": ""]).wait()
    #expect(homeless.exit == 64 && homeless.stderr.contains("HOME is not set"))
  }

  @Test("The script takes the flags that the shell script before it took")
  func script() async throws {
    let script = Fixtures.packageRoot.appending("scripts/automation/ledger_checkpoint.sh")
    let run = try await workspace.shell(
      """
      SESSION_ID=s-1 '\(script)' --window W0-A --provider codex --task end_of_session \
        --plan 200000 --actual 195000 --notes 'week0, codex' --features 2 \
        --data-dir data/week0/live --decision-card
      """)
    #expect(run.exit == 0, "\(run)")
    #expect(run.stdout.hasSuffix("ledger checkpoint recorded for W0-A (provider=codex)\n"))
    #expect(
      try tokens() == [
        "s-1,end_of_session,200000,195000,-5000,,,,2,,"
          + "\"window=W0-A; provider=codex; checkpoint=final; week0, codex; decision=NO-GO\""
      ])
    let wrong = try await workspace.shell("'\(script)' --foo")
    #expect(wrong.exit == 64)
  }
}
