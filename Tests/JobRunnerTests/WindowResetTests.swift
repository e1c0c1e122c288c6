import Shared
import SystemPackage
import TestSupport
import Testing

/// `window-reset` with stand-ins for the clients.
@Suite(.fewAtOnce) struct WindowResetTests {
  private let workspace: WindowWorkspace

  init() throws {
    workspace = try WindowWorkspace()
    try workspace.configure("{windows: {providers: ['codex']}}")
  }

  /// A window that reset some minutes ago, as an earlier run left it.
  private func leaveWindow(
    _ window: String = "W0-CHN", agent: String = "main", resetsIn seconds: Double = -400
  ) throws {
    try workspace.writeSnapshot(
      window, "before", LimitSample(at: .now(-15_000), used: 11, resetsAt: .now(seconds)),
      agent: agent, id: "\(agent)-before")
  }

  private func leaveRollouts(resetsIn seconds: Double = -400) throws {
    let end = Timestamp.now(seconds)
    try workspace.writeRollout(
      "old",
      [
        LimitSample(at: .now(-8_000), used: 58, resetsAt: end),
        LimitSample(at: .now(seconds - 60), used: 71, resetsAt: end),
      ])
  }

  private let fresh = LimitSample.codex(2, resetsIn: 17_500)

  // MARK: Due or not

  @Test("A first run takes the BEFORE of every provider whose program is found, and says nothing")
  func firstRun() async throws {
    try workspace.configure("{}")
    let more = fresh.merging(LimitSample.claude(5, resetsIn: 17_500)) { $1 }
    let run = try await workspace.run("window-reset", with: more)
    #expect(run.isSilentSuccess, "\(run)")
    #expect(try workspace.shortRows() == ["W0-01 before 2 main", "W0-01 before 5 main"])
    #expect(try workspace.rows().allSatisfy { $0["state"].string == "started" })
    #expect(try workspace.rows().allSatisfy { $0["source"].string == "window-reset" })
    #expect(workspace.calls.count == 2)
    let again = try await workspace.run("window-reset", with: more)
    #expect(again.isSilentSuccess)
    #expect(workspace.calls.count == 2)
    #expect(try workspace.rows().count == 2)
  }

  @Test("A window that has not reset, or only just, starts no client", arguments: [9_000.0, -120])
  func notDue(seconds: Double) async throws {
    try leaveWindow(resetsIn: seconds)
    let bytes = readBytes(workspace.snapshots)
    let run = try await workspace.run("window-reset", with: fresh)
    #expect(run.isSilentSuccess, "\(run)")
    #expect(workspace.calls.isEmpty)
    #expect(readBytes(workspace.snapshots) == bytes)
  }

  @Test("A dry run says what is due and touches nothing")
  func dryRun() async throws {
    try leaveWindow()
    let files = workspace.allFiles()
    let run = try await workspace.run("window-reset", "--dry-run")
    #expect(run.exit == 0)
    #expect(run.stdout == "codex  W0-CHN  due: a reading is to be taken\n")
    let json = try await workspace.run("window-reset", "--dry-run", "--json")
    #expect(try JSON(parsing: json.stdoutBytes)["due"].integer == 1)
    #expect(workspace.allFiles() == files)
    #expect(workspace.calls.isEmpty)
  }

  // MARK: Crossing

