import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

struct ClaudeUsageTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder("claude")
  }

  private static let fiveHourEnd = Timestamp("2026-12-02T21:30:00Z")
  private static let weekEnd = Timestamp("2026-12-08T06:00:00Z")
  private static let limits = [
    LimitReading(limitID: "five_hour", minutes: 300, usedPercent: 33, resetsAt: fiveHourEnd),
    LimitReading(limitID: "seven_day", minutes: 10_080, usedPercent: 58, resetsAt: weekEnd),
    LimitReading(
      limitID: "seven_day_opus", minutes: 10_080, usedPercent: 71, resetsAt: weekEnd, isMain: false),
    LimitReading(
      limitID: "weekly_scoped:Quill", minutes: 10_080, usedPercent: 19, resetsAt: weekEnd,
      isMain: false),
  ]
  // printf claude:00000000-0000-4000-8000-00000EXAMPLE | sha256sum
  private static let account = "4464d2a43f2487ce"

  private var log: FilePath { folder.at("standin.log") }
  private var cache: FilePath { folder.at(".claude.json") }

  private func usage(
    _ conversations: ConversationRunner, executable: FilePath = "/opt/claude",
    _ more: [String: String] = [:], deadline: Duration = .seconds(60)
  ) -> ClaudeUsage {
    let environment = [
      "HOME": folder.path.string, "PATH": "/usr/bin:/bin", "STANDIN_LOG": log.string,
      "TMPDIR": folder.path.string,
    ]
    return ClaudeUsage(
      executable: executable, environment: environment.merging(more) { $1 }, scratch: folder.path,
      conversations: conversations, clock: .system, deadline: deadline)
  }

  private func stoodIn(
    _ answer: String, _ more: [String: String] = [:], deadline: Duration = .seconds(60)
  ) async -> Result<Reading, ReadingFailure> {
    let more = more.merging(["CLAUDE_STANDIN": answer]) { $1 }
    return await usage(.live, executable: VendorStandIn.claude, more, deadline: deadline).read()
  }

  private func reason(_ result: Result<Reading, ReadingFailure>) -> ReadingFailure.Reason? {
    guard case .failure(let failure) = result else { return nil }
    return failure.reason
  }

  /// Puts a cache in place as if the client had heard of its server at a moment.
  private func remember(at moment: Timestamp, in path: FilePath? = nil) throws {
    try Fixture.write(
      #"{"cachedUsageUtilization":{"fetchedAtMs":\#(moment.milliseconds),"#
        + #""utilization":{"five_hour":{"utilization":12,"resets_at":null}}}}"#, to: path ?? cache)
  }

  // MARK: Asking

  @Test("The client is asked by one line and without tools, sessions and settings")
  func request() async throws {
    let talk = ScriptedConversation { _ in [] }
    _ = await usage(talk.runner).read()
    #expect(
      talk.record.sent == [
        #"{"type":"control_request","request_id":"r1","#
          + #""request":{"subtype":"get_usage","skip_behaviors":true}}"#
      ])
    let partner = try #require(talk.record.partner)
    #expect(
      partner.arguments == [
        "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose",
        "--tools", "", "--no-session-persistence", "--setting-sources", "",
      ])
    #expect(partner.workingDirectory.removingLastComponent() == folder.path)
  }

  @Test("A fresh answer is a reading as of the moment that the client got it")
  func fresh() async throws {
    let start = Timestamp.now()
    let reading = try await stoodIn("ok").get()
    #expect(reading.limits == Self.limits)
    #expect(reading.provider == .claude && reading.method == .claudeUsage)
    #expect(reading.account == Self.account)
    #expect(reading.capturedAt > start && reading.capturedAt < .now(2))
    let kept = try JSON(parsing: reading.rawText)
    #expect(kept["seven_day"]["utilization"].integer == 58)
    #expect(kept["limits"][2]["scope"]["model"]["display_name"].string == "Quill")
    #expect(!reading.rawText.contains("EXAMPLE"))
  }

  @Test("Numbers are those of the moment, and a window that has not started has no end")
  func numbers() async throws {
    let other = try await stoodIn(
      "ok",
      [
        "CLAUDE_STANDIN_USED": "90.5", "CLAUDE_STANDIN_RESETS_AT": "2026-12-03T02:00:00+02:00",
        "CLAUDE_STANDIN_WEEKLY_USED": "60",
      ]
    ).get()
    #expect(other.limits.prefix(2).map(\.usedPercent) == [90.5, 60])
    #expect(other.limits[0].resetsAt == Timestamp("2026-12-03T00:00:00Z"))
    let unstarted = try await stoodIn("not-started").get()
    #expect(unstarted.limits[0].usedPercent == 0 && unstarted.limits[0].resetsAt == nil)
    #expect(unstarted.limits[0].isMain && unstarted.limits[0].minutes == 300)
  }

  @Test(
    "Each way to fail has its reason",
    arguments: [
      ("http-429", .noData), ("http-401", .noData), ("not-signed-in", .notSignedIn),
      ("unknown-request", .malformedReply), ("garbage", .malformedReply), ("ends-early", .noReply),
    ] as [(String, ReadingFailure.Reason)])
  func failures(answer: String, reason: ReadingFailure.Reason) async throws {
    #expect(self.reason(await stoodIn(answer)) == reason)
  }

  // MARK: Freshness

  @Test("An old answer given as a new one is no reading")
  func stale() async throws {
    try remember(at: .now(-3_600))
    let result = await stoodIn("http-429-with-cache")
    #expect(reason(result) == .stale)
    // The same answer counts once the client has heard of its server.
    let config = folder.at("config")
    try makeFolder(config)
    try remember(at: .now(3_600), in: config.appending(".claude.json"))
    let other = try await stoodIn("http-429-with-cache", ["CLAUDE_CONFIG_DIR": config.string]).get()
    #expect(other.limits.first?.usedPercent == 12)
  }

  @Test(
    "An answer whose age cannot be told is no reading",
    arguments: [nil, "{}", "{", #"{"cachedUsageUtilization":{"fetchedAtMs":null}}"#])
  func age(cache text: String?) async throws {
    if let text { try Fixture.write(text, to: cache) }
    #expect(reason(await stoodIn("http-429-with-cache")) == .stale)
  }

  @Test("Nothing is left of a client that hangs")
  func hang() async throws {
    #expect(reason(await stoodIn("hang", deadline: .seconds(3))) == .deadline)
    let processes = VendorStandIn.processes(in: log)
    #expect(processes.count == 2)
    for pid in processes { #expect(await isGone(pid)) }
  }

  // MARK: The cache

  @Test("The cache is read as of the moment that it was written")
  func cached() async throws {
    _ = try await stoodIn("ok").get()
    let reading = try ClaudeCache(environment: ["HOME": folder.path.string]).read().get()
    #expect(reading.limits == Self.limits)
    #expect(reading.method == .claudeCache && reading.account == Self.account)
    #expect(reading.capturedAt < .now(1) && reading.capturedAt > .now(-30))
    #expect(!reading.rawText.contains("EXAMPLE") && reading.rawText.hasPrefix("{\"five_hour\""))
  }

  @Test(
    "A cache without limits is no reading",
    arguments: [
      (nil, .noData), ("{}", .noData), ("{\"cachedUsageUtilization\":null}", .noData),
      (#"{"cachedUsageUtilization":{"fetchedAtMs":5,"utilization":{"five_hour":null}}}"#, .noData),
      ("{\"a\":", .malformedReply),
    ] as [(String?, ReadingFailure.Reason)])
  func noCache(text: String?, reason: ReadingFailure.Reason) throws {
    if let text { try Fixture.write(text, to: cache) }
    let result = ClaudeCache(environment: ["HOME": folder.path.string]).read()
    #expect(self.reason(result) == reason)
    #expect(self.reason(ClaudeCache(environment: [:]).read()) == .noData)
  }

  @Test("The cache is found behind many megabytes of other things")
  func largeCache() throws {
    let project = #""/home/kim/lamp":{"history":["\#(String(repeating: "oil ", count: 1_000))"]}"#
    let projects = (0..<5_000).map { "\"\($0)\":{\(project)}" }.joined(separator: ",")
    let limits = #""five_hour":{"utilization":7,"resets_at":null}"#
    try Fixture.write(
      #"{"projects":{\#(projects)},"cachedUsageUtilization":{"fetchedAtMs":1000,"utilization":{"#
        + "\(limits)}},\"oauthAccount\":{\"accountUuid\":\"00000000-0000-4000-8000-00000EXAMPLE\"}}",
      to: cache)
    let reading = try ClaudeCache(environment: ["HOME": folder.path.string]).read().get()
    #expect(reading.limits.map(\.usedPercent) == [7])
    #expect(reading.account == Self.account)
    #expect(reading.capturedAt == Timestamp(milliseconds: 1_000))
  }

  // MARK: Limits

  @Test(
    "What is no window is none, and the list fills what the members leave out",
    arguments: [
      (#"{"extra_usage":{"utilization":9,"monthly_limit":5}}"#, []),
      (#"{"five_hour":{"utilization":null,"resets_at":null},"seven_day":7}"#, []),
      (#"{"tangelo":{"utilization":3,"resets_at":null}}"#, ["tangelo nil false"]),
      (
        #"{"seven_day_sonnet":{"utilization":3,"resets_at":null}}"#,
        ["seven_day_sonnet 10080 false"]
      ),
      (
        #"{"limits":[{"kind":"weekly_all","percent":3,"resets_at":null},{"kind":"weekly_scoped","#
          + #""group":"weekly","percent":4,"scope":{"model":{"id":"q-1","display_name":null}}},"#
          + #"{"kind":"session","percent":5,"resets_at":null},{"kind":"x","percent":5}]}"#,
        ["five_hour 300 true", "seven_day 10080 true", "weekly_scoped:q-1 10080 false"]
      ),
    ])
  func limitShapes(text: String, shown: [String]) throws {
    var scanner = JSONScanner(Array(text.utf8))
    let limits = try #require(try ClaudeLimits.read(&scanner))
    let lines = limits.map { limit in
      "\(limit.limitID) \(limit.minutes.map(String.init) ?? "nil") \(limit.isMain)"
    }
    #expect(lines == shown)
  }
}
