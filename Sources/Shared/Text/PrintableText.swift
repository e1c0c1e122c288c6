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

  /// The text without terminal escape sequences (ECMA-48 CSI, OSC and two-character forms).
  package var strippingEscapeSequences: String {
    guard utf8.contains(0x1B) else { return self }
    var result = String.UnicodeScalarView()
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\u{1B}" else {
        result.append(scalar)
        continue
      }
      switch rest.popFirst() {
      case "[": rest = rest.drop { !(0x40...0x7E).contains($0.value) }.dropFirst()
      case "]": rest = rest.drop { $0 != "\u{07}" && $0 != "\u{1B}" }.dropFirst()
      default: break
      }
    }
    return String(result)
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
