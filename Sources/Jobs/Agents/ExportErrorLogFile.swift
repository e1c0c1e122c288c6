internal import Shared
internal import SystemPackage

/// `usage-export.log` on disk.
struct ExportErrorLogFile {
  private let log: AppendLog

  init(_ workspace: Workspace) {
    log = AppendLog(
      path: workspace.exportErrorLog, lock: workspace.lock(ofJob: "usage-export.log"))
  }

  /// Appends lines.
  func append(_ lines: [UInt8]) throws(JobError) {
    guard !lines.isEmpty else { return }
    do throws(FileError) {
      _ = try log.append(lines)
    } catch {
      throw JobError(error)
    }
  }
}
