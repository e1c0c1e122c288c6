internal import Shared
internal import SystemPackage

/// The run history: one row for each run that did something or failed, bounded by itself.
package struct RunHistory: Sendable {
  private let workspace: Workspace
  private let world: World

  package init(workspace: Workspace, world: World) {
    self.workspace = workspace
    self.world = world
  }

  /// Over this many bytes the file is cut to its newest ``keptRows``.
  package static let maximumBytes: Int64 = 2 << 20
  package static let keptRows = 4_000

  /// Appends a row and cuts the file where it has grown too long.
  ///
  /// Not forced to the disk: the ledgers vouch for what was done, and a power cut that takes the
  /// last rows of the history takes no more than that.
  package func append(_ record: RunRecord) throws(JobError) {
    try StateFile.makeFolder(workspace.locks)
    do throws(FileError) {
      let size = try AppendLog(
        path: workspace.runHistory, locks: workspace.locks, tornTail: .setAside, durability: .off,
        lockWait: .seconds(1), context: world.locks(for: record.job)
      ).append(record.row)
      guard size > Self.maximumBytes else { return }
      _ = try LineRotation(
        limits: .init(maxBytes: Self.maximumBytes / 2, keepLines: Self.keptRows), archive: nil,
        allowLossy: false, locks: workspace.locks, durability: .off, timing: .standard,
        context: world.locks(for: record.job)
      ).rotate(workspace.runHistory)
    } catch {
      throw JobError(error)
    }
  }

  /// The rows that can be read, oldest first.
  package func rows() throws(JobError) -> [RunRecord] {
    do throws(FileError) {
      let bytes = try readWholeFile(workspace.runHistory)?.bytes ?? []
      return RowLedger.lines(bytes).compactMap { RunRecord(row: Array($0)) }
    } catch {
      throw JobError(error)
    }
  }
}
