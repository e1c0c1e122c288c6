import Shared
import SystemPackage
import TestSupport
import Testing

/// `alias` where several agents share one data folder.
@Suite(.fewAtOnce) struct AliasAgentTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace() }

  @discardableResult
  private func alias(_ agent: String, _ action: String, _ percent: Int) async throws -> Outcome {
    try await workspace.run(
      "alias", action, "codex", "--stdin", text: PaneSample.codex(percent, 30 + percent / 10),
      with: ["AGENT_ID": agent])
  }

  @Test("Two agents in one minute have two states and two rows, each in its own pair")
  func twoAgents() async throws {
    try await alias("main", "start", 10)
    try await alias("sub1", "start", 20)
    #expect(try workspace.shortRows() == ["W0-01 before 10 main", "W0-01 before 20 sub1"])
    for agent in ["main", "sub1"] {
      #expect(try workspace.position(agent)["current_window"].string == "W0-01")
      #expect(try workspace.position(agent)["last_phase"].string == "before")
    }
    try await alias("sub1", "end", 27)
    #expect(try workspace.position("main")["last_phase"].string == "before")
    try await alias("main", "end", 41)
    for (agent, delta) in [("main", 31), ("sub1", 7)] {
      let run = try await workspace.run(
        "complete", "--window", "W0-01", with: ["AGENT_ID": agent])
      #expect(run.stdout == "finalized window W0-01 with providers: codex\n", "\(run)")
      let row = try #require(try workspace.rows("windows").last)
      #expect(row["agent_id"].string == agent)
      #expect(row["providers"]["codex"]["delta"]["fiveh_pct"].integer == delta)
    }
  }

  @Test("Eight agents at once lose no row; one agent eight times at once writes one")
  func atOnce() async throws {
    let pane = PaneSample.codex(11)
    let agents = (1...8).map { "sub\($0)" }
    let runs = try (agents + Array(repeating: "main", count: 8)).map {
      try workspace.start(
        ["alias", "start", "codex", "--stdin"], text: pane, with: ["AGENT_ID": $0])
    }
    for run in runs { #expect(await run.wait().exit == 0) }
    let expected = (agents + ["main"]).map { "W0-01 before 11 \($0)" }
    #expect(try workspace.shortRows().sorted() == expected.sorted())
    for agent in agents {
      #expect(try workspace.position(agent)["current_window"].string == "W0-01")
    }
    #expect(try workspace.anomalies() == [])
  }

  @Test("A state folder that is the agent's already is taken as it is")
  func ownFolder() async throws {
    _ = try await workspace.run(
      "alias", "start", "codex", "--stdin", "--state-dir", "states/sub1",
      text: PaneSample.codex(11), with: ["AGENT_ID": "sub1"])
    let files = workspace.allFiles()
    #expect(files.contains("states/sub1/codex.json"))
    #expect(!files.contains("states/sub1/sub1") && !files.contains("data/week0/live/state"))
  }

  @Test("The tracker's own state is read on where no agent is named")
  func legacyState() async throws {
    let legacy = """
      {
        "provider": "codex",
        "current_window": "W0-CHP-4",
        "last_phase": "after",
        "baseline_prompts": null,
        "updated_at": "\(Timestamp.now(-60).text)"
      }
      """
    let path = workspace.data.appending("state/codex.json")
    try writeFile(path, legacy)
    let named = try await alias("sub1", "start", 10)
    #expect(named.stdout == "stored codex before snapshot for W0-01 (awaiting end)\n")
    let run = try await workspace.run(
      "alias", "start", "codex", "--stdin", text: PaneSample.codex(11))
    #expect(run.stdout == "stored codex before snapshot for W0-CHP-5 (awaiting end)\n")
    #expect(readText(path) == legacy)
    let next = try await workspace.run(
      "alias", "cross", "codex", "--stdin", text: PaneSample.codex(12))
    #expect(next.stdout.hasSuffix("and seeded before snapshot for W0-CHP-6\n"))
  }

  @Test("Without a state, or with a damaged one, the ledger says where the agent stands")
  func damagedState() async throws {
    try await alias("main", "start", 10)
    try await alias("main", "end", 12)
    let path = workspace.data.appending("state/main/codex.json")
    for (index, damage) in ["", "{", "[]", "{\"current_window\":7}"].enumerated() {
      try writeFile(path, damage)
      let start = try await alias("main", "start", 20 + index)
      #expect(
        start.stdout == "stored codex before snapshot for W0-0\(index + 2) (awaiting end)\n")
      try writeFile(path, damage)
      let end = try await alias("main", "end", 30 + index)
      #expect(
        end.stdout == "stored codex after snapshot for W0-0\(index + 2) (ready to finalize)\n")
    }
  }

  @Test(
    "A wrapper's lock on .alias.lock is never taken by us", .enabled(if: requireTool("flock")))
  func wrappersLock() async throws {
    for agent in ["main", "sub1"] {
      try makeFolder(workspace.data.appending("state/\(agent)"))
      try writeFile(workspace.root.appending("pane"), PaneSample.codex(11))
      let run = try await workspace.shell(
        """
        cd data/week0/live/state
        exec 8>.alias.lock 9>$AGENT_ID/.alias.lock
        flock -n 8 && flock -n 9 || exit 9
        jobrunner --workspace ../../../.. alias start codex --file ../../../../pane
        """, with: ["AGENT_ID": agent])
      #expect(run.exit == 0, "\(run)")
      #expect(run.duration < .seconds(4))
    }
    let run = try await workspace.shell(
      "cd data/week0/live/state && exec 9>main/.alias.lock && flock -n 9")
    #expect(run.exit == 0, "nobody holds it once the wrapper is gone")
  }
}
