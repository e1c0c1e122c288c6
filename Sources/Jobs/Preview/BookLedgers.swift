package import Shared
package import SystemPackage

/// The files that views read.
///
/// Nothing is made and no lock is taken: a row that is being written counts the next time.
package struct BookLedgers: Sendable {
  let workspace: Workspace
  /// The folder of the CSV ledgers.
  let tables: FilePath
  /// The zone of the labels on panes.
  let zone: LocalTime

  package init(workspace: Workspace, tables: FilePath, zone: LocalTime) {
    self.workspace = workspace
    self.tables = tables
    self.zone = zone
  }

  /// What the ledgers of the data folder say.
  package func book() throws(JobError) -> WindowBook {
    WindowBookReader.read(try files(), zone: zone)
  }

  /// What the CSV ledgers say.
  package func readTables() throws(JobError) -> LedgerTables { try LedgerTables.read(tables) }

  /// The decision card of a window.
  ///
  /// - Parameter window: nil for the latest.
  package func decisionCard(of window: String?) throws(JobError) -> DecisionCard {
    let book = try book()
    return DecisionCard(window: try book.named(window), book: book, tables: try readTables())
  }

  private func files() throws(JobError) -> WindowBookReader.Files {
    var files = WindowBookReader.Files()
    files.snapshots = try read(workspace.snapshots)
    files.windows = try read(workspace.windows)
    files.anomalies = try read(workspace.anomalies)
    files.churn = try read(workspace.churn)
    files.glmCounts = try read(workspace.glmCounts)
    files.ccusage = try read(workspace.codexCcusage)
    files.monitor = try read(workspace.claudeMonitor)
    return files
  }

  private func read(_ path: FilePath) throws(JobError) -> [UInt8] {
    do throws(FileError) {
      return try readWholeFile(path)?.bytes ?? []
    } catch {
      throw JobError(error)
    }
  }
}
