import Jobs
import Shared
import Testing

struct UsageCopiesTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)

  private static func copy(_ messages: Int, secondsAgo: Int) -> UsageCopies.Copy {
    UsageCopies.Copy(
      usage: Array(#"{"messageCount":\#(messages),"dialogTokens":null}"#.utf8),
      updatedAt: now - .seconds(secondsAgo))
  }

  @Test func `E15 copies read back as they were written`() {
    let copies = UsageCopies(sessions: [
      "ses_b": Self.copy(2, secondsAgo: 5), "ses_\"a\"": Self.copy(1, secondsAgo: 50),
    ])
    #expect(UsageCopies(reading: copies.json) == copies)
    #expect(UsageCopies(reading: UsageCopies().json) == UsageCopies())
  }

  @Test func `copies are one line of JSON in a fixed order`() {
    let copies = UsageCopies(sessions: [
      "ses_b": Self.copy(2, secondsAgo: 0), "ses_a": Self.copy(1, secondsAgo: 0),
    ])
    let stamp = #""usageUpdatedAt":"2027-01-15T08:00:00.000Z"}"#
    #expect(
      String(decoding: copies.json, as: UTF8.self)
        == #"{"schema_version":"1.0.0","sessions":{"ses_a":{"usage":{"messageCount":1,"#
        + #""dialogTokens":null},\#(stamp),"ses_b":{"usage":{"messageCount":2,"#
        + #""dialogTokens":null},\#(stamp)}}"#)
  }

  @Test(arguments: [
    "", "null", "[]", "{", #"{"sessions":[]}"#, #"{"sessions":{"ses_a":null}}"#,
    #"{"sessions":{"ses_a":{}}}"#, #"{"sessions":{"ses_a":{"usage":{"messageCount":1}}}}"#,
    #"{"sessions":{"ses_a":{"usageUpdatedAt":"2027-01-15T08:00:00.000Z"}}}"#,
    #"{"sessions":{"ses_a":{"usage":{},"usageUpdatedAt":"soon"}}}"#,
    #"{"sessions":{"ses_a":{"usage":{},"usageUpdatedAt":"2027-01-15T08:00:00.000Z"}}"#,
  ])
  func `what cannot be read holds no copy`(_ text: String) {
    #expect(UsageCopies(reading: Array(text.utf8)) == UsageCopies())
  }

  @Test func `one unreadable copy does not cost the others`() {
    let text =
      #"{"sessions":{"ses_a":7,"ses_b":{"usage":{"messageCount":2,"dialogTokens":null},"x":1,"#
      + #""usageUpdatedAt":"2027-01-15T07:59:55.000Z"}},"more":[]}"#
    let copies = UsageCopies(reading: Array(text.utf8))
    #expect(copies.sessions == ["ses_b": Self.copy(2, secondsAgo: 5)])
  }

  typealias Row = (name: String, old: Int, new: Int, kept: Int)
  /// Ages in seconds; the copy kept is named by its number of messages, 1 the old and 2 the new.
  static let rows: [Row] = [
    ("newer", 20, 10, 2), ("the same moment", 10, 10, 2), ("older", 10, 20, 1),
    ("the old one dated in the future", -500, 0, 2),
  ]

  @Test(arguments: rows)
  func `the newer copy of a session is kept`(_ row: Row) {
    var copies = UsageCopies(sessions: [
      "ses_a": Self.copy(1, secondsAgo: row.old), "ses_b": Self.copy(3, secondsAgo: 0),
    ])
    copies.merge(["ses_a": Self.copy(2, secondsAgo: row.new)], now: Self.now)
    #expect(
      copies.sessions["ses_a"]
        == Self.copy(row.kept, secondsAgo: row.kept == 1 ? row.old : row.new))
    #expect(copies.sessions["ses_b"] == Self.copy(3, secondsAgo: 0))
  }

  @Test func `copies are kept for thirty days after their last export`() {
    let month = 30 * 86_400
    var copies = UsageCopies(sessions: [
      "ses_young": Self.copy(1, secondsAgo: month - 1), "ses_old": Self.copy(1, secondsAgo: month),
    ])
    copies.merge(["ses_stale": Self.copy(1, secondsAgo: month + 1)], now: Self.now)
    #expect(Set(copies.sessions.keys) == ["ses_young"])
  }
}
