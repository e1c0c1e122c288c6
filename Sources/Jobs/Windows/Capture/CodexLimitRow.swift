/// One row of Codex' `/status` pane.
enum CodexRow: Equatable {
  /// The command that draws a pane.
  case command
  /// `>_ OpenAI Codex (v…)`, the head of a pane and of the banner at the start.
  case header
  /// The use of a window; `model` is nil where it counts the subscription.
  case limit(model: String?, minutes: Int, value: ArraySlice<UInt8>)
  /// The name of a model above the rows of its own windows.
  case group(String)
  /// Any other row with a name.
  case other(name: String, value: ArraySlice<UInt8>)
  case text
  case blank

  init(_ line: PaneLine) {
    if line.isBlank {
      self = .blank
    } else if PaneText.isCommand("/status", line) {
      self = .command
    } else if Self.isHeader(line.bytes) {
      self = .header
    } else {
      self = Self.named(line.bytes)
    }
  }

  private static func isHeader(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let mark = bytes.firstIndex(of: UInt8(ascii: ">")), bytes.count < 400 else {
      return false
    }
    return PaneText.squeezed(bytes[mark...]).starts(with: ">_openaicodex".utf8)
  }

  /// A row with a name before a colon: `5h limit: …`, `Agents.md: …`.
  private static func named(_ bytes: ArraySlice<UInt8>) -> CodexRow {
    guard let colon = bytes.prefix(100).firstIndex(of: UInt8(ascii: ":")), let first = bytes.first,
      isWord(first), let last = bytes[..<colon].last(where: { $0 != 0x20 }), isWord(last)
    else { return .text }
    let head = bytes[..<colon]
    let value = PaneText.trimmed(bytes[(colon + 1)...])
    let name = PaneText.squeezed(head)
    // The end of a label such as `(resets 04:45)` is no name.
    guard !head.contains(UInt8(ascii: "(")), !name.starts(with: "reset".utf8),
      !((0x30...0x39).contains(last) && value.first.map { (0x30...0x39).contains($0) } == true)
    else { return .text }
    guard name.count > 5, name.suffix(5).elementsEqual("limit".utf8) else {
      return .other(name: String(decoding: name, as: UTF8.self), value: value)
    }
    // The word itself is taken off the end, wherever spaces stand in it.
    var model = head
    for _ in 0..<5 { model = PaneText.trimmed(model).dropLast() }
    return limit(String(decoding: model, as: UTF8.self), value)
  }

  private static func limit(_ name: String, _ value: ArraySlice<UInt8>) -> CodexRow {
    var words = name.split(separator: " ").map(String.init)
    let other = CodexRow.other(name: name.lowercased(), value: value)
    // `Monthly credit limit` counts money.
    if words.contains(where: { $0.lowercased().hasPrefix("credit") }) { return other }
    for count in [2, 1] where words.count >= count {
      guard let minutes = minutes(words.suffix(count).joined().lowercased()) else { continue }
      words.removeLast(count)
      let model = words.joined(separator: " ")
      return .limit(model: model.isEmpty ? nil : model, minutes: minutes, value: value)
    }
    return value.isEmpty && !words.isEmpty ? .group(words.joined(separator: " ")) : other
  }

  /// The length of a window by its name: `5h`, `5-hour`, `7d`, `weekly`.
  private static func minutes(_ name: String) -> Int? {
    if let minutes = names[name] { return minutes }
    let digits = name.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits), (1...1_000).contains(count) else { return nil }
    let unit = name.dropFirst(digits.count).drop { $0 == "-" }
    return units[String(unit)].map { $0 * count }
  }

  private static let names = ["daily": 1_440, "weekly": 10_080, "week": 10_080, "monthly": 43_200]

  private static let units = [
    "m": 1, "min": 1, "h": 60, "hr": 60, "hour": 60, "hours": 60, "d": 1_440, "day": 1_440,
    "days": 1_440, "w": 10_080, "week": 10_080,
  ]

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }
}

/// The value of a limit's row: `[███░░] 58% left (resets 04:45)`, wrapped over some lines.
struct CodexLimitValue: Equatable {
  let used: Double
  let label: String?

