package import Shared

/// Reads Codex' `/status` pane as it is copied from a terminal.
///
/// Every wording since 0.44 is known: percentages used and left, clocks of 24 and 12 hours, panes
/// wide, narrow, wrapped, clipped and without a box.
package enum CodexStatusPane {
  /// Reads the last pane of the text that tells a main limit.
  /// - Parameters:
  ///   - capturedAt: When the pane was seen; labels without a day are of the time after it.
  ///   - zone: The zone of the machine that drew the pane.
  package static func read(
    _ text: String, capturedAt: Timestamp, zone: LocalTime
  ) -> PaneReading {
    var panes = CodexPanes()
    panes.read(PaneText.lines(text))
    let shown = panes.list.filter(\.isPane)
    let usable = shown.last { $0.hasMainLimit }
    var errors: [String] = []
    if usable == nil { errors.append(PaneFlag.insufficientData) }
    if shown.count > 1 { errors.append(PaneFlag.trimmed) }
    let pane = usable ?? shown.last { $0.rows.contains { $0.value != nil } } ?? shown.last
    if pane?.isStale == true { errors.append(PaneFlag.stale) }
    return PaneReading(
      limits: pane?.limits(capturedAt: capturedAt, zone: zone) ?? [], errors: errors)
  }
}

/// The panes of a text, one in another where one was pasted into the middle of another.
private struct CodexPanes {
  /// In the order of their beginnings.
  private(set) var list: [Pane] = []
  /// Those whose end was not seen, innermost last.
  private var open: [Int] = []

  struct Pane {
    var hasCommand = false
    var hasHeader = false
    /// Whether a row was seen that only `/status` draws, not the banner at the start.
    var hasStatusRow = false
    var isStale = false
    var group: String?
    var rows: [Row] = []

    var isPane: Bool { hasCommand || hasStatusRow || !rows.isEmpty }
    var hasMainLimit: Bool { rows.contains { $0.model == nil && $0.value != nil } }

    func hasRow(_ model: String?, _ minutes: Int) -> Bool {
      rows.contains { $0.model == model && $0.minutes == minutes }
    }
  }

  struct Row {
    let model: String?
    let minutes: Int
    let value: CodexLimitValue?
  }

  mutating func read(_ lines: [PaneLine]) {
    let rows = lines.map { CodexRow($0) }
    for (index, line) in lines.enumerated() {
      switch rows[index] {
      case .command:
        begin {
          $0.isEmpty
        } with: {
          $0.hasCommand = true
        }
      case .header:
        begin {
          $0.isEmpty
        } with: {
          $0.hasHeader = true
        }
      case .limit(let model, let minutes, let value):
        let following = lines.indices.dropFirst(index + 1).prefix(3)
          .prefix { lines[$0].border == nil && rows[$0] == .text }
        add(model, minutes, CodexLimitValue([value] + following.map { lines[$0].bytes }))
      case .group(let name):
        if open.isEmpty { begin() }
        update { $0.group = name }
      case .other(let name, let value): note(name, value)
      case .text, .blank: break
      }
      end(at: line.border)
    }
  }

  // MARK: Beginnings and ends

  /// Begins a pane, unless the innermost one has only just begun.
  private mutating func begin(
    unless isBegun: (Pane) -> Bool = { _ in false }, with change: (inout Pane) -> Void = { _ in }
  ) {
    if open.last.map({ isBegun(list[$0]) }) != true {
      open.append(list.count)
      list.append(Pane())
    }
    update(change)
  }

  private mutating func end(at border: PaneLine.Border?) {
    switch border {
    case .bottom: _ = open.popLast()
    // The upper edge of the next box looks the same.
    case .plain where open.last.map { !list[$0].rows.isEmpty } == true: open.removeLast()
    case .plain, nil: break
    }
  }

  private mutating func update(_ change: (inout Pane) -> Void) {
    if let index = open.last { change(&list[index]) }
  }

  // MARK: Rows

  private mutating func add(_ model: String?, _ minutes: Int, _ value: CodexLimitValue?) {
    // A row that comes again is of another pane: of the one around this one, or of a new one.
    var isRepeated = false
    while let index = open.last {
      let pane = list[index]
      guard pane.hasRow(model ?? pane.group, minutes) || isRepeated && !pane.hasStatusRow
      else { break }
      isRepeated = true
      open.removeLast()
    }
    if open.isEmpty { begin() }
    update { pane in
      pane.rows.append(Row(model: model ?? pane.group, minutes: minutes, value: value))
    }
  }

  private mutating func note(_ name: String, _ value: ArraySlice<UInt8>) {
    update { pane in
      if Self.statusRows.contains(name) { pane.hasStatusRow = true }
      let warning = PaneText.squeezed(value)
      if name == "warning", warning.starts(with: "limitsmay".utf8) { pane.isStale = true }
    }
  }

  private static let statusRows: Set<String> = [
    "limits", "contextwindow", "tokenusage", "account", "session", "approval", "sandbox",
    "permissions", "agents.md", "warning", "credits",
  ]
}

extension CodexPanes.Pane {
  fileprivate var isEmpty: Bool { !hasHeader && !hasStatusRow && rows.isEmpty }

  fileprivate func limits(capturedAt: Timestamp, zone: LocalTime) -> [LimitReading] {
    let limits = rows.compactMap { row in
      row.value.map {
        LimitReading(
          pane: row.model ?? "codex", minutes: row.minutes, used: $0.used, label: $0.label,
          isMain: row.model == nil, capturedAt: capturedAt, zone: zone)
      }
    }
    let main = limits.filter(\.isMain).sorted { ($0.minutes ?? 0) < ($1.minutes ?? 0) }
    return main + limits.filter { !$0.isMain }
  }
}
