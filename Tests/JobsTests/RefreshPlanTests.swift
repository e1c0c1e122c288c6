import Shared
import TestSupport
import Testing

@testable import Jobs

struct RefreshPlanTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)
  private static let nobody = ProcessTable.only(pid: 1, alive: false, start: nil)
  private static let live = ProcessTable.only(pid: 77, alive: true, start: nil)

  private static func ago(_ seconds: Int) -> String { "\"\((now - .seconds(seconds)).text)\"" }

  private static func record(_ session: String, _ members: String = "") -> String {
    #"{"sessionId":"\#(session)","status":"done"\#(members)}"#
  }

  private func plan(
    _ agents: String, only name: String? = nil, processes: ProcessTable = nobody
  ) throws -> [PlannedExport] {
    RefreshPlan.exports(
      of: try AgentRegistry(Array(#"{"agents":{\#(agents)}}"#.utf8)), only: name,
      policy: RefreshPolicy(runningInterval: .seconds(30)), now: Self.now, processes: processes)
  }

  private func sessions(_ plan: [PlannedExport]) -> [String?] { plan.map(\.session.sessionID) }

  // MARK: Order

  @Test func `E22 what was never tried comes first, then the oldest`() throws {
    let usage = #","usage":{"messageCount":1},"finishedAt":\#(Self.ago(1)),"usageUpdatedAt":"#
    let plan = try plan(
      #""a":\#(Self.record("ses_young", usage + Self.ago(100))),"#
        + #""b":\#(Self.record("ses_new")),"#
        + #""c":\#(Self.record("ses_old", usage + Self.ago(900))),"#
        + #""d":\#(Self.record("ses_newer"))"#)
    #expect(sessions(plan) == ["ses_new", "ses_newer", "ses_old", "ses_young"])
    #expect(
      plan.map(\.reason) == [.neverExported, .neverExported, .finishedSince, .finishedSince])
  }

  @Test func `E22 a session that keeps failing does not go before those that wait`() throws {
    let usage = #","usage":{"messageCount":1},"finishedAt":\#(Self.ago(1)),"usageUpdatedAt":"#
    let plan = try plan(
      #""a":\#(Self.record("ses_failing", #","usageAttempt":9,"usageRetryAt":"# + Self.ago(5))),"#
        + #""b":\#(Self.record("ses_waiting", usage + Self.ago(60))),"#
        + #""c":\#(Self.record("ses_new"))"#)
    #expect(sessions(plan) == ["ses_new", "ses_waiting", "ses_failing"])
  }

  @Test func `an agent's own session goes before its sub-tasks`() throws {
    let plan = try plan(
      #""a":\#(Self.record("ses_a", #","children":[{"sessionId":"ses_1","status":"error"}]"#))"#)
    #expect(sessions(plan) == ["ses_a", "ses_1"])
    #expect(plan.map(\.depth) == [0, 1])
  }

  // MARK: Choice

  @Test(arguments: [
    ("\"a\":{\"status\":\"done\"}", []), (#""a":{"sessionId":null,"status":"done"}"#, []),
    (#""a":{"sessionId":7,"status":"done"}"#, []), (#""a":{"sessionId":"","status":"done"}"#, []),
    (#""a":{"sessionId":"ses_a"}"#, ["ses_a"]),
    (#""a":{"sessionId":"ses_a","status":"scheduled"}"#, ["ses_a"]),
    (#""a":{"sessionId":"ses_a","status":"done","usage":null}"#, ["ses_a"]),
    (#""a":{"sessionId":"a;b","status":"done"}"#, ["a;b"]),
  ])
  func `a session needs an id and a reason`(_ row: (agents: String, sessions: [String])) throws {
    #expect(try sessions(plan(row.agents)) == row.sessions)
  }

  @Test func `one agent may be asked for by its name`() throws {
    let agents =
      #""a":\#(Self.record("ses_a", #","name":"b""#)),"b":\#(Self.record("ses_b")),"#
      + #""c":\#(Self.record("ses_c"))"#
    #expect(try sessions(plan(agents, only: "b")) == ["ses_b"])
    #expect(try sessions(plan(agents, only: "d")) == [])
    #expect(try sessions(plan(agents)) == ["ses_a", "ses_b", "ses_c"])
  }

  @Test func `the agent's folder goes with its exports`() throws {
    let children = #","cwd":"/home/kim","children":[{"sessionId":"ses_1","status":"error"}]"#
    #expect(
      try plan(#""a":\#(Self.record("ses_a", children))"#).map(\.folder)
        == ["/home/kim", "/home/kim"])
  }

  // MARK: Sub-tasks

  private static func child(_ id: String, _ status: String, _ members: String = "") -> String {
    #"{"sessionId":"\#(id)","status":"\#(status)"\#(members)}"#
  }

  /// An agent whose own usage is fresh, so that only its sub-tasks can be due.
  private static func parent(_ children: String..., isRunning: Bool = false) -> String {
    #""a":{"sessionId":"ses_a","status":"\#(isRunning ? "running" : "done")","#
      + #""pid":77,"usage":{},"usageUpdatedAt":\#(ago(0)),"finishedAt":\#(ago(9)),"#
      + #""children":[\#(children.joined(separator: ","))]}"#
  }

  typealias Row = (name: String, child: String, isRunning: Bool, reason: DueReason?)
  static let rows: [Row] = [
    ("completed", child("ses_1", "completed"), true, .neverExported),
    ("failed", child("ses_1", "error"), true, .neverExported),
    ("pending", child("ses_1", "pending"), true, .neverExported),
    ("left behind", child("ses_1", "running"), false, .neverExported),
    (
      "running, fresh",
      child("ses_1", "running", #","usage":{},"usageUpdatedAt":"# + ago(29)), true, nil
    ),
    (
      "running, old", child("ses_1", "running", #","usage":{},"usageUpdatedAt":"# + ago(30)), true,
      .intervalPassed
    ),
    (
      "left behind, noted as running",
      child("ses_1", "running", #","usage":{},"usageStatus":"running","usageUpdatedAt":"# + ago(3)),
      false, .endedSince
    ),
    (
      "left behind, noted as such",
      child("ses_1", "running", #","usage":{},"usageStatus":"unknown","usageUpdatedAt":"# + ago(3)),
      false, nil
    ),
    (
      "completed since",
      child(
        "ses_1", "completed", #","usage":{},"finishedAt":\#(ago(5)),"usageUpdatedAt":"# + ago(6)),
      false, .finishedSince
    ),
    (
      "exported since",
      child(
        "ses_1", "completed", #","usage":{},"finishedAt":\#(ago(5)),"usageUpdatedAt":"# + ago(4)),
      true, nil
    ),
    (
      "waiting for its next try",
      child(
        "ses_1", "completed", #","usageAttempt":3,"usageRetryAt":"# + ago(-5)), true, nil
    ),
    ("without an id", #"{"status":"completed"}"#, true, nil),
    ("no object", "7", true, nil),
  ]

  @Test(arguments: rows)
  func `E18 E45 a sub-task is due like an agent`(_ row: Row) throws {
    let plan = try plan(
      Self.parent(row.child, isRunning: row.isRunning),
      processes: row.isRunning ? Self.live : Self.nobody)
    #expect(plan.map(\.reason) == [row.reason].compactMap { $0 }, "\(row.name)")
    #expect(plan.allSatisfy { $0.agentSessionID == "ses_a" && $0.lineage == ["ses_a", "ses_1"] })
  }

  @Test func `E45 sub-tasks are followed three deep and never in a circle`() throws {
    func nested(_ ids: [String]) -> String {
      guard let first = ids.first else { return "" }
      let rest = nested(Array(ids.dropFirst()))
      return Self.child(first, "completed", rest.isEmpty ? "" : #","children":[\#(rest)]"#)
    }
    let deep = try plan(Self.parent(nested(["ses_1", "ses_2", "ses_3", "ses_4", "ses_5"])))
    #expect(sessions(deep) == ["ses_1", "ses_2", "ses_3"])
    #expect(deep.map(\.depth) == [1, 2, 3])
    let circle = try plan(Self.parent(nested(["ses_1", "ses_a", "ses_3"])))
    #expect(sessions(circle) == ["ses_1"])
    #expect(try sessions(plan(Self.parent(nested(["ses_1", "ses_1"])))) == ["ses_1"])
  }

  @Test func `E45 a sub-task that is listed twice is exported once`() throws {
    let twice = try plan(
      Self.parent(
        Self.child("ses_1", "completed"), Self.child("ses_1", "completed"),
        Self.child("ses_2", "completed", #","children":[{"sessionId":"ses_1"}]"#)))
    #expect(sessions(twice) == ["ses_1", "ses_2"])
  }

  // MARK: Sub-tasks found by an export

  private static let found = ["ses_1", "ses_2", "ses_a"].map {
    ChildSession(sessionID: $0, status: "completed")
  }

  @Test func `E45 a new sub-task is exported in the run that finds it`() throws {
    let parent = try #require(try plan(#""a":\#(Self.record("ses_a"))"#).first)
    let more = RefreshPlan.exports(ofChildren: Self.found, foundBy: parent, known: ["ses_2"])
    #expect(sessions(more) == ["ses_1"])
    #expect(more.map(\.depth) == [1])
    #expect(more.map(\.lineage) == [["ses_a", "ses_1"]])
    #expect(more.map(\.reason) == [.neverExported])
    #expect(more.map(\.session.status) == [.done])
    #expect(more.map(\.agentSessionID) == ["ses_a"])
  }

  @Test func `E45 no sub-task is looked for below the third`() throws {
    var parent = try #require(try plan(#""a":\#(Self.record("ses_a"))"#).first)
    parent.depth = 2
    #expect(
      RefreshPlan.exports(ofChildren: Self.found, foundBy: parent, known: []).count == 2)
    parent.depth = 3
    #expect(RefreshPlan.exports(ofChildren: Self.found, foundBy: parent, known: []).isEmpty)
  }

  @Test func `E18 what the registry lists is known, whether it is due or not`() throws {
    let registry = try AgentRegistry(
      Array(
        (#"{"agents":{\#(Self.parent(Self.child("ses_1", "error"))),"#
          + #""b":{"sessionId":"ses_b","children":[{"sessionId":"ses_2"}]},"c":{}}}"#).utf8))
    #expect(
      RefreshPlan.knownSessions(of: registry, below: ["a", "c"])
        == ["a": ["ses_a", "ses_1"]])
  }

  // MARK: Size

  @Test func `E22 ten thousand agents are planned in bounded time`() throws {
    let agents = (0..<10_000).map { index in
      #""agent/\#(index)":\#(Self.record("ses_\(index)", #","usageRetryAt":"# + Self.ago(index)))"#
    }
    var planned: [PlannedExport] = []
    let time = try processorTime {
      planned = try plan(agents.joined(separator: ","))
    }
    #expect(planned.count == 10_000)
    #expect(planned.first?.session.sessionID == "ses_9999")
    #expect(time < .seconds(4))
  }
}
