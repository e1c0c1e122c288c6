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

/// Names that mean harm, and files that somebody else has put where ours go.
@Suite(.fewAtOnce) struct HostileFilesTests {
  private static let hostile = [
    "--help", "-rf", "../../../outside", "$(touch outside)", "`touch outside`", "; touch outside",
    "\u{1B}[2J\u{1B}]0;x\u{7}", "a\nb", "a\0b", "\u{202E}b", "'\"", "%s%n",
  ]

  @Test("A name of an agent or a session is a name and nothing else", arguments: hostile)
  func names(_ name: String) async throws {
    let workspace = try OpencodeWorkspace([.done(name, name), .done("calm", minimalSession)])
    try workspace.replay(minimalSession, minimalFixture)
    let before = Set(workspace.allFiles())
    let run = try await workspace.run("refresh-usage")
    #expect(run.exit == 0, "\(run)")
    #expect(try workspace.agent("calm")["usage"]["dialogTokens"].integer == 12)
    for call in workspace.calls { #expect(!call.hasPrefix("-") || call == "--version", "\(call)") }
    let status = try await workspace.run("status", "--diagram", "--wide")
    #expect(status.exit == 0)
    for run in [run, status] {
      let shown = (run.stdoutBytes + run.stderrBytes).filter { $0 < 0x20 && $0 != 0x0A }
      #expect(shown.isEmpty, "\(run)")
    }
    let new = Set(workspace.allFiles()).subtracting(before)
    #expect(
      new.allSatisfy { $0.hasPrefix(".jobrunner") || $0.hasPrefix(".opencode-subagent/") }, "\(new)"
    )
    #expect(!new.contains { $0.contains("outside") })
    #expect(FileSnapshot(workspace.root.removingLastComponent().appending("outside")) == nil)
  }

  @Test(
    "A window's name is no path and moves no cursor",
    arguments: ["../W0-A", "a/b", "W0\u{1B}[2J", "", "W0-A\nW0-B"])
  func windows(_ name: String) async throws {
    let workspace = try WindowWorkspace([])
    let run = try await workspace.run(
      "alias", "start", "codex", "--stdin", "--no-live", "--window=\(name)",
      text: PaneSample.codex(31))
    #expect(run.exit == 64, "\(run)")
    #expect(workspace.allFiles() == [])
  }

  @Test("A link where a lock of ours goes is not followed")
  func linkedLock() async throws {
    let workspace = try WindowWorkspace([])
    func start(_ window: String) async throws -> Outcome {
      try await workspace.run(
        "alias", "start", "codex", "--stdin", "--no-live", "--force", "--window", window,
        text: PaneSample.codex(31))
    }
    #expect(try await start("W0-A").exit == 0)
    let locks = workspace.root.appending(".jobrunner/locks")
    let lock = try #require(listFolder(locks).first { $0.hasPrefix("snapshots") })
    let victim = workspace.home.appending("victim")
    try writeFile(victim, "theirs")
    let path = locks.appending(lock)
    #expect(unlink(path.string) == 0)
    #expect(symlink(victim.string, path.string) == 0)
    let rows = readBytes(workspace.snapshots)
    let run = try await start("W0-B")
    #expect(run.exit != 0, "\(run)")
    #expect(readText(victim) == "theirs")
    #expect(readBytes(workspace.snapshots) == rows, "written without the lock")
  }

  @Test("A ledger that nobody may write is an error that names it, and stays as it is")
  func closedLedger() async throws {
    guard BuiltBinary.canRunUnprivileged() else { return }
    let workspace = try WindowWorkspace([])
    try writeFile(workspace.snapshots, "", permissions: FilePermissions(rawValue: 0o444))
    chmod(workspace.root.string, 0o777)
    let run = try await BuiltBinary.runAsUnprivileged(
      ["alias", "delete", "codex"], environment: workspace.environment,
      workingDirectory: workspace.root)
    #expect([66, 77].contains(run.exit ?? 0), "\(run)")
    #expect(readBytes(workspace.snapshots) == [])
  }

  @Test("Our locks and state are closed to others, whatever the umask")
  func modes() async throws {
    let workspace = try WindowWorkspace([])
    try writeFile(workspace.root.appending("pane.txt"), PaneSample.codex(31))
    let run = try await workspace.shell(
      "umask 000; jobrunner alias start codex --window W0-A --file pane.txt --no-live")
    #expect(run.exit == 0, "\(run)")
    for name in workspace.allFiles() where name.hasPrefix(".jobrunner") {
      var status = stat()
      #expect(stat(workspace.root.pushing(FilePath(name)).string, &status) == 0)
      #expect(status.st_mode & 0o077 == 0, "\(name)")
    }
  }
}
