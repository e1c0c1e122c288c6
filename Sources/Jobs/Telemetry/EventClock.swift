internal import Shared

/// Reads the moments of events.
enum EventClock {
  /// Milliseconds since 1970 of RFC 3339 text; nil when it is none.
  ///
  /// The forms that programs write in UTC are read at once, all others by ``Timestamp``.
  static func milliseconds(rfc3339 text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard text.count >= 20, text[text.count - 1] == UInt8(ascii: "Z"),
      text[10] == UInt8(ascii: "T"), let time = timeOfDay(text), let day = day(text)
    else { return Timestamp(utf8: text)?.milliseconds }
    return day * 86_400_000 + time
  }

  /// Days since 1970 of `2026-02-13…`; nil of any other form.
  private static func day(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      let year = number(text, 0, 4), let month = number(text, 5, 2), let day = number(text, 8, 2),
      (1...12).contains(month), day >= 1,
      day <= 28 || day <= Timestamp.daysIn(month, of: year)
    else { return nil }
    return Timestamp.daysSinceEpoch(year: year, month: month, day: day)
  }

  /// Milliseconds into the day of `…T10:20:30Z` or `…T10:20:30.123Z`; nil of any other form.
  private static func timeOfDay(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
      let hour = number(text, 11, 2), let minute = number(text, 14, 2),
      let second = number(text, 17, 2), hour < 24, minute < 60, second < 60
    else { return nil }
    let whole = ((hour * 60 + minute) * 60 + second) * 1_000
    if text.count == 20 { return whole }
    guard text.count == 24, text[19] == UInt8(ascii: "."), let part = number(text, 20, 3) else {
      return nil
    }
    return whole + part
  }

  @inline(__always)
  private static func number(
    _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int
  ) -> Int64? {
    var value: Int64 = 0
    for index in start..<start + count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }

  /// Milliseconds since 1970 of a number; nil outside of the years 1970 to 9999.
  ///
  /// It is one of seconds, or of milliseconds, which no second of these centuries reaches.
  /// Read as decimal digits, so that a millisecond is never lost to binary fractions.
  static func milliseconds(
    number text: UnsafeBufferPointer<UInt8>, value: () -> Double?
  ) -> Int64? {
    let milliseconds: Int64
    if let (whole, thousandths) = decimal(text) {
      milliseconds = whole < earliestMilliseconds ? whole * 1_000 + thousandths : whole
    } else {
      guard let value = value(), value >= 0, value < 1e18 else { return nil }
      let scaled = value < Double(earliestMilliseconds) ? value * 1_000 : value
      milliseconds = Int64(scaled.rounded(.down))
    }
    return milliseconds < endOfTime ? milliseconds : nil
  }

  private static let earliestMilliseconds: Int64 = 100_000_000_000
  private static let endOfTime: Int64 = 253_402_300_800_000

  /// The whole part and the first three decimals of `digits[.digits]`; nil of any other form.
  private static func decimal(_ text: UnsafeBufferPointer<UInt8>) -> (Int64, Int64)? {
    var whole: Int64 = 0
    var index = 0
    while index < text.count, text[index] &- UInt8(ascii: "0") < 10 {
      guard index < 17 else { return nil }
      whole = whole * 10 + Int64(text[index] & 0x0F)
      index += 1
    }
    guard index > 0 else { return nil }
    if index == text.count { return (whole, 0) }
    guard text[index] == UInt8(ascii: ".") else { return nil }
    var part: Int64 = 0
    var scale: Int64 = 100
    for place in index + 1..<text.count {
      let digit = text[place] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      part += Int64(digit) * scale
      scale /= 10
    }
    return (whole, part)
  }
}
