import Shared
import Testing

struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00.000Z", 0), ("1970-01-01T00:00:00Z", 0),
    ("2026-02-13T10:00:00.123Z", 1_770_976_800_123),
    ("2026-02-13T10:00:00.123456Z", 1_770_976_800_123),
    ("2026-02-13T10:00:00.1Z", 1_770_976_800_100),
    ("2026-02-13 10:00:00Z", 1_770_976_800_000),
    ("2026-02-13T12:00:00+02:00", 1_770_976_800_000),
    ("2026-02-13T12:00:00+0200", 1_770_976_800_000),
    ("2026-02-13T04:30:00-05:30", 1_770_976_800_000),
    ("2024-02-29T23:59:60Z", 1_709_251_199_000),
    ("1969-12-31T23:59:59.999Z", -1), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
  ])
  func `RFC 3339 text is read exactly`(_ text: String, _ milliseconds: Int64) {
    #expect(Timestamp(text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "yesterday", "2026-02-13", "2026-02-30T10:00:00Z", "2025-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z", "2026-02-13T24:00:00Z", "2026-02-13T10:00:00", "2026-02-13T10:00:00.Z",
    "2026-02-13T10:00:00Zx", "2026-2-13T10:00:00Z", "2026-02-13T10:00:00+25:00",
  ])
  func `what is no moment is nil`(_ text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func `every day of eight centuries is written and read back`() {
    for day in stride(from: Int64(-200_000), to: 100_000, by: 1) {
      let moment = Timestamp(milliseconds: day * 86_400_000 + 1)
      #expect(Timestamp(moment.text) == moment)
    }
  }

  @Test func `text has three decimals and a Z`() {
    #expect(Timestamp(milliseconds: 1_770_976_800_100).text == "2026-02-13T10:00:00.100Z")
    #expect(Timestamp(milliseconds: 1_770_976_800_100).tableText == "2026-02-13 10:00:00")
  }

  @Test func `sums and differences saturate`() {
    let end = Timestamp(milliseconds: .max)
    #expect(end + .seconds(1) == end)
    #expect(Timestamp(milliseconds: .min) - .seconds(1) == Timestamp(milliseconds: .min))
    #expect(Timestamp(milliseconds: 5_000) - Timestamp(milliseconds: 7_000) == .seconds(-2))
  }
}

struct DurationTextTests {
  @Test(arguments: [
    ("15", 15_000), ("1.5", 1_500), ("0", 0), ("15s", 15_000), ("2m", 120_000), ("1h", 3_600_000),
    ("500ms", 500), ("1d", 86_400_000), ("2M", 120_000),
  ])
  func `a bare number is seconds, a unit is taken`(_ text: String, _ milliseconds: Int64) {
    #expect(DurationText.parse(text) == .milliseconds(milliseconds))
  }

  @Test(arguments: ["", "s", "-1", "1x", "1 s", "nan", "inf", "1e3", "1.2.3", "99999999999999"])
  func `what is no duration is nil`(_ text: String) {
    #expect(DurationText.parse(text) == nil)
  }

  @Test(arguments: [
    (0, "0s"), (59_999, "59s"), (60_000, "1m"), (3_599_000, "59m"), (7_200_000, "2h"),
    (86_400_000, "1d"), (-5, "0s"),
  ])
  func `brief text has one unit`(_ milliseconds: Int64, _ text: String) {
    #expect(DurationText.brief(.milliseconds(milliseconds)) == text)
  }

  @Test func `clock text has hours without bound`() {
    #expect(DurationText.clock(.seconds(84)) == "00:01:24")
    #expect(DurationText.clock(.seconds(6_737 * 3_600 + 341)) == "6737:05:41")
  }
}
