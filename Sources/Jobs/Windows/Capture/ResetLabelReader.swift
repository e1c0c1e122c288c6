/// Reads the words of a reset label.
struct ResetLabelReader {
  private(set) var minuteOfDay: Int?
  private(set) var month: Int?
  private(set) var day: Int?
  private(set) var year: Int?
  private(set) var zoneName: String?
  private(set) var remainingMinutes: Int?

  private var rest: ArraySlice<Word>

  init(_ text: some StringProtocol) {
    rest = Self.words(Array(text.utf8))[...]
  }

  /// Whether every word of the label was understood, and none was told twice.
  mutating func read() -> Bool {
    while let word = rest.popFirst() {
      let isRead =
        switch word {
        case .mark(","), .mark("·"): true
        case .text("at"), .text("on"): !rest.isEmpty
        case .mark("("): zone()
        case .mark, .zone: false
        case .number(let value, let digits): number(value, digits)
        case .text("in"): remaining()
        case .text(let text): monthFirst(text)
        }
      guard isRead else { return false }
    }
    return true
  }

  // MARK: Parts

  /// A time, a day before its month, or a year.
  private mutating func number(_ value: Int, _ digits: Int) -> Bool {
    if rest.first == .mark(":") {
      rest.removeFirst()
      guard case .number(let minute, 2)? = rest.popFirst(), minute < 60 else { return false }
      return time(value, minute)
    }
    if case .text(let text)? = rest.first {
      if Self.isHalf(text) { return time(value, 0) }
      if ["st", "nd", "rd", "th"].contains(text) { rest.removeFirst() }
      if case .text(let name)? = rest.first, let month = Self.month(name) {
        rest.removeFirst()
        return date(value, month)
      }
    }
    guard digits == 4, day != nil, year == nil else { return false }
    year = value
    return true
  }

  private mutating func time(_ hour: Int, _ minute: Int) -> Bool {
    guard minuteOfDay == nil else { return false }
    var hour = hour
    if case .text(let text)? = rest.first, Self.isHalf(text) {
      rest.removeFirst()
      guard (1...12).contains(hour) else { return false }
      hour = hour % 12 + (text.hasPrefix("p") ? 12 : 0)
    }
    guard hour < 24 else { return false }
    minuteOfDay = hour * 60 + minute
    return true
  }

  private mutating func monthFirst(_ text: String) -> Bool {
    guard let month = Self.month(text), case .number(let day, _)? = rest.popFirst() else {
      return false
    }
    if case .text(let text)? = rest.first, ["st", "nd", "rd", "th"].contains(text) {
      rest.removeFirst()
    }
    return date(day, month)
  }

  private mutating func date(_ day: Int, _ month: Int) -> Bool {
    let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard self.day == nil, (1...lengths[month - 1]).contains(day) else { return false }
    self.day = day
    self.month = month
    return true
  }

  private mutating func zone() -> Bool {
    guard case .zone(let name)? = rest.popFirst(), rest.popFirst() == .mark(")"), zoneName == nil
    else { return false }
    zoneName = name
    return true
  }

  /// `2h 11m`, `45 minutes`, `3 days`.
  private mutating func remaining() -> Bool {
    guard remainingMinutes == nil else { return false }
    var minutes = 0
    while case .number(let value, _)? = rest.first {
      rest.removeFirst()
      guard case .text(let unit)? = rest.popFirst(), let length = Self.unit(unit), value < 10_000
      else { return false }
      minutes += value * length
    }
    remainingMinutes = minutes
    return minutes > 0
  }

  // MARK: Words

  private enum Word: Equatable {
    case number(Int, digits: Int)
    /// Letters, lower-case.
    case text(String)
    case mark(Character)
    /// What stands in parentheses, as printed.
    case zone(String)
  }

  private static func words(_ bytes: [UInt8]) -> [Word] {
    var words: [Word] = []
    var rest = bytes[...]
    while let byte = rest.first {
      if (0x30...0x39).contains(byte) {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        let value = digits.count > 6 ? nil : Int(String(decoding: digits, as: UTF8.self))
        words.append(value.map { .number($0, digits: digits.count) } ?? .mark("?"))
        rest = rest.dropFirst(digits.count)
      } else if (0x61...0x7A).contains(byte | 0x20) {
        let letters = rest.prefix { (0x61...0x7A).contains($0 | 0x20) }
        words.append(.text(String(decoding: letters, as: UTF8.self).lowercased()))
        rest = rest.dropFirst(letters.count)
      } else if rest.starts(with: "·".utf8) {
        words.append(.mark("·"))
        rest = rest.dropFirst(2)
      } else {
        rest.removeFirst()
        if byte == 0x20 { continue }
        words.append(.mark(byte < 0x80 ? Character(Unicode.Scalar(byte)) : "?"))
        guard byte == UInt8(ascii: "(") else { continue }
        let name = rest.prefix { isZoneCharacter($0) }
        if !name.isEmpty { words.append(.zone(String(decoding: name, as: UTF8.self))) }
        rest = rest.dropFirst(name.count)
      }
    }
    return words
  }

  private static func isZoneCharacter(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
      || "/_+-".utf8.contains(byte)
  }

  private static func isHalf(_ text: String) -> Bool { text == "am" || text == "pm" }

  private static func month(_ text: String) -> Int? {
    guard text.utf8.count >= 3 else { return nil }
    return months.firstIndex { $0.hasPrefix(text) || text == "sept" && $0 == "september" }
      .map { $0 + 1 }
  }

  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]

  private static func unit(_ text: String) -> Int? {
    switch text {
    case "m", "min", "mins", "minute", "minutes": 1
    case "h", "hr", "hrs", "hour", "hours": 60
    case "d", "day", "days": 1_440
    default: nil
    }
  }
}
