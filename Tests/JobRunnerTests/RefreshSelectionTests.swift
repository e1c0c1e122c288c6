import Shared
import SystemPackage
import TestSupport
import Testing

/// Which agents a run exports, and when it tries again.
@Suite(.fewAtOnce) struct RefreshSelectionTests {
  @Test func `E16 an orphan without pid is unknown after ten minutes and keeps nothing alive`()
    async throws
  {
    let workspace = try OpencodeWorkspace([
      AgentRecord("old", session: nil, status: "scheduled", started: .now(-660)),
      AgentRecord("young", session: nil, status: "scheduled", started: .now(-60)),
    ])
    let before = FileSnapshot(workspace.registryPath)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(FileSnapshot(workspace.registryPath) == before)
    let status = try JSON(parsing: await workspace.run("status").stdout)["agents"]
    #expect(status[0]["status"].string == "unknown")
    #expect(status[1]["status"].string == "scheduled")
  }

  @Test func `E17 a pid that now belongs to another process is not the agent`() async throws {
    let process = try LiveProcess()
    let workspace = try OpencodeWorkspace([
      AgentRecord(
        "reused", session: nil, status: "running", pid: process.pid, started: .now(-7200),
        updated: .now(-3600)),
      .running("same", nil, process),
    ])
    let status = try JSON(parsing: await workspace.run("status").stdout)["agents"]
    #expect(status[0]["status"].string == "unknown")
    #expect(status[1]["status"].string == "running")
    #expect(try workspace.agent("reused")["status"].string == "running", "status only reads")
  }