  /// - Parameter lines: The row behind its colon and what may be its continuation, at most four.
  init?(_ lines: [ArraySlice<UInt8>]) {
    var squeezed: [UInt8] = []
    var lineEnds: [Int] = []
    for line in lines {
      squeezed += PaneText.squeezed(line)
      lineEnds.append(squeezed.count)
    }
    guard let sign = squeezed.firstIndex(of: UInt8(ascii: "%")),
      let line = lineEnds.firstIndex(where: { $0 > sign }), Self.isBar(squeezed[..<sign])
    else { return nil }
    // With as few lines as will do: what follows may belong to something else.
    for end in line..<lines.count {
      let part = squeezed[..<lineEnds[end]]
      guard let percent = PanePercent(before: part[..<sign], after: part[(sign + 1)...]) else {
        continue
      }
      used = percent.used
      label = Self.label(lines, sign: sign, from: end, squeezed, lineEnds)
      return
    }
    return nil
  }

  /// Whether there is nothing before the number but a bar.
  private static func isBar(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    if let start = rest.firstIndex(of: UInt8(ascii: "[")),
      let end = rest.lastIndex(of: UInt8(ascii: "]")), start < end
    {
      rest = rest[(end + 1)...]
    }
    let bar = rest.prefix { !(0x30...0x39).contains($0) }
    return bar.allSatisfy { !(0x61...0x7A).contains($0) && $0 != UInt8(ascii: "(") }
      && rest.dropFirst(bar.count).allSatisfy {
        (0x30...0x39).contains($0) || ".,".utf8.contains($0)
      }
  }

  /// The label that follows the word right away, if the pane did not cut it off.
  private static func label(
    _ lines: [ArraySlice<UInt8>], sign: Int, from first: Int, _ squeezed: [UInt8],
    _ lineEnds: [Int]
  ) -> String? {
    for end in first..<lines.count {
      let part = squeezed[..<lineEnds[end]]
      guard let percent = PanePercent(before: part[..<sign], after: part[(sign + 1)...]) else {
        return nil
      }
      var rest = part[(sign + 1 + percent.letters)...]
      var depth = 0
      while let byte = rest.first, !(0x30...0x39).contains(byte), !(0x61...0x7A).contains(byte) {
        if byte == UInt8(ascii: "(") { depth += 1 }
        rest.removeFirst()
      }
      guard rest.starts(with: "reset".utf8) else {
        if rest.isEmpty || "reset".utf8.starts(with: rest) { continue }
        return nil
      }
      rest = rest.dropFirst(5)
      if rest.first == UInt8(ascii: "s") { rest.removeFirst() }
      if rest.first == UInt8(ascii: ":") { rest.removeFirst() }
      let pieces = pieces(lines, lineEnds, from: rest.startIndex, through: end)
      guard depth > 0 else { return ResetLabel.printed(in: pieces) }
      if let label = closed(pieces) { return label }
      if end == lines.count - 1 { return cut(pieces) }
    }
    return nil
  }

  /// The lines as printed, from a byte of the squeezed text on.
  private static func pieces(
    _ lines: [ArraySlice<UInt8>], _ lineEnds: [Int], from start: Int, through end: Int
  ) -> [String] {
    (0...end).compactMap { index in
      let lineStart = index == 0 ? 0 : lineEnds[index - 1]
      guard start < lineEnds[index] else { return nil }
      var skipped = max(0, start - lineStart)
      let rest = lines[index].drop { byte in
        if skipped == 0 { return false }
        if byte != 0x20 { skipped -= 1 }
        return true
      }
      return String(decoding: PaneText.trimmed(rest), as: UTF8.self)
    }
  }

  /// A label in parentheses that are closed.
  private static func closed(_ pieces: [String]) -> String? {
    var kept: [String] = []
    var depth = 1
    for piece in pieces {
      var text = ""
      for character in piece {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        if depth == 0 {
          kept.append(text)
          let label = kept.joined(separator: " ")
          return ResetLabel.printed(in: kept) ?? (label.utf8.count < 60 ? label : nil)
        }
        text.append(character)
      }
      kept.append(text)
    }
    return nil
  }

  /// A label whose end is missing: only one that names its day after its time is whole for sure.
  private static func cut(_ pieces: [String]) -> String? {
    guard let label = ResetLabel.printed(in: pieces), ResetLabel(label)?.day != nil,
      ResetLabel(label)?.minuteOfDay != nil, label.last?.isLetter == true
    else { return nil }
    return label
  }
}
