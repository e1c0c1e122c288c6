import Jobs
import Shared
import TestSupport
import Testing

/// Which bytes of a registry a merge changes.
struct RegistryMergeTests {
  static let now = Timestamp(milliseconds: 1_800_000_000_000)
  static let stamp = "2027-01-15T08:00:00.000Z"
  static let heartbeat = Heartbeat(
    pid: 77, startedAt: now - .seconds(1), lastHeartbeatAt: now + .seconds(1))
  static let refresh =
    #"{"pid":77,"startedAt":"2027-01-15T07:59:59.000Z","#
    + #""lastHeartbeatAt":"2027-01-15T08:00:01.000Z"}"#

  /// The result of one export of the agent's own session, or of one below it.
  static func result(
    _ outcome: ExportResult.Outcome, agent: String = "a", session: String = "ses_a",
    below: String? = nil, status: AgentStatus? = .done
  ) -> ExportResult {
    ExportResult(
      agent: agent, agentSessionID: session, sessionID: below ?? session, startedAt: now,
      status: status, outcome: outcome)
  }

  static func usage(
    _ messages: Int = 2, dialog: Int? = 12, full: Double? = 0.006, context: Int? = 21,
    children: [ChildSession] = []
  ) -> ExportResult.Outcome {
    .usage(
      Usage(
        messageCount: messages, dialogTokens: dialog, contextFullPct: full, contextTokens: context),
      children: children)
  }

  static let failure = ExportResult.Outcome.failure(
    .notFound, attempt: 3, retryAt: now + .seconds(60))

  static func merged(_ registry: String, _ results: ExportResult...) throws -> String? {
    try RegistryMerge.merged(
      results, into: AgentRegistry(Array(registry.utf8)), heartbeat: heartbeat
    ).map { String(decoding: $0, as: UTF8.self) }
  }

  static let block =
    #"{"messageCount":2,"dialogTokens":12,"contextFullPct":0.006,"contextTokens":21}"#

  // MARK: What is written

  @Test func `a success adds its fields behind the record's last member`() throws {
    let record = #"{"name":"a","sessionId":"ses_a","x":1.0"#
    let registry = #"{"version":5,"agents":{"a":\#(record)}},"updatedAt":null}"#
    let fields =
      #","usage":\#(Self.block),"usageUpdatedAt":"\#(Self.stamp)","#
      + #""usageSessionId":"ses_a","usageStatus":"done"}"#
    #expect(
      try Self.merged(registry, Self.result(Self.usage()))
        == #"{"version":5,"agents":{"a":\#(record)\#(fields)},"updatedAt":null,"#
        + #""refresh":\#(Self.refresh)}"#)
  }

  @Test func `a success replaces values where they stand and clears the bookkeeping`() throws {
    let registry =
      #"{"refresh":{"pid":1},"agents":{"a":{"usageError":"x","usage":{"messageCount":1},"#
      + #""sessionId":"ses_a","usageAttempt":2,"usageUpdatedAt":"","usageStatus":7,"#
      + #""usageRetryAt":"x","usageSessionId":null}}}"#
    #expect(
      try Self.merged(registry, Self.result(Self.usage(), status: .running))
        == #"{"refresh":\#(Self.refresh),"agents":{"a":{"usageError":null,"#
        + #""usage":\#(Self.block),"sessionId":"ses_a","usageAttempt":null,"#
        + #""usageUpdatedAt":"\#(Self.stamp)","usageStatus":"running","usageRetryAt":null,"#
        + #""usageSessionId":"ses_a"}}}"#)
  }

