#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// MARK: - Scanning strings

extension JSONScanner {
  /// Passes over the string at the cursor, from its first quote past its last.
  mutating func scanString(keeping: Bool) throws(JSONError) {
    tokenStart = cursor
    tokenHasEscape = false
    isKeeping = keeping
    defer { isKeeping = false }
    cursor += 1
    while true {
      skipPlainBytes()
      let byte = window.base[cursor]
      switch byte {
      case UInt8(ascii: "\""):
        cursor += 1
        tokenEnd = cursor
        return
      case UInt8(ascii: "\\"): try scanEscape()
      case 0x80...: try scanUnicode()
      default:
        guard byte == 0, cursor == window.filled else { throw error(.badString) }
        guard try refill() else { throw error(.unexpectedEnd) }
      }
    }
  }

  /// Goes to the next byte of a string that means something: a quote, a backslash, a control
  /// character, or, unless they are tolerated unchecked, a byte outside of ASCII.
  ///
  /// Eight bytes at a time: a byte's high bit is set in `found` where it is one of these. The
  /// subtractions may borrow into higher bytes, so only the lowest bit is to be believed, and only
  /// that one is used.
  @inline(__always)
  private mutating func skipPlainBytes() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let checked: UInt64 = toleratesInvalidUTF8 ? 0 : highs
    var pointer = UnsafeRawPointer(window.base + cursor)
    while true {
      let word = UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self))
      let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let slash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      let isQuote = (quote &- ones) & ~quote
      let isSlash = (slash &- ones) & ~slash
      let isControl = (word &- ones &* 0x20) & ~word
      let found = ((isQuote | isSlash | isControl) & highs) | (word & checked)
      if found != 0 {
        cursor =
          pointer - UnsafeRawPointer(window.base) + found.trailingZeroBitCount / 8
        return
      }
      pointer += 8
    }
  }

  private mutating func scanEscape() throws(JSONError) {
    tokenHasEscape = true
    try need(2)
    switch window.base[cursor + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      cursor += 2
    case UInt8(ascii: "u"):
      try need(6)
      guard hexValue(at: cursor + 2) != nil else { throw error(.badEscape) }
      cursor += 6
    default: throw error(.badEscape)
    }
  }

  /// Passes over one UTF-8 sequence, checked by the table of well-formed ones (Unicode 3.9, D92).
  private mutating func scanUnicode() throws(JSONError) {
    if toleratesInvalidUTF8 {
      cursor += 1
      return
    }
    let first = window.base[cursor]
    let length =
      switch first {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 0
      }
    guard length > 0 else { throw error(.invalidUTF8) }
    try need(length)
    let second = window.base[cursor + 1]
    let allowed: ClosedRange<UInt8> =
      switch first {
      case 0xE0: 0xA0...0xBF
      case 0xED: 0x80...0x9F
      case 0xF0: 0x90...0xBF
      case 0xF4: 0x80...0x8F
      default: 0x80...0xBF
      }
    guard allowed.contains(second) else { throw error(.invalidUTF8) }
    for index in 2..<max(2, length) {
      guard window.base[cursor + index] & 0xC0 == 0x80 else { throw error(.invalidUTF8) }
    }
    cursor += length
  }

  /// Makes sure that `count` bytes from the cursor on are in the window.
  mutating func need(_ count: Int) throws(JSONError) {
    while window.filled - cursor < count {
      guard try refill() else { throw error(.unexpectedEnd) }
    }
  }

  private func hexValue(at index: Int) -> UInt32? {
    var value: UInt32 = 0
    for offset in 0..<4 {
      let byte = window.base[index + offset]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 0x57)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 0x37)
      default: return nil
      }
    }
    return value
  }
}

// MARK: - Reading the last token

extension JSONScanner {
  /// Whether the key or string just read is `name`.
  package func keyIs(_ name: StaticString) -> Bool {
    guard !tokenHasEscape else { return text() == "\(name)" }
    let count = name.utf8CodeUnitCount
    guard tokenEnd - tokenStart - 2 == count else { return false }
    return memcmp(window.base + tokenStart + 1, name.utf8Start, count) == 0
  }

  /// The key or string just read, decoded.
  ///
  /// Half a surrogate pair is U+FFFD.
  package func text() -> String {
    let start = tokenStart + 1
    let content = UnsafeBufferPointer(start: window.base + start, count: tokenEnd - 1 - start)
    guard tokenHasEscape else { return String(decoding: content, as: UTF8.self) }
    return String(decoding: unescaped(start, tokenEnd - 1), as: UTF8.self)
  }

  private func unescaped(_ start: Int, _ end: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(end - start)
    var index = start
    while index < end {
      let byte = window.base[index]
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        index += 1
        continue
      }
      let escaped = window.base[index + 1]
      index += 2
      switch escaped {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"): result.append(contentsOf: scalar(at: &index, end).utf8)
      default: result.append(escaped)
      }
    }
    return result
  }

  /// The scalar of the four digits at `index` and, for a pair, of the escape behind them.
  private func scalar(at index: inout Int, _ end: Int) -> Character {
    let high = hexValue(at: index) ?? 0xFFFD
    index += 4
    if (0xD800...0xDBFF).contains(high), index + 6 <= end,
      window.base[index] == UInt8(ascii: "\\"), window.base[index + 1] == UInt8(ascii: "u"),
      let low = hexValue(at: index + 2), (0xDC00...0xDFFF).contains(low)
    {
      index += 6
      let value = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
      return Character(Unicode.Scalar(value) ?? "\u{FFFD}")
    }
    return Character(Unicode.Scalar(high) ?? "\u{FFFD}")
  }
}