  @Test(.enabled(if: BuiltBinary.canRunUnprivileged()))
  func `E17 a process of another user is alive`() async throws {
    let process = try LiveProcess()
    let workspace = try OpencodeWorkspace([.running("one", nil, process)])
    openToAll(workspace)
    let status = try await BuiltBinary.runAsUnprivileged(
      ["status"], environment: workspace.environment, workingDirectory: workspace.root)
    #expect(
      try JSON(parsing: status.stdout)["agents"][0]["status"].string == "running", "\(status)")
  }

  @Test func `E18 an agent finished since its last export is exported once more, then never`()
    async throws
  {
    let usage = #""usage":{"messageCount":1,"dialogTokens":5,"contextFullPct":null}"#
    let workspace = try workspace(
      replaying: minimalFixture,
      more: [usage, #""usageUpdatedAt":"\#(Timestamp.now(-400).text)""#])
    for _ in 0..<3 { #expect(try await workspace.run("refresh-usage").isSilentSuccess) }
    #expect(workspace.exportedSessions == [minimalSession])
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }

  @Test func `E18 a finished sub-task is not exported again with its running agent`() async throws {
    let process = try LiveProcess()
    let parent = "ses_4a7e0f21cffeLanternParent01"
    let child = "ses_4a7e1131cffeLanternSurvey02"
    let workspace = try OpencodeWorkspace([.running("one", parent, process)])
    try workspace.configure("{ refresh: { runningInterval: 0 } }")
    try workspace.replay(parent, "children-numeric-times.json")
    try workspace.replay(child, "child-survey.json")
    for _ in 0..<3 { #expect(try await workspace.run("refresh-usage").isSilentSuccess) }
    #expect(workspace.exportedSessions.count { $0 == parent } == 3)
    #expect(workspace.exportedSessions.count { $0 == child } == 1)
  }

  @Test func `E19 an unknown agent that turns done is exported once more`() async throws {
    let lost = AgentRecord("one", session: minimalSession, status: "running", pid: 999_999)
    let workspace = try OpencodeWorkspace([lost])
    try workspace.replay(minimalSession, minimalFixture)
    for _ in 0..<2 { #expect(try await workspace.run("refresh-usage").isSilentSuccess) }
    #expect(workspace.exportedSessions.count == 1)

    let text = String(decoding: workspace.registryBytes, as: UTF8.self)
      .replacing("\"status\":\"running\"", with: "\"status\":\"done\"")
      .replacing("\"finishedAt\":null", with: "\"finishedAt\":\"\(Timestamp.now().text)\"")
    try writeFile(workspace.registryPath, text)
    for _ in 0..<2 { #expect(try await workspace.run("refresh-usage").isSilentSuccess) }
    #expect(workspace.exportedSessions.count == 2)
  }

  @Test func `E20 a running agent is exported at most once per interval`() async throws {
    let process = try LiveProcess()
    let workspace = try OpencodeWorkspace([.running("one", minimalSession, process)])
    try workspace.replay(minimalSession, minimalFixture)
    for _ in 0..<2 { #expect(try await workspace.run("refresh-usage").isSilentSuccess) }
    #expect(workspace.exportedSessions.count == 1)
    try workspace.configure("{ refresh: { runningInterval: 1 } } // often")
    try await Task.sleep(for: .seconds(1.1))
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(workspace.exportedSessions.count == 2)
  }

  @Test func `E20 a clock set back does not freeze a running agent`() async throws {
    let process = try LiveProcess()
    let usage = #""usage":{"messageCount":1,"dialogTokens":5,"contextFullPct":null}"#
    let workspace = try OpencodeWorkspace([
      .running(
        "one", minimalSession, process,
        more: [usage, #""usageUpdatedAt":"\#(Timestamp.now(3600).text)""#])
    ])
    try workspace.replay(minimalSession, minimalFixture)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }

  @Test func `E21 retries wait 2, 4, 8 … 60 seconds`() async throws {
    let waits = [0: 2.0, 1: 4, 2: 8, 3: 16, 4: 32, 5: 60, 9: 60]
    let agents = waits.keys.sorted().map { attempts in
      AgentRecord.done(
        "tried \(attempts)", session(attempts),
        more: attempts == 0
          ? []
          : [
            #""usageRetryAt":"\#(Timestamp.now(-1).text)""#, #""usageAttempt":\#(attempts)"#,
            #""usageError":"opencode exited with code 3""#,
          ])
    }
    let workspace = try OpencodeWorkspace(agents)
    try writeFile(workspace.plan.appending("boom.txt"), "boom\n")
    for attempts in waits.keys {
      try workspace.replay(session(attempts), minimalFixture, "exit 3 boom.txt")
    }
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let logged = try workspace.logLines()
    #expect(logged.count == waits.count)
    for line in logged {
      let attempt = try #require(line["attempt"].integer)
      let retry = try #require(Timestamp(line["retryAt"].string))
      let time = try #require(Timestamp(line["time"].string))
      let expected = try #require(waits[attempt - 1])
      #expect(abs(retry.seconds(since: time) - expected) < 0.5, "attempt \(attempt)")
      let record = try workspace.agent(line["name"].string ?? "")
      #expect(record["usageAttempt"].integer == attempt)
      #expect(record["usageRetryAt"].string == line["retryAt"].string)
    }

    // Not before its time; and what `status` prints says nothing of all this.
    workspace.forgetCalls()
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let soon = [session(0), session(1)]
    #expect(workspace.exportedSessions.allSatisfy { soon.contains($0) })
    let status = try await workspace.run("status")
    for word in ["usageAttempt", "usageRetryAt", "usageError", "boom"] {
      #expect(!status.stdout.contains(word))
    }
  }

  @Test func `E21 a session that is not there is asked for again only after hours`() async throws {
    let workspace = try OpencodeWorkspace([.done("one", session(1))])
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let line = try #require(workspace.logLines().first)
    let retry = try #require(Timestamp(line["retryAt"].string))
    #expect(retry.seconds(since: .now()) > 3500)
  }

  @Test func `E21 a retry further away than its schedule allows counts as due`() async throws {
    let workspace = try workspace(
      replaying: minimalFixture,
      more: [
        #""usageRetryAt":"\#(Timestamp.now(90 * 86_400).text)""#, #""usageAttempt":1"#,
        #""usageError":"opencode exited with code 3""#,
      ])
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    let agent = try workspace.agent("one")
    #expect(agent["usage"]["dialogTokens"].integer == 12)
    for key in ["usageRetryAt", "usageAttempt", "usageError"] { #expect(agent[key] == .null) }
  }

  @Test func `E22 a run ends at its deadline, and the next takes what was left`() async throws {
    let agents = (0..<6).map {
      AgentRecord.done("\(9 - $0)", session($0), finished: .now(Double($0 - 500)))
    }
    let workspace = try OpencodeWorkspace(agents)
    for number in 0..<6 { try workspace.replay(session(number), minimalFixture, "slow 1") }
    let cut = try await workspace.run("refresh-usage", "--concurrency", "2", "--deadline", "1.5")
    #expect(cut.isSilentSuccess, "\(cut)")
    #expect(cut.duration < .seconds(4))
    let done = try workspace.registry()["agents"].object?.values.filter { $0["usage"] != .missing }
    #expect(done?.count == 2)
    #expect(try workspace.logLines() == [], "a cut export counts no attempt")
    #expect(Set(workspace.exportedSessions.prefix(2)) == [session(0), session(1)], "oldest first")

    workspace.forgetCalls()
    let rest = try await workspace.run("refresh-usage", "--concurrency", "8")
    #expect(rest.isSilentSuccess, "\(rest)")
    #expect(rest.duration < .seconds(3.5), "four exports of a second, side by side")
    #expect(Set(workspace.exportedSessions) == Set((2..<6).map(session)))
  }

  @Test func `E22 a deadline in which nothing could be done is exit 124`() async throws {
    let workspace = try workspace(replaying: minimalFixture, "hang")
    let before = workspace.registryBytes
    let run = try await workspace.run("refresh-usage", "--deadline", "1")
    #expect(run.exit == 124, "\(run)")
    #expect(run.duration < .seconds(5))
    #expect(workspace.registryBytes == before)
    #expect(try workspace.logLines() == [])
  }

  @Test func `E23 a new session on the same name starts with a clean slate`() async throws {
    let workspace = try OpencodeWorkspace([.done("one", session(1))])
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try workspace.agent("one")["usageAttempt"].integer == 1)
    try writeFile(workspace.registryPath, AgentRecord.registry([.done("one", session(2))]))
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try workspace.logLines().compactMap(\.["attempt"].integer) == [1, 1])
  }

  @Test func `E23 numbers of the old session neither show nor hold the new one back`() async throws
  {
    let old = [
      #""usage":{"messageCount":1,"dialogTokens":999,"contextFullPct":null}"#,
      #""usageUpdatedAt":"\#(Timestamp.now().text)""#, #""usageSessionId":"\#(session(1))""#,
    ]
    let workspace = try OpencodeWorkspace([.done("one", minimalSession, more: old)])
    try workspace.behave(minimalSession, "exit 1")
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(!(try await workspace.run("status").stdout.contains("dialogTokens\":999")))
    try workspace.replay(minimalSession, minimalFixture)
    try await Task.sleep(for: .seconds(2.1))
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }

  @Test(arguments: ["--help", "a;b", "ses_x;reboot", "ses_../../x", "-ses_1", "sess_1", "ses_ 1"])
  func `E24 an id that is no session id starts nothing`(id: String) async throws {
    let workspace = try OpencodeWorkspace([.done("one", id)])
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(workspace.calls.filter { !$0.hasPrefix("models") } == [])
    #expect(try workspace.logLines().count == 1)
  }

  @Test func `E24 an empty id is no session`() async throws {
    let workspace = try OpencodeWorkspace([.done("one", "")])
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(workspace.exportedSessions == [])
  }

  @Test func `one agent alone is refreshed when it is named`() async throws {
    let workspace = try OpencodeWorkspace([.done("a", session(1)), .done("b", session(2))])
    for number in 1...2 { try workspace.replay(session(number), minimalFixture) }
    #expect(try await workspace.run("refresh-usage", "--agent", "b").isSilentSuccess)
    #expect(workspace.exportedSessions == [session(2)])
  }

  @Test func `a dry run prints what is due and touches nothing`() async throws {
    let workspace = try OpencodeWorkspace([.done("due", session(1)), .done("idle", nil)])
    let files = workspace.allFiles()
    let before = FileSnapshot(workspace.registryPath)
    let run = try await workspace.run("refresh-usage", "--dry-run")
    #expect(run.exit == 0)
    #expect(run.stdout.contains("due"))
    #expect(!run.stdout.contains("idle"))
    #expect(run.stderr.isEmpty)
    #expect(workspace.allFiles() == files)
    #expect(FileSnapshot(workspace.registryPath) == before)
    #expect(workspace.calls == [])
  }
}
