import Shared
import TestSupport
import Testing

@testable import Jobs

struct LimitRelationTests {
  /// A reading of one limit: minutes after the morning, percent, and its end as a moment or label.
  struct Side: Sendable {
    var at: Int
    var percent: Double = 10
    var end: Int?
    var label: String?
    var length: Int? = 300

    var dated: DatedLimit {
      DatedLimit(
        limit: LimitReading(
          limitID: "codex", minutes: length, usedPercent: percent, resetsAt: end.map(minutes),
          resetsLabel: label),
        at: minutes(at))
    }
  }

  @Test(
    arguments: [
      (Side(at: 0, end: 200), Side(at: 30, end: 201), .same),
      (Side(at: 0, end: 200), Side(at: 30, end: 198), .same),
      (Side(at: 0, end: 200), Side(at: 190, end: 203), .later),
      (Side(at: 0, end: 200), Side(at: 220, end: 500), .later),
      (Side(at: 0, end: 200), Side(at: 30, end: 190), .earlier),
      (Side(at: 0), Side(at: 30, end: 190), .unknown),
      (Side(at: 0, end: 200), Side(at: 30), .unknown),
      (Side(at: 0), Side(at: 30), .unknown),
    ] as [(Side, Side, LimitRelation)])
  func `moments tell which window is meant`(
    earlier: Side, later: Side, relation: LimitRelation
  ) {
    #expect(earlier.dated.relation(to: later.dated) == relation)
  }

  @Test(
    arguments: [
      // The first turn comes within five hours: no other window had room before it.
      (Side(at: 0, percent: 0, end: 300), Side(at: 90, end: 330), .firstAfter),
      (Side(at: 0, percent: 0, end: 300), Side(at: 590, end: 600), .firstAfter),
      (Side(at: 0, percent: 0, end: 300), Side(at: 590, end: 602), .firstAfter),
      (Side(at: 0, percent: 0, end: 300), Side(at: 590, end: 603), .later),
      (Side(at: 0, percent: 0, end: 300), Side(at: 2_000, end: 2_100), .later),
      // Nothing had begun at either end; between them a whole window has room or has not.
      (Side(at: 0, percent: 0, end: 300), Side(at: 240, percent: 0, end: 540), .same),
      (Side(at: 0, percent: 0, end: 300), Side(at: 302, percent: 0, end: 602), .same),
      (Side(at: 0, percent: 0, end: 300), Side(at: 900, percent: 0, end: 1_200), .later),
      (Side(at: 0, percent: 0), Side(at: 90, end: 330), .firstAfter),
      (Side(at: 0, percent: 0, end: 300), Side(at: 90, end: 298), .firstAfter),
      (Side(at: 0, percent: 0, end: 300), Side(at: 90, end: 297), .earlier),
      // 0 % of a window that has begun is not that.
      (Side(at: 0, percent: 0, end: 200), Side(at: 250, end: 500), .later),
      (Side(at: 0, percent: 0), Side(at: 90), .unknown),
    ] as [(Side, Side, LimitRelation)])
  func `what follows a window that has not begun is the first if it provably is`(
    earlier: Side, later: Side, relation: LimitRelation
  ) {
    #expect(earlier.dated.relation(to: later.dated) == relation)
  }

