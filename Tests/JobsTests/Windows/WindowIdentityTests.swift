import Jobs
import Shared
import Testing

struct WindowIdentityTests {
  private func identity(
    _ end: Timestamp, limitID: String = "codex", minutes: Int? = 300
  ) -> WindowIdentity {
    WindowIdentity(limitID: limitID, minutes: minutes, end: .resetsAt(end))
  }

  @Test(
    "Two ends are one window up to two minutes apart",
    arguments: [
      (0, true), (1, true), (-1, true), (120, true), (-120, true), (121, false), (-121, false),
      (18_000, false),
    ])
  func tolerance(_ seconds: Int, _ isSame: Bool) {
    let end = at("00:01")
    #expect(identity(end).matches(identity(end + .seconds(seconds))) == isSame)
  }

  @Test("Another limit or another length is another window, though it ends with this one")
  func otherLimits() {
    let end = at("00:01")
    #expect(!identity(end).matches(identity(end, limitID: "codex_other")))
    #expect(!identity(end).matches(identity(end, minutes: 10_080)))
    #expect(identity(end).matches(identity(end, minutes: nil)))
  }

  @Test("A window without a reset time is one local date of its limit")
  func days() throws {
    let zone = try #require(LocalTime(named: "Asia/Tokyo"))
    let limit = LimitReading(limitID: "daily", minutes: 1_440, usedPercent: 4, resetsAt: nil)
    let evening = try #require(limit.identity(at: at("14:59"), days: zone))
    let night = try #require(limit.identity(at: at("15:00"), days: zone))
    #expect(evening.end == .day(try #require(LocalDay("2027-03-10"))))
    #expect(night.end == .day(try #require(LocalDay("2027-03-11"))))
    #expect(!evening.matches(night))
    #expect(evening.matches(try #require(limit.identity(at: at("00:00"), days: zone))))
    #expect(!evening.matches(identity(at("15:00"), limitID: "daily", minutes: 1_440)))
  }

  @Test(
    "Nothing has begun where 0 % end a whole window from now",
    arguments: [
      Limit("0 % and an end that slides", 0, end: sliding("00:06"), isNotStarted: true),
      Limit("0 % and an end two minutes short", 0, end: at("05:04"), isNotStarted: true),
      Limit("0 % and an end two minutes long", 0, end: at("05:08"), isNotStarted: true),
      Limit("0 % and an end further off", 0, end: at("05:03:59"), isNotStarted: false),
      Limit("0 % and no end at all", 0, end: nil, isNotStarted: true),
      Limit("some use and an end that slides", 0.4, end: sliding("00:06"), isNotStarted: false),
      Limit("some use and no end", 3, end: nil, isNotStarted: false),
      Limit("0 % and a label", 0, end: nil, label: "05:06", isNotStarted: false),
      Limit(
        "0 %, an end and no length", 0, end: sliding("00:06"), minutes: nil, isNotStarted: false),
    ])
  func notStarted(_ limit: Limit) {
    let reading = limit.reading
    #expect(reading.isNotStarted(at: at("00:06")) == limit.isNotStarted)
    if limit.isNotStarted {
      #expect(reading.identity(at: at("00:06"), days: .universal) == nil)
    }
  }

  struct Limit: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reading: LimitReading
    let isNotStarted: Bool

    init(
      _ name: String, _ percent: Double, end: Timestamp?, label: String? = nil,
      minutes: Int? = 300, isNotStarted: Bool
    ) {
      testDescription = name
      reading = LimitReading(
        limitID: "codex", minutes: minutes, usedPercent: percent, resetsAt: end,
        resetsLabel: label)
      self.isNotStarted = isNotStarted
    }
  }

  @Test("A label alone tells no window")
  func labels() {
    let limit = LimitReading(
      limitID: "codex", minutes: 300, usedPercent: 8, resetsAt: nil, resetsLabel: "05:06")
    #expect(limit.identity(at: at("00:06"), days: .universal) == nil)
  }

  @Test("The shortest limit of the whole subscription names the windows")
  func leading() {
    func limit(_ id: String, _ minutes: Int?, isMain: Bool = true) -> LimitReading {
      LimitReading(limitID: id, minutes: minutes, usedPercent: 1, resetsAt: nil, isMain: isMain)
    }
    func leading(_ limits: [LimitReading]) -> String? {
      Reading(
        provider: .claude, account: nil, limits: limits, capturedAt: at("00:06"),
        method: .claudeUsage
      ).leadingLimit?.limitID
    }
    #expect(leading([limit("week", 10_080), limit("five", 300)]) == "five")
    #expect(leading([limit("week", 10_080), limit("model", 60, isMain: false)]) == "week")
    #expect(leading([limit("unknown", nil), limit("week", 10_080)]) == "week")
    #expect(leading([limit("unknown", nil)]) == "unknown")
    #expect(leading([limit("model", 60, isMain: false)]) == nil)
  }
}
