/// Reading numbers, and what the last one is worth.
extension JSONScanner {
  /// Reads the number that starts at the cursor, which is a minus sign or a digit.
  mutating func number(capturing: Bool) throws(JSONError) {
    if capturing { window.kept = window.cursor }
    while true {
      let length = JSONNumberText.length(at: window.base + window.cursor)
      // A number that reaches the end of the window may go on behind it.
      if window.cursor + abs(length) == window.end, try refill() { continue }
      let start = position
      window.cursor += abs(length)
      guard length > 0 else {
        throw fail(window.cursor == window.end ? .unexpectedEnd : .badNumber)
      }
      token = JSONTokenSpan(at: start, end: position, content: capturing ? .number : .none)
      return
    }
  }

  /// The last token if it is a number that is a whole one and fits: `12`, `12.0`, `1e6`.
  package func integer() -> Int? {
    token.content == .number ? JSONNumberText.integer(tokenBytes) : nil
  }

  /// The last token if it is a number, rounded to the nearest; nil beyond the range of a double.
  package func double() -> Double? {
    guard token.content == .number else { return nil }
    if let integer = integer(), integer != 0, integer.magnitude < 1 << 53 { return Double(integer) }
    guard let value = Double(String(decoding: tokenBytes, as: UTF8.self)), value.isFinite else {
      return nil
    }
    return value
  }
}

/// The text of a number: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
enum JSONNumberText {
  /// The length of the number at `bytes`, or minus the length of what could still become one.
  @inline(__always)
  static func length(at bytes: UnsafePointer<UInt8>) -> Int {
    var index = bytes[0] == UInt8(ascii: "-") ? 1 : 0
    let first = digits(bytes, from: index)
    if first == 0 { return -index }
    let leadingZero = bytes[index] == UInt8(ascii: "0")
    if leadingZero, first > 1 { return -(index + 1) }
    index += first
    if bytes[index] == UInt8(ascii: ".") {
      let count = digits(bytes, from: index + 1)
      if count == 0 { return -(index + 1) }
      index += 1 + count
    }
    if bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
      let count = digits(bytes, from: index)
      if count == 0 { return -index }
      index += count
    }
    return index
  }

  @inline(__always)
  private static func digits(_ bytes: UnsafePointer<UInt8>, from start: Int) -> Int {
    var index = start
    while bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
    return index - start
  }

  /// The exact value of a well-formed number, if it is whole and fits.
  ///
  /// It is summed up as a negative number, because `Int.min` has no positive counterpart.
  static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var value = 0
    // Zeros count only once a digit other than zero follows them.
    var zeros = 0
    var fraction = 0
    var index = bytes.first == UInt8(ascii: "-") ? 1 : 0
    let isNegative = index == 1
    var isFraction = false
    digits: while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "."):
        isFraction = true
      case UInt8(ascii: "0"):
        zeros += 1
        if isFraction { fraction += 1 }
      case UInt8(ascii: "1")...UInt8(ascii: "9"):
        if isFraction { fraction += 1 }
        guard let scaled = scale(value, by: zeros + 1) else { return nil }
        let (sum, overflow) = scaled.subtractingReportingOverflow(Int(byte - UInt8(ascii: "0")))
        if overflow { return nil }
        value = sum
        zeros = 0
      default:
        break digits
      }
      index += 1
    }
    if value == 0 { return 0 }
    var exponent = 0
    if index < bytes.count {
      let text = bytes[(index + 1)...]
      // An exponent too large for Int is out of range in any case.
      guard let parsed = Int(String(decoding: text, as: UTF8.self)) else { return nil }
      exponent = parsed
    }
    let (shift, overflow) = exponent.addingReportingOverflow(zeros - fraction)
    guard !overflow, shift >= 0, let result = scale(value, by: shift) else { return nil }
    if isNegative { return result }
    return result == .min ? nil : -result
  }

  private static func scale(_ value: Int, by power: Int) -> Int? {
    if value == 0 { return 0 }
    var value = value
    for _ in 0..<power {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = product
    }
    return value
  }
}
