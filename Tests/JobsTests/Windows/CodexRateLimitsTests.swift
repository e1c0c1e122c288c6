import Shared
import TestSupport
import Testing

@testable import Jobs

struct CodexRateLimitsTests {
  private static let fiveHourEnd = Timestamp(milliseconds: 1_796_403_600_000)
  private static let weekEnd = Timestamp(milliseconds: 1_796_860_800_000)
  private static let readAt = Timestamp(milliseconds: 1_796_400_001_000)

  private static func limit(
    _ id: String, _ minutes: Int?, _ used: Double, _ end: Timestamp?
  ) -> LimitReading {
    LimitReading(
      limitID: id, minutes: minutes, usedPercent: used, resetsAt: end, isMain: id == "codex")
  }

  private static let main = [
    limit("codex", 300, 37, fiveHourEnd), limit("codex", 10_080, 61, weekEnd),
  ]
  private static let ember = [
    limit("codex_lanternfish", 300, 4, Timestamp(milliseconds: 1_796_410_800_000))
  ]

  private func reply(_ dialog: String, id: Int = 3) throws -> CodexReply {
    let replies = try VendorStandIn.codexLines(dialog).compactMap { try CodexReply(line: $0) }
    return try #require(replies.first { $0.id == id })
  }

  private func reading(of result: String) throws -> Reading {
    try CodexRateLimits.reading(
      of: Array(result.utf8), clientVersion: nil, capturedAt: Self.readAt)
  }

  private func failure(_ body: () throws -> some Any) -> ReadingFailure.Reason? {
    do {
      _ = try body()
      return nil
    } catch {
      return (error as? ReadingFailure)?.reason
    }
  }

  // MARK: Limits

  @Test(
    "The limits are read from the replies of all releases",
    arguments: [
      ("ok-0.131", main + ember), ("ok-0.147", main + ember), ("ok-0.155", main + ember),
      ("ok-0.163", main + ember), ("unknown-plan", main + ember), ("out-of-order", main + ember),
      ("weekly-only", [limit("codex", 10_080, 61, weekEnd)]),
    ])
  func releases(dialog: String, limits: [LimitReading]) throws {
    let result = try reply(dialog).result()
    let reading = try CodexRateLimits.reading(
      of: result, clientVersion: "0.163.0", capturedAt: Self.readAt)
    #expect(reading.limits == limits)
    #expect(reading.provider == .codex && reading.method == .appServer)
    #expect(reading.capturedAt == Self.readAt && reading.clientVersion == "0.163.0")
    #expect(reading.errors == [])
  }

  @Test("The account is a hash of its id, none where no id is told")
  func account() throws {
    let told = try CodexRateLimits.reading(
      of: reply("ok-0.163").result(), clientVersion: nil, capturedAt: Self.readAt)
    // printf codex:account-EXAMPLE-7 | sha256sum
    #expect(told.account == "f6f5181335cae8e0")
    let untold = try CodexRateLimits.reading(
      of: reply("ok-0.131").result(), clientVersion: nil, capturedAt: Self.readAt)
    #expect(untold.account == nil)
  }

