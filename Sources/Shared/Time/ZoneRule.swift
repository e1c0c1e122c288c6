/// A POSIX `TZ` rule, `EET-2EEST,M3.5.0/3,M10.5.0/4`, with the wider hours of RFC 8536.
struct ZoneRule: Sendable {
  private let standard: Int
  private var summer: Summer?

  /// The part of the year with another offset.
  private struct Summer: Sendable {
    let offset: Int
    let start: Change
    let end: Change
  }

  /// The day and the second of local time at which the offset changes, in every year.
  private struct Change: Sendable {
    enum Day: Sendable {
      /// 1 to 365, 29 February not counted.
      case julian(Int)
      /// 0 to 365.
      case ofYear(Int)
      /// The n-th of a weekday in a month; 5 is the last.
      case weekday(month: Int, week: Int, day: Int)
    }

    let day: Day
    let second: Int
  }

  init?(_ text: [UInt8]) {
    var reader = Reader(rest: text[...])
    guard reader.name(), let standard = reader.offset() else { return nil }
    self.standard = -standard
    if reader.isAtEnd { return }
    guard reader.name() else { return nil }
    let summer = reader.peeks(",") ? self.standard + 3_600 : reader.offset().map { -$0 }
    guard let summer, reader.skip(","), let start = reader.change(), reader.skip(","),
      let end = reader.change(), reader.isAtEnd
    else { return nil }
    self.summer = Summer(offset: summer, start: start, end: end)
  }

  /// The last change before the moment decides; a start wins over an end at the same moment, as in
  /// rules of a summer without end.
  func offset(at second: Int64) -> Int {
    guard let summer else { return standard }
    let local = second + Int64(standard)
    let year = Timestamp.civilDate(daysSinceEpoch: local.quotientAndFloorRemainder(by: 86_400).0).0
    var latest = Int64.min
    var isSummer = false
    for year in (year - 1)...(year + 1) {
      let start = Self.moment(summer.start, year) - Int64(standard)
      if start <= second, start >= latest { (latest, isSummer) = (start, true) }
      let end = Self.moment(summer.end, year) - Int64(summer.offset)
      if end <= second, end > latest { (latest, isSummer) = (end, false) }
    }
    return isSummer ? summer.offset : standard
  }

  private static func moment(_ change: Change, _ year: Int64) -> Int64 {
    day(change.day, year) * 86_400 + Int64(change.second)
  }

  /// Days since 1970-01-01.
  private static func day(_ day: Change.Day, _ year: Int64) -> Int64 {
    switch day {
    case .ofYear(let number):
      return Timestamp.daysSinceEpoch(year: year, month: 1, day: 1) + Int64(number)
    case .julian(let number):
      let isAfterLeapDay = number > 59 && Timestamp.daysIn(2, of: year) == 29
      return Timestamp.daysSinceEpoch(year: year, month: 1, day: 1) + Int64(number - 1)
        + (isAfterLeapDay ? 1 : 0)
    case .weekday(let month, let week, let weekday):
      let first = Timestamp.daysSinceEpoch(year: year, month: Int64(month), day: 1)
      // 1970-01-01 was a Thursday.
      let firstWeekday = (first + 4).quotientAndFloorRemainder(by: 7).1
      let toFirst = (Int64(weekday) - firstWeekday + 7) % 7
      let day = first + toFirst + Int64(week - 1) * 7
      return day < first + Timestamp.daysIn(Int64(month), of: year) ? day : day - 7
    }
  }

  /// Reads the fields of a rule from its front.
  private struct Reader {
    var rest: ArraySlice<UInt8>

    var isAtEnd: Bool { rest.isEmpty }

    func peeks(_ character: Unicode.Scalar) -> Bool { rest.first == UInt8(ascii: character) }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard peeks(character) else { return false }
      rest.removeFirst()
      return true
    }

    /// Three letters or more, or anything in angle brackets.
    mutating func name() -> Bool {
      if skip("<") {
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
        rest = rest[(end + 1)...]
        return true
      }
      let letters = rest.prefix { (0x61...0x7A).contains($0 | 0x20) }
      rest = rest.dropFirst(letters.count)
      return letters.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...3).contains(digits.count) else { return nil }
      rest = rest.dropFirst(digits.count)
      let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
      return range.contains(value) ? value : nil
    }

    /// `hh[:mm[:ss]]` with a sign, in seconds.
    mutating func offset() -> Int? {
      let sign = skip("-") ? -1 : 1
      if sign == 1 { _ = skip("+") }
      guard let hours = number(0...167) else { return nil }
      var seconds = hours * 3_600
      for unit in [60, 1] where skip(":") {
        guard let value = number(0...59) else { return nil }
        seconds += value * unit
      }
      return sign * seconds
    }

    mutating func change() -> Change? {
      guard let day = day() else { return nil }
      guard skip("/") else { return Change(day: day, second: 7_200) }
      return offset().map { Change(day: day, second: $0) }
    }

    private mutating func day() -> Change.Day? {
      if skip("J") { return number(1...365).map { .julian($0) } }
      guard skip("M") else { return number(0...365).map { .ofYear($0) } }
      guard let month = number(1...12), skip("."), let week = number(1...5), skip("."),
        let day = number(0...6)
      else { return nil }
      return .weekday(month: month, week: week, day: day)
    }
  }
}
