#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where the last token is, and whether its bytes are still in memory.
struct JSONTokenSpan {
  enum Content { case none, text, escapedText, number }

  let start: Int
  let end: Int
  let content: Content

  init(at start: Int = 0, end: Int? = nil, content: Content = .none) {
    self.start = start
    self.end = end ?? start
    self.content = content
  }
}

/// What the last key or string says.
extension JSONScanner {
  /// The bytes of the last token as they are in the text.
  ///
  /// Valid until the scanner is next called; only for a token whose content was kept.
  var tokenBytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(
      start: window.base + (token.start - window.origin), count: token.end - token.start)
  }

  /// The last key or string without its quotes, escapes as they are.
  private var textBytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: tokenBytes[1..<token.end - token.start - 1])
  }

  /// Whether the last key or string is `name`, once its escapes are resolved.
  package func keyIs(_ name: StaticString) -> Bool {
    // Asked many times of every key: most answers are in the length alone.
    if token.content == .text {
      let count = token.end - token.start - 2
      guard count == name.utf8CodeUnitCount else { return false }
      return memcmp(window.base + (token.start + 1 - window.origin), name.utf8Start, count) == 0
    }
    guard token.content == .escapedText else { return false }
    let text = JSONEscapes.resolved(textBytes)
    return name.withUTF8Buffer { $0.elementsEqual(text) }
  }

  /// Where the last key or string stands, without its quotes, if it says what is written there; nil
  /// if it has escapes or is neither.
  package var plainTextRange: Range<Int>? {
    token.content == .text ? token.start + 1..<token.end - 1 : nil
  }

  /// The last key or string; empty if the last token was neither.
  package func text() -> String {
    switch token.content {
    case .text: String(decoding: textBytes, as: UTF8.self)
    case .escapedText: String(decoding: JSONEscapes.resolved(textBytes), as: UTF8.self)
    case .none, .number: ""
    }
  }
}

/// Resolving the escapes of a string that was checked before.
enum JSONEscapes {
  /// The text in UTF-8; a surrogate without its counterpart becomes U+FFFD.
  static func resolved(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "\\") else {
        result.append(bytes[index])
        index += 1
        continue
      }
      guard bytes[index + 1] == UInt8(ascii: "u") else {
        result.append(short(bytes[index + 1]))
        index += 2
        continue
      }
      var scalar = unit(bytes, at: index)
      index += 6
      if 0xD800..<0xDC00 ~= scalar, index < bytes.count,
        bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u"),
        case let low = unit(bytes, at: index), 0xDC00..<0xE000 ~= low
      {
        scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
        index += 6
      }
      result.append(contentsOf: Array(String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8))
    }
    return result
  }

  /// The code unit of the `\u` escape at `index`.
  private static func unit(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt32 {
    bytes[index + 2..<index + 6].reduce(0) { $0 << 4 | UInt32($1.hexValue ?? 0) }
  }

  private static func short(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: byte
    }
  }
}
