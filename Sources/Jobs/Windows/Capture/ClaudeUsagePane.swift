package import Shared

/// Reads Claude Code's `/usage` pane as it is copied from a terminal, and the text of
/// `claude -p /usage`.
package enum ClaudeUsagePane {
  /// Reads the last pane of the text that tells a main limit.
  /// - Parameters:
  ///   - capturedAt: When the pane was seen; labels without a day are of the time after it.
  ///   - zone: The zone of the machine that drew the pane, for labels that name none.
  package static func read(
    _ text: String, capturedAt: Timestamp, zone: LocalTime
  ) -> PaneReading {
    var panes = ClaudePanes()
    panes.read(PaneText.lines(text))
    let shown = panes.list.filter { !$0.isEmpty }
    let pane =
      shown.last { pane in pane.contains { $0.isMain && $0.used != nil } }
      ?? shown.last { pane in pane.contains { $0.used != nil } }
    guard let pane else {
      return PaneReading(limits: [], errors: panes.errorsOfNone(hasSections: !shown.isEmpty))
    }
    let main = pane.filter { $0.isMain && $0.used != nil }.map(\.limitID)
    var errors: [String] = []
    if !main.contains(ClaudeSection.session) { errors.append(PaneFlag.sessionMissing) }
    if !main.contains(ClaudeSection.week) { errors.append(PaneFlag.weekMissing) }
    if main.isEmpty { errors.append(PaneFlag.insufficientData) }
    if shown.count > 1 { errors.append(PaneFlag.trimmed) }
    let limits = pane.compactMap { section in
      section.used.map {
        LimitReading(
          pane: section.limitID, minutes: section.minutes, used: $0, label: section.label,
          isMain: section.isMain, capturedAt: capturedAt, zone: zone)
      }
    }
    return PaneReading(
      limits: limits.filter(\.isMain).sorted { ($0.minutes ?? 0) < ($1.minutes ?? 0) }
        + limits.filter { !$0.isMain }, errors: errors)
  }
}

/// The panes of a text as the sections in each.
private struct ClaudePanes {
  private(set) var list: [[ClaudeSection]] = [[]]
  private var isNotLoaded = false

  func errorsOfNone(hasSections: Bool) -> [String] {
    if isNotLoaded { return [PaneFlag.notLoaded] }
    return [PaneFlag.sessionMissing, PaneFlag.weekMissing, PaneFlag.insufficientData]
  }

  mutating func read(_ lines: [PaneLine]) {
    var index = 0
    while index < lines.count {
      let line = lines[index]
      index += 1
      if PaneText.isCommand("/usage", line) {
        list.append([])
      } else if let heading = ClaudeHeading(lines, at: index - 1) {
        let body = Self.body(lines, from: index - 1 + heading.lineCount)
        add(ClaudeSection(heading, body))
        index += heading.lineCount - 1
      } else if Self.saysNotLoaded(line) {
        isNotLoaded = true
      }
    }
  }

  /// A section that comes again is of another pane.
  private mutating func add(_ section: ClaudeSection) {
    if list.last?.contains(where: { $0.limitID == section.limitID }) == true { list.append([]) }
    list[list.count - 1].append(section)
  }

  /// The lines that can be of a section; it ends at the next one and at a blank line behind its
  /// percentage.
  private static func body(_ lines: [PaneLine], from start: Int) -> [PaneLine] {
    var body: [PaneLine] = []
    for index in start..<min(start + 10, max(start, lines.count)) {
      let line = lines[index]
      let isOther =
        ClaudeHeading(lines, at: index) != nil || PaneText.isCommand("/usage", line)
        || PaneText.squeezed(line.bytes.prefix(30)).starts(with: "extrausage".utf8)
      if isOther || line.isBlank && body.contains(where: { $0.bytes.contains(UInt8(ascii: "%")) }) {
        break
      }
      body.append(line)
    }
    return body
  }

  private static func saysNotLoaded(_ line: PaneLine) -> Bool {
    guard (18..<300).contains(line.bytes.count) else { return false }
    let text = line.text.lowercased()
    return text.contains("failed to load usage data") || text.contains("status dialog dismissed")
      || text.contains("loading usage data")
  }
}

/// The first words of a section: `Current session`, `Current week (Opus)`.
struct ClaudeHeading {
  /// The model, or nothing; nil for the session.
  let week: String?
  /// What stands behind the name.
  let rest: ArraySlice<UInt8>
  /// How many lines the name takes.
  let lineCount: Int

