import Jobs
import Shared
import TestSupport
import Testing

/// The sub-tasks that an export tells of.
struct ExportChildrenTests {
  private static let start = Timestamp(milliseconds: 1_790_000_003_000)
  private static let end = Timestamp(milliseconds: 1_790_000_033_000)

  /// The children of an export with these parts in one answer.
  private func children(_ parts: String..., key: String = "parts") throws -> [ChildSession] {
    let message = #"{"info":{"role":"assistant"},"\#(key)":[\#(parts.joined(separator: ","))]}"#
    return try readExport(#"{"info":{},"messages":[\#(message)]}"#).get().children
  }

  private func task(_ state: String) -> String {
    #"{"type":"tool","tool":"task","state":{\#(state)}}"#
  }

  private static let whole = ChildSession(
    sessionID: "ses_2", status: "completed", title: "Chart the room",
    model: ModelReference(provider: "p", model: "m"), startedAt: start, finishedAt: end)

  typealias Row = (name: String, part: String)
  static let rows: [Row] = [
    (
      "as 1.x writes it",
      #"{"type":"tool","tool":"task","state":{"status":"completed","input":{"description":"#
        + #""Chart","prompt":"p"},"output":"{}","metadata":{"parentSessionId":"ses_1","#
        + #""sessionId":"ses_2","model":{"modelID":"m","providerID":"p"}},"title":"#
        + #""Chart the room","time":{"start":1790000003000,"end":1790000033000}}}"#
    ),
    (
      "the tool named after its state",
      #"{"state":{"status":"completed","metadata":{"sessionId":"ses_2","model":{"modelID":"m","#
        + #""providerID":"p"}},"title":"Chart the room","time":{"start":1790000003000,"#
        + #""end":1790000033000}},"tool":"task"}"#
    ),
    (
      "times as text",
      #"{"tool":"task","state":{"status":"completed","metadata":{"sessionId":"ses_2","model":"#
        + #"{"modelID":"m","providerID":"p"}},"title":"Chart the room","time":{"start":"#
        + #""2026-09-21T14:13:23.000Z","end":"2026-09-21T16:13:53+02:00"}}}"#
    ),
    (
      "as 2.x writes it",
      #"{"type":"tool","name":"task","state":{"status":"completed","input":{"description":"#
        + #""Chart the room"},"metadata":{"sessionID":"ses_2","model":{"id":"m","providerID":"#
        + #""p"}}},"time":{"created":1790000003000,"completed":1790000033000}}"#
    ),
    (
      "the title from its description",
      #"{"tool":"task","state":{"status":"completed","metadata":{"model":{"modelID":"m","#
        + #""providerID":"p"},"sessionId":"ses_2"},"time":{"start":1790000003000.0,"#
        + #""end":1.790000033e12},"input":{"description":"Chart the room"}}}"#
    ),
  ]

  @Test(arguments: rows)
  func `E45 a sub-task is read in every form`(_ row: Row) throws {
    #expect(try children(row.part) == [Self.whole], "\(row.name)")
    #expect(try children(row.part, key: "content") == [Self.whole], "\(row.name)")
  }

  @Test(arguments: [
    #"{"type":"tool","tool":"bash","state":{"metadata":{"sessionId":"ses_2"}}}"#,
    #"{"type":"tool","state":{"metadata":{"sessionId":"ses_2"}}}"#,
    #"{"type":"tool","state":{"metadata":{"sessionId":"ses_2"}},"tool":"bash"}"#,
    #"{"tool":["task"],"state":{"metadata":{"sessionId":"ses_2"}}}"#,
    #"{"tool":"task","state":{"status":"pending","input":{"description":"x"}}}"#,
    #"{"tool":"task","state":{"metadata":{"sessionId":""}}}"#,
    #"{"tool":"task","state":{"metadata":{"sessionId":7}}}"#,
    #"{"tool":"task","state":{"metadata":{"parentSessionId":"ses_2"}}}"#,
    #"{"tool":"task","state":{"metadata":"ses_2"}}"#, #"{"tool":"task","state":null}"#,
    #"{"tool":"task"}"#, "{}", "null", "7", "[]", #""task""#,
  ])
  func `what is no task or names no session is no sub-task`(_ part: String) throws {
    #expect(try children(part) == [])
  }

  @Test(arguments: ["null", "7", #""task""#, "{}"])
  func `parts of another kind are passed over`(_ parts: String) throws {
    let text = #"{"messages":[{"info":{"role":"user"},"parts":\#(parts)}]}"#
    #expect(try readExport(text).get().messageCount == 1)
  }

  @Test func `what a task does not say is unknown`() throws {
    let bare = try children(task(#""metadata":{"sessionId":"ses_2"}"#))
    #expect(bare == [ChildSession(sessionID: "ses_2")])
    let odd = try children(
      task(
        #""metadata":{"sessionId":"ses_2","model":"m"},"status":7,"title":null,"#
          + #""time":{"start":"yesterday","end":[]}"#))
    #expect(odd == [ChildSession(sessionID: "ses_2")])
  }

  @Test func `E45 pending, running and failed tasks are sub-tasks too`() throws {
    let states = ["pending", "running", "error", "completed"]
    let parts = states.map { task(#""status":"\#($0)","metadata":{"sessionId":"ses_\#($0)"}"#) }
    let found = try children(parts.joined(separator: ","))
    #expect(found.map(\.status) == states)
    #expect(found.map(\.sessionID) == states.map { "ses_\($0)" })
  }

  @Test func `a session taken up again is one sub-task with its first start and newest state`()
    throws
  {
    let found = try children(
      task(
        #""status":"completed","metadata":{"sessionId":"ses_2"},"title":"first","#
          + #""time":{"start":1790000003000,"end":1790000004000}"#),
      task(#""metadata":{"sessionId":"ses_3"}"#),
      task(
        #""status":"running","metadata":{"sessionId":"ses_2"},"title":"second","#
          + #""time":{"start":1790000010000}"#))
    #expect(
      found == [
        ChildSession(
          sessionID: "ses_2", status: "running", title: "second", startedAt: Self.start),
        ChildSession(sessionID: "ses_3"),
      ])
  }

  @Test(arguments: ["9223372036854775807", "-9223372036854775808", "1e300", "-1", "0.5"])
  func `a time beyond every calendar is no accident`(_ number: String) throws {
    let state = #""metadata":{"sessionId":"ses_2"},"time":{"start":\#(number)}"#
    let child = try #require(try children(task(state)).first)
    #expect(child.startedAt.map { !$0.text.isEmpty } ?? true)
  }
}