  @Test(
    "A reset closes the window with its last reading and opens the next under its name",
    arguments: [
      (["--window", "W0-CHN", "--next", "W0-CHP"], "{}", "W0-CHP"),
      (["--next", "N7"], "{windows: {sequence: ['W0-CHN', 'X']}}", "N7"),
      ([], "{windows: {sequence: ['W0-CHN', 'W0-CHP', 'W0-CHQ']}}", "W0-CHP"),
      (["--sequence", "W0-CHN,W0-CHQ"], "{windows: {sequence: ['W0-CHN', 'X']}}", "W0-CHQ"),
      ([], "{}", "W0-CHN-1"),
    ] as [([String], String, String)])
  func crossing(flags: [String], configuration: String, next: String) async throws {
    try workspace.configure(configuration)
    try leaveWindow()
    try leaveRollouts()
    let run = try await workspace.start(
      ["window-reset", "--provider", "codex"] + flags, with: fresh
    ).wait()
    #expect(run.isSilentSuccess, "\(run)")
    #expect(
      try workspace.shortRows() == [
        "W0-CHN before 11 main", "W0-CHN after 71 main", "\(next) before 2 main",
      ])
    let rows = try workspace.rows()
    try #require(rows.count > 2)
    #expect(rows[1]["method"].string == "rollouts")
    #expect(rows[1]["gap_s"].double.map { (59.0...62.0).contains($0) } == true)
    #expect(rows[1]["late_s"].double.map { (99.0...130.0).contains($0) } == true)
    #expect(rows[2]["method"].string == "app-server")
    #expect(workspace.calls == ["codex app-server"])
    #expect(try workspace.anomalies() == [])
    #expect(try workspace.position("main")["current_window"].string == next)
    let complete = try await workspace.run("complete", "--window", "W0-CHN")
    #expect(complete.exit == 0, "\(complete)")
    let delta = try workspace.rows("windows").last?["providers"]["codex"]["delta"]
    #expect(delta?["fiveh_pct"].integer == 60)
  }

  @Test("What a run did is told on request, as lines or as one object")
  func telling() async throws {
    try leaveWindow()
    try leaveRollouts()
    let run = try await workspace.run("window-reset", "--verbose", with: fresh)
    #expect(run.exit == 0)
    #expect(run.stdout == "codex  W0-CHN  after  71%\ncodex  W0-CHN-1  before  2%\n")
    #expect(run.stderr == "window-reset: 1 closed, 1 opened\n")
    let idle = try await workspace.run("window-reset", "--json", with: fresh)
    let object = try JSON(parsing: idle.stdoutBytes)
    #expect(idle.exit == 0 && idle.stderr == "")
    #expect(object["ok"] == .bool(true) && object["outcome"].string == "idle")
  }

  @Test("A reading that nobody took is filled in when session files bring it")
  func backfill() async throws {
    try leaveWindow()
    let run = try await workspace.run("window-reset", with: fresh)
    #expect(run.isSilentSuccess, "\(run)")
    #expect(try workspace.shortRows()[1] == "W0-CHN after unavailable:no-data main")
    try leaveRollouts()
    // The BEFORE is confirmed by a second reading first.
    for _ in 0..<2 {
      try workspace.ageLook()
      let later = try await workspace.run("window-reset", with: fresh)
      #expect(later.isSilentSuccess, "\(later)")
    }
    #expect(
      try workspace.shortRows() == [
        "W0-CHN before 11 main", "W0-CHN after unavailable:no-data main",
        "W0-CHN-1 before 2 main", "W0-CHN after 71 main",
      ])
    let rows = try workspace.rows()
    try #require(rows.count > 3)
    #expect(rows[3]["corrects"].string == rows[1]["id"].string)
    let complete = try await workspace.run("complete", "--window", "W0-CHN")
    #expect(complete.exit == 0)
  }

  @Test("An AFTER can be taken shortly before the reset, and stands then")
  func phaseAfter() async throws {
    try leaveWindow(resetsIn: 90)
    let run = try await workspace.run(
      "window-reset", "--phase", "after", with: LimitSample.codex(77, resetsIn: 90))
    #expect(run.isSilentSuccess, "\(run)")
    #expect(try workspace.shortRows() == ["W0-CHN before 11 main", "W0-CHN after 77 main"])
    let next = try WindowWorkspace(["codex"])
    try next.writeSnapshot(
      "W1", "before", LimitSample(at: .now(-15_000), used: 11, resetsAt: .now(-400)))
    try next.writeSnapshot(
      "W1", "after", LimitSample(at: .now(-490), used: 77, resetsAt: .now(-400)), id: "b")
    let reset = try await next.run("window-reset", with: fresh)
    #expect(reset.isSilentSuccess, "\(reset)")
    #expect(
      try next.shortRows() == ["W1 before 11 main", "W1 after 77 main", "W2 before 2 main"])
  }

  @Test("Where no client answers the window is closed by its files, and the run is 69")
  func failing() async throws {
    try leaveWindow()
    try leaveRollouts()
    let run = try await workspace.run("window-reset", with: ["CODEX_STANDIN": "http-401"])
    #expect(run.exit == 69)
    #expect(run.stdout == "")
    #expect(run.stderr.hasPrefix("jobrunner window-reset: no reading from codex: HTTP 401"))
    #expect(
      try workspace.shortRows() == [
        "W0-CHN before 11 main", "W0-CHN after 71 main",
        "W0-CHN-1 before unavailable:unauthorized main",
      ])
    for _ in 0..<2 {
      try workspace.ageLook()
      let json = try await workspace.run(
        "window-reset", "--json", with: ["CODEX_STANDIN": "http-401"])
      #expect(json.exit == 69 && json.stderr == "")
      #expect(try JSON(parsing: json.stdoutBytes)["code"].string == "E_UNAVAILABLE")
    }
    #expect(try workspace.rows().count == 3)
    try workspace.ageLook()
    let good = try await workspace.run("window-reset", with: fresh)
    #expect(good.isSilentSuccess)
    #expect(try workspace.shortRows().last == "W0-CHN-1 before 2 main")
  }

  // MARK: Many

  @Test("Twelve runs at once write each row once")
  func atOnce() async throws {
    try leaveWindow()
    try leaveRollouts()
    let runs = try (0..<12).map { _ in try workspace.start(["window-reset"], with: fresh) }
    for run in runs {
      let outcome = await run.wait()
      #expect(outcome.isSilentSuccess, "\(outcome)")
    }
    #expect(
      try workspace.shortRows() == [
        "W0-CHN before 11 main", "W0-CHN after 71 main", "W0-CHN-1 before 2 main",
      ])
    #expect(try workspace.anomalies() == [])
  }

  @Test("Two agents close and open windows of their own, at once as well")
  func twoAgents() async throws {
    try leaveWindow()
    try leaveWindow("W7", agent: "sub1")
    try leaveRollouts()
    let runs = try ["main", "sub1", "main", "sub1"].map {
      try workspace.start(["window-reset"], with: fresh.merging(["AGENT_ID": $0]) { $1 })
    }
    for run in runs {
      let outcome = await run.wait()
      #expect(outcome.isSilentSuccess, "\(outcome)")
    }
    let rows = try workspace.shortRows()
    #expect(
      rows.filter { $0.hasSuffix("main") } == [
        "W0-CHN before 11 main", "W0-CHN after 71 main", "W0-CHN-1 before 2 main",
      ])
    #expect(
      rows.filter { $0.hasSuffix("sub1") } == [
        "W7 before 11 sub1", "W7 after 71 sub1", "W8 before 2 sub1",
      ])
  }

  @Test("What is no use of the command is 64 and leaves nothing behind")
  func usage() async throws {
    for (flags, message) in [
      (["--phase", "before"], "--phase takes 'after'"),
      (["--provider", "glm"], "glm is recorded by hand"),
      (["--window", "W1", "--next", "W1"], "--window and --next are the same"),
      (["--from", "rollouts"], "--from takes a source of the --provider"),
      (["--from", "rollouts", "--provider", "claude"], "--from takes a source of the --provider"),
      (["--sequence", "W1,,W2"], "cannot be a window's name"),
      (["--window", "a b"], "'a b' is invalid"),
    ] {
      let run = try await workspace.start(["window-reset"] + flags).wait()
      #expect(run.exit == 64 && run.stdout == "", "\(flags): \(run)")
      #expect(run.stderr.contains(message), "\(flags): \(run.stderr)")
    }
    #expect(workspace.allFiles() == ["jobrunner.json5"])
    #expect(workspace.calls.isEmpty)
  }
}
