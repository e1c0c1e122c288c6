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
}
