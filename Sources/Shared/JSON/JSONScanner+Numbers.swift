extension JSONScanner {
  /// Passes over the number at the cursor: `-? int frac? exp?`, without leading zeros.
  mutating func scanNumber(keeping: Bool) throws(JSONError) {
    tokenStart = cursor
    tokenHasEscape = false
    isKeeping = keeping
    defer { isKeeping = false }
    if window.base[cursor] == UInt8(ascii: "-") { cursor += 1 }
    if try current() == UInt8(ascii: "0") {
      cursor += 1
    } else {
      try scanDigits()
    }
    if try current() == UInt8(ascii: ".") {
      cursor += 1
      try scanDigits()
    }
    let byte = try current()
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      cursor += 1
      let sign = try current()
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { cursor += 1 }
      try scanDigits()
    }
    if Self.isDigit(try current()) { throw error(.badNumber) }
    tokenEnd = cursor
  }

  /// One digit at least.
  private mutating func scanDigits() throws(JSONError) {
    guard Self.isDigit(try current()) else {
      if cursor == window.filled { throw error(.unexpectedEnd) }
      throw error(.badNumber)
    }
    repeat { cursor += 1 } while Self.isDigit(try current())
  }

  /// The byte at the cursor; 0 at the end of the text.
  @inline(__always)
  private mutating func current() throws(JSONError) -> UInt8 {
    if cursor == window.filled { _ = try refill() }
    return window.base[cursor]
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10
  }

  // MARK: Reading the last token

  /// The number just read, if it is whole and fits: `12`, `12.0` and `1e6` are.
  package func integer() -> Int? {
    let digits = UnsafeBufferPointer(start: window.base + tokenStart, count: tokenEnd - tokenStart)
    var value = 0
    let isNegative = digits.first == UInt8(ascii: "-")
    for byte in isNegative ? digits.dropFirst() : digits[...] {
      guard Self.isDigit(byte) else { return double().flatMap(Int.init(exactly:)) }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.subtractingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    guard !isNegative else { return value }
    return value == .min ? nil : -value
  }

  /// The number just read; nil when it is too large for any floating-point number.
  package func double() -> Double? {
    let text = UnsafeBufferPointer(start: window.base + tokenStart, count: tokenEnd - tokenStart)
    return Double(String(decoding: text, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
  }
}
