import Shared
import SystemPackage
import TestSupport
import Testing

/// `churn`, on repositories of the real git.
@Suite(.fewAtOnce, .enabled(if: requireTool("git"))) struct ChurnTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace([]) }

  private var table: FilePath { workspace.root.appending("docs/Ledgers/Churn_Ledger.csv") }

  /// The ledger without its header, a row each.
  private var lines: [Substring] {
    Array((readText(table) ?? "").split(separator: "\n").dropFirst())
  }

  /// Three commits: nothing of ours is in them.
  @discardableResult
  private func git(_ script: String) async throws -> String {
    let run = try await workspace.shell(
      """
      set -e
      export GIT_AUTHOR_NAME=d GIT_AUTHOR_EMAIL=d@example.com \
        GIT_COMMITTER_NAME=d GIT_COMMITTER_EMAIL=d@example.com
      commit() { git add -A; git commit -q --allow-empty -m "$1"; }
      \(script)
      """)
    try #require(run.exit == 0, "\(run)")
    return run.stdout
  }

  private func makeHistory() async throws {
    try await git(
      """
      git init -q --initial-branch=main .
      printf '/data\\n/docs\\n/.jobrunner\\n' >.gitignore; seq 3 >a; commit one
      seq 5 >a; mkdir -p Tests; echo x >Tests/t; commit two
      """)
  }

  private func finalize(_ window: String, _ members: String = "", features: Int = 2) throws {
    let path = workspace.data.appending("windows.jsonl")
    try writeFile(
      path,
      (readText(path) ?? "")
        + #"{"window":"\#(window)","finalized_at":"2026-11-02T13:00:00Z","features":{"#
        + #""codex":\#(features),"claude":0}\#(members)}"# + "\n")
  }

  @Test("One row in both ledgers, from the window's own commits; again is silent")
  func plain() async throws {
    try await makeHistory()
    try finalize("W0-99", #","commit_start":"HEAD~1","methodology":"m1""#)
    let run = try await workspace.run("churn", "--window", "W0-99")
    #expect(run.exit == 0 && run.stderr == "", "\(run)")
    #expect(run.stdout == "churn W0-99: files=2 +3/-0 net=3 per-feature=1.50\n")
    let ids = try await git("git rev-parse HEAD~1 HEAD").split(separator: "\n")
    let row = try #require(try workspace.rows("churn").first)
    #expect(row["commit_start"].string == String(ids[0]))
    #expect(row["provider"].string == "codex" && row["methodology"].string == "m1")
    #expect(row["gross"].integer == 3 && row["commits"].integer == 1)
    #expect(row["authors"].integer == 1 && row["tests_touched"].integer == 1)
    #expect(lines.count == 1 && lines[0].contains(",W0-99,codex,m1,\(ids[0]),\(ids[1]),2,3,0,3,2,"))

    let files = (readText(table), try workspace.rows("churn").count)
    let again = try await workspace.run("churn", "--window", "W0-99")
    #expect(again.isSilentSuccess, "\(again)")
    let told = try await workspace.run("churn", "--window", "W0-99", "--verbose")
    #expect(told.stderr.hasSuffix("already; nothing was added\n") && told.stdout == "")
    let json = try JSON(
      parsing: try await workspace.run("churn", "--window", "W0-99", "--json").stdoutBytes)
    #expect(json["outcome"].string == "idle" && json["normalized_churn"].double == 1.5)
    #expect(json["commits"].integer == 1 && json["anomalies"].array == [])
    #expect((readText(table), try workspace.rows("churn").count) == files)

    // HEAD moved on: the range is another, and replaces the first.
    try await git("echo y >>Tests/t; commit three")
    let later = try await workspace.run(
      "churn", "--window", "W0-99", "--commit-start", String(ids[0]), "--features", "0")
    #expect(later.stdout == "churn W0-99: files=2 +4/-0 net=4 per-feature=n/a\n")
    #expect(try workspace.rows("churn").last?["corrects"].string == row["id"].string)
    #expect(try workspace.rows("churn").last?["normalized_churn"] == .null)
  }

  @Test("A window that is not finalized is 66 and leaves nothing, unless its commits are given")
  func notFinalized() async throws {
    let run = try await workspace.run("churn", "--window", "W0-99")
    #expect(run.exit == 66)
    #expect(run.stderr == "jobrunner churn: no window summary found for W0-99\n")
    #expect(workspace.allFiles() == [])
    let end = try await workspace.run("churn", "--window", "W0-99", "--commit-end", "HEAD")
    #expect(end.exit == 66)
    try await makeHistory()
    let given = try await workspace.run(
      "churn", "--window", "W0-99", "--commit-start", "HEAD~1", "--provider", "glm")
    #expect(given.stdout == "churn W0-99: files=2 +3/-0 net=3 per-feature=n/a\n", "\(given)")
    #expect(try workspace.rows("churn").first?["provider"].string == "glm")
  }

  @Test("Without a first commit the documented row is written, also outside a repository")
  func skipped() async throws {
    try finalize("W0-02", features: 1)
    let run = try await workspace.run("churn", "--window", "W0-02", "--notes", "n, \"q\"")
    #expect(run.exit == 0 && run.stderr == "")
    #expect(
      run.stdout == """
        warn: missing commit_start — skipping git diff
        churn W0-02: skipped (decision=missing-commit-range)

        """)
    let row = try #require(try workspace.rows("churn").first)
    #expect(row["commit_start"].string == "" && row["commit_end"].string == "")
    #expect(row["notes"].string == #"n, "q"; decision=missing-commit-range(commit_start)"#)
    #expect(row["normalized_churn"] == .null && row["gross"] == .null)
    #expect(lines[0].hasSuffix(#","n, ""q""; decision=missing-commit-range(commit_start)""#))
    #expect(try await workspace.run("churn", "--window", "W0-02").isSilentSuccess)
  }

  @Test("Anomalies: the same commits in a second window, and no commit at all")
  func anomalies() async throws {
    try await makeHistory()
    for window in ["W0-01", "W0-02", "W0-02"] {
      let run = try await workspace.run("churn", "--window", window, "--commit-start", "HEAD~1")
      #expect(run.exit == 0)
    }
    let empty = try await workspace.run(
      "churn", "--window", "W0-03", "--commit-start", "HEAD", "--json")
    #expect(try JSON(parsing: empty.stdoutBytes)["anomalies"].array == [.text("empty-range")])
    let list = try JSON(parsing: try await workspace.run("anomalies", "--json").stdoutBytes)
    let found = try #require(list["anomalies"].array)
    #expect(found.map { $0["type"].string } == ["range-reused", "empty-range"])
    #expect(found.map { $0["window"].string } == ["W0-02", "W0-03"])
    #expect(found[0]["evidence"]["first"].string == "W0-01")
    // A person settles it, and it stays so.
    let id = try #require(found[0]["id"].string)
    _ = try await workspace.run("anomalies", "resolve", id, "--notes", "split by hand")
    _ = try await workspace.run("churn", "--window", "W0-02", "--commit-start", "HEAD~1")
    #expect(try await workspace.run("anomalies").stdout.contains("range-reused") == false)
  }

  @Test("A dry run says what it would write, and makes nothing")
  func dryRun() async throws {
    try await makeHistory()
    let before = workspace.allFiles()
    let command = [
      "churn", "--window", "W0-01", "--commit-start", "HEAD~1", "--features", "2",
    ]
    let shown = try await workspace.start(command + ["--dry-run"]).wait()
    #expect(shown.exit == 0 && shown.stderr == "", "\(shown)")
    let told = shown.stdout.split(separator: "\n")
    try #require(told.count == 4, "\(shown)")
    #expect(told[0] == "churn W0-01: files=2 +3/-0 net=3 per-feature=1.50")
    #expect(told[1].hasPrefix(#"would add to data/week0/live/churn.jsonl: {"window":"W0-01","#))
    #expect(told[2].hasPrefix("would add to docs/Ledgers/Churn_Ledger.csv: "))
    #expect(told[3] == "dry run: nothing was written")
    #expect(workspace.allFiles() == before)

    #expect(try await workspace.start(command).wait().exit == 0)
    #expect(told[2].hasSuffix(lines[0]), "it is what is written")
    let again = try await workspace.start(command + ["--dry-run"]).wait()
    #expect(again.stdout.hasSuffix("nothing was added\ndry run: nothing was written\n"), "\(again)")
  }

  @Test("Paths end at the next option, and may hold blanks and dashes")
  func paths() async throws {
    try await makeHistory()
    try await git("seq 4 >'two words'; seq 6 >./-dash; commit three")
    let run = try await workspace.run(
      "churn", "--window", "W0-01", "--paths", "two words", "./-dash", "--commit-start", "HEAD~1",
      "--features", "4")
    #expect(run.stdout == "churn W0-01: files=2 +10/-0 net=10 per-feature=2.50\n", "\(run)")
    #expect(
      try workspace.rows("churn").first?["paths"].array == [.text("two words"), .text("./-dash")])
    #expect(lines[0].hasSuffix("\"paths=two words,./-dash\""))
    let dash = try await workspace.run(
      "churn", "--window", "W0-02", "--paths=-dash", "--commit-start", "HEAD~1")
    #expect(dash.stdout == "churn W0-02: files=1 +6/-0 net=6 per-feature=n/a\n", "\(dash)")
  }

  @Test("A linked work tree, a folder below, a hook's environment: the same commits")
  func places() async throws {
    try await makeHistory()
    try await git(
      """
      git worktree add -q ../tree -b side HEAD; cd ../tree
      git mv a b; printf 'a\\0b' >c; commit three
      mkdir -p deep/er; git init -q ../other
      """)
    let tree = workspace.root.removingLastComponent().appending("tree")
    for (number, folder) in [tree, tree.appending("deep/er")].enumerated() {
      let run = try await workspace.run(
        "churn", "--workspace", folder.string, "--data-dir", workspace.data.string, "--window",
        "W0-0\(number)", "--commit-start", "HEAD~1", "--ledger-path", "\(number).csv",
        with: [
          "GIT_DIR": "\(tree)/../other/.git", "GIT_WORK_TREE": "/", "GIT_EXTERNAL_DIFF": "false",
        ])
      #expect(run.stdout.hasSuffix(": files=2 +0/-0 net=0 per-feature=n/a\n"), "\(run)")
      let table = readText(workspace.root.appending("\(number).csv"))
      #expect(table?.contains(",W0-0\(number),") == true)
    }
  }

  @Test("What stands against it has its own exit status and one line")
  func failures() async throws {
    let outside = try await workspace.run("churn", "--window", "W0-01", "--commit-start", "HEAD")
    #expect(outside.exit == 66)
    #expect(
      outside.stderr == "jobrunner churn: \(workspace.root): not inside a git repository\n")
    try await git("git init -q --initial-branch=main .")
    let empty = try await workspace.run("churn", "--window", "W0-01", "--commit-start", "HEAD")
    #expect(empty.exit == 66 && empty.stderr.hasSuffix("has no commit yet\n"))
    try await git("rm -r .git")
    try await makeHistory()
    for name in ["nope", "--all", "-1", "--output=pwned", "HEAD~9"] {
      let run = try await workspace.run("churn", "--window", "W0-01", "--commit-start=\(name)")
      #expect(run.exit == 65, "\(run)")
      #expect(
        run.stderr
          == "jobrunner churn: unable to resolve commit '\(name)' in \(workspace.root)\n")
    }
    let path = try await workspace.run(
      "churn", "--window", "W0-01", "--commit-start", "HEAD~1", "--paths", "../../x")
    #expect(path.exit == 64, "\(path)")
    let without = try await workspace.run(
      "churn", "--window", "W0-01", "--commit-start", "HEAD",
      with: ["PATH": workspace.home.string])
    #expect(without.exit == 69 && without.stderr == "jobrunner churn: git is not on PATH\n")
    try await git("git clone -q --depth 1 \"file://$PWD\" ../shallow")
    let shallow = workspace.root.removingLastComponent().appending("shallow")
    let cut = try await workspace.run(
      "churn", "--workspace", shallow.string, "--window", "W0-01", "--commit-start", "HEAD~1")
    #expect(cut.exit == 66 && cut.stderr.contains("git fetch --unshallow"), "\(cut)")
    try writeFile(table, "other,header\n")
    let foreign = try await workspace.run(
      "churn", "--window", "W0-01", "--commit-start", "HEAD~1", "--json")
    #expect(foreign.exit == 65)
    #expect(try JSON(parsing: foreign.stdoutBytes)["code"].string == "E_DATA")
    #expect(readText(table) == "other,header\n")
    #expect(try workspace.rows("churn").isEmpty)
    for flags in [
      ["--features", "-1"], ["--features", "x"], ["--provider", ""], ["--commit-start", ""],
      ["--window", "a b"], ["more"],
    ] {
      let run = try await workspace.start(["churn", "--window", "W0-01"] + flags).wait()
      #expect(run.exit == 64, "\(flags)")
    }
  }

  @Test("Killed while git is at work, the next run finds nothing in its way")
  func killed() async throws {
    try await makeHistory()
    let mark = workspace.root.appending("data/started")
    try makeFolder(workspace.root.appending("data"))
    try await workspace.install(
      "git",
      "case \"$*\" in *--numstat*) touch '\(mark)'; sleep 2;; esac; exec /usr/bin/git \"$@\"")
    let command = ["churn", "--window", "W0-01", "--commit-start", "HEAD~1"]
    let run = try workspace.start(command)
    #expect(Fixture.waitFor(mark))
    run.signal(9)
    _ = await run.wait()
    #expect(try workspace.rows("churn").isEmpty && readText(table) == nil)
    try await workspace.install("git", "exec /usr/bin/git \"$@\"")
    let next = try await workspace.run("churn", "--window", "W0-01", "--commit-start", "HEAD~1")
    #expect(next.exit == 0)
    #expect(try workspace.rows("churn").count == 1 && lines.count == 1)
    let kept = listFolder(workspace.root.appending(".jobrunner"))
    #expect(kept == ["intents", "locks", "preview-windows.cache", "runs.jsonl"])
  }
}