  @Test func `a success of a session in no known state leaves the noted one`() throws {
    let registry = #"{"agents":{"a":{"sessionId":"ses_a","usageStatus":"done"}}}"#
    let merged = try #require(
      try Self.merged(registry, Self.result(Self.usage(), status: nil)))
    #expect(merged.contains(#""usageStatus":"done","usage":"#))
  }

  @Test func `E52 a failure writes its bookkeeping and leaves the usage`() throws {
    let registry =
      #"{"agents":{"a":{"sessionId":"ses_a","usage":{"messageCount":9},"usageStatus":"done","#
      + #""usageUpdatedAt":"old"}}}"#
    #expect(
      try Self.merged(registry, Self.result(Self.failure, status: .running))
        == #"{"agents":{"a":{"sessionId":"ses_a","usage":{"messageCount":9},"usageStatus":"done","#
        + #""usageUpdatedAt":"old","usageRetryAt":"2027-01-15T08:01:00.000Z","usageAttempt":3,"#
        + #""usageError":"not-found: session not found by opencode","usageSessionId":"ses_a"}},"#
        + #""refresh":\#(Self.refresh)}"#)
  }

  @Test func `an indented registry stays indented`() throws {
    let registry = """
      {
        "version": 5,
        "agents": {
          "a" : {
            "name"  :  "a",
            "sessionId"  :  "ses_a"
          }
        }
      }

      """
    let own = Self.usage(1, dialog: nil, full: nil, context: nil)
    #expect(
      try Self.merged(registry, Self.result(own)) == """
        {
          "version": 5,
          "agents": {
            "a" : {
              "name"  :  "a",
              "sessionId"  :  "ses_a",
              "usage"  :  {"messageCount":1,"dialogTokens":null,"contextFullPct":null,\
        "contextTokens":null},
              "usageUpdatedAt"  :  "\(Self.stamp)",
              "usageSessionId"  :  "ses_a",
              "usageStatus"  :  "done"
            }
          },
          "refresh": \(Self.refresh)
        }

        """)
  }

  @Test func `E07 E08 number text, unknown keys, escapes and order stay`() throws {
    let text = try Fixtures.text("opencode/registries/unknown-keys.json")
    let session = "ses_4a10b2c3dffeMinimal0000001"
    let merged = try #require(
      try Self.merged(text, Self.result(Self.usage(), agent: "build/odd", session: session)))
    let fields =
      #","usage":\#(Self.block),"usageUpdatedAt":"\#(Self.stamp)","#
      + #""usageSessionId":"\#(session)","usageStatus":"done""#
    #expect(merged.contains(fields))
    let heartbeat = #","refresh":\#(Self.refresh)"#
    #expect(merged.replacing(fields, with: "").replacing(heartbeat, with: "") == text)
  }

  // MARK: What is not written

  @Test(arguments: [
    #"{"agents":{"a":{"sessionId":"ses_b"}}}"#, #"{"agents":{"a":{"sessionId":null}}}"#,
    #"{"agents":{"a":{}}}"#, #"{"agents":{"b":{"sessionId":"ses_a"}}}"#, #"{"agents":{}}"#, "{}",
    #"{"agents":{"a":[]}}"#,
    #"{"agents":{"a":{"sessionId":"ses_a"},"a":{"sessionId":"ses_b"}}}"#,
    #"{"agents":{"a":{"sessionId":"ses_a","sessionId":"ses_b"}}}"#,
  ])
  func `E09 a result whose agent is gone or has another session is dropped`(
    _ registry: String
  ) throws {
    #expect(try Self.merged(registry, Self.result(Self.usage()), Self.result(Self.failure)) == nil)
  }

  @Test func `E09 one dropped result does not drop the others`() throws {
    let registry = #"{"agents":{"a":{"sessionId":"ses_b"},"b":{"sessionId":"ses_b"}}}"#
    let merged = try #require(
      try Self.merged(
        registry, Self.result(Self.usage()),
        Self.result(Self.usage(), agent: "b", session: "ses_b")))
    #expect(merged.hasPrefix(#"{"agents":{"a":{"sessionId":"ses_b"},"b":{"sessionId":"ses_b","#))
  }

  @Test(arguments: [usage(), failure])
  func `E10 what is there already changes nothing, not even the heartbeat`(
    _ outcome: ExportResult.Outcome
  ) throws {
    let registry = #"{"agents":{"a":{"sessionId":"ses_a"}}}"#
    let once = try #require(try Self.merged(registry, Self.result(outcome)))
    #expect(try Self.merged(once, Self.result(outcome)) == nil)
    let spaced = once.replacing(#""messageCount":2,"#, with: "\"messageCount\" :\n 2 , ")
    #expect(try Self.merged(spaced, Self.result(outcome)) == nil)
  }

  @Test func `no results change nothing`() throws {
    #expect(try Self.merged(#"{"agents":{"a":{"sessionId":"ses_a"}}}"#) == nil)
  }

  // MARK: Odd registries

  @Test func `of two records with one key only the later is changed`() throws {
    let registry =
      #"{"agents":{"a":{"sessionId":"ses_a","n":1},"b":{},"a":{"sessionId":"ses_a","n":2}}}"#
    let merged = try #require(try Self.merged(registry, Self.result(Self.usage())))
    #expect(
      merged.hasPrefix(
        #"{"agents":{"a":{"sessionId":"ses_a","n":1},"b":{},"a":{"sessionId":"ses_a","n":2,"us"#))
  }

  @Test func `of two members with one key the later is changed`() throws {
    let registry =
      #"{"agents":{"a":{"usage":1,"sessionId":"ses_b","usage":2,"sessionId":"ses_a"}}}"#
    let merged = try #require(try Self.merged(registry, Self.result(Self.usage())))
    #expect(
      merged.hasPrefix(
        #"{"agents":{"a":{"usage":1,"sessionId":"ses_b","usage":\#(Self.block),"sess"#))
  }

  @Test func `two results for one session are merged in their order`() throws {
    let registry = #"{"agents":{"a":{"sessionId":"ses_a","usage":{"messageCount":1}}}}"#
    let merged = try #require(
      try Self.merged(registry, Self.result(Self.usage(5)), Self.result(Self.usage(6))))
    let record = try JSON(parsing: merged)["agents"]["a"]
    #expect(record["usage"]["messageCount"].integer == 6)
    #expect(merged.ranges(of: #""usage":"#).count == 1)
  }

  // MARK: E50

  typealias Fraction = (name: String, old: String, dialog: Int?, context: Int?, full: Double?)
  static let fractions: [Fraction] = [
    ("the same answer", #""dialogTokens":12,"contextTokens":21"#, 12, 21, 0.5),
    ("another dialog", #""dialogTokens":11,"contextTokens":21"#, 12, 21, nil),
    ("another context", #""dialogTokens":12,"contextTokens":20"#, 12, 21, nil),
    ("no numbers", #""dialogTokens":null,"contextTokens":null"#, 12, 21, nil),
    ("without our key", #""dialogTokens":12"#, 12, nil, 0.5),
  ]

  @Test(arguments: fractions)
  func `E50 a known fraction of the same answer outlives its window`(_ row: Fraction) throws {
    let registry =
      #"{"agents":{"a":{"sessionId":"ses_a","usage":{"messageCount":1,"contextFullPct":0.5,"#
      + "\(row.old)}}}}"
    let outcome = Self.usage(dialog: row.dialog, full: nil, context: row.context)
    let merged = try #require(try Self.merged(registry, Self.result(outcome)))
    let written = try JSON(parsing: merged)["agents"]["a"]["usage"]
    #expect(written["contextFullPct"].double == row.full, "\(row.name)")
    #expect(written["messageCount"].integer == 2)
  }

  @Test func `a new fraction wins over a known one`() throws {
    let registry = #"{"agents":{"a":{"sessionId":"ses_a","usage":\#(Self.block)}}}"#
    let merged = try #require(
      try Self.merged(registry, Self.result(Self.usage(full: 1.042))))
    #expect(merged.contains(#""contextFullPct":1.042,"#))
  }
}
