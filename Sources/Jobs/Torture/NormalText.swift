/// A text of ours without what differs from run to run: times, ids, the folder it lies in.
enum NormalText {
  static func of(_ bytes: [UInt8], root: String) -> String {
    // As units and crontabs name a folder: `-` for a slash, `\x2d` for what was one.
    let escaped = root.drop { $0 == "/" }.replacing("-", with: "\\x2d")
      .replacing("/", with: "-")
    let text = String(decoding: bytes, as: UTF8.self).replacing(root, with: "@")
      .replacing(escaped, with: "@")
      // What a run that found nothing to do notes in a state file, for the next to be quick.
      .replacing("\"whole\":true,", with: "")
    var normal: [UInt8] = []
    let source = Array(text.utf8)
    var position = 0
    while position < source.count {
      if let end = endOfTime(source, position) {
        normal += Array("TIME".utf8)
        position = end
      } else if let end = endOfHex(source, position) {
        normal += Array("HEX".utf8)
        position = end
      } else if let end = endOfAge(source, position, &normal) {
        position = end
      } else {
        normal.append(source[position])
        position += 1
      }
    }
    return String(decoding: normal, as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// `2026-11-21T15:55:56.693Z`, or with a space, with or without the fraction and the zone.
  private static func endOfTime(_ text: [UInt8], _ start: Int) -> Int? {
    guard start + 19 <= text.count, isDigit(text[start]) else { return nil }
    let shape = Array("dddd-dd-dd dd:dd:dd".utf8)
    for (offset, wanted) in shape.enumerated() {
      let byte = text[start + offset]
      switch wanted {
      case UInt8(ascii: "d"): guard isDigit(byte) else { return nil }
      case UInt8(ascii: " "): guard byte == 0x54 || byte == 0x20 else { return nil }
      default: guard byte == wanted else { return nil }
      }
    }
    var end = start + 19
    if end < text.count, text[end] == UInt8(ascii: ".") {
      end += 1
      while end < text.count, isDigit(text[end]) { end += 1 }
    }
    if end < text.count, text[end] == UInt8(ascii: "Z") { return end + 1 }
    let zone = Array("+00:00".utf8)
    return end + 6 <= text.count && Array(text[end..<end + 6]) == zone ? end + 6 : end
  }

  /// Ids and hashes: 12 hexadecimal digits or more that stand by themselves.
  private static func endOfHex(_ text: [UInt8], _ start: Int) -> Int? {
    func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || byte >= 0x61 && byte <= 0x66 }
    func isWord(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A || isDigit(byte) }
    guard isHex(text[start]), start == 0 || !isWord(text[start - 1]) else { return nil }
    var end = start
    while end < text.count, isHex(text[end]) { end += 1 }
    guard end - start >= 12, end == text.count || !isWord(text[end]) else { return nil }
    return end
  }

  /// The number behind `_s":`, an age; and the process id of a refresh.
  private static func endOfAge(_ text: [UInt8], _ start: Int, _ normal: inout [UInt8]) -> Int? {
    for mark in ["_s\":", "\"refresh\":{\"pid\":", "\"duration_ms\":"] {
      let mark = Array(mark.utf8)
      guard text[start...].starts(with: mark) else { continue }
      normal += mark + [UInt8(ascii: "N")]
      var end = start + mark.count
      while end < text.count, isDigit(text[end]) || text[end] == 0x2E || text[end] == 0x2D {
        end += 1
      }
      return end
    }
    return nil
  }
}
