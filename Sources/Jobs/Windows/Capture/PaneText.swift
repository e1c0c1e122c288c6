internal import Shared

/// One line of a pasted terminal, without what draws boxes and bars.
struct PaneLine {
  /// The text in UTF-8, every bar and border a space, trimmed.
  let bytes: ArraySlice<UInt8>
  let border: Border?

  enum Border {
    /// The lower edge of a drawn box.
    case bottom
    /// An edge of a box of `+---+`, upper or lower.
    case plain
  }

  var isBlank: Bool { bytes.isEmpty }
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// What the panes of all vendors have in common.
enum PaneText {
  /// The text without escape sequences and with one kind of line end.
  static func plain(_ text: String) -> String {
    let text = text.strippingEscapeSequences
    guard text.utf8.contains(0x0D) else { return text }
    var result: [UInt8] = []
    var wasReturn = false
    for byte in text.utf8 {
      // A return by itself begins a line as well: the text it would overprint is older.
      if wasReturn, byte != 0x0A, byte != 0x0D { result.append(0x0A) }
      wasReturn = byte == 0x0D
      if !wasReturn { result.append(byte) }
    }
    if wasReturn { result.append(0x0A) }
    return String(decoding: result, as: UTF8.self)
  }

  /// No terminal is wider: what is behind is junk, and not worth the time.
  private static let longestLine = 4_000

  /// The lines of a pane.
  static func lines(_ text: String) -> [PaneLine] {
    var plain = plain(text)
    return plain.withUTF8 { bytes in
      bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map {
        $0.isEmpty
          ? PaneLine(bytes: [], border: nil)
          : line(UnsafeBufferPointer(rebasing: $0.prefix(longestLine)))
      }
    }
  }

  /// The bytes in lower case and without spaces, with where each of them stood.
  static func squeezed(_ bytes: some Collection<UInt8>) -> [UInt8] {
    bytes.compactMap { $0 == 0x20 ? nil : (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }

  /// The line behind a command's prompt, if it is nothing but that command.
  static func isCommand(_ command: StaticString, _ line: PaneLine) -> Bool {
    guard line.bytes.count < 40, line.bytes.contains(UInt8(ascii: "/")) else { return false }
    let prompts: Set<Character> = [">", "›", "❯", "»", "$", "%", "*", "•", " "]
    return line.text.drop { prompts.contains($0) } == command.description
  }

  private static func line(_ bytes: UnsafeBufferPointer<UInt8>) -> PaneLine {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var border: PaneLine.Border?
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte > 0x20, byte < 0x7F {
        result.append(byte == UInt8(ascii: "|") ? 0x20 : byte)
        index += 1
      } else if byte < 0x80 {
        result.append(0x20)
        index += 1
      } else {
        if isCorner(bytes, index) { border = .bottom }
        let length = drawingLength(bytes, index)
        result.append(length > 0 ? 0x20 : byte)
        index += max(length, 1)
      }
    }
    let trimmed = trimmed(result[...])
    let isPlain = trimmed.count > 4 && trimmed.first == UInt8(ascii: "+")
    if isPlain, trimmed.allSatisfy({ "+-=".utf8.contains($0) }) {
      return PaneLine(bytes: [], border: .plain)
    }
    return PaneLine(bytes: trimmed, border: border)
  }

  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = bytes.firstIndex { $0 != 0x20 } ?? bytes.endIndex
    let end = bytes.lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? start
    return bytes[start..<end]
  }

  /// A lower left corner with a line to the right of it.
  private static func isCorner(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    guard index + 5 < bytes.count, bytes[index] == 0xE2, bytes[index + 3] == 0xE2 else {
      return false
    }
    let corner = (bytes[index + 1], bytes[index + 2])
    let next = (bytes[index + 4], bytes[index + 5])
    let isCorner =
      corner == (0x95, 0xB0) || corner == (0x94, 0x94) || corner == (0x94, 0x97)
      || corner == (0x95, 0x9A)
    return isCorner && (next == (0x94, 0x80) || next == (0x94, 0x81) || next == (0x95, 0x90))
  }

  /// The length of a character that is a box, a block, a shape (U+2500 to U+25FF) or a space.
  private static func drawingLength(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    let next = index + 1 < bytes.count ? bytes[index + 1] : 0
    let third = index + 2 < bytes.count ? bytes[index + 2] : 0
    switch (bytes[index], next, third) {
    case (0xC2, 0xA0, _): return 2
    case (0xE2, 0x94...0x97, 0x80...), (0xE2, 0x80, 0x80...0x8F), (0xE2, 0x80, 0xA8...0xAF),
      (0xE3, 0x80, 0x80):
      return 3
    default: return 0
    }
  }
}
