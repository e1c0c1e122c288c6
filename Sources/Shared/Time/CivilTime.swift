/// A day of the calendar as people count it, without a zone.
package struct LocalDay: Hashable, Comparable, Sendable {
  package let year: Int
  package let month: Int
  package let day: Int

  /// Nil for a day that no calendar has, `2026-02-29` for one.
  package init?(year: Int, month: Int, day: Int) {
    guard (-999_999...999_999).contains(year), (1...12).contains(month),
      (1...Int(Timestamp.daysIn(Int64(month), of: Int64(year)))).contains(day)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// The day so many days after 1970-01-01.
  package init(daysSinceEpoch days: Int) {
    let (year, month, day) = Timestamp.civilDate(daysSinceEpoch: Int64(days))
    self.year = Int(year)
    self.month = Int(month)
    self.day = Int(day)
  }

  /// Reads `2026-11-21`.
  package init?(_ text: some StringProtocol) {
    let fields = text.split(separator: "-", omittingEmptySubsequences: false)
    guard fields.map(\.utf8.count) == [4, 2, 2],
      fields.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let year = Int(fields[0]), let month = Int(fields[1]), let day = Int(fields[2])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  package var daysSinceEpoch: Int {
    Int(Timestamp.daysSinceEpoch(year: Int64(year), month: Int64(month), day: Int64(day)))
  }

  package var next: LocalDay { LocalDay(daysSinceEpoch: daysSinceEpoch + 1) }

  package var previous: LocalDay { LocalDay(daysSinceEpoch: daysSinceEpoch - 1) }

  /// `2026-11-21`.
  package var text: String {
    [padded(year, 4), padded(month, 2), padded(day, 2)].joined(separator: "-")
  }

  package static func < (left: LocalDay, right: LocalDay) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }
}

/// A day and a time of day as a clock on the wall shows them, without a zone.
package struct CivilTime: Hashable, Comparable, Sendable {
  package var day: LocalDay
  package var hour: Int
  package var minute: Int
  package var second: Int

  package init(day: LocalDay, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The time of a clock that shows so many seconds after 1970-01-01 00:00:00.
  init(clockSeconds: Int64) {
    let (days, second) = clockSeconds.quotientAndFloorRemainder(by: 86_400)
    self.init(
      day: LocalDay(daysSinceEpoch: Int(days)), hour: Int(second / 3_600),
      minute: Int(second / 60 % 60), second: Int(second % 60))
  }

  /// What a clock would count since 1970-01-01 00:00:00 on its own face.
  var clockSeconds: Int64 {
    Int64(day.daysSinceEpoch) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
  }

  package static func < (left: CivilTime, right: CivilTime) -> Bool {
    left.clockSeconds < right.clockSeconds
  }
}

private func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