  init?(_ lines: [PaneLine], at index: Int) {
    let bytes = lines[index].bytes
    if let rest = Self.skip("currentsession", bytes) {
      self.week = nil
      self.rest = rest
      lineCount = 1
      return
    }
    guard let rest = Self.skip("currentweek", bytes) else { return nil }
    guard rest.first == UInt8(ascii: "(") else {
      self.week = ""
      self.rest = rest
      lineCount = 1
      return
    }
    let next = index + 1 < lines.count ? lines[index + 1].bytes : []
    let joined = rest + [0x20] + next
    // Only the name may be wrapped; the label behind it is read with the section's other lines.
    if let end = rest.firstIndex(of: UInt8(ascii: ")")) {
      week = Self.name(rest[..<end])
      self.rest = PaneText.trimmed(rest[(end + 1)...])
      lineCount = 1
    } else if let end = joined.firstIndex(of: UInt8(ascii: ")")), next.count < 200,
      !joined[..<end].contains(UInt8(ascii: "%"))
    {
      week = Self.name(joined[..<end])
      self.rest = PaneText.trimmed(joined[(end + 1)...])
      lineCount = 2
    } else {
      week = Self.name(rest)
      self.rest = []
      lineCount = 1
    }
  }

  private static func name(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: PaneText.trimmed(bytes.dropFirst()), as: UTF8.self).lowercased()
  }

  /// What follows the words; nil when a line does not begin with them.
  private static func skip(_ words: StaticString, _ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>?
  {
    guard let first = bytes.first, first | 0x20 == UInt8(ascii: "c") else { return nil }
    var rest = bytes
    let isThere = words.withUTF8Buffer { words in
      words.allSatisfy { letter in
        rest = rest.drop { $0 == 0x20 }
        return rest.popFirst().map { $0 | 0x20 == letter } ?? false
      }
    }
    guard isThere, rest.first.map({ !(0x61...0x7A).contains($0 | 0x20) }) ?? true else {
      return nil
    }
    return PaneText.trimmed(rest)
  }
}

/// The use of one window in a `/usage` pane.
struct ClaudeSection {
  static let session = "five_hour"
  static let week = "seven_day"

  let limitID: String
  let minutes: Int
  let isMain: Bool
  /// Nil where the pane does not show it.
  let used: Double?
  let label: String?

  init(_ heading: ClaudeHeading, _ body: [PaneLine]) {
    let model = heading.week.map(Self.model)
    limitID = model.map { $0.isEmpty ? Self.week : "\(Self.week)_\($0)" } ?? Self.session
    minutes = heading.week == nil ? 300 : 10_080
    isMain = model?.isEmpty ?? true
    let lines = [heading.rest] + body.map(\.bytes)
    used = Self.percent(lines)
    label = Self.label(lines)
  }

  /// The model of a week; nothing for the week of all models.
  private static func model(_ name: String) -> String {
    if name.isEmpty || name.hasPrefix("all") { return "" }
    let words = name.split { !$0.isLetter && !$0.isNumber && $0 != "." && $0 != "-" }
    return words.filter { $0 != "only" }.joined(separator: "_")
  }

  private static func percent(_ lines: [ArraySlice<UInt8>]) -> Double? {
    for (index, line) in lines.enumerated() {
      for sign in line.indices where line[sign] == UInt8(ascii: "%") {
        // The word may stand on the next line.
        let next = index + 1 < lines.count ? lines[index + 1] : []
        let behind = line[(sign + 1)...].prefix(200) + next.prefix(200)
        let number = PaneText.trimmed(line[..<sign])
        let word = PaneText.squeezed(behind)
        if let percent = PanePercent(before: number, after: word[...]) { return percent.used }
      }
    }
    return nil
  }

  private static func label(_ lines: [ArraySlice<UInt8>]) -> String? {
    for (index, line) in lines.enumerated() {
      let lower = line.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
      guard let start = lower.indices.first(where: { lower[$0...].starts(with: "reset".utf8) })
      else { continue }
      var rest = line.dropFirst(start + 5)
      if rest.first.map({ $0 | 0x20 }) == UInt8(ascii: "s") { rest.removeFirst() }
      if rest.first == UInt8(ascii: ":") { rest.removeFirst() }
      let following = lines[(index + 1)...].prefix(2).prefix { !$0.isEmpty }
      let pieces = ([rest] + following).map {
        String(decoding: PaneText.trimmed($0.prefix(200)), as: UTF8.self)
      }
      // One that was cut off is kept as it is printed.
      return ResetLabel.printed(in: pieces)
        ?? (pieces[0].isEmpty ? nil : String(pieces[0].prefix(60)))
    }
    return nil
  }
}
