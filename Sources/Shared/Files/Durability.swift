import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How far a write is pushed before it counts as done.
package enum Durability: String, Sendable, CaseIterable {
  /// Through the drive's own cache where the system can ask for it (macOS `F_FULLFSYNC`).
  case full
  /// `fsync`; on Linux the same as `full`.
  case normal
  /// Left to the kernel. Survives a killed process, not a power cut.
  case off
}

extension OpenFile {
  /// Pushes the file's content and length to the disk.
  ///
  /// A failure is final: the kernel may have dropped the data, so it is never tried again.
  func sync(_ durability: Durability) throws(FileError) {
    switch durability {
    case .off: return
    case .normal: break
    case .full:
      #if canImport(Darwin)
        if fcntl(descriptor.rawValue, F_FULLFSYNC) == 0 { return }
        let reason = Errno(rawValue: errno)
        if reason != .notSupported, reason != .notTTY, reason != .invalidArgument {
          throw FileError(operation: "fsync", path: path, errno: reason)
        }
      #endif
    }
    try perform("fsync", on: path) { fsync(descriptor.rawValue) }
  }
}

/// A folder held open, so that a change of its names can be made to survive a power cut.
struct OpenFolder: ~Copyable {
  private let file: OpenFile?
  private let durability: Durability

  /// Opens the folder before the change, so that a folder we may not read fails before, not after.
  init(_ path: FilePath, durability: Durability) throws(FileError) {
    self.durability = durability
    file = durability == .off ? nil : try OpenFile(path, .readOnly, .directory)
  }

  /// Pushes created, renamed and removed names to the disk.
  func sync() throws(FileError) {
    guard file != nil else { return }
    do {
      try file?.sync(durability)
    } catch {
      // Some file systems cannot sync a folder and say so; there is nothing more to do on them.
      if error.errno != .invalidArgument, error.errno != .notSupported { throw error }
    }
  }
}