  struct Shape: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let result: String
    let limits: [LimitReading]
  }

  static let shapes = [
    Shape(
      testDescription: "the week in the first place, five hours in the second",
      result: #"""
        {"rateLimits":{"primary":{"usedPercent":2,"windowDurationMins":10079,"resetsAt":2000},
        "secondary":{"usedPercent":3.5,"windowDurationMins":299,"resetsAt":1000}}}
        """#,
      limits: [
        limit("codex", 300, 3.5, Timestamp(milliseconds: 1_000_000)),
        limit("codex", 10_080, 2, Timestamp(milliseconds: 2_000_000)),
      ]),
    Shape(
      testDescription: "the main limit only by name",
      result: #"""
        {"rateLimits":{"limitId":"codex_other","primary":{"usedPercent":9,"windowDurationMins":300}},
        "rateLimitsByLimitId":{"codex":{"primary":{"usedPercent":1,"windowDurationMins":300}}}}
        """#,
      limits: [limit("codex", 300, 1, nil), limit("codex_other", 300, 9, nil)]),
    Shape(
      testDescription: "a placeholder beside a window, and a month",
      result: #"""
        {"rateLimits":{"limitId":null,
        "primary":{"usedPercent":0,"windowDurationMins":null,"resetsAt":null},
        "secondary":{"usedPercent":0,"windowDurationMins":43200,"resetsAt":null}}}
        """#,
      limits: [limit("codex", 43_200, 0, nil)]),
    Shape(
      testDescription: "percent without a length, and more than all",
      result: #"""
        {"rateLimits":{"limitId":"codex","primary":{"usedPercent":104,"resetsAt":7},
        "secondary":{"windowDurationMins":300,"resetsAt":7}},"rateLimitsByLimitId":null}
        """#,
      limits: [limit("codex", nil, 104, Timestamp(milliseconds: 7_000))]),
    Shape(
      testDescription: "other shapes in the places",
      result: #"""
        {"rateLimitsByLimitId":{"codex":{"primary":{"usedPercent":8,"windowDurationMins":300}},
        "premium":{"primary":null,"secondary":7},"odd":[1]},"rateLimits":"later"}
        """#,
      limits: [limit("codex", 300, 8, nil)]),
  ]

  @Test("Windows are told by their length, pools by their name", arguments: shapes)
  func shape(_ row: Shape) throws {
    #expect(try reading(of: row.result).limits == row.limits)
  }

  @Test(
    "A reply that knows nothing is no reading of zero",
    arguments: [
      (#"{"rateLimits":null,"rateLimitsByLimitId":null}"#, .noData),
      (#"{"rateLimitsByLimitId":{"codex_other":{"primary":{"usedPercent":5}}}}"#, .noData),
      (#"{"rateLimits":{"primary":{"usedPercent":-1,"windowDurationMins":300}}}"#, .noData),
      ("{}", .malformedReply), ("[]", .malformedReply), ("null", .malformedReply),
      (#"{"account":{"planType":"pro"}}"#, .malformedReply),
    ] as [(String, ReadingFailure.Reason)])
  func nothing(result: String, reason: ReadingFailure.Reason) {
    #expect(failure { try reading(of: result) } == reason)
  }

  @Test("A placeholder is no reading")
  func placeholder() throws {
    let result = try reply("placeholder").result()
    let reason = failure {
      try CodexRateLimits.reading(of: result, clientVersion: nil, capturedAt: Self.readAt)
    }
    #expect(reason == .noData)
  }

  // MARK: Replies

  @Test(
    "Notices, requests of the server and replies to others are told apart",
    arguments: [
      (#"{"method":"configWarning","params":{"id":3}}"#, nil),
      (#"{"id":3,"method":"currentTime/read","params":{}}"#, nil),
      (#"{"result":{}}"#, nil), (#"{"id":"3","result":{}}"#, nil), ("[3]", nil),
      (#"{"id":4,"result":{"a":1}}"#, 4), (#"{"error":{"code":1,"message":"m"},"id":3}"#, 3),
      (#"{"id":3}"#, 3),
    ] as [(String, Int?)])
  func replies(line: String, id: Int?) throws {
    #expect(try CodexReply(line: Array(line.utf8))?.id == id)
  }

  @Test("A line that is cut off or followed by more is no JSON", arguments: ["{\"id\":3", "{} {}"])
  func torn(line: String) {
    #expect(throws: JSONError.self) { try CodexReply(line: Array(line.utf8)) }
  }

  @Test(
    "An error is told as what it means",
    arguments: [
      ("not-signed-in", .notSignedIn), ("api-key", .apiKey), ("http-401", .unauthorized),
      ("http-403", .forbidden), ("http-500", .server), ("overload", .server),
    ] as [(String, ReadingFailure.Reason)])
  func errors(dialog: String, reason: ReadingFailure.Reason) throws {
    let reply = try reply(dialog)
    #expect(failure { try reply.result() } == reason)
  }

  @Test(
    "An error of another kind is told by its code and its words",
    arguments: [
      (-32600, "Not initialized", .malformedReply), (-32601, "unknown method", .malformedReply),
      (-32603, "error sending request for url", .server), (nil, "server overloaded", .server),
      (-32603, "GET x failed: 429 Too Many Requests; body=401 Unauthorized", .server),
      (-32603, "GET x failed: 503; body={}", .server),
      (-32603, "Your access token could not be refreshed. Please sign in again.", .unauthorized),
    ] as [(Int?, String, ReadingFailure.Reason)])
  func otherErrors(code: Int?, message: String, reason: ReadingFailure.Reason) {
    #expect(CodexReply.failure(code: code, message: message).reason == reason)
  }

  @Test("Neither result nor error is no answer")
  func neither() throws {
    let reply = try #require(try CodexReply(line: Array(#"{"id":3}"#.utf8)))
    #expect(failure { try reply.result() } == .malformedReply)
  }

  @Test("A message keeps the status and neither the body nor a secret")
  func message() throws {
    let reply = try reply("http-401")
    let failure = #expect(throws: ReadingFailure.self) { try reply.result() }
    let message = try #require(failure?.message)
    #expect(message.hasPrefix("HTTP 401: failed to fetch codex rate limits"))
    for hidden in ["body", "sk-", "@", "token"] { #expect(!message.contains(hidden)) }
    let long = String(repeating: "lamp\u{1b}[31m oil\n", count: 100) + "kim@example.com"
    let other = CodexReply.failure(code: 7, message: "of kim@example.com: " + long).message
    #expect(other.utf8.count < 160 && !other.contains("@") && !other.contains("\u{1b}"))
    #expect(!other.contains("\n"))
  }

  // MARK: The kept text

  @Test("The kept text has the limits and neither account, credit nor address")
  func keptText() throws {
    let result = try reply("ok-0.163").result()
    let text = try reading(of: String(decoding: result, as: UTF8.self)).rawText
    let kept = try JSON(parsing: text)
    #expect(kept["rateLimits"]["primary"]["usedPercent"].integer == 37)
    #expect(kept["rateLimitResetCredits"]["availableCount"].integer == 2)
    #expect(kept["rateLimitResetCredits"]["credits"][0]["id"] == .missing)
    #expect(kept["accountId"] == .missing)
    #expect(!text.contains("EXAMPLE") && !text.contains("\n"))
    // What is kept is read as the same limits again.
    #expect(try reading(of: text).limits == Self.main + Self.ember)
  }

  @Test(
    "The version is that of the client, not of its name",
    arguments: [
      (#"{"userAgent":"jobrunner/0.163.0 (Alpine) unknown"}"#, "0.163.0"),
      (#"{"userAgent":"jobrunner/0.131.0-alpha.8 (x; y/1.2)"}"#, "0.131.0-alpha.8"),
      (#"{"userAgent":"codex_cli/9"}"#, "9"), (#"{"userAgent":"jobrunner/unknown"}"#, nil),
      (#"{"userAgent":"jobrunner"}"#, nil), (#"{"userAgent":null}"#, nil), ("{}", nil), ("1", nil),
    ] as [(String, String?)])
  func clientVersion(result: String, version: String?) {
    #expect(CodexRateLimits.clientVersion(inInitializeResult: Array(result.utf8)) == version)
  }
}
