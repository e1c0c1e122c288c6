package import Shared
package import SystemPackage

/// Our own small files: caches and memories that can be made again.
package enum StateFile {
  /// The file's bytes; none when it is not there or cannot be read, which costs a cache and no
  /// more.
  package static func read(_ path: FilePath) -> [UInt8] {
    ((try? readWholeFile(path)) ?? nil)?.bytes ?? []
  }

  /// Replaces the file, making its folder where there is none.
  ///
  /// Not forced to the disk: after a power cut it is made again.
  package static func write(_ bytes: [UInt8], to path: FilePath) throws(JobError) {
    try makeFolder(path.folder)
    do throws(FileError) {
      try AtomicReplace(durability: .off).write(bytes, to: path)
    } catch {
      throw JobError(error)
    }
  }

  /// Removes what writers of the file that were killed have left beside it.
  package static func sweep(_ path: FilePath, processes: ProcessTable) {
    guard let name = path.lastComponent?.string,
      (try? Stat(path.folder))?.type == .directory
    else { return }
    _ = try? Leftovers.sweep(in: path.folder, of: name, processes: processes)
  }

  /// Makes a folder and those above it, readable by us alone; one that is there stays as it is.
  package static func makeFolder(_ path: FilePath) throws(JobError) {
    do throws(FileError) {
      try makeFolders(path)
    } catch {
      throw JobError(error)
    }
  }
}

/// When a job last ended well: the modification time of an empty file.
package enum LastSuccess {
  /// Renews the mark.
  ///
  /// Where there is no state folder yet, nothing has been done that it could vouch for, and none is
  /// made. A mark that cannot be renewed does not fail the job: the views then say that nothing
  /// refreshes, which is so.
  package static func renew(_ job: String, in workspace: Workspace) {
    let path = workspace.lastSuccess(ofJob: job)
    if FileMark.renew(path) { return }
    guard (try? Stat(workspace.state))?.type == .directory else { return }
    try? makeFolders(path.folder)
    FileMark.renew(path)
  }

  /// When the job last ended well; nil when it never did.
  package static func of(_ job: String, in workspace: Workspace) -> Timestamp? {
    FileMark.time(of: workspace.lastSuccess(ofJob: job))
  }
}
