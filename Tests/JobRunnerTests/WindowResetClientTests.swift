import Shared
import SystemPackage
import TestSupport
import Testing

/// `window-reset` with clients that are missing, hang or say too much.
@Suite(.fewAtOnce) struct WindowResetClientTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace() }

  @Test("A program that is not there is silent, unless its provider is configured")
  func missingPrograms() async throws {
    let empty = try WindowWorkspace([])
    let silent = try await empty.run("window-reset")
    #expect(silent.isSilentSuccess, "\(silent)")
    #expect(try empty.rows().isEmpty)
    try empty.configure("{windows: {providers: ['codex', 'claude']}}")
    let run = try await empty.run("window-reset")
    #expect(run.exit == 69)
    #expect(
      run.stderr
        == "jobrunner window-reset: no reading from codex: codex is not on PATH; install it or set "
        + "codex.path; claude: claude is not on PATH; install it or set claude.path\n")
    #expect(
      try empty.shortRows() == [
        "W0-01 before unavailable:program-missing main",
        "W0-01 before unavailable:program-missing main",
      ])
  }

  @Test(
    "A client that hangs costs its deadline, and none of its processes survives",
    arguments: [("codex", "hang"), ("codex", "hang-initialize"), ("claude", "hang")])
  func hang(provider: String, dialog: String) async throws {
    try workspace.configure("{windows: {providers: ['\(provider)']}}")
    let run = try await workspace.run(
      "window-reset", with: ["CODEX_STANDIN": dialog, "CLAUDE_STANDIN": dialog])
    #expect(run.exit == 69, "\(run)")
    #expect(run.duration < .seconds(15))
    #expect(try workspace.shortRows() == ["W0-01 before unavailable:deadline main"])
    let processes = VendorStandIn.processes(in: workspace.log)
    #expect(processes.count == 2)
    for process in processes { #expect(await isGone(process)) }
  }

  @Test("No token, address or account is kept, whatever the clients say")
  func secrets() async throws {
    try workspace.configure("{}")
    let tokens = ["sk-EXAMPLE-key", "eyJ-EXAMPLE-token", "dev@example.com", "EXAMPLE"]
    try writeFile(
      workspace.codexHome.appending("auth.json"),
      #"{"OPENAI_API_KEY":"sk-EXAMPLE-key","tokens":{"access_token":"eyJ-EXAMPLE-token"}}"#)
    let dialogs = [
      ("ok-0.131", "ok"), ("ok-0.163", "not-started"), ("http-401", "http-401"),
      ("http-403", "http-429"), ("http-500", "http-429-with-cache"), ("garbage", "garbage"),
      ("api-key", "not-signed-in"), ("unknown-plan", "unknown-request"),
    ]
    for (index, (codex, claude)) in dialogs.enumerated() {
      let run = try await workspace.run(
        "window-reset", "--verbose",
        with: [
          "AGENT_ID": "sub\(index)", "CODEX_STANDIN": codex, "CLAUDE_STANDIN": claude,
          "OPENAI_API_KEY": "sk-EXAMPLE-key", "ANTHROPIC_AUTH_TOKEN": "eyJ-EXAMPLE-token",
        ])
      #expect(tokens.allSatisfy { !run.stdout.contains($0) && !run.stderr.contains($0) })
    }
    #expect(try workspace.rows().count == 2 * dialogs.count)
    #expect(workspace.files(holding: tokens) == [])
  }
}
