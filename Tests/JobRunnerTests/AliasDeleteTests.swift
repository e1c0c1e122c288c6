import Shared
import SystemPackage
import TestSupport
import Testing

/// `alias delete`: a row more, none less.
@Suite(.fewAtOnce) struct AliasDeleteTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace() }

  /// Two windows with both ends: 11, 12 and 21, 22.
  private func fill() async throws {
    for (action, percent) in [("start", 11), ("end", 12), ("start", 21), ("end", 22)] {
      let run = try await workspace.run(
        "alias", action, "codex", "--stdin", text: PaneSample.codex(percent))
      try #require(run.exit == 0, "\(run)")
    }
  }

  @Test(
    "The row to delete is counted from the newest of those that fit",
    arguments: [
      ([], "W0-02 after", 3), (["--index", "2"], "W0-02 before", 2),
      (["--phase", "before"], "W0-02 before", 2), (["--window", "W0-01"], "W0-01 after", 1),
      (["--window", "W0-01", "--phase", "before"], "W0-01 before", 0),
      (["--phase", "after", "--index", "2"], "W0-01 after", 1),
    ] as [([String], String, Int)])
  func choice(flags: [String], row: String, index: Int) async throws {
    try await fill()
    let rows = try workspace.rows()
    let bytes = readBytes(workspace.snapshots) ?? []
    let run = try await workspace.start(["alias", "delete", "codex"] + flags).wait()
    let words = row.split(separator: " ")
    let moment = rows[index]["captured_at"].string ?? ""
    #expect(run.exit == 0)
    #expect(
      run.stdout
        == "removed codex \(words[1]) snapshot for \(words[0]) (captured_at=\(moment))\n")
    let after = readBytes(workspace.snapshots) ?? []
    #expect(after.starts(with: bytes), "a deletion rewrites nothing")
    let tombstone = try #require(try workspace.rows().last)
    #expect(tombstone["deletes"].string == rows[index]["id"].string)
    #expect(tombstone["window"].string == String(words[0]))
    #expect(tombstone["agent_id"].string == "main")
  }

  @Test("The state follows what is left, and what was deleted can be recorded again")
  func state() async throws {
    try await fill()
    _ = try await workspace.run("alias", "delete", "codex")
    #expect(try workspace.position("main")["last_phase"].string == "before")
    #expect(try workspace.position("main")["current_window"].string == "W0-02")
    _ = try await workspace.run("alias", "delete", "codex")
    #expect(try workspace.position("main")["last_phase"].string == "after")
    #expect(try workspace.position("main")["current_window"].string == "W0-01")
    let again = try await workspace.run(
      "alias", "start", "codex", "--stdin", text: PaneSample.codex(23))
    #expect(again.stdout == "stored codex before snapshot for W0-02 (awaiting end)\n")
    let complete = try await workspace.run("complete", "--window", "W0-02")
    #expect(complete.exit == 65, "the deleted AFTER counts no more: \(complete)")
  }

  @Test("A deleted pane may be pasted again")
  func samePaneAgain() async throws {
    let pane = PaneSample.codex(11)
    _ = try await workspace.run("alias", "start", "codex", "--stdin", text: pane)
    _ = try await workspace.run("alias", "delete", "codex")
    let again = try await workspace.run("alias", "start", "codex", "--stdin", text: pane)
    #expect(again.stdout == "stored codex before snapshot for W0-01 (awaiting end)\n")
    let end = try await workspace.run(
      "alias", "end", "codex", "--stdin", text: PaneSample.codex(12))
    #expect(end.exit == 0)
  }

  @Test("Nothing to delete is 66, and so is an index beyond the last")
  func errors() async throws {
    let none = try await workspace.run("alias", "delete", "codex")
    #expect(none.exit == 66)
    #expect(none.stderr == "jobrunner alias: no matching snapshots to delete\n")
    let glm = try await workspace.run("alias", "delete", "glm")
    #expect(glm.stderr == "jobrunner alias: no matching snapshots to delete\n")
    #expect(workspace.allFiles() == [], "a failed deletion makes no file")
    try await fill()
    let bytes = readBytes(workspace.snapshots)
    let beyond = try await workspace.run("alias", "delete", "codex", "--index", "9")
    #expect(beyond.exit == 66)
    #expect(
      beyond.stderr == "jobrunner alias: only 4 matching snapshot(s); cannot delete index 9\n")
    let other = try await workspace.run(
      "alias", "delete", "codex", with: ["AGENT_ID": "sub1"])
    #expect(other.exit == 66, "rows of another agent are not ours to delete")
    #expect(readBytes(workspace.snapshots) == bytes)
  }
}
