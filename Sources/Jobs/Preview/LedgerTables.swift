internal import Shared
package import SystemPackage

/// The CSV ledgers as far as views read them.
package struct LedgerTables: Sendable, Equatable {
  /// Rows of `Acceptance_Evidence.csv`, each run once.
  package var evidence: [Evidence] = []
  /// Rows of `Churn_Ledger.csv`.
  package var churn: [ChurnRow] = []
  /// Rows of `Token_Churn_Ledger.csv` that name a window.
  package var tokens: [Tokens] = []
  /// What of the tables could not be read.
  package var remarks: [String] = []

  package init() {}

  /// A test run that speaks for a window.
  package struct Evidence: Sendable, Equatable {
    package var window: String
    package var capability: String
    package var testRun: String
    package var runner: String
    package var result: String
    package var artifacts: String
  }

  /// Tokens planned for a window's work, and used by it.
  package struct Tokens: Sendable, Equatable {
    package var window: String
    package var provider: String
    /// `2025-10-20`, UTC.
    package var date: String
    package var task: String
    package var planned: Int?
    package var actual: Int?
    package var notes: String

    /// `plan`, `mid` or `final`, with the agent behind it where it is not the main one.
    package var checkpoint: String? {
      guard let kind = LedgerTables.member("checkpoint", of: notes) else { return nil }
      return LedgerTables.member("agent", of: notes).map { "\(kind) \($0)" } ?? kind
    }

    /// What there is one of; nil for what may repeat.
    fileprivate var place: [String]? {
      guard let checkpoint, !checkpoint.hasPrefix(CheckpointKind.mid.rawValue) else { return nil }
      return [window, provider, task, checkpoint]
    }
  }

  /// Reads the tables of a folder; one that is missing has no rows.
  package static func read(_ folder: FilePath) throws(JobError) -> LedgerTables {
    var tables = LedgerTables()
    for cells in try tables.rows(folder, "Acceptance_Evidence.csv", evidenceHeader) {
      let row = Evidence(
        window: cells[0], capability: cells[1], testRun: cells[2], runner: cells[3],
        result: cells[4], artifacts: cells[5])
      if !tables.evidence.contains(row) { tables.evidence.append(row) }
    }
    tables.churn = try tables.rows(folder, "Churn_Ledger.csv", ChurnLedger.header)
      .map(churnRow)
    tables.tokens = try tables.rows(folder, TokenLedger.fileName, TokenLedger.header)
      .compactMap(tokens)
    return tables
  }

  /// The rows that no later one of the same checkpoint supersedes: a window's work has one plan and one
  /// final row, and as many in between as it likes.
  package var standingTokens: [Tokens] {
    var last: [[String]: Int] = [:]
    for (index, row) in tokens.enumerated() {
      if let place = row.place { last[place] = index }
    }
    return tokens.enumerated().filter { index, row in
      row.place.map { last[$0] == index } ?? true
    }.map(\.element)
  }

  private mutating func rows(
    _ folder: FilePath, _ name: String, _ header: [String]
  ) throws(JobError) -> [[String]] {
    let path = folder.appending(name)
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try readWholeFile(path)?.bytes ?? []
    } catch {
      throw JobError(error)
    }
    do throws(CSVTable.ForeignHeader) {
      let table = try CSVTable(bytes, header: header)
      if let first = table.misfits.first {
        remarks.append(
          "\(name): \(table.misfits.count) rows of another width left out, the first on line "
            + "\(first.line)")
      }
      return table.rows.map(\.cells)
    } catch {
      remarks.append("\(name): its header is not the one that is known; left out")
      return []
    }
  }

  private static let evidenceHeader = [
    "window_id", "capability_id", "test_run_id", "runner", "result", "artifacts_path",
    "artifact_hash", "notes",
  ]

  /// The measurements of a window that stand in the CSV ledger alone, each range of commits once.
  package func churn(of window: String, without rows: [ChurnRow]) -> [ChurnRow] {
    ChurnRow.standing(
      churn.filter { row in
        row.window == window && !rows.contains { $0.isSameRange(as: row) }
      })
  }

  private static func churnRow(_ cells: [String]) -> ChurnRow {
    var churn = GitChurn(start: cells[4], end: cells[5])
    churn.files = Int(cells[6]) ?? 0
    churn.insertions = Int(cells[7]) ?? 0
    churn.deletions = Int(cells[8]) ?? 0
    return ChurnRow(
      window: cells[1], agent: AgentID.main, provider: cells[2],
      methodology: cells[3].isEmpty ? nil : cells[3], churn: churn,
      features: Int(cells[10]) ?? 0,
      capturedAt: Timestamp("\(cells[0])T00:00:00Z") ?? Timestamp(milliseconds: 0),
      notes: cells[12],
      paths: member("paths", of: cells[12]).map { $0.split(separator: ",").map(String.init) } ?? [])
  }

  /// A row says in its notes which window it is of: `window=W0-A; provider=codex; …`.
  private static func tokens(_ cells: [String]) -> Tokens? {
    guard let window = member("window", of: cells[11]) else { return nil }
    return Tokens(
      window: window, provider: member("provider", of: cells[11]) ?? "unknown", date: cells[0],
      task: cells[2], planned: Int(cells[3]), actual: Int(cells[4]), notes: cells[11])
  }

  /// The value of `name=value` among notes that stand behind one another with `;` between.
  fileprivate static func member(_ name: String, of notes: String) -> String? {
    for part in notes.split(separator: ";") {
      let part = part.drop { $0 == " " }
      guard part.hasPrefix(name + "=") else { continue }
      let value = part.dropFirst(name.count + 1)
      return value.isEmpty ? nil : String(value)
    }
    return nil
  }
}
