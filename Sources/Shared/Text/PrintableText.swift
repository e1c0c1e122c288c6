extension String {
  /// The text with everything that could move a cursor, colour a line or reorder it made visible.
  ///
  /// Names, titles and error texts come from other programs; on a terminal an escape sequence in
  /// one of them would act. Controls become `\n`, `\t`, `\e` or `\u{85}`.
  package var escapingControls: String {
    guard utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar.value {
      case 0x0A: result += "\\n"
      case 0x0D: result += "\\r"
      case 0x09: result += "\\t"
      case 0x1B: result += "\\e"
      case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x061C:
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The text without terminal escape sequences (ECMA-48 CSI, OSC and the other strings, and the
  /// short forms).
  package var strippingEscapeSequences: String {
    // The second is how the one-byte CSI begins in UTF-8.
    guard utf8.contains(where: { $0 == 0x1B || $0 == 0xC2 }) else { return self }
    var result: [UInt8] = []
    result.reserveCapacity(utf8.count)
    var text = self
    text.withUTF8 { bytes in
      var index = 0
      while index < bytes.count {
        if let end = EscapeSequence.end(in: bytes, at: index) {
          index = end
        } else {
          result.append(bytes[index])
          index += 1
        }
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// At most `limit` terminal columns, with `...` in place of what was cut.
  package func truncated(toWidth limit: Int) -> String {
    guard DisplayWidth.of(self) > limit else { return self }
    var width = 0
    let kept = prefix { character in
      width += DisplayWidth.of(character)
      return width <= limit - 3
    }
    return kept + "..."
  }
}

/// The control sequences of ECMA-48.
private enum EscapeSequence {
  /// Where the sequence ends that begins here; nil when none does.
  static func end(in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
    if bytes[start] == 0xC2, start + 1 < bytes.count, bytes[start + 1] == 0x9B {
      return endOfControl(bytes, start + 2)
    }
    guard bytes[start] == 0x1B else { return nil }
    guard start + 1 < bytes.count else { return start + 1 }
    switch bytes[start + 1] {
    case UInt8(ascii: "["): return endOfControl(bytes, start + 2)
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"),
      UInt8(ascii: "_"):
      return endOfString(bytes, start + 2)
    case 0x20...0x2F, 0x30...0x7E:
      let final = skip(0x20...0x2F, bytes, start + 1)
      return min(final + 1, bytes.count)
    default: return start + 1
    }
  }

  private static func endOfControl(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    let final = skip(0x20...0x2F, bytes, skip(0x30...0x3F, bytes, start))
    // A sequence that was cut off takes nothing of what follows it.
    guard final < bytes.count, (0x40...0x7E).contains(bytes[final]) else { return final }
    return final + 1
  }

  /// Up to BEL or ST; a string that was cut off ends with its line.
  private static func endOfString(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case 0x07: return index + 1
      case 0x1B where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\\"):
        return index + 2
      case 0x1B, 0x0A, 0x0D: return index
      default: index += 1
      }
    }
    return index
  }

  private static func skip(
    _ range: ClosedRange<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
  ) -> Int {
    var index = start
    while index < bytes.count, range.contains(bytes[index]) { index += 1 }
    return index
  }
}
