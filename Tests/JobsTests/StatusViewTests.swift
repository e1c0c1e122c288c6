import Jobs
import Shared
import TestSupport
import Testing

/// What `status` prints for programs.
struct StatusViewTests {
  static let now = Timestamp(milliseconds: 1_800_000_000_000)
  static let nobody = ProcessTable.only(pid: 1, alive: false, start: nil)

  static func view(
    _ registry: String, name: String? = nil, processes: ProcessTable = nobody,
    copies: UsageCopies = UsageCopies()
  ) throws -> StatusView {
    StatusView(
      registry: try AgentRegistry(Array(registry.utf8)), name: name, now: now,
      processes: processes, copies: { copies })
  }

  static func json(_ view: StatusView) -> String {
    var bytes: [UInt8] = []
    view.writeJSON { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The agents' part of the line for one record.
  private func agents(_ record: String) throws -> String {
    let line = Self.json(try Self.view(#"{"agents":{"a":\#(record)}}"#))
    #expect(line.hasPrefix(#"{"ok":true,"agents":["#) && line.hasSuffix("]}\n"))
    return String(line.dropFirst(21).dropLast(3))
  }

  // MARK: Shape

  private static let whole =
    #"{"name":"a","pid":7,"sessionId":"ses_1","status":"done","exitCode":0,"startedAt":"s","#
    + #""updatedAt":"u","finishedAt":"f","usage":{"messageCount":1},"model":"m","variant":null,"#
    + #""resumeCount":2,"prompt":"p","cwd":"/","error":"e","stderr":"x","children":[],"#
    + #""usageUpdatedAt":"w","usageRetryAt":"r","usageAttempt":3,"usageError":"y","#
    + #""usageSessionId":"ses_1","usageStatus":"done","future":1}"#
  private static let shown =
    #"{"name":"a","status":"done","pid":7,"exitCode":0,"startedAt":"s","updatedAt":"u","#
    + #""finishedAt":"f","usage":{"messageCount":1},"model":"m","variant":null,"resumeCount":2,"#
    + #""children":[],"usageUpdatedAt":"w"}"#

  typealias Row = (name: String, record: String, shown: String)
  static let rows: [Row] = [
    ("all members", whole, shown),
    (
      "members in another order, some twice",
      #"{"usageUpdatedAt":"w","model":"m","model":"n","status":"done","name":"a","pid":7}"#,
      #"{"name":"a","status":"done","pid":7,"exitCode":null,"startedAt":null,"updatedAt":null,"#
        + #""finishedAt":null,"model":"n","usageUpdatedAt":"w"}"#
    ),
    (
      "no members", "{}",
      #"{"name":null,"status":null,"pid":null,"exitCode":null,"startedAt":null,"updatedAt":null,"#
        + #""finishedAt":null}"#
    ),
    (
      "values of odd kinds, in their own text",
      #"{"name":["a"],"status":7,"pid":1.50,"exitCode":"0","usage":null,"model":{"x":1e3},"#
        + #""children":"none"}"#,
      #"{"name":["a"],"status":7,"pid":1.50,"exitCode":"0","startedAt":null,"updatedAt":null,"#
        + #""finishedAt":null,"model":{"x":1e3}}"#
    ),
    (
      "escapes and numbers as they are", #"{"name":"\u0061\/","status":"paused","pid":-0}"#,
      #"{"name":"\u0061\/","status":"paused","pid":-0,"exitCode":null,"startedAt":null,"#
        + #""updatedAt":null,"finishedAt":null}"#
    ),
    (
      "sub-tasks with seven members, and those below them",
      #"{"children":[{"usage":{"messageCount":1,"x":2},"sessionId":"ses_1","x":1,"#
        + #""usageUpdatedAt":"w","children":[{"title":"t"}]},7,{"children":[]}]}"#,
      #"{"name":null,"status":null,"pid":null,"exitCode":null,"startedAt":null,"updatedAt":null,"#
        + #""finishedAt":null,"children":[{"sessionId":"ses_1","status":null,"title":null,"#
        + #""model":null,"startedAt":null,"finishedAt":null,"usage":{"messageCount":1,"x":2},"#
        + #""children":[{"sessionId":null,"status":null,"title":"t","model":null,"#
        + #""startedAt":null,"finishedAt":null,"usage":null}]},"#
        + #"{"sessionId":null,"status":null,"title":null,"model":null,"startedAt":null,"#
        + #""finishedAt":null,"usage":null},{"sessionId":null,"status":null,"title":null,"#
        + #""model":null,"startedAt":null,"finishedAt":null,"usage":null}]}"#
    ),
  ]

  @Test(arguments: rows)
  func `the original's keys stand in the original's order`(_ row: Row) throws {
    #expect(try agents(row.record) == row.shown, "\(row.name)")
  }

  @Test(arguments: rows)
  func `an indented registry gives the same line`(_ row: Row) throws {
    var spaced = ""
    var isInString = false
    for (index, byte) in row.record.enumerated() {
      if byte == "\"", row.record.dropFirst(index - 1).first != "\\" { isInString.toggle() }
      spaced += !isInString && "{}[],:".contains(byte) ? " \(byte)\n\t" : String(byte)
    }
    #expect(try agents(spaced) == row.shown, "\(row.name)")
  }

  @Test(arguments: ["{}", #"{"agents":{}}"#, #"{"agents":{"a":null,"b":[]}}"#])
  func `no agents are an empty list`(_ registry: String) throws {
    #expect(Self.json(try Self.view(registry)) == #"{"ok":true,"agents":[]}"# + "\n")
  }

  @Test func `a line of any length is whole`() throws {
    let record = String(Self.whole.dropFirst(11))
    let agents = (0..<2_000).map { #""a\#($0)":{"name":"a\#($0)"\#(record)"# }
    let line = Self.json(try Self.view("{\"agents\":{\(agents.joined(separator: ","))}}"))
    #expect(try JSON(parsing: line)["agents"].array?.count == 2_000)
    #expect(line.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
  }

  // MARK: Status

  @Test func `E17 the status is as of now, the rest as it is written`() throws {
    let record = #"{"name":"a","pid":77,"status":"running","startedAt":"x","updatedAt":"y"}"#
    func status(_ processes: ProcessTable) throws -> String? {
      let view = try Self.view(#"{"agents":{"a":\#(record)}}"#, processes: processes)
      return try JSON(parsing: Self.json(view))["agents"][0]["status"].string
    }
    #expect(try status(.only(pid: 77, alive: true, start: nil)) == "running")
    #expect(try status(.only(pid: 77, alive: false, start: nil)) == "unknown")
    #expect(try agents(record).hasPrefix(#"{"name":"a","status":"unknown","pid":77,"#))
  }

  // MARK: Order and choice

  /// Keys in the order of JavaScript's sort: U+FF01 is one unit above any of a pair.
  private static let sortedKeys = [
    "", "A", "Z", "a", "a/b", "ab", "b", "é", "ランタン", "灯", "🏮", "\u{FF01}",
  ]

  @Test func `agents are sorted by the units of UTF-16`() throws {
    var numbers = SeededNumbers(seed: 7)
    for keys in [Self.sortedKeys, Self.sortedKeys.filter { $0.utf8.allSatisfy { $0 < 0x80 } }] {
      let records = keys.shuffled(using: &numbers).map { "\(quoted($0)):{}" }
      let view = try Self.view("{\"agents\":{\(records.joined(separator: ","))}}")
      #expect(view.entries.map(\.agent.key) == keys)
    }
  }

  @Test func `one agent may be asked for by its key`() throws {
    let registry = #"{"agents":{"a":{"name":"b"},"b":{"name":"a"}}}"#
    let view = try Self.view(registry, name: "b")
    #expect(view.entries.map(\.agent.key) == ["b"])
    #expect(try Self.view(registry, name: "c").entries.isEmpty)
  }

  // MARK: Copies

  private static let copies = UsageCopies(sessions: [
    "ses_1": UsageCopies.Copy(
      usage: Array(#"{"messageCount":9,"dialogTokens":5}"#.utf8), updatedAt: now - .seconds(60))
  ])

  @Test func `E15 usage that a resume wiped is shown from its copy`() throws {
    let record = #"{"name":"a","sessionId":"ses_1","status":"done","model":"m"}"#
    let view = try Self.view(#"{"agents":{"a":\#(record)}}"#, copies: Self.copies)
    #expect(
      Self.json(view).hasSuffix(
        #""finishedAt":null,"usage":{"messageCount":9,"dialogTokens":5},"model":"m","#
          + #""usageUpdatedAt":"2027-01-15T07:59:00.000Z"}]}"# + "\n"))
    let entry = try #require(view.entries.first)
    #expect(view.usage(of: entry)?.messageCount == 9)
    #expect(view.usageUpdatedAt(of: entry) == Self.now - .seconds(60))
  }

  @Test(arguments: [
    #"{"sessionId":"ses_1","usage":{"messageCount":2}}"#, #"{"sessionId":"ses_2"}"#,
    #"{"sessionId":null}"#, "{}",
  ])
  func `no copy is shown over the record's own usage or for another session`(
    _ record: String
  ) throws {
    // The other agent lacks its usage, so that the copies are read.
    let view = try Self.view(
      #"{"agents":{"a":\#(record),"b":{"sessionId":"ses_3"}}}"#, copies: Self.copies)
    #expect(!Self.json(view).contains(#""messageCount":9"#))
    #expect(try view.usage(of: #require(view.entries.first))?.messageCount != 9)
  }

  @Test func `copies are only read when some session lacks its usage`() throws {
    func reads(_ record: String) throws -> Int {
      var count = 0
      _ = StatusView(
        registry: try AgentRegistry(Array(#"{"agents":{"a":\#(record)}}"#.utf8)), name: nil,
        now: Self.now, processes: Self.nobody,
        copies: {
          count += 1
          return UsageCopies()
        })
      return count
    }
    #expect(try reads(#"{"sessionId":"ses_1","usage":{}}"#) == 0)
    #expect(try reads("{}") == 0)
    #expect(try reads(#"{"sessionId":"ses_1"}"#) == 1)
  }
}
