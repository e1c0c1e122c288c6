import SystemPackage
import TestSupport
import Testing

/// The stand-in `opencode` behaves as the real one in what the other tests rely on.
@Suite(.fewAtOnce) struct StandInTests {
  private let workspace: OpencodeWorkspace
  private let long = "ses_4a7e0f21cffeCachingMany00"

  init() throws {
    workspace = try OpencodeWorkspace([])
    try workspace.replay(long, "v1-caching.json")
  }

  private func shell(_ script: String) async throws -> Outcome {
    try await SpawnedProcess(
      FilePath("/bin/sh"), ["-c", script], environment: workspace.environment,
      workingDirectory: workspace.root
    ).wait(atMost: .seconds(10))
  }

  @Test func `a file gets the whole export, a pipe 64 KiB with exit 0`() async throws {
    let export = try Fixtures.bytes("opencode/exports/v1-caching.json")
    let whole = try await shell("opencode export \(long)")
    #expect(whole.exit == 0)
    #expect(whole.stdoutBytes == export)
    #expect(whole.stderr == "Exporting session: \(long)\n")
    let piped = try await shell("{ opencode export \(long); echo $? >code; } | cat; cat code")
    #expect(piped.stdoutBytes == Array(export.prefix(65_536)) + Array("0\n".utf8))
  }

  @Test func `an unknown session is an ANSI coloured error and exit 1`() async throws {
    let run = try await shell("opencode export ses_4a00000000ffeNobodyHome00")
    #expect(run.exit == 1)
    #expect(run.stdout == "")
    #expect(run.stderr == (try Fixtures.text("opencode/replies/not-found.stderr.txt")))
  }

  @Test func `version 2 answers the old command with a help page and exit 0`() async throws {
    try workspace.useVersion(2)
    let old = try await shell("opencode export \(long)")
    #expect(old.exit == 0)
    #expect(old.stdout == (try Fixtures.text("opencode/replies/help-page-v2.txt")))
    let new = try await shell("opencode session export \(long)")
    #expect(new.stdoutBytes == (try Fixtures.bytes("opencode/exports/v1-caching.json")))
    #expect(workspace.calls == ["export \(long)", "session export \(long)"])
  }

  @Test(arguments: [
    ("truncate 100", 100, Termination.exited(0)),
    ("kill-after 3000", 3000, .signalled(9)), ("no-output", 0, .exited(0)),
    ("stderr 100000\nkill", 115_747, .signalled(9)),
  ])
  func `it fails on request`(behaviour: String, bytes: Int, termination: Termination)
    async throws
  {
    try workspace.behave(long, behaviour)
    let run = try await shell("exec opencode export \(long)")
    #expect(run.termination == termination)
    #expect(run.stdoutBytes.count == bytes)
  }

  @Test func `every recorded export has its expected numbers`() throws {
    let files = listFolder(Fixtures.path("opencode/exports"))
    #expect(try Fixtures.expectedUsage().map(\.file) == files)
    let forms = listFolder(Fixtures.path("opencode/models"))
    #expect(try Fixtures.expectedWindows().keys.sorted() == forms)
  }
}
