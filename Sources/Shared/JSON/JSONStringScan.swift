/// Finding the end of a string, eight bytes at a time, with every byte checked.
extension JSONScanner {
  /// Reads the string whose opening quote is at the cursor.
  mutating func string(capturing: Bool) throws(JSONError) {
    let start = position
    if capturing { window.kept = window.cursor }
    var escaped = false
    // With this mask bytes from 0x80 stop the search, to be checked as UTF-8.
    let high: UInt64 = toleratesInvalidUTF8 ? 0 : 0x8080_8080_8080_8080
    var index = window.cursor + 1
    while true {
      index = window.endOfPlainText(from: index, stoppingAt: high)
      let byte = window.base[index]
      window.cursor = index
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        escaped = true
        try escape()
      } else if byte >= 0x80 {
        try multibyte()
      } else if index == window.end {
        guard try refill() else { throw fail(.unexpectedEnd) }
      } else {
        throw fail(.badString)
      }
      index = window.cursor
    }
    window.cursor += 1
    token = JSONTokenSpan(
      at: start, end: position, content: capturing ? (escaped ? .escapedText : .text) : .none)
  }

  /// Goes over the escape at the cursor.
  private mutating func escape() throws(JSONError) {
    let base = window.base + window.cursor
    switch base[1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      window.cursor += 2
    case UInt8(ascii: "u"):
      let digits = (2..<6).prefix { base[$0].hexValue != nil }.count
      if digits == 4 {
        window.cursor += 6
      } else {
        try needMore(than: 2 + digits, or: .badEscape)
      }
    default:
      try needMore(than: 1, or: .badEscape)
    }
  }

  /// Goes over the run of multi-byte characters at the cursor.
  private mutating func multibyte() throws(JSONError) {
    var index = window.cursor
    while window.base[index] >= 0x80 {
      let good = UTF8Check.length(at: window.base + index)
      if good <= 0 {
        window.cursor = index
        return try needMore(than: -good, or: .invalidUTF8)
      }
      index += good
    }
    window.cursor = index
  }

  /// Fails if the byte `count` after the cursor is there, and so the wrong one; otherwise gets it.
  private mutating func needMore(than count: Int, or kind: JSONError.Kind) throws(JSONError) {
    guard window.cursor + count == window.end else { throw fail(kind) }
    guard try refill() else {
      window.cursor = window.end
      throw fail(.unexpectedEnd)
    }
  }
}

extension JSONWindow {
  /// The index of the first byte that is not plain text: quote, backslash, control character,
  /// end, or one whose high bit is set if `high` asks for it.
  ///
  /// In each of the differences below the high bit of a byte says "found". A borrow can
  /// make the byte after a found one look found too, never one before it, and the lowest is taken.
  @inline(__always)
  func endOfPlainText(from start: Int, stoppingAt high: UInt64) -> Int {
    var index = start
    while true {
      let bytes = load(index)
      let control = bytes &- 0x2020_2020_2020_2020
      let quote = (bytes ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
      let backslash = (bytes ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
      let found = ((control | quote | backslash) & ~bytes & 0x8080_8080_8080_8080) | (bytes & high)
      if found != 0 { return index + found.trailingZeroBitCount >> 3 }
      index += 8
    }
  }
}

/// Well-formed UTF-8, by table 3-7 of the Unicode Standard.
enum UTF8Check {
  /// The length of the multi-byte character at `bytes`, or minus the count of its bytes that are good.
  ///
  /// Reads no further than the first byte that is not good.
  @inline(__always)
  static func length(at bytes: UnsafePointer<UInt8>) -> Int {
    let second: ClosedRange<UInt8>
    let count: Int
    switch bytes[0] {
    case 0xC2...0xDF: (second, count) = (0x80...0xBF, 2)
    case 0xE0: (second, count) = (0xA0...0xBF, 3)
    case 0xED: (second, count) = (0x80...0x9F, 3)
    case 0xE1...0xEF: (second, count) = (0x80...0xBF, 3)
    case 0xF0: (second, count) = (0x90...0xBF, 4)
    case 0xF1...0xF3: (second, count) = (0x80...0xBF, 4)
    case 0xF4: (second, count) = (0x80...0x8F, 4)
    default: return 0
    }
    guard second ~= bytes[1] else { return -1 }
    if count == 2 { return 2 }
    guard bytes[2] & 0xC0 == 0x80 else { return -2 }
    if count == 3 { return 3 }
    return bytes[3] & 0xC0 == 0x80 ? 4 : -3
  }
}

extension UInt8 {
  /// The value of a hexadecimal digit.
  var hexValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
