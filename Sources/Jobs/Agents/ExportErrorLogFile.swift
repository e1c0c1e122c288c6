internal import Shared
internal import SystemPackage

/// `usage-export.log` on disk, shared with a program that appends to it by its own means.
struct ExportErrorLogFile {
  private let workspace: Workspace
  private let limits: LineRotation.Limits
  private let world: World

  init(workspace: Workspace, configuration: Configuration, world: World) {
    self.workspace = workspace
    limits = configuration.rotate.limits
    self.world = world
  }

  /// Whether a rotation of the log was killed before its end; looks only.
  func isUnfinished() throws(FileError) -> Bool {
    try rotation.isUnfinished(workspace.exportErrorLog)
  }

  /// Finishes a rotation of the log that was killed before its end.
  func recover() throws(FileError) {
    guard try isUnfinished() else { return }
    _ = try rotation.rotate(workspace.exportErrorLog)
  }

  /// Appends lines; when the log is over its limit then, it is rotated at once.
  func append(_ lines: [UInt8]) throws(JobError) {
    guard !lines.isEmpty else { return }
    let log = AppendLog(
      path: workspace.exportErrorLog, locks: workspace.locks, tornTail: .seal,
      durability: world.durability, lockWait: .seconds(10), context: context)
    do throws(FileError) {
      let size = try log.append(lines)
      guard size > limits.maxBytes else { return }
      _ = try rotation.rotate(workspace.exportErrorLog)
    } catch {
      throw JobError(error)
    }
  }

  private var context: LockContext { world.locks(for: RefreshUsageJob.name) }

  private var rotation: LineRotation {
    LineRotation(
      limits: limits, archive: nil, allowLossy: false, locks: workspace.locks,
      durability: world.durability, timing: .standard, context: context)
  }
}
