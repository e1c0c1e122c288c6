import Shared
import TestSupport
import Testing

/// The real client of the vendor behind the commands.
@Suite(.fewAtOnce, .enabled(if: RealCodex.isInstalled)) struct RealCodexCommandTests {
  @Test("alias takes its BEFORE and its AFTER from the client where no pane comes in")
  func alias() async throws {
    let codex = try await RealCodex()
    try codex.control(#"{"primary":[61,300,1796403600],"secondary":[41,10080,1796860800]}"#)
    let start = try await codex.run("alias", "start", "codex", "--stdin")
    #expect(start.exit == 0, "\(start)")
    #expect(start.stdout == "stored codex before snapshot for W0-01 (awaiting end)\n")
    try codex.control(#"{"primary":[79,300,1796403600],"secondary":[42,10080,1796860800]}"#)
    let end = try await codex.run("alias", "end", "codex", "--from", "app-server")
    #expect(end.stdout == "stored codex after snapshot for W0-01 (ready to finalize)\n", "\(end)")
    let complete = try await codex.run("complete", "--window", "W0-01")
    #expect(complete.exit == 0, "\(complete)")
    let delta = try codex.workspace.rows("windows").first?["providers"]["codex"]["delta"]
    #expect(delta?["fiveh_pct"].integer == 18 && delta?["weekly_pct"].integer == 1)
    let rows = try codex.workspace.rows()
    try #require(rows.count > 0)
    #expect(rows.map { $0["account"].string } == ["3cdf4e957f2d66ea", "3cdf4e957f2d66ea"])
    #expect(rows[0]["parsed"]["errors"] == .array([.text("pane-empty")]))
    #expect(codex.workspace.files(holding: ["EXAMPLE", "@example"]) == [])
    #expect(await codex.isOver())
  }

  @Test("window-reset closes a window before its reset and opens the next behind it")
  func windowReset() async throws {
    let codex = try await RealCodex()
    try codex.workspace.configure("{windows: {settle: 0, sequence: ['W0-CHN', 'W0-CHP']}}")
    let end = Timestamp.now(6)
    let seconds = end.milliseconds / 1_000
    try codex.control(#"{"primary":[61,300,\#(seconds)]}"#)
    let first = try await codex.run("window-reset")
    #expect(first.isSilentSuccess, "\(first)")
    try codex.control(#"{"primary":[79,300,\#(seconds)]}"#)
    let after = try await codex.run("window-reset", "--phase", "after")
    #expect(after.isSilentSuccess, "\(after)")
    try codex.control(#"{"primary":[2,300,\#(seconds + 18_000)]}"#)
    #expect(await eventually { Timestamp.now() > end })
    try codex.workspace.ageLook()
    let next = try await codex.run("window-reset")
    #expect(next.isSilentSuccess, "\(next)")
    #expect(
      try codex.workspace.shortRows() == [
        "W0-CHN before 61 main", "W0-CHN after 79 main", "W0-CHP before 2 main",
      ])
    #expect(try codex.workspace.anomalies() == [])
    #expect(codex.workspace.files(holding: ["EXAMPLE", "@example"]) == [])
    #expect(await codex.isOver())
  }

  @Test(
    "A refusal of the back end is 69 and one row",
    arguments: [("401", "unauthorized"), ("500", "server")])
  func refusedCommands(status: String, reason: String) async throws {
    let codex = try await RealCodex()
    try codex.control("{\"status\":\(status)}")
    for command in [["alias", "start", "codex", "--stdin"], ["window-reset"]] {
      let run = try await codex.run(command)
      #expect(run.exit == 69 && run.stdout == "", "\(run)")
      #expect(run.stderr.contains("HTTP \(status)"), "\(run)")
    }
    #expect(try codex.workspace.shortRows() == ["W0-01 before unavailable:\(reason) main"])
    #expect(codex.workspace.files(holding: ["EXAMPLE", "@example"]) == [])
    #expect(await codex.isOver())
  }

  @Test("A command whose client hangs ends by itself, and no child survives")
  func hangingCommand() async throws {
    let codex = try await RealCodex()
    try codex.control(#"{"hang":true}"#)
    let run = try await codex.run("window-reset")
    #expect(run.exit == 69, "\(run)")
    #expect(run.duration < .seconds(60))
    #expect(
      try codex.workspace.shortRows() == ["W0-01 before unavailable:deadline main"])
    #expect(await codex.isOver())
  }
}
