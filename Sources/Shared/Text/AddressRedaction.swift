/// How secrets look in other programs' texts.
package enum SecretText {
  /// What stands where a secret stood.
  package static let mark = "<redacted>"

  /// How the keys of well-known services begin.
  package static let keyPrefixes = [
    "sk-", "pk-", "ghp_", "gho_", "ghs_", "glpat-", "xox", "AKIA", "eyJ",
  ]
}

extension String {
  /// The text with every e-mail address and every key in it replaced, all else as it was.
  ///
  /// Addresses count that were clipped by the edge of a pane (`kim@exam`, `kim@`), and in an
  /// `Account:` row one clipped before its `@`. Keys are words that begin as those of well-known
  /// services do, and what follows `Bearer`.
  package var redactingAddresses: String {
    var ranges: [Range<Int>] = []
    let bytes = Array(utf8)
    bytes.withUnsafeBufferPointer { bytes in
      var index = 0
      while index < bytes.count {
        if let range = AddressRedaction.range(in: bytes, at: index), !range.isEmpty {
          ranges.append(range)
          index = max(index + 1, range.upperBound)
        } else {
          index += 1
        }
      }
    }
    guard !ranges.isEmpty else { return self }
    var result: [UInt8] = []
    var copied = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound >= copied {
        result += bytes[copied..<range.lowerBound]
        result += Array(SecretText.mark.utf8)
      }
      copied = max(copied, range.upperBound)
    }
    return String(decoding: result + bytes[copied...], as: UTF8.self)
  }
}

/// Where in a text an address or a key is that shows itself at one byte: at its `@`, at its first
/// letter, or at the name before it.
private enum AddressRedaction {
  typealias Bytes = UnsafeBufferPointer<UInt8>

  static func range(in bytes: Bytes, at index: Int) -> Range<Int>? {
    switch bytes[index] {
    case UInt8(ascii: "@"): address(in: bytes, at: index)
    case UInt8(ascii: "A"), UInt8(ascii: "a"):
      account(in: bytes, at: index) ?? key(in: bytes, at: index)
    case UInt8(ascii: "B"), UInt8(ascii: "b"): bearer(in: bytes, at: index)
    case UInt8(ascii: "s"), UInt8(ascii: "p"), UInt8(ascii: "g"), UInt8(ascii: "x"),
      UInt8(ascii: "e"):
      key(in: bytes, at: index)
    default: nil
    }
  }

  /// The words on both sides of an `@`; nothing before it is no address (`@scope/package`).
  private static func address(in bytes: Bytes, at index: Int) -> Range<Int>? {
    var start = index
    while start > 0, isLocal(bytes, start - 1) { start -= 1 }
    guard start < index else { return nil }
    var end = index + 1
    while end < bytes.count, isDomain(bytes, end) { end += 1 }
    // The full stop of a sentence is not part of the address.
    while end > index + 1, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
    return start..<end
  }

  /// The first word of an `Account:` row, if it reaches to the edge of the pane and thus may be cut.
  private static func account(in bytes: Bytes, at index: Int) -> Range<Int>? {
    guard matches("account:", bytes, at: index), index == 0 || !isWord(bytes[index - 1])
    else { return nil }
    var start = index + 8
    while start < bytes.count, bytes[start] == 0x20 { start += 1 }
    var end = start
    while end < bytes.count, isLocal(bytes, end) { end += 1 }
    guard start < end else { return nil }
    var edge = end
    while edge < bytes.count, bytes[edge] == 0x20 { edge += 1 }
    let isAtEdge =
      edge == bytes.count || isBox(bytes, edge)
      || [UInt8(ascii: "|"), 0x0A, 0x0D].contains(bytes[edge])
    return isAtEdge ? start..<end : nil
  }

  /// What follows `Bearer`, unless it is too short to be a token.
  private static func bearer(in bytes: Bytes, at index: Int) -> Range<Int>? {
    guard matches("bearer", bytes, at: index) else { return nil }
    var start = index + 6
    while start < bytes.count, [0x20, 0x09, UInt8(ascii: ":")].contains(bytes[start]) { start += 1 }
    var end = start
    while end < bytes.count, isToken(bytes[end]) { end += 1 }
    return start > index + 6 && end - start >= 8 ? start..<end : nil
  }

  private static func key(in bytes: Bytes, at index: Int) -> Range<Int>? {
    guard index == 0 || !isWord(bytes[index - 1]) else { return nil }
    let prefix = SecretText.keyPrefixes.first { prefix in
      index + prefix.utf8.count <= bytes.count
        && prefix.utf8.elementsEqual(bytes[index..<index + prefix.utf8.count])
    }
    guard let prefix else { return nil }
    var end = index + prefix.utf8.count
    while end < bytes.count, isToken(bytes[end]) { end += 1 }
    return end - index - prefix.utf8.count >= 8 ? index..<end : nil
  }

  /// Whether the lower-case word stands at this place in any case.
  private static func matches(_ word: StaticString, _ bytes: Bytes, at index: Int) -> Bool {
    guard index + word.utf8CodeUnitCount <= bytes.count else { return false }
    return word.withUTF8Buffer { word in
      zip(word, bytes[index...]).allSatisfy { $0 == $1 || ($0 == $1 | 0x20 && isWord($1)) }
    }
  }

  /// Letters and digits of ASCII.
  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }

  /// RFC 6750's token characters.
  private static func isToken(_ byte: UInt8) -> Bool {
    isWord(byte) || "-._~+/=".utf8.contains(byte)
  }

  /// RFC 5322's atoms with dots, and letters beyond ASCII (RFC 6531), but no box of a pane.
  private static func isLocal(_ bytes: Bytes, _ index: Int) -> Bool {
    isWord(bytes[index]) || "!#$%&'*+-/=?^_`{}~.".utf8.contains(bytes[index])
      || isForeign(bytes, index)
  }

  private static func isDomain(_ bytes: Bytes, _ index: Int) -> Bool {
    isWord(bytes[index]) || bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: ".")
      || isForeign(bytes, index)
  }

  /// A byte of a letter beyond ASCII; not of the punctuation, spaces, boxes and symbols that begin
  /// with the bytes C2, E2 and E3 80.
  private static func isForeign(_ bytes: Bytes, _ index: Int) -> Bool {
    guard bytes[index] >= 0x80 else { return false }
    var start = index
    while start > 0, index - start < 3, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    switch bytes[start] {
    case 0xC2, 0xE2, 0xEF, 0xF0: return false
    case 0xE3: return start + 1 < bytes.count && bytes[start + 1] != 0x80
    default: return bytes[start] >= 0xC3
    }
  }

  private static func isBox(_ bytes: Bytes, _ index: Int) -> Bool {
    bytes[index] == 0xE2 && index + 1 < bytes.count && (0x94...0x96).contains(bytes[index + 1])
  }
}
