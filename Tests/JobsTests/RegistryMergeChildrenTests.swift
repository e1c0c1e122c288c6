import Shared
import TestSupport
import Testing

@testable import Jobs

/// Merging what an export tells of sub-tasks.
struct RegistryMergeChildrenTests {
  private typealias Base = RegistryMergeTests

  private static func child(_ id: String, _ status: String? = "completed") -> ChildSession {
    ChildSession(sessionID: id, status: status)
  }

  /// The `children` of the agent after merging into a record with these.
  private func children(
    of record: String, _ results: ExportResult...
  ) throws -> String? {
    let registry = #"{"agents":{"a":{"sessionId":"ses_a",\#(record)"end":0}}}"#
    let bytes = try RegistryMerge.merged(
      results, into: AgentRegistry(Array(registry.utf8)), heartbeat: Base.heartbeat)
    guard let bytes else { return nil }
    let merged = try AgentRegistry(bytes)
    let agent = try #require(merged.agents.first)
    return merged.range(.children, of: agent).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  private func found(_ children: ChildSession...) -> ExportResult {
    Base.result(Base.usage(children: children))
  }

  // MARK: From the agent's own export

  @Test func `a new child has its seven fields in order`() throws {
    let whole = ChildSession(
      sessionID: "ses_1", status: "running", title: "Chart \"it\"",
      model: ModelReference(provider: "p", model: "m"), startedAt: Base.now,
      finishedAt: Base.now + .seconds(1))
    #expect(
      try children(of: "", found(whole, Self.child("ses_2", nil)))
        == #"[{"sessionId":"ses_1","status":"running","title":"Chart \"it\"","model":"p/m","#
        + #""startedAt":"2027-01-15T08:00:00.000Z","finishedAt":"2027-01-15T08:00:01.000Z","#
        + #""usage":null},{"sessionId":"ses_2","status":null,"title":null,"model":null,"#
        + #""startedAt":null,"finishedAt":null,"usage":null}]"#)
  }

  @Test(arguments: [#""children":[],"#, #""children":null,"#, #""children":7,"#, ""])
  func `a new child is added to whatever is there`(_ record: String) throws {
    let list = try children(of: record, found(Self.child("ses_1")))
    #expect(list?.hasPrefix(#"[{"sessionId":"ses_1","#) == true)
  }

  @Test func `a known child is brought up to date in its own text`() throws {
    let known =
      #"{"x":1.0,"status":"running","sessionId":"ses_1","usage":{"messageCount":3},"#
      + #""title":"Chart","finishedAt":null,"y":[1e3]}"#
    #expect(
      try children(of: #""children":[\#(known)],"#, found(Self.child("ses_1")))
        == #"[{"x":1.0,"status":"completed","sessionId":"ses_1","usage":{"messageCount":3},"#
        + #""title":"Chart","finishedAt":null,"y":[1e3],"model":null,"startedAt":null}]"#)
  }

  @Test func `children that the export does not name stay as they are`() throws {
    let others = #"{"sessionId":"ses_9","n":1.50},7,{"n":1},null,{"sessionId":8},["x"]"#
    #expect(
      try children(of: #""children":[\#(others)],"#, found(Self.child("ses_1")))?
        .hasPrefix(#"[\#(others),{"sessionId":"ses_1","#) == true)
    #expect(try children(of: #""children":[\#(others)],"#, found()) == "[\(others)]")
  }

  @Test func `no children leave the record without any`() throws {
    #expect(try children(of: "", found()) == nil)
    #expect(try children(of: #""children":[],"#, found()) == "[]")
  }

  @Test func `E45 a child that is the agent itself is not listed`() throws {
    let list = try children(of: "", found(Self.child("ses_a"), Self.child("ses_1")))
    #expect(try JSON(parsing: list ?? "").array?.map(\.["sessionId"].string) == ["ses_1"])
  }

  @Test func `an indented list keeps its white space where nothing changes`() throws {
    let known =
      "{\n \"sessionId\": \"ses_1\", \"status\": \"completed\",\n \"title\": null, \"model\": null,"
      + " \"startedAt\": null,\n \"finishedAt\": null }"
    let list = "[\n  \(known) ,\n  { \"sessionId\" : \"ses_2\" }\n]"
    #expect(
      try children(of: "\"children\": \(list),", found(Self.child("ses_1"))) == list)
    let more = try children(
      of: "\"children\": \(list),", found(Self.child("ses_1", "error"), Self.child("ses_3")))
    #expect(
      more?.hasPrefix(
        "[\n  \(known.replacing("completed", with: "error")) ,\n  { \"sessionId\" : \"ses_2\" },"
          + #"{"sessionId":"ses_3","#) == true, "\(more ?? "")")
    #expect(more?.hasSuffix("}\n]") == true)
  }

  // MARK: From a child's export

  private func ofChild(
    _ id: String, _ outcome: ExportResult.Outcome = Base.usage()
  ) -> ExportResult {
    Base.result(outcome, below: id, status: .done)
  }

  @Test func `E45 a child's usage goes into its own object, without a session id`() throws {
    #expect(
      try children(of: #""children":[{"sessionId":"ses_1","usage":null}],"#, ofChild("ses_1"))
        == #"[{"sessionId":"ses_1","usage":\#(Base.block),"usageUpdatedAt":"\#(Base.stamp)","#
        + #""usageStatus":"done"}]"#)
  }

  @Test func `a child's failure is noted with the child`() throws {
    #expect(
      try children(of: #""children":[{"sessionId":"ses_1"}],"#, ofChild("ses_1", Base.failure))
        == #"[{"sessionId":"ses_1","usageRetryAt":"2027-01-15T08:01:00.000Z","usageAttempt":3,"#
        + #""usageError":"not-found: session not found by opencode"}]"#)
  }

  @Test func `a child that is gone gets nothing`() throws {
    #expect(try children(of: #""children":[{"sessionId":"ses_2"}],"#, ofChild("ses_1")) == nil)
    #expect(try children(of: "", ofChild("ses_1")) == nil)
  }

  @Test func `E09 a child's result is dropped when its agent has another session by now`() throws {
    var result = ofChild("ses_1")
    result.agentSessionID = "ses_before"
    #expect(try children(of: #""children":[{"sessionId":"ses_1"}],"#, result) == nil)
    #expect(
      try children(of: #""children":[{"sessionId":"ses_1"}],"#, result, ofChild("ses_2")) == nil)
  }

  @Test func `a child that was found in the same merge gets its usage`() throws {
    let list = try children(of: "", found(Self.child("ses_1")), ofChild("ses_1"))
    let child = try JSON(parsing: list ?? "")[0]
    #expect(child["usage"]["messageCount"].integer == 2)
    #expect(child["usageStatus"].string == "done")
  }

  @Test func `a session below two children is written to both`() throws {
    let list = try children(
      of: #""children":[{"sessionId":"ses_1"},{"sessionId":"ses_1","n":1}],"#, ofChild("ses_1"))
    let parsed = try JSON(parsing: list ?? "").array ?? []
    #expect(parsed.map(\.["usage"]["messageCount"].integer) == [2, 2])
  }

  // MARK: Depth

  /// `{"sessionId":"ses_1","children":[{"sessionId":"ses_2",…}]}`.
  private func nested(_ ids: [String]) -> String {
    guard let first = ids.first else { return "" }
    let rest = nested(Array(ids.dropFirst()))
    let below = rest.isEmpty ? "" : #","children":[\#(rest)]"#
    return #"{"sessionId":"\#(first)"\#(below)}"#
  }

  @Test func `E45 usage is written three deep and no deeper`() throws {
    let ids = ["ses_1", "ses_2", "ses_3", "ses_4"]
    let record = #""children":[\#(nested(ids))],"#
    for id in ids.dropLast() {
      let list = try children(of: record, ofChild(id))
      #expect(list?.ranges(of: Base.block).count == 1, "\(id)")
    }
    #expect(try children(of: record, ofChild("ses_4")) == nil)
  }

  @Test func `E45 no child is added below the third`() throws {
    let record = #""children":[\#(nested(["ses_1", "ses_2", "ses_3"]))],"#
    let below = Base.usage(children: [Self.child("ses_new")])
    #expect(try children(of: record, ofChild("ses_2", below))?.contains("ses_new") == true)
    #expect(try children(of: record, ofChild("ses_3", below))?.contains("ses_new") == false)
  }

  @Test(arguments: [["ses_1", "ses_a"], ["ses_1", "ses_1"], ["ses_1", "ses_2", "ses_1"]])
  func `E45 a circle ends where it closes`(_ ids: [String]) throws {
    let record = #""children":[\#(nested(ids))],"#
    let list = try children(of: record, Base.result(Base.usage()), ofChild("ses_1"))
    #expect(list?.ranges(of: Base.block).count == 1)
    let closing = Base.usage(children: [Self.child("ses_a"), Self.child("ses_1")])
    let same = try children(of: #""children":[{"sessionId":"ses_1"}],"#, ofChild("ses_1", closing))
    #expect(same?.contains(#""children""#) == false)
  }
}
