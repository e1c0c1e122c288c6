internal import Shared

/// What a pasted pane says.
package struct PaneReading: Sendable, Equatable {
  /// Main limits first, shortest window first; then those of single models.
  package var limits: [LimitReading]
  /// What was odd about the text.
  package var errors: [String]

  package init(limits: [LimitReading], errors: [String]) {
    self.limits = limits
    self.errors = errors
  }
}

/// The flags of panes.
enum PaneFlag {
  /// Neither main limit can be read.
  static let insufficientData = "insufficient-data"
  /// The text holds several panes, of which the last usable one was read.
  static let trimmed = "multi-pane-trimmed"
  /// The pane itself says that its limits may be old.
  static let stale = "stale-warning"
  static let notLoaded = "usage-not-loaded"
  static let sessionMissing = "section-missing-session"
  static let weekMissing = "section-missing-week"
}

/// A percentage with the word behind it: `12.5% used`, `93% left`.
struct PanePercent: Equatable {
  /// 0 to 100.
  let used: Double
  /// How many letters of its word are there.
  let letters: Int

  /// The words a percentage can be followed by, and whether they count what is left.
  private static let words: [(text: StaticString, counts: Bool, fewest: Int)] = [
    ("used", false, 1), ("left", true, 1), ("remaining", true, 3),
  ]

  /// Reads the number in front of the percent sign and the word behind it.
  ///
  /// A word cut off by the pane's edge is known by its first letters; without any nothing is said.
  /// - Parameters:
  ///   - number: What stands before the sign.
  ///   - rest: What stands behind it, squeezed.
  init?(before number: ArraySlice<UInt8>, after rest: ArraySlice<UInt8>) {
    guard let value = Self.number(number), (0...100).contains(value) else { return nil }
    for word in Self.words {
      let letters = word.text.withUTF8Buffer { zip($0, rest).prefix { $0 == $1 }.count }
      guard letters >= word.fewest else { continue }
      let next = rest.dropFirst(letters)
      let isCut = letters < word.text.utf8CodeUnitCount
      if isCut, let byte = next.first, (0x61...0x7A).contains(byte),
        !next.starts(with: "reset".utf8)
      {
        continue
      }
      used = word.counts ? 100 - value : value
      self.letters = letters
      return
    }
    return nil
  }

  /// The digits at the end, if nothing makes them a part of something else.
  private static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    var start = bytes.endIndex
    while start > bytes.startIndex,
      isDigit(bytes[start - 1]) || ".,".utf8.contains(bytes[start - 1])
    {
      start -= 1
    }
    let text = bytes[start...]
    guard (1...12).contains(text.count), text.first.map(isDigit) == true,
      text.last.map(isDigit) == true,
      bytes[..<start].last.map({ $0 != UInt8(ascii: "-") && !(0x61...0x7A).contains($0 | 0x20) })
        ?? true
    else { return nil }
    let digits = text.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }
    return Double(String(decoding: digits, as: UTF8.self))
  }
}

extension ResetLabel {
  /// The longest label at the front of a text that was wrapped into these lines; nil without one.
  ///
  /// A terminal wraps inside words, a program between them: both are tried.
  static func printed(in lines: [String]) -> String? {
    var longest: String?
    var length = 0
    for seams in 0..<(1 << max(0, lines.count - 1)) {
      var text = lines.first ?? ""
      for (index, line) in lines.dropFirst().enumerated() {
        text += (seams >> index & 1 == 0 ? " " : "") + line
      }
      let words = text.split(separator: " ").prefix(12)
      for count in stride(from: words.count, to: 0, by: -1) {
        let label = words.prefix(count).joined(separator: " ")
        guard ResetLabel(label) != nil else { continue }
        let letters = label.utf8.count { $0 != 0x20 }
        if letters > length { (longest, length) = (label, letters) }
        break
      }
    }
    return longest
  }
}

extension LimitReading {
  /// A limit as a pane prints it, its end found out from the label.
  init(
    pane limitID: String, minutes: Int, used: Double, label: String?, isMain: Bool,
    capturedAt: Timestamp, zone: LocalTime
  ) {
    self.init(
      limitID: limitID, minutes: minutes, usedPercent: used,
      resetsAt: label.flatMap { ResetLabel($0) }?
        .resolve(capturedAt: capturedAt, minutes: minutes, zone: zone),
      resetsLabel: label, isMain: isMain)
  }
}
