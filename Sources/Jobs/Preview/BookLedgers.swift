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
  /// - Throws: 66 where none was asked for and there is none.
  package func decisionCard(of window: String?) throws(JobError) -> DecisionCard {
    let book = try book()
    guard let window = window ?? book.latestName else {
      throw JobError(.noInput, "no windows recorded; name one with --window")
    }
    return DecisionCard(window: window, book: book, tables: try readTables())
  }

  /// The files of the data folder that the book is made of.
  var paths: [FilePath] {
    [
      workspace.snapshots, workspace.windows, workspace.anomalies, workspace.churn,
      workspace.glmCounts, workspace.codexCcusage, workspace.claudeMonitor,
    ]
  }

  private func files() throws(JobError) -> WindowBookReader.Files {
    let contents = try paths.map { path throws(JobError) in try read(path) }
    return WindowBookReader.Files(
      snapshots: contents[0], windows: contents[1], anomalies: contents[2], churn: contents[3],
      glmCounts: contents[4], ccusage: contents[5], monitor: contents[6])
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
