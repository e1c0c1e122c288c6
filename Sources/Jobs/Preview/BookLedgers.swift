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
  /// Lines that are about to be written, which count as if they were: a checkpoint shows the books
  /// as it leaves them.
  package var coming: [FilePath: [UInt8]] = [:]

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
      let bytes = try readWholeFile(path)?.bytes ?? []
      return coming[path].map { bytes + [UInt8(ascii: "\n")] + $0 } ?? bytes
    } catch {
      throw JobError(error)
    }
  }
}
