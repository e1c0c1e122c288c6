import Jobs
import Shared
import Testing

struct ResetLabelTests {
  @Test(
    arguments: [
      ("04:45", "2026-11-21T02:50:00Z", 300, "2026-11-21T04:45:00.000Z"),
      ("00:01 on 22 Nov", "2026-11-21T20:00:00Z", 300, "2026-11-22T00:01:00.000Z"),
      ("17:52 on 25 Nov", "2026-11-21T02:50:00Z", 10_080, "2026-11-25T17:52:00.000Z"),
      ("12:58 AM on 4 Oct", "2026-10-01T00:00:00Z", 10_080, "2026-10-04T00:58:00.000Z"),
      ("12:30pm", "2026-10-01T10:00:00Z", 300, "2026-10-01T12:30:00.000Z"),
      ("4:04 PM", "2026-10-01T12:00:00Z", 300, "2026-10-01T16:04:00.000Z"),
      ("9pm", "2026-10-01T17:00:00Z", 300, "2026-10-01T21:00:00.000Z"),
      ("Nov 24, 5am (Europe/Helsinki)", "2026-11-21T03:00:00Z", 10_080, "2026-11-24T03:00:00.000Z"),
      ("Jul 4 at 3am (Europe/London)", "2026-07-01T03:00:00Z", 10_080, "2026-07-04T02:00:00.000Z"),
      ("8:59pm(Asia/Irkutsk)", "2026-07-01T10:00:00Z", 300, "2026-07-01T12:59:00.000Z"),
      ("in 2h 11m", "2026-07-01T10:00:30Z", 300, "2026-07-01T12:11:30.000Z"),
      ("in 45 minutes", "2026-07-01T10:00:00Z", 300, "2026-07-01T10:45:00.000Z"),
      ("in 3 days", "2026-07-01T10:00:00Z", 10_080, "2026-07-04T10:00:00.000Z"),
      ("January 3rd, 2027 at 6:00am", "2026-12-30T10:00:00Z", 10_080, "2027-01-03T06:00:00.000Z"),
      ("05:00 on 2 Jan", "2026-12-30T10:00:00Z", 10_080, "2027-01-02T05:00:00.000Z"),
      ("00:30", "2026-12-31T22:00:00Z", 300, "2027-01-01T00:30:00.000Z"),
      ("12:00 on 29 Feb", "2028-02-25T22:00:00Z", 10_080, "2028-02-29T12:00:00.000Z"),
      ("5am (UTC)", "2026-12-31T02:00:00Z", 300, "2026-12-31T05:00:00.000Z"),
      // As far away as the window is long, and five minutes more.
      ("15:05", "2026-12-31T10:00:00Z", 300, "2026-12-31T15:05:00.000Z"),
      ("15:06", "2026-12-31T10:00:00Z", 300, nil),
      // Just over: the pane is old.
      ("10:00", "2026-12-31T10:00:00Z", 300, nil),
      ("17:52 on 25 Nov", "2026-11-25T18:00:00Z", 10_080, nil),
      ("12:00 on 29 Feb", "2027-02-25T22:00:00Z", 10_080, nil),
      ("Jun 24", "2026-06-20T10:00:00Z", 10_080, nil),
      ("5am (Europe/Nowhere)", "2026-12-31T02:00:00Z", 300, nil),
      ("5am (../UTC)", "2026-12-31T02:00:00Z", 300, nil),
      ("in 9h", "2026-12-31T02:00:00Z", 300, nil),
    ] as [(String, String, Int, String?)])
  func `a label means the next such moment within its window`(
    _ label: String, _ capturedAt: String, _ minutes: Int, _ moment: String?
  ) throws {
    let capturedAt = try #require(Timestamp(capturedAt))
    let label = ResetLabel(label)
    let resolved = label?.resolve(capturedAt: capturedAt, minutes: minutes, zone: .universal)
    #expect(resolved?.text == moment)
  }

  @Test(arguments: [
    // Put forward at 03:00 on 29 March, put back at 04:00 on 25 October.
    ("03:30", "2026-03-28T23:00:00Z", "2026-03-29T01:00:00.000Z"),
    ("03:30", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00.000Z"),
    ("03:30", "2026-10-25T00:45:00Z", "2026-10-25T01:30:00.000Z"),
  ])
  func `a time that the zone skips or doubles is the first one at or after`(
    _ label: String, _ capturedAt: String, _ moment: String
  ) throws {
    let zone = try #require(LocalTime(named: "Europe/Helsinki"))
    let capturedAt = try #require(Timestamp(capturedAt))
    let resolved = ResetLabel(label)?.resolve(capturedAt: capturedAt, minutes: 300, zone: zone)
    #expect(resolved?.text == moment)
  }

  @Test(
    arguments: [
      ("14:00", "14:01", true), ("14:00", "14:03", false), ("23:59", "00:01", true),
      ("23:59 on 19 Oct", "00:01 on 20 Oct", true), ("23:59 on 19 Oct", "00:01 on 19 Oct", false),
      ("21:11 on 25 Oct", "21:11 on 26 Oct", false), ("21:11 on 25 Oct", "9:10 PM on 25 Oct", true),
      ("21:11", "21:12 on 26 Oct", true), ("23:59 on 31 Dec", "Jan 1, 12:00am", true),
      ("23:59 on 28 Feb", "00:00 on 1 Mar", true), ("23:59 on 29 Feb", "00:00 on 1 Mar", true),
      ("Jun 24", "24 Jun", true), ("Jun 24", "Jun 25", false), ("Jun 24", "10:00 on 25 Jun", false),
      ("9pm (Asia/Irkutsk)", "8:59pm (Asia/Irkutsk)", true), ("9pm", "8:59pm (Asia/Irkutsk)", true),
      ("Jun 24", "10:00 on 24 Jun", nil), ("9pm (Asia/Irkutsk)", "9pm (Asia/Tokyo)", nil),
      ("in 2h", "14:00", nil), ("Jun 24", "10:00", nil),
    ] as [(String, String, Bool?)])
  func `two labels are one moment within two minutes`(
    _ first: String, _ second: String, _ isSame: Bool?
  ) throws {
    let first = try #require(ResetLabel(first))
    let second = try #require(ResetLabel(second))
    #expect(first.sameMoment(as: second) == isSame)
    #expect(second.sameMoment(as: first) == isSame)
  }

  @Test(arguments: [
    "", "Oct", "24:00", "12:60", "13pm", "0am", "04:4", "17:52 on 25", "17:52 on", "31 Feb",
    "Oct 20, 2am (Asia", "2am (", "5", "14:00 14:01", "tomorrow", "in", "in 2", "in 2h 14:00",
    "21:11 on 25 Oct on 26 Oct", "99999999999999999999:00", "on at", "14:00 é", "-1:00",
  ])
  func `a label that was cut off or is none cannot be read`(_ text: String) {
    #expect(ResetLabel(text) == nil)
  }
}