  @Test(
    arguments: [
      (Side(at: 0, label: "14:01"), Side(at: 200, label: "14:01"), .same),
      (Side(at: 0, label: "14:01"), Side(at: 200, label: "14:00"), .same),
      (Side(at: 0, label: "14:01"), Side(at: 304, label: "14:02"), .same),
      // The same time of another day.
      (Side(at: 0, label: "14:01"), Side(at: 306, label: "14:01"), .later),
      (Side(at: 0, label: "14:01"), Side(at: 1_440, label: "14:01"), .later),
      (Side(at: 0, label: "14:01"), Side(at: 60, label: "19:01"), .later),
      (Side(at: 0, label: "14:01"), Side(at: 900, label: "05:30"), .later),
      (Side(at: 0, label: "14:01"), Side(at: 60, label: "09:01"), .earlier),
      (Side(at: 0, label: "14:01"), Side(at: 200, label: "13:13"), .earlier),
      (Side(at: 0, label: "14:01"), Side(at: 60), .unknown),
      (Side(at: 0, label: "cut o"), Side(at: 60, label: "14:01"), .unknown),
      // Across midnight, where a date comes and goes.
      (Side(at: 0, label: "00:01 on 20 Oct"), Side(at: 100, label: "00:01"), .same),
      (Side(at: 0, label: "23:59"), Side(at: 100, label: "00:00"), .same),
      (Side(at: 0, label: "23:59 on 19 Oct"), Side(at: 100, label: "00:00 on 20 Oct"), .same),
      (Side(at: 0, label: "23:30"), Side(at: 200, label: "04:31"), .later),
      (Side(at: 0, label: "00:01 on 20 Oct"), Side(at: 120, label: "19:01"), .earlier),
      // 0 % and an end nearer than a window is long: it was not that of a window that had begun.
      (Side(at: 0, percent: 0, label: "18:18"), Side(at: 100, label: "20:00"), .firstAfter),
      (Side(at: 0, percent: 0, label: "18:18"), Side(at: 400, label: "23:18"), .later),
      (Side(at: 0, percent: 0, label: "18:18"), Side(at: 1_500, label: "20:00"), .later),
      (Side(at: 0, percent: 2, label: "18:18"), Side(at: 100, label: "20:00"), .later),
    ] as [(Side, Side, LimitRelation)])
  func `labels tell it by themselves`(earlier: Side, later: Side, relation: LimitRelation) {
    #expect(earlier.dated.relation(to: later.dated) == relation)
  }

  private static func weekly(
    _ day: Double, _ label: String, percent: Double = 10, end: Int? = nil
  ) -> Side {
    Side(
      at: Int(day * 1_440), percent: percent, end: end, label: label, length: 10_080)
  }

  @Test(
    arguments: [
      (weekly(0, "21:11 on 25 Oct"), weekly(4, "21:11 on 25 Oct"), .same),
      (weekly(0, "21:11 on 25 Oct"), weekly(4, "21:12 on 25 Oct"), .same),
      (weekly(0, "21:11 on 25 Oct"), weekly(5.5, "21:11"), .same),
      (weekly(0, "21:11 on 25 Oct"), weekly(7.5, "21:11 on 1 Nov"), .later),
      (weekly(0, "21:11 on 25 Oct"), weekly(1, "21:11 on 18 Oct"), .earlier),
      (weekly(0, "21:11 on 25 Oct"), weekly(365, "21:11 on 25 Oct"), .later),
      (weekly(0, "21:11 on 31 Dec"), weekly(3, "21:11 on 7 Jan"), .later),
      (weekly(0, "21:11 on 3 Jan"), weekly(1, "21:11 on 27 Dec"), .earlier),
      (weekly(0, "21:11 on 28 Feb"), weekly(0.5, "21:11 on 7 Mar"), .later),
      (weekly(0, "00:01 on 1 Jan"), weekly(0.5, "23:59 on 31 Dec"), .same),
      (weekly(0, "21:11 on 25 Oct", percent: 0), weekly(2, "09:00 on 27 Oct"), .firstAfter),
      // The day of the reset: no date, and at the same time next week none either.
      (weekly(0, "21:11"), weekly(0.9, "21:11"), .same),
      (weekly(0, "21:11"), weekly(6.9, "21:11"), .later),
      // Where only one side has a date, the moments know better.
      (weekly(0, "21:11", end: 600), weekly(0.5, "21:11 on 1 Nov", end: 10_680), .later),
    ] as [(Side, Side, LimitRelation)])
  func `labels of weeks have dates, mostly`(
    earlier: Side, later: Side, relation: LimitRelation
  ) {
    #expect(earlier.dated.relation(to: later.dated) == relation)
  }

  @Test func `between two labels the moments that a wrong zone makes of them do not count`() {
    let earlier = Side(at: 0, end: 250, label: "14:01")
    #expect(
      earlier.dated.relation(to: Side(at: 200, end: 1_690, label: "14:01").dated) == .same)
    #expect(earlier.dated.relation(to: Side(at: 200, end: 250).dated) == .same)
  }
}
