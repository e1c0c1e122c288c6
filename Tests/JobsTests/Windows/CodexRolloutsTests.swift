import Jobs
import Shared
import SystemPackage
import TestSupport
import Testing

struct CodexRolloutsTests {
  /// What one recorded rollout says.
  struct Expected: Sendable, CustomTestStringConvertible {
    var file: String
    /// Time, client, and `minutes:percent` of each limit; nil when there is no reading.
    var newest: String?
    var windows: [String]
    var testDescription: String { file }
  }

  private static let day = "2026-10-14T"
  private static func plain(_ time: String, _ five: Double, _ week: Double = 61) -> [String] {
    [
      "300 2026-10-14T12:30:00.000Z \(five) \(day)\(time)Z",
      "10080 2026-10-19T06:00:00.000Z \(week) \(day)\(time)Z",
    ]
  }

  static let recorded: [Expected] = [
    Expected(
      file: "plain-0.131", newest: "\(day)09:00:04.003Z 0.131.0 300:27.5 10080:61.0",
      windows: plain("09:00:04.003", 27.5)),
    Expected(
      file: "plain-0.147", newest: "\(day)09:10:05.661Z 0.147.0 300:27.5 10080:61.0",
      windows: plain("09:10:05.661", 27.5)),
    Expected(
      file: "plain-0.155", newest: "\(day)09:20:06.279Z 0.155.1 300:27.5 10080:61.0",
      windows: plain("09:20:06.279", 27.5)),
    Expected(
      file: "plain-0.163", newest: "\(day)09:34:00.033Z 0.163.0 300:28.25 10080:61.0",
      windows: plain("09:34:00.033", 28.25)),
    Expected(
      file: "resets-in-seconds",
      newest: "2025-10-02T08:05:10.000Z 0.44.0 300:7.0 10080:22.0",
      windows: [
        "300 2025-10-02T12:30:00.000Z 7.0 2025-10-02T08:05:10.000Z",
        "10080 2025-10-06T08:00:00.000Z 22.0 2025-10-02T08:05:10.000Z",
      ]),
    Expected(file: "rate-limits-null", newest: nil, windows: []),
    Expected(file: "placeholder", newest: nil, windows: []),
    Expected(
      file: "weekly-in-primary", newest: "2026-08-03T09:00:05.000Z 0.149.0 10080:33.0",
      windows: ["10080 2026-08-09T01:00:00.000Z 33.0 2026-08-03T09:00:05.000Z"]),
    Expected(
      file: "monthly", newest: "\(day)09:00:05.000Z 0.160.0 43200:4.5",
      windows: ["43200 2026-11-01T00:00:00.000Z 4.5 \(day)09:00:05.000Z"]),
    Expected(
      file: "mixed-limit-ids", newest: "\(day)09:10:00.000Z 0.150.0 10080:55.0",
      windows: ["10080 2026-10-19T06:00:00.000Z 55.0 \(day)09:10:00.000Z"]),
    // The percent fell at last: the window keeps the highest, the reading is the newest.
    Expected(
      file: "reemitted-duplicates", newest: "\(day)09:04:00.000Z 0.135.0 300:13.5 10080:8.0",
      windows: [
        "300 2026-10-14T12:29:59.000Z 15.0 \(day)09:03:00.000Z",
        "10080 2026-10-19T06:00:00.000Z 8.0 \(day)09:04:00.000Z",
      ]),
    // A row behind the end of its window does not count for it.
    Expected(
      file: "reset-crossing", newest: "2026-10-15T00:09:10.000Z 0.163.0 300:1.5 10080:41.5",
      windows: [
        "300 2026-10-15T00:02:00.000Z 84.5 2026-10-15T00:01:20.000Z",
        "300 2026-10-15T05:09:10.000Z 1.5 2026-10-15T00:09:10.000Z",
        "10080 2026-10-19T06:00:00.000Z 41.5 2026-10-15T00:09:10.000Z",
      ]),
    Expected(
      file: "torn-tail", newest: "\(day)09:02:00.000Z 0.163.0 300:3.5 10080:39.0",
      windows: plain("09:02:00.000", 3.5, 39)),
    Expected(
      file: "fork-paginated", newest: "\(day)08:30:09.000Z 0.163.0 300:46.0 10080:20.5",
      windows: plain("08:30:09.000", 46, 20.5)),
    Expected(
      file: "fork-legacy", newest: nil,
      windows: ["10080 2026-10-19T06:00:00.000Z 20.0 \(day)14:00:00.002Z"]),
    Expected(
      file: "quoted-in-a-prompt", newest: "\(day)09:00:30.000Z 0.163.0 300:27.5 10080:61.0",
      windows: plain("09:00:30.000", 27.5)),
  ]

