internal import Shared
package import SystemPackage

/// The files of a checkpoint.
package struct CheckpointBooks: Sendable {
  /// `Token_Churn_Ledger.csv`.
  package let tokens: FilePath
  package let churn: ChurnLedger
  /// The note for whoever takes over.
  package let handoff: FilePath

  package init(workspace: Workspace, settings: Configuration.Ledgers, stamp: RowStamp) {
    let folder = workspace.path(settings.folder)
    tokens = folder.appending(TokenLedger.fileName)
    churn = ChurnLedger(
      rows: workspace.churn, table: folder.appending(ChurnLedger.fileName), stamp: stamp)
    handoff = workspace.path(settings.handoff)
  }

  /// What a checkpoint reads and changes together.
  var targets: [FilePath] { churn.targets + [tokens, handoff] }

  /// What is to be written of a checkpoint.
  struct Entry: Sendable {
    var row: TokenLedger.Row
    /// nil where no range of commits is known.
    var churn: ChurnRow?
    var isCorrection: Bool
    /// Where the tokens come from that were added up here; nil where somebody gave their number.
    var usage: TokenUsage?
  }

  /// What was decided on an entry.
  struct Outcome: Sendable {
    /// The row as it is, or would have been, written.
    var row: TokenLedger.Row
    /// Whether something was written.
    var isNew: Bool
    var churn: ChurnLedger.Outcome?
    /// Rows that do not fit, in words.
    var warnings: [String]
    /// What is written to the ledgers; the handoff comes behind it.
    var steps: [IntentStep]
  }

  /// The lines that a measurement is going to add to `churn.jsonl`.
  func coming(_ measured: ChurnRow) throws(JobError) -> [FilePath: [UInt8]] {
    let contents = try IntentTargets.looking(at: churn.targets)
    var result: [FilePath: [UInt8]] = [:]
    for step in try churn.decide(measured, on: contents).steps {
      if case .append(let path, _, let lines) = step { result[path] = lines }
    }
    return result
  }

  /// Whether the token ledger has a checkpoint of this window, provider, agent, task and kind.
  ///
  /// - Throws: 65 for a foreign header.
  func holds(_ notes: CheckpointNotes, task: String) throws(JobError) -> Bool {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try readWholeFile(tokens)?.bytes ?? []
    } catch {
      throw JobError(error)
    }
    guard !bytes.isEmpty else { return false }
    let table: CSVTable
    do throws(CSVTable.ForeignHeader) {
      table = try CSVTable(bytes, header: TokenLedger.header)
    } catch {
      throw JobError(.badData, "\(tokens): its header is not that of a token ledger")
    }
    let name = CSVTable.oneLine(task.redactingAddresses)
    return table.rows.contains { $0.cells[2] == name && notes.belongs($0.cells[11]) }
  }

  /// Decides on all ledgers together: a run that is known changes none of them.
  ///
  /// - Throws: 64 for other content of the same run, 65 for a ledger of another kind.
  func decide(_ entry: Entry, on contents: IntentTargets) throws(JobError) -> Outcome {
    let ledger = try LedgerTable(
      tokens, content: contents.content(of: tokens), header: TokenLedger.header)
    var row = entry.row
    if row.planned == nil, row.notes.kind != .plan {
      row.planned = TokenLedger.planned(for: row, in: ledger.table)
    }
    let verdict = try TokenLedger.decide(row, on: ledger.table, isCorrection: entry.isCorrection)
    guard case .new(let cells) = verdict else {
      return Outcome(row: row, isNew: false, churn: nil, warnings: ledger.warnings, steps: [])
    }
    var outcome = Outcome(
      row: row, isNew: true, churn: nil, warnings: ledger.warnings, steps: [ledger.adding(cells)])
    if let measured = entry.churn {
      let (steps, churn) = try self.churn.decide(measured, on: contents)
      outcome.churn = churn
      outcome.warnings += churn.warnings
      outcome.steps = steps + outcome.steps
    }
    return outcome
  }
}
