package import Shared
package import SystemPackage

/// The two files that churn is written to: `churn.jsonl` and the CSV ledger that people read.
///
/// What is to be appended is decided here; it is done by an intent, with whatever else belongs to it.
package struct ChurnLedger: Sendable {
  /// `churn.jsonl`.
  package let rows: FilePath
  /// `Churn_Ledger.csv`.
  package let table: FilePath
  private let stamp: RowStamp

  package init(rows: FilePath, table: FilePath, stamp: RowStamp) {
    self.rows = rows
    self.table = table
    self.stamp = stamp
  }

  /// The name of the CSV ledger.
  package static let fileName = "Churn_Ledger.csv"

  package static let header = [
    "date", "window", "provider", "methodology", "commit_start", "commit_end", "files_changed",
    "insertions", "deletions", "net", "features", "normalized_churn", "notes",
  ]

  /// The files that ``decide(_:on:)`` reads and changes.
  package var targets: [FilePath] { [rows, table] }

  /// What became of a row.
  package struct Outcome: Sendable, Equatable {
    /// The row as it stands in the ledger.
    package let row: ChurnRow
    /// Whether it was not there before.
    package let isNew: Bool
    /// Rows of the CSV ledger that cannot be read by column, in words.
    package let warnings: [String]
  }

  /// What to append so that both files have the row; nothing where they have it.
  ///
  /// - Throws: 65 for a CSV file of another kind.
  package func decide(
    _ row: ChurnRow, on contents: IntentTargets
  ) throws(JobError) -> (steps: [IntentStep], outcome: Outcome) {
    let standing = ChurnRow.standing(ChurnRow.read(contents.content(of: rows) ?? []))
    let csv = try LedgerTable(
      table, content: contents.content(of: table), header: Self.header)
    let known = csv.table.rows.map(\.cells)
    if let same = standing.last(where: { Self.isCovered(row, by: $0) }) {
      // The row may be missing in a file that was removed, or is another than before.
      let has = known.contains { Self.isOfRange($0, same) }
      return (
        has ? [] : [csv.adding(Self.cells(same))],
        Outcome(row: same, isNew: false, warnings: csv.warnings)
      )
    }
    var row = row
    row.corrects = standing.last { row.replaces($0) }?.id
    let has = known.last { $0[1] == row.window }.map { Self.isSame($0, row) } == true
    let line = IntentStep.append(path: rows, header: [], lines: row.line(stamp: stamp))
    return (
      has ? [line] : [line, csv.adding(Self.cells(row))],
      Outcome(row: row, isNew: true, warnings: csv.warnings)
    )
  }

  /// Whether a row that stands leaves nothing to say: it says the same, or tells the commits that are
  /// not known here.
  private static func isCovered(_ row: ChurnRow, by known: ChurnRow) -> Bool {
    if row.isSkipped { return row.window == known.window && row.agent == known.agent }
    return row.saysSame(as: known)
  }

  // MARK: CSV

  /// The cells of a row, in the order of the header.
  static func cells(_ row: ChurnRow) -> [String] {
    [
      String(row.capturedAt.text.prefix(10)), row.window, row.provider, row.methodology ?? "",
      row.commitStart, row.commitEnd, String(row.files), String(row.insertions),
      String(row.deletions), String(row.net), String(row.features),
      row.perFeature.map(Decimals.two) ?? "", notes(row),
    ].map(\.redactingAddresses)
  }

  /// In characters; what is longer stands in `churn.jsonl` in full.
  private static let longestNotes = 400

  private static func notes(_ row: ChurnRow) -> String {
    var own = row.notes
    if own.count > longestNotes { own = "\(own.prefix(longestNotes))… (see churn.jsonl)" }
    var parts = own.isEmpty ? [] : [own]
    if let paths = pathsNote(row) { parts.append(paths) }
    if let corrects = row.corrects { parts.append("corrects=\(corrects)") }
    return parts.joined(separator: "; ")
  }

  private static func pathsNote(_ row: ChurnRow) -> String? {
    row.paths.isEmpty ? nil : "paths=\(row.paths.joined(separator: ","))"
  }

  private static func isOfRange(_ cells: [String], _ row: ChurnRow) -> Bool {
    cells[1] == row.window && cells[4] == row.commitStart && cells[5] == row.commitEnd
      && isOfPaths(cells[12], row)
  }

  /// Whether all but the date and the notes is the same.
  private static func isSame(_ cells: [String], _ row: ChurnRow) -> Bool {
    Self.cells(row)[1..<12] == cells[1..<12] && isOfPaths(cells[12], row)
  }

  /// Paths have no column of their own.
  private static func isOfPaths(_ notes: String, _ row: ChurnRow) -> Bool {
    guard let paths = pathsNote(row) else { return !notes.contains("paths=") }
    return notes.contains(paths)
  }
}