  private func short(_ reading: Reading?) -> String? {
    reading.map { reading in
      let limits = reading.limits.map { "\($0.minutes ?? 0):\($0.usedPercent)" }
      return ([reading.capturedAt.text, reading.clientVersion ?? "-"] + limits)
        .joined(separator: " ")
    }
  }

  @Test("Every recorded rollout says what it says", arguments: CodexRolloutsTests.recorded)
  func saysWhatItSays(expected: Expected) throws {
    let home = try RolloutHome(fixtures: [expected.file])
    let findings = home.read()
    #expect(short(findings.newestReading) == expected.newest)
    #expect(findings.windows == expected.windows)
    #expect(findings.errors.isEmpty)
    let again = home.read()
    #expect(again.filesRead == 0)
    #expect(short(again.newestReading) == expected.newest)
    #expect(again.windows == expected.windows)
  }

  @Test("All rollouts together give one newest reading and each window once")
  func together() throws {
    let home = try RolloutHome(fixtures: Self.recorded.map(\.file) + ["fork-parent"])
    let findings = home.read()
    let reading = try findings.newest()
    #expect(reading.capturedAt.text == "2026-10-15T00:09:10.000Z")
    #expect(reading.method == .rollouts && reading.provider == .codex && reading.account == nil)
    #expect(reading.limits.allSatisfy { $0.isMain && $0.limitID == "codex" })
    #expect(
      findings.windows.filter { $0.contains("300 2026-10-14T12:30") } == [
        "300 2026-10-14T12:30:00.000Z 46.0 2026-10-14T08:30:09.000Z"
      ])
    let window = try #require(
      findings.evidence(since: Timestamp(milliseconds: 0)).first { $0.best.usedPercent == 46 })
    #expect(window.first.capturedAt.text == "2026-10-14T08:00:05.000Z")
    #expect(window.lastRowAt.text == "2026-10-14T09:34:00.033Z")
  }

  @Test("Evidence since a time is of the windows that were seen since then")
  func since() throws {
    let home = try RolloutHome(fixtures: ["reset-crossing"])
    let since = try #require(Timestamp("2026-10-15T00:01:21Z"))
    #expect(home.read().evidence(since: since).map(\.best.usedPercent) == [1.5, 41.5])
  }

  @Test("Without rollouts there is no reading, and no memory is made")
  func nothing() throws {
    let home = try RolloutHome()
    let findings = home.read()
    let failure = #expect(throws: ReadingFailure.self) { try findings.newest() }
    #expect(failure?.reason == .noData)
    #expect(findings.errors.isEmpty)
    #expect(!Fixture.exists(home.memory))
  }

  @Test(
    "The folder of Codex is CODEX_HOME, else .codex at home",
    arguments: [
      (["CODEX_HOME": "/c", "HOME": "/h"], "/c"), (["CODEX_HOME": "", "HOME": "/h"], "/h/.codex"),
      (["HOME": "/h"], "/h/.codex"), ([:], nil), (["HOME": ""], nil),
    ] as [([String: String], String?)])
  func folder(environment: [String: String], expected: String?) {
    #expect(CodexRollouts.home(environment: environment)?.string == expected)
  }
}
