package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Replaces a file whole: whoever reads it sees the old bytes or the new, never a part.
package enum AtomicReplace {
  /// Writes `bytes` in the place of what `path` names.
  ///
  /// The new file stands beside the old one until it is complete and on the disk, then takes its
  /// name. A symbolic link stays one and its target is replaced; mode and owner are kept. On any
  /// error the old file is as it was and nothing is left beside it.
  /// - Parameters:
  ///   - mode: The mode of a file that is new.
  ///   - fence: Asked just before the new file takes the name; false leaves all as it was.
  /// - Returns: Whether the file was replaced.
  @discardableResult
  package static func write(
    _ bytes: [UInt8], to path: FilePath, durability: Durability,
    mode: FilePermissions = [.ownerReadWrite], fence: () -> Bool = { true }
  ) throws(FileError) -> Bool {
    let target = try resolved(path)
    let old = try SystemCall.status(of: target)
    let temporary = temporaryPath(for: target)
    let file = try SystemCall.open(
      temporary, .writeOnly, [.create, .exclusiveCreate, .noFollow],
      permissions: [.ownerReadWrite])
    do throws(FileError) {
      do throws(FileError) {
        try SystemCall.write(bytes, to: file, temporary)
        try keepIdentity(of: old, mode: mode, on: file, temporary)
        try durability.sync(file, temporary)
      } catch {
        try? file.close()
        throw error
      }
      try SystemCall.attempt("close", temporary) { try file.close() }
      guard fence() else {
        try SystemCall.remove(temporary)
        return false
      }
      try SystemCall.rename(temporary, to: target)
    } catch {
      try? SystemCall.remove(temporary)
      throw error
    }
    try durability.syncFolder(target.removingLastComponent())
    return true
  }

  /// The owner first: changing it clears bits of the mode. Another owner's file may not be given
  /// back to them by everyone; then it is ours with their mode.
  private static func keepIdentity(
    of old: Stat?, mode: FilePermissions, on file: FileDescriptor, _ path: FilePath
  ) throws(FileError) {
    if let old, old.userID.rawValue != geteuid() || old.groupID.rawValue != getegid() {
      _ = fchown(file.rawValue, old.userID.rawValue, old.groupID.rawValue)
    }
    let permissions = old?.permissions ?? mode
    guard permissions != [.ownerReadWrite] else { return }
    try SystemCall.check("chmod", path) {
      fchmod(file.rawValue, mode_t(permissions.rawValue))
    }
  }

  /// The file behind a symbolic link, also where that does not exist yet.
  private static func resolved(_ path: FilePath) throws(FileError) -> FilePath {
    var path = path
    for _ in 0..<maximumLinks {
      guard try SystemCall.status(of: path, followingLinks: false)?.type == .symbolicLink
      else { return path }
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
      let count = path.withPlatformString { readlink($0, &buffer, Int(PATH_MAX)) }
      guard count > 0 else {
        throw FileError(operation: "readlink", path: path, errno: Errno(rawValue: errno))
      }
      path = path.removingLastComponent().pushing(FilePath(platformString: buffer))
    }
    throw FileError(operation: "open", path: path, errno: .tooManySymbolicLinkLevels)
  }

  private static let maximumLinks = 16

  // MARK: Leftovers

  private static func temporaryPath(for target: FilePath) -> FilePath {
    let name = target.lastComponent?.string ?? ""
    let token = String(UInt64.random(in: .min ... .max), radix: 16)
    return target.removingLastComponent().appending("\(name).tmp.\(getpid()).\(token)")
  }

  /// Removes what killed writers of the file `name` left in `folder`: temporaries of processes that
  /// are gone, or that started after the file was last written.
  package static func removeLeftovers(
    of name: String, in folder: FilePath, names: [String], processes: ProcessTable
  ) throws(FileError) {
    for candidate in names {
      guard let pid = writer(of: candidate, of: name) else { continue }
      let path = folder.appending(candidate)
      guard let status = try SystemCall.status(of: path, followingLinks: false),
        status.type == .regular, isLeft(by: pid, written: Timestamp(modificationOf: status), processes)
      else { continue }
      try SystemCall.remove(path)
    }
  }

  private static func isLeft(
    by pid: Int32, written: Timestamp, _ processes: ProcessTable
  ) -> Bool {
    guard processes.isAlive(pid) else { return true }
    guard let start = processes.startTime(pid) else { return false }
    return start > written + .seconds(2)
  }

  /// The process id in `name.tmp.<pid>.<token>`; nil for any other name.
  private static func writer(of candidate: String, of name: String) -> Int32? {
    let prefix = "\(name).tmp."
    guard candidate.hasPrefix(prefix) else { return nil }
    let parts = candidate.dropFirst(prefix.count).split(separator: ".")
    guard parts.count == 2 else { return nil }
    return Int32(parts[0])
  }
}
