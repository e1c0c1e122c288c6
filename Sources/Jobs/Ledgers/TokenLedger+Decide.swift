package import Shared

/// What a checkpoint adds to the token ledger, decided on the rows that are there.
extension TokenLedger {
  /// What becomes of a row.
  package enum Verdict: Sendable, Equatable {
    /// It is added, with these cells.
    case new([String])
    /// The last row of the same run says the same.
    case known
  }

  /// A run's row against those of the same window, provider, agent, task and kind.
  ///
  /// The last of these counts. A `mid` checkpoint follows another; a `plan` or `final` is one, and
  /// is put right only on demand, by a row that says which it supersedes.
  ///
  /// - Throws: 64 for other content than was recorded, and for a correction of nothing.
  package static func decide(
    _ row: Row, on table: CSVTable, isCorrection: Bool
  ) throws(JobError) -> Verdict {
    let cells = row.cells.map(\.redactingAddresses)
    let notes = row.notes
    guard let last = rows(of: row, in: table).last?.cells else {
      guard !isCorrection else {
        throw JobError(
          .usage,
          "--correct: \(notes.window) has no \(notes.kind.rawValue) checkpoint of "
            + "\(notes.provider), task \(row.task), to be superseded")
      }
      return .new(cells)
    }
    let isSame = content(cells) == content(last)
    // Who put a row right may mean the session it names.
    let namesOther = cells[1] != last[1] && cells[1] != Self.noSession
    if isSame, !(isCorrection && namesOther) { return .known }
    if isCorrection { return .new(superseding(last, cells)) }
    if notes.kind == .mid { return .new(cells) }
    throw JobError(
      .usage,
      "\(notes.window) has a \(notes.kind.rawValue) checkpoint of \(notes.provider), task "
        + "\(row.task), that says otherwise (\(difference(last, cells))); --correct adds a row "
        + "that supersedes it")
  }

  /// The plan that a later checkpoint of the same work is held against.
  package static func planned(for row: Row, in table: CSVTable) -> Int? {
    var plan = row
    plan.notes.kind = .plan
    return rows(of: plan, in: table).last.flatMap { Int($0.cells[3]) }
  }

  private static func rows(of row: Row, in table: CSVTable) -> [CSVTable.Row] {
    let task = row.task.redactingAddresses
    return table.rows.filter {
      $0.cells[2] == CSVTable.oneLine(task) && row.notes.belongs($0.cells[11])
    }
  }

  // MARK: Content

  /// What a row says, apart from the day and the session it was written in and from what it
  /// supersedes.
  private static func content(_ cells: [String]) -> [String] {
    var content = cells.dropFirst(2).map(CSVTable.oneLine)
    guard let notes = content.popLast() else { return content }
    let end = notes.ranges(of: supersedes).last?.lowerBound ?? notes.endIndex
    return content + [String(notes[..<end])]
  }

  private static let supersedes = "; CORRECTION: supersedes the row of "

  private static func superseding(_ old: [String], _ cells: [String]) -> [String] {
    var cells = cells
    cells[11] += supersedes + "\(old[0]), planned=\(old[3]) actual=\(old[4])"
    return cells
  }

  /// The cells that differ, such as `tokens_actual 174000, now 175000`.
  private static func difference(_ old: [String], _ new: [String]) -> String {
    let (before, after) = (content(old), content(new))
    let differing = before.indices.filter { before[$0] != after[$0] }
    return differing.map { index in
      let name = header[index + 2]
      // Notes are long, and are compared by eye.
      if name == "notes" { return name }
      return "\(name) \(shown(before[index])), now \(shown(after[index]))"
    }.joined(separator: "; ")
  }

  private static func shown(_ cell: String) -> String { cell.isEmpty ? "unknown" : cell }
}
