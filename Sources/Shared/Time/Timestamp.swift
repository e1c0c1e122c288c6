/// A moment of the wall clock, exact to the millisecond.
///
/// Agents and ledgers stamp their rows as RFC 3339 text in UTC with three decimals; integers keep
/// such a stamp exact where a floating-point date would not.
package struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  package let milliseconds: Int64

  package init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// The moment `duration` later; saturates instead of overflowing.
  package static func + (moment: Timestamp, duration: Duration) -> Timestamp {
    let (sum, overflow) = moment.milliseconds.addingReportingOverflow(duration.inMilliseconds)
    guard overflow else { return Timestamp(milliseconds: sum) }
    return Timestamp(milliseconds: duration < .zero ? .min : .max)
  }

  package static func - (moment: Timestamp, duration: Duration) -> Timestamp {
    moment + (.zero - duration)
  }

  /// The time from `earlier` to `later`, negative when they are the other way round.
  package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
    let (difference, overflow) = later.milliseconds
      .subtractingReportingOverflow(earlier.milliseconds)
    guard overflow else { return .milliseconds(difference) }
    return .milliseconds(later > earlier ? Int64.max : Int64.min)
  }
}

extension Duration {
  /// Whole milliseconds, rounded toward zero, saturating.
  package var inMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    return whole + attoseconds / 1_000_000_000_000_000
  }

  /// Seconds to the millisecond, for display and for JSON: `5.512`, not `5.5120000000000005`.
  package var inSeconds: Double { Double(inMilliseconds) / 1_000 }
}

// MARK: - Text

extension Timestamp {
  /// RFC 3339 in UTC with milliseconds: `2026-02-13T10:00:00.000Z`, as JavaScript's `toISOString`.
  package var text: String {
    let (day, time) = milliseconds.quotientAndFloorRemainder(by: Self.millisecondsPerDay)
    let (year, month, dayOfMonth) = Self.civilDate(daysSinceEpoch: day)
    return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(dayOfMonth, 2)
      + "T" + padded(time / 3_600_000, 2) + ":" + padded(time / 60_000 % 60, 2)
      + ":" + padded(time / 1_000 % 60, 2) + "." + padded(time % 1_000, 3) + "Z"
  }

  /// Date and time of day in UTC for a table cell: `2026-02-13 10:00:00`.
  package var tableText: String {
    let text = Array(text.utf8.prefix(19))
    return String(decoding: text[..<10], as: UTF8.self) + " "
      + String(decoding: text[11...], as: UTF8.self)
  }

  /// Reads RFC 3339 text: a date, `T` or a space, a time with any number of decimals, `Z` or an
  /// offset.
  ///
  /// Decimals past the third are cut off; a leap second counts as the second before it.
  package init?(_ text: String) {
    var text = text
    guard let moment = text.withUTF8({ Timestamp(utf8: $0) }) else { return nil }
    self = moment
  }

  /// The same of bytes where they stand.
  package init?(utf8 text: UnsafeBufferPointer<UInt8>) {
    var reader = DigitReader(rest: text[...])
    guard let year = reader.number(4), reader.skip("-"),
      let month = reader.number(2), reader.skip("-"), let day = reader.number(2),
      (1...12).contains(month), (1...Self.daysIn(month, of: year)).contains(day),
      reader.skip("T") || reader.skip("t") || reader.skip(" "),
      let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2),
      reader.skip(":"), let second = reader.number(2), hour < 24, minute < 60, second <= 60,
      let fraction = reader.fractionInMilliseconds(), let offset = reader.offsetInMinutes(),
      reader.isAtEnd
    else { return nil }
    let days = Self.daysSinceEpoch(year: year, month: month, day: day)
    let minutes = (days * 24 + hour) * 60 + minute - offset
    self.init(milliseconds: (minutes * 60 + min(second, 59)) * 1_000 + fraction)
  }
}

// MARK: - The Gregorian calendar

extension Timestamp {
  private static let millisecondsPerDay: Int64 = 86_400_000

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  package static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01, counting years from 1 March so that the leap day comes last.
  package static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month > 2 ? year : year - 1
    let (era, yearOfEra) = shifted.quotientAndFloorRemainder(by: 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func civilDate(daysSinceEpoch days: Int64) -> (Int64, Int64, Int64) {
    let (era, day) = (days + 719_468).quotientAndFloorRemainder(by: 146_097)
    let yearOfEra = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}

extension Int64 {
  /// Division that rounds down, so that moments before 1970 fall on the right day.
  func quotientAndFloorRemainder(by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

private func padded(_ number: Int64, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Reads fixed-width decimal fields from the front of a text.
private struct DigitReader {
  var rest: Slice<UnsafeBufferPointer<UInt8>>

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let first = rest.first, first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func number(_ width: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<width {
      guard let digit = nextDigit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  mutating func fractionInMilliseconds() -> Int64? {
    guard skip(".") || skip(",") else { return 0 }
    var value: Int64 = 0
    var count = 0
    while let digit = nextDigit() {
      if count < 3 { value = value * 10 + digit }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in count..<max(3, count) { value *= 10 }
    return value
  }

  mutating func offsetInMinutes() -> Int64? {
    if skip("Z") || skip("z") { return 0 }
    let sign: Int64 = skip("+") ? 1 : skip("-") ? -1 : 0
    guard sign != 0, let hours = number(2) else { return nil }
    _ = skip(":")
    guard let minutes = number(2), hours < 24, minutes < 60 else { return nil }
    return sign * (hours * 60 + minutes)
  }

  private mutating func nextDigit() -> Int64? {
    guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    else { return nil }
    rest.removeFirst()
    return Int64(byte - UInt8(ascii: "0"))
  }
}
