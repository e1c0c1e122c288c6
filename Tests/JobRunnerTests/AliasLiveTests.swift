import Shared
import SystemPackage
import TestSupport
import Testing

/// `alias`, its readings taken from the clients, from their session files and from their caches.
@Suite(.fewAtOnce) struct AliasLiveTests {
  private let workspace: WindowWorkspace

  init() throws { workspace = try WindowWorkspace() }

  private static let folders = "--data-dir data/week0/live --state-dir data/week0/live/state"
  private static let notATerminal = "Error: stdin is not a terminal\n"

  @Test("The plan's two commands work as written although the client prints no pane")
  func plan() async throws {
    try workspace.writeSnapshot(
      "W0-CHN", "before",
      LimitSample(at: .now(-3_600), used: 11, resetsAt: .now(600)))
    let end = try await workspace.shell(
      "codex /status | jobrunner alias end codex --stdin --window W0-CHN \(Self.folders) "
        + "--notes auto-after", with: LimitSample.codex(63, resetsIn: 600))
    #expect(end.exit == 0)
    #expect(end.stdout == "stored codex after snapshot for W0-CHN (ready to finalize)\n")
    #expect(end.stderr == Self.notATerminal)
    let start = try await workspace.shell(
      "codex /status | jobrunner alias start codex --stdin --window W0-CHP \(Self.folders) "
        + "--notes auto-start", with: LimitSample.codex(2, resetsIn: 17_000))
    #expect(start.exit == 0)
    #expect(start.stdout == "stored codex before snapshot for W0-CHP (awaiting end)\n")
    #expect(start.stderr == Self.notATerminal)
    #expect(
      try workspace.shortRows() == [
        "W0-CHN before 11 main", "W0-CHN after 63 main", "W0-CHP before 2 main",
      ])
    let rows = try workspace.rows().dropFirst()
    #expect(rows.map { $0["notes"].string } == ["auto-after", "auto-start"])
    #expect(rows.allSatisfy { $0["method"].string == "app-server" })
    #expect(rows.allSatisfy { $0["parsed"]["errors"] == .array([.text("pane-empty")]) })
    #expect(rows.allSatisfy { $0["account"].string?.count == 16 })
    #expect(
      workspace.calls == [
        "codex /status", "codex app-server", "codex /status", "codex app-server",
      ])
    #expect(workspace.files(holding: ["EXAMPLE", "@example"]) == [])
  }

  @Test("After the reset the last row that bears the old window closes it", arguments: [200, 401])
  func afterTheReset(status: Int) async throws {
    let end = Timestamp.now(-300)
    try workspace.writeSnapshot(
      "W0-CHN", "before", LimitSample(at: .now(-9_000), used: 11, resetsAt: end))
    try workspace.writeRollout(
      "old",
      [
        LimitSample(at: .now(-10_000), used: 9, resetsAt: end),
        LimitSample(at: .now(-4_000), used: 58, resetsAt: end),
        LimitSample(at: .now(-420), used: 71, resetsAt: end),
      ])
    let dialog = status == 200 ? "ok-0.163" : "http-401"
    let run = try await workspace.run(
      "alias", "end", "codex", "--stdin",
      with: LimitSample.codex(1, resetsIn: 17_700, dialog))
    #expect(run.exit == 0)
    #expect(run.stdout == "stored codex after snapshot for W0-CHN (ready to finalize)\n")
    #expect(try workspace.shortRows().last == "W0-CHN after 71 main")
    let row = try #require(try workspace.rows().last)
    #expect(row["method"].string == "rollouts")
    #expect(row["gap_s"].double.map { (119.0...121.0).contains($0) } == true)
    #expect(row["age_s"].double.map { $0 >= 420 } == true)
    let complete = try await workspace.run("complete", "--window", "W0-CHN")
    #expect(complete.exit == 0)
    let delta = try workspace.rows("windows").last?["providers"]["codex"]["delta"]
    #expect(delta?["fiveh_pct"].integer == 60)
    #expect(try workspace.anomalies() == [])
  }

  @Test(
    "A crossing after the reset closes with the old window's last row and opens with the answer")
  func crossAfterTheReset() async throws {
    let end = Timestamp.now(-300)
    try workspace.writeSnapshot(
      "W1", "before", LimitSample(at: .now(-9_000), used: 11, resetsAt: end))
    try workspace.writeRollout("old", [LimitSample(at: .now(-420), used: 71, resetsAt: end)])
    let failed = try await workspace.run(
      "alias", "cross", "codex", "--stdin", with: ["CODEX_STANDIN": "http-500"])
    #expect(failed.exit == 69, "a crossing needs a reading of the new window")
    let run = try await workspace.run(
      "alias", "cross", "codex", "--stdin", with: LimitSample.codex(1, resetsIn: 17_700))
    #expect(
      run.stdout == "stored codex after snapshot for W1 and seeded before snapshot for W2\n")
    #expect(
      try workspace.shortRows() == [
        "W1 before 11 main", "W1 after unavailable:server main", "W1 after 71 main",
        "W2 before 1 main",
      ])
    #expect(try workspace.anomalies() == [])
    workspace.forgetCalls()
    let reset = try await workspace.run("window-reset", "--provider", "codex")
    #expect(reset.isSilentSuccess, "\(reset)")
    #expect(workspace.calls.isEmpty, "what an alias opened is not due")
  }

  @Test("A source that is asked for alone is not helped by another")
  func onlySource() async throws {
    let end = Timestamp.now(-300)
    try workspace.writeSnapshot(
      "W1", "before", LimitSample(at: .now(-9_000), used: 11, resetsAt: end))
    try workspace.writeRollout("old", [LimitSample(at: .now(-420), used: 71, resetsAt: end)])
    let server = try await workspace.run(
      "alias", "end", "codex", "--from", "app-server",
      with: LimitSample.codex(1, resetsIn: 17_700, "http-500"))
    #expect(server.exit == 69)
    #expect(try workspace.shortRows().last == "W1 after unavailable:server main")
    workspace.forgetCalls()
    let files = try await workspace.run("alias", "end", "codex", "--from", "rollouts")
    #expect(files.exit == 0)
    #expect(workspace.calls.isEmpty)
    #expect(try workspace.shortRows().last == "W1 after 71 main")
    let rows = try workspace.rows()
    try #require(rows.count > 2)
    #expect(rows[2]["corrects"].string == rows[1]["id"].string)
  }

  @Test("Nothing on standard input and no live reading wanted is 66")
  func noLive() async throws {
    for (provider, text) in [("codex", ""), ("claude", " \n\t\n"), ("codex", nil)] {
      let run = try await workspace.run(
        "alias", "start", provider, "--stdin", "--no-live", text: text)
      #expect(run.exit == 66)
      #expect(
        run.stderr
          == "jobrunner alias: no content received; paste a pane, or leave out --no-live\n")
    }
    #expect(workspace.allFiles() == [])
    #expect(workspace.calls.isEmpty)
  }

  @Test(
    "Where no source answers it is 69, and one row says why, however often it is tried",
    arguments: [
      ("codex", "http-401", "unauthorized"), ("codex", "http-403", "forbidden"),
      ("codex", "http-500", "server"), ("codex", "not-signed-in", "not-signed-in"),
      ("codex", "api-key", "api-key-has-no-windows"), ("codex", "garbage", "malformed-reply"),
      ("claude", "http-401", "no-data"), ("claude", "http-429", "no-data"),
      ("claude", "http-429-with-cache", "stale"), ("claude", "not-signed-in", "not-signed-in"),
    ])
  func unavailable(provider: String, dialog: String, reason: String) async throws {
    let more = ["CODEX_STANDIN": dialog, "CLAUDE_STANDIN": dialog]
    for _ in 0..<3 {
      let run = try await workspace.run("alias", "start", provider, "--stdin", with: more)
      #expect(run.exit == 69, "\(run)")
      #expect(run.stdout == "")
      #expect(run.stderr.hasPrefix("jobrunner alias: no \(provider) reading for W0-01: "))
      #expect(run.stderr.filter { $0 == "\n" }.count == 1)
    }
    #expect(try workspace.shortRows() == ["W0-01 before unavailable:\(reason) main"])
    let row = try #require(try workspace.rows().first)
    #expect(row["parsed"]["errors"][0].string == "unavailable")
    #expect(row["parsed"][provider == "codex" ? "fiveh_pct" : "session_pct"] == .null)
    #expect(row["tried"].array?.count == 2)
    #expect(workspace.files(holding: ["EXAMPLE", "@", "sk-"]) == [])

    let json = try await workspace.run(
      "alias", "start", provider, "--stdin", "--json", with: more)
    #expect(json.exit == 69 && json.stderr == "")
    #expect(try JSON(parsing: json.stdoutBytes)["code"].string == "E_UNAVAILABLE")

    let limits = LimitSample.codex(12, resetsIn: 9_000)
      .merging(LimitSample.claude(12, resetsIn: 9_000)) { $1 }
    let good = try await workspace.run("alias", "start", provider, "--stdin", with: limits)
    #expect(good.stdout == "stored \(provider) before snapshot for W0-01 (awaiting end)\n")
    let rows = try workspace.rows()
    try #require(rows.count > 1)
    #expect(rows.count == 2 && rows[1]["corrects"].string == rows[0]["id"].string)
  }

  @Test("A program that is not installed is told so")
  func missingProgram() async throws {
    let empty = try WindowWorkspace([])
    for provider in ["codex", "claude"] {
      let run = try await empty.run("alias", "start", provider, "--stdin")
      #expect(run.exit == 69)
      #expect(
        run.stderr.contains("\(provider) is not on PATH; install it or set \(provider).path"))
    }
    #expect(
      try empty.shortRows() == [
        "W0-01 before unavailable:program-missing main",
        "W0-01 before unavailable:program-missing main",
      ])
  }

  @Test("What the order forbids is refused before a client is asked")
  func refusedFirst() async throws {
    let end = try await workspace.run("alias", "end", "codex", "--stdin")
    #expect(end.exit == 65)
    _ = try await workspace.run("alias", "start", "codex", "--stdin", text: PaneSample.codex(11))
    for dialog in ["ok-0.163", "http-401"] {
      let second = try await workspace.run(
        "alias", "start", "codex", "--window", "W0-01", "--stdin",
        with: LimitSample.codex(12, resetsIn: 9_000, dialog))
      #expect(second.exit == 65)
    }
    #expect(workspace.calls.isEmpty)
    #expect(try workspace.shortRows() == ["W0-01 before 11 main"])
  }

  @Test("Each source can be asked alone")
  func sources() async throws {
    let later = Timestamp.now(9_000)
    try workspace.writeRollout("new", [LimitSample(at: .now(-120), used: 44, resetsAt: later)])
    var more = LimitSample.codex(45, resetsIn: 9_000)
    more.merge(LimitSample.claude(33, resetsIn: 9_000)) { $1 }
    let calls = [
      ("codex", "rollouts", 0), ("codex", "app-server", 1), ("claude", "claude-usage", 1),
      ("claude", "claude-cache", 0),
    ]
    for (index, (provider, method, count)) in calls.enumerated() {
      workspace.forgetCalls()
      let run = try await workspace.run(
        "alias", "start", provider, "--window", "W\(index)", "--from", method, with: more)
      #expect(run.stdout == "stored \(provider) before snapshot for W\(index) (awaiting end)\n")
      #expect(workspace.calls.count == count)
      let row = try #require(try workspace.rows().last)
      #expect(row["method"].string == method)
      #expect(row["parsed"]["errors"] == .array([]))
    }
    #expect(
      try workspace.shortRows() == [
        "W0 before 44 main", "W1 before 45 main", "W2 before 33 main", "W3 before 33 main",
      ])
    let pane = try await workspace.run(
      "alias", "start", "codex", "--window", "W9", "--from", "pane", "--stdin", text: "")
    #expect(pane.exit == 66, "a pane that is asked for is not replaced")
  }

  @Test("Old numbers that Claude gives for new ones are stale; its cache tells them with their age")
  func cachedClaude() async throws {
    _ = try await workspace.run(
      "alias", "start", "claude", "--window", "W1", "--stdin",
      with: LimitSample.claude(21, resetsIn: 9_000))
    let cache = workspace.home.appending(".claude.json")
    let fetched = "\"fetchedAtMs\":\(Timestamp.now(-1_800).milliseconds),"
    let aged = (readText(cache) ?? "").split(separator: "\"fetchedAtMs\":", maxSplits: 1)
    let rest = try #require(aged.last?.drop { $0 != "," }.dropFirst())
    try writeFile(cache, "\(aged[0])\(fetched)\(rest)")
    let run = try await workspace.run(
      "alias", "end", "claude", "--stdin",
      with: LimitSample.claude(0, resetsIn: 9_000, "http-429-with-cache"))
    #expect(run.exit == 0, "\(run)")
    #expect(try workspace.shortRows().last == "W1 after 21 main")
    let row = try #require(try workspace.rows().last)
    #expect(row["method"].string == "claude-cache")
    #expect(row["age_s"].double.map { (1_800...1_860).contains($0) } == true)
    #expect(row["tried"][0]["reason"].string == "stale")
    #expect(workspace.files(holding: ["EXAMPLE"]) == [])
  }
}
