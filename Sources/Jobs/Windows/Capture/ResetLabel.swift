package import Shared

/// The end of a window as a pane prints it: `04:45`, `17:52 on 25 Nov`, `Oct 20, 2am (Asia/Tokyo)`.
///
/// Local time of the machine that drew the pane, mostly without a zone and a year.
package struct ResetLabel: Sendable, Equatable {
  /// Minutes since midnight; nil where only a day is told.
  package private(set) var minuteOfDay: Int?
  /// 1 to 12; told with the day or not at all.
  package private(set) var month: Int?
  package private(set) var day: Int?
  package private(set) var year: Int?
  /// The IANA name in parentheses.
  package private(set) var zoneName: String?
  /// Of `in 2h 11m`, the time from the drawing of the pane.
  package private(set) var remainingMinutes: Int?

  /// Nil when the text is none of the forms that are known, as one that was cut off.
  package init?(_ text: some StringProtocol) {
    var reader = ResetLabelReader(text)
    guard reader.read() else { return nil }
    minuteOfDay = reader.minuteOfDay
    month = reader.month
    day = reader.day
    year = reader.year
    zoneName = reader.zoneName
    remainingMinutes = reader.remainingMinutes
    let isTold = minuteOfDay != nil || day != nil || remainingMinutes != nil
    guard isTold, remainingMinutes == nil || minuteOfDay == nil && day == nil else { return nil }
  }
}

// MARK: - Comparing

extension ResetLabel {
  /// Labels of one window wobble by a minute from pane to pane.
  private static let tolerance = 2

  /// Whether two labels can be the same moment; nil when they do not tell enough to say.
  ///
  /// A label without a day is of any day, one without a year of any year.
  package func sameMoment(as other: ResetLabel) -> Bool? {
    guard remainingMinutes == nil, other.remainingMinutes == nil else { return nil }
    // Two names may be one zone.
    if let zoneName, let otherZone = other.zoneName, zoneName != otherZone { return nil }
    if let year, let otherYear = other.year, abs(year - otherYear) > 1 { return false }
    let isClockKnown = minuteOfDay != nil && other.minuteOfDay != nil
    guard let month, let day, let otherMonth = other.month, let otherDay = other.day else {
      guard let minuteOfDay, let otherMinute = other.minuteOfDay else { return nil }
      return Self.distance(minuteOfDay, otherMinute, around: 1_440) <= Self.tolerance
    }
    // The last of February is a day or two before the first of March, as the year has it.
    let isSame = [2027, 2028].contains { year in
      guard let first = LocalDay(year: year, month: month, day: day),
        let second = LocalDay(year: year, month: otherMonth, day: otherDay)
      else { return false }
      let firstMinute = first.daysSinceEpoch * 1_440 + (isClockKnown ? minuteOfDay ?? 0 : 0)
      let secondMinute = second.daysSinceEpoch * 1_440 + (isClockKnown ? other.minuteOfDay ?? 0 : 0)
      let length = (year == 2028 ? 366 : 365) * 1_440
      return Self.distance(firstMinute, secondMinute, around: length) <= Self.tolerance
    }
    if minuteOfDay == nil, other.minuteOfDay == nil { return isSame }
    return isClockKnown ? isSame : isSame ? nil : false
  }

  private static func distance(_ first: Int, _ second: Int, around length: Int) -> Int {
    let distance = abs(first - second) % length
    return min(distance, length - distance)
  }
}

// MARK: - Resolving

extension ResetLabel {
  /// How much further away than its window is long a reset may seem.
  private static let slackMinutes = 5

  /// The next moment after the capture that the label can mean.
  ///
  /// Nil when it would be further away than the window is long: then the label is of another zone,
  /// or the pane is old. Nil also for a day without a time and for a zone the system does not know.
  package func resolve(capturedAt: Timestamp, minutes: Int?, zone: LocalTime) -> Timestamp? {
    let longest = Duration.seconds((Int64(min(minutes ?? 43_200, 600_000)) + 5) * 60)
    let moment: Timestamp?
    if let remainingMinutes {
      moment = capturedAt + .seconds(Int64(remainingMinutes) * 60)
    } else if let zoneName {
      moment = LocalTime(named: zoneName).flatMap { next(after: capturedAt, in: $0) }
    } else {
      moment = next(after: capturedAt, in: zone)
    }
    guard let moment, moment - capturedAt <= longest else { return nil }
    return moment
  }

  private func next(after capturedAt: Timestamp, in zone: LocalTime) -> Timestamp? {
    guard let minuteOfDay else { return nil }
    let moments = days(around: zone.day(at: capturedAt)).flatMap { day in
      let time = CivilTime(day: day, hour: minuteOfDay / 60, minute: minuteOfDay % 60)
      let moments = zone.moments(of: time)
      return moments.isEmpty ? [zone.firstMoment(atOrAfter: time)] : moments
    }
    return moments.filter { $0 > capturedAt }.min()
  }

  /// The days the label can mean near the day of the capture.
  private func days(around today: LocalDay) -> [LocalDay] {
    guard let month, let day else { return [today, today.next, today.next.next] }
    let years = year.map { [$0] } ?? [today.year, today.year + 1]
    return years.compactMap { LocalDay(year: $0, month: month, day: day) }
  }
}
