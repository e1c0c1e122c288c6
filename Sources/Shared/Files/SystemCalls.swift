internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// System calls that swift-system does not have, with its manners: typed errors, EINTR retried.
enum SystemCall {
  /// Repeats a call that a signal cut short; -1 becomes an error that names the attempt.
  @discardableResult
  static func check(
    _ operation: String, _ path: FilePath, _ call: () -> Int32
  ) throws(FileError) -> Int32 {
    while true {
      let result = call()
      if result != -1 { return result }
      if errno == EINTR { continue }
      throw FileError(operation: operation, path: path, errno: Errno(rawValue: errno))
    }
  }

  static func rename(_ old: FilePath, to new: FilePath) throws(FileError) {
    try check("rename", new) {
      old.withPlatformString { old in new.withPlatformString { Self.rename(old, $0) } }
    }
  }

  private static func rename(_ old: UnsafePointer<CChar>, _ new: UnsafePointer<CChar>) -> Int32 {
    #if canImport(Glibc)
    Glibc.rename(old, new)
    #elseif canImport(Musl)
    Musl.rename(old, new)
    #else
    Darwin.rename(old, new)
    #endif
  }

  static func link(_ existing: FilePath, to new: FilePath) throws(FileError) {
    try check("link", new) {
      existing.withPlatformString { old in
        new.withPlatformString { linkat(AT_FDCWD, old, AT_FDCWD, $0, 0) }
      }
    }
  }

  /// Removes a name; one that is gone already is no error.
  static func remove(_ path: FilePath) throws(FileError) {
    do throws(FileError) {
      try check("remove", path) { path.withPlatformString { unlink($0) } }
    } catch {
      guard error.errno == .noSuchFileOrDirectory else { throw error }
    }
  }

  static func truncate(
    _ file: FileDescriptor, _ path: FilePath, to size: Int
  ) throws(FileError) {
    try check("truncate", path) { ftruncate(file.rawValue, off_t(size)) }
  }

  /// Opens with every descriptor of ours closed in children.
  static func open(
    _ path: FilePath, _ mode: FileDescriptor.AccessMode, _ options: FileDescriptor.OpenOptions = [],
    permissions: FilePermissions? = nil
  ) throws(FileError) -> FileDescriptor {
    try attempt("open", path) {
      try FileDescriptor.open(
        path, mode, options: options.union(.closeOnExec), permissions: permissions)
    }
  }

  /// A throwing call of swift-system, its error named.
  static func attempt<Result>(
    _ operation: String, _ path: FilePath, _ body: () throws -> Result
  ) throws(FileError) -> Result {
    do {
      return try body()
    } catch {
      throw FileError(operation: operation, path: path, errno: error as? Errno ?? .ioError)
    }
  }

  static func status(_ file: FileDescriptor, _ path: FilePath) throws(FileError) -> Stat {
    try attempt("stat", path) { try file.stat() }
  }

  /// What a name stands for; nil when there is no such name.
  static func status(
    of path: FilePath, followingLinks: Bool = true
  ) throws(FileError) -> Stat? {
    do throws(Errno) {
      return try Stat(path, followTargetSymlink: followingLinks)
    } catch {
      if error == .noSuchFileOrDirectory || error == .notDirectory { return nil }
      throw FileError(operation: "stat", path: path, errno: error)
    }
  }

  static func write(
    _ bytes: [UInt8], to file: FileDescriptor, _ path: FilePath
  ) throws(FileError) {
    try attempt("write", path) {
      _ = try bytes.withUnsafeBytes { try file.writeAll($0) }
    }
  }
}

/// How far a write is forced out before it counts as done.
package enum Durability: Sendable {
  /// Onto the medium, through the drive's own cache where the system can tell it to.
  case full
  /// Not at all: for files that can be made again.
  case off

  /// Forces a file's bytes, or a folder's names, out.
  ///
  /// A failure means that the bytes are lost: it is never tried again, since a second call would
  /// report success without them.
  func sync(_ file: FileDescriptor, _ path: FilePath) throws(FileError) {
    guard self == .full else { return }
    #if canImport(Darwin)
    if fcntl(file.rawValue, F_FULLFSYNC) != -1 { return }
    guard errno == ENOTSUP || errno == ENOTTY else {
      throw FileError(operation: "fsync", path: path, errno: Errno(rawValue: errno))
    }
    #endif
    try SystemCall.check("fsync", path) { fsync(file.rawValue) }
  }

  /// Forces the names in a folder out, after one was made, changed or removed.
  func syncFolder(_ folder: FilePath) throws(FileError) {
    guard self == .full else { return }
    let descriptor = try SystemCall.open(folder.isEmpty ? "." : folder, .readOnly, .directory)
    defer { try? descriptor.close() }
    try sync(descriptor, folder)
  }
}
