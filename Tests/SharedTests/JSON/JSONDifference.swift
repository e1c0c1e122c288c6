import Shared

/// Where `JSONDecoder` is stricter or laxer than RFC 8259, and the scanner is not.
///
/// Each is met by bringing the text to a form that both must agree on, so that nothing else hides behind it.
enum JSONDifference: CaseIterable {
  /// The decoder refuses an escaped surrogate without its counterpart, which JavaScript writes.
  case loneSurrogate
  /// The decoder refuses a number that overflows a double, or underflows to zero.
  case numberOutOfRange
  /// The decoder accepts a comma behind the last member or element.
  case trailingComma
  /// The decoder accepts a byte order mark, UTF-16 and UTF-32.
  case otherEncoding
  /// The decoder never looks into the strings and numbers of a duplicate key that it drops.
  case uncheckedDuplicate

  /// An accepted text with what the decoder would refuse replaced: surrogates by U+FFFD, numbers by zero.
  static func decodable(_ text: [UInt8]) throws(JSONError) -> [UInt8] {
    var scanner = JSONScanner(text)
    var result: [UInt8] = []
    var copied = 0
    while case let token = try scanner.next(), token != .end {
      let range = scanner.tokenRange
      let replacement: [UInt8]
      switch token {
      case .number where scanner.double() == nil: replacement = [UInt8(ascii: "0")]
      case .number where scanner.double() == 0:
        replacement = text[range].first == UInt8(ascii: "-") ? Array("-0".utf8) : Array("0".utf8)
      case .string, .key: replacement = withoutLoneSurrogates(text[range])
      default: continue
      }
      result += text[copied..<range.lowerBound] + replacement
      copied = range.upperBound
    }
    return result + text[copied...]
  }

  private static func withoutLoneSurrogates(_ string: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = string
    while let byte = rest.first {
      guard byte == UInt8(ascii: "\\") else {
        result.append(rest.removeFirst())
        continue
      }
      switch (surrogate(rest), surrogate(rest.dropFirst(6))) {
      case (.high, .low):
        result += rest.prefix(12)
        rest = rest.dropFirst(12)
      case (.high, _), (.low, _):
        result += Array(#"\ufffd"#.utf8)
        rest = rest.dropFirst(6)
      case (nil, _):
        result += rest.prefix(2)
        rest = rest.dropFirst(2)
      }
    }
    return result
  }

  private enum Surrogate { case high, low }

  private static func surrogate(_ text: ArraySlice<UInt8>) -> Surrogate? {
    let escape = Array(text.prefix(4)).map { $0 | 0x20 }
    guard escape.count == 4, text.first == UInt8(ascii: "\\"), escape[1] == UInt8(ascii: "u"),
      escape[2] == UInt8(ascii: "d")
    else { return nil }
    switch escape[3] {
    case UInt8(ascii: "8"), UInt8(ascii: "9"), UInt8(ascii: "a"), UInt8(ascii: "b"): return .high
    case UInt8(ascii: "c")...UInt8(ascii: "f"): return .low
    default: return nil
    }
  }

  /// The text without the comma in front of the bracket that the scanner refused.
  static func withoutTrailingComma(_ text: [UInt8], _ error: JSONError) -> [UInt8]? {
    guard error.kind == .unexpectedByte,
      text[error.offset] == UInt8(ascii: "]") || text[error.offset] == UInt8(ascii: "}"),
      let comma = text[..<error.offset].lastIndex(where: { !" \t\r\n".utf8.contains($0) }),
      text[comma] == UInt8(ascii: ",")
    else { return nil }
    return Array(text[..<comma] + text[(comma + 1)...])
  }

  /// Whether a text is taken for something other than plain UTF-8.
  static func isOtherEncoding(_ text: [UInt8]) -> Bool {
    text.prefix(4).contains(0) || text.starts(with: [0xEF, 0xBB, 0xBF])
      || text.starts(with: [0xFE, 0xFF]) || text.starts(with: [0xFF, 0xFE])
  }

  /// Whether the string or number that the scanner refused is refused by the decoder as well once it has
  /// to look at it.
  static func isUncheckedDuplicate(_ text: [UInt8], _ error: JSONError) -> Bool {
    guard [.badNumber, .badEscape, .badString, .invalidUTF8, .unexpectedByte].contains(error.kind)
    else { return false }
    var scanner = JSONScanner(text)
    var start = 0
    while (try? scanner.next()) != nil { start = scanner.tokenRange.upperBound }
    let rest = text[start...].drop { ": ,\t\r\n".utf8.contains($0) }
    let length: Int
    if rest.first == UInt8(ascii: "\"") {
      var isEscaped = false
      let end = rest.dropFirst().firstIndex { byte in
        defer { isEscaped = byte == UInt8(ascii: "\\") && !isEscaped }
        return byte == UInt8(ascii: "\"") && !isEscaped
      }
      guard let end else { return false }
      length = end + 1 - rest.startIndex
    } else {
      length = rest.prefix { "+-.0123456789eE".utf8.contains($0) }.count
    }
    guard length > 0 else { return false }
    return !JSONReference.accepts(Array("[".utf8) + rest.prefix(length) + Array("]".utf8))
  }
}
