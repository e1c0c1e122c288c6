package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A system call on a file that failed: what was tried, where, and why.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call in one word, as a reader of the manual knows it: "open", "rename", "fsync".
  package var operation: String
  /// The file or folder it failed on.
  package var path: FilePath
  /// The reason the system gave.
  package var errno: Errno

  /// Names a failed call.
  package init(operation: String, path: FilePath, errno: Errno) {
    self.operation = operation
    self.path = path
    self.errno = errno
  }

  /// One line for a person, such as `rename /x/y: No space left on device`.
  package var description: String { "\(operation) \(path): \(errno)" }
}

/// What makes two names the same file.
package struct FileIdentity: Hashable, Sendable {
  /// The file system it lies on.
  package var device: UInt64
  /// Its number there.
  package var inode: UInt64

  /// Makes an identity from its two numbers.
  package init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

/// One state of a file; equal versions mean that nobody wrote or replaced it in between.
package struct FileVersion: Hashable, Sendable {
  /// Which file it is.
  package var identity: FileIdentity
  /// Length in bytes.
  package var size: Int64
  /// Time of the last change of content, in nanoseconds since 1970.
  package var modified: Int64

  /// Names a state that was noted earlier.
  package init(identity: FileIdentity, size: Int64, modified: Int64) {
    self.identity = identity
    self.size = size
    self.modified = modified
  }

  /// The version of the file at a path now, or nil if there is none.
  package static func current(of path: FilePath) throws(FileError) -> FileVersion? {
    try statusIfPresent(of: path)?.version
  }
}

extension Stat {
  /// Which file this is the status of.
  package var identity: FileIdentity {
    FileIdentity(
      device: UInt64(truncatingIfNeeded: deviceID.rawValue), inode: UInt64(inode.rawValue))
  }

  /// The state of content this is the status of.
  package var version: FileVersion {
    FileVersion(identity: identity, size: size, modified: modificationNanoseconds)
  }

  /// Time of the last change of content, in nanoseconds since 1970.
  package var modificationNanoseconds: Int64 {
    #if canImport(Darwin)
    Self.nanoseconds(Int64(rawValue.st_mtimespec.tv_sec), Int64(rawValue.st_mtimespec.tv_nsec))
    #else
    Self.nanoseconds(Int64(rawValue.st_mtim.tv_sec), Int64(rawValue.st_mtim.tv_nsec))
    #endif
  }

  /// Time of the last change of content, name count or mode, in nanoseconds since 1970.
  package var changeNanoseconds: Int64 {
    #if canImport(Darwin)
    Self.nanoseconds(Int64(rawValue.st_ctimespec.tv_sec), Int64(rawValue.st_ctimespec.tv_nsec))
    #else
    Self.nanoseconds(Int64(rawValue.st_ctim.tv_sec), Int64(rawValue.st_ctim.tv_nsec))
    #endif
  }

  /// Why this is not a regular file, in words ("a folder"), or nil if it is one.
  package var irregularity: String? {
    switch type {
    case .regular: nil
    case .directory: "a folder"
    case .fifo: "a FIFO"
    case .socket: "a socket"
    case .characterSpecial, .blockSpecial: "a device"
    case .symbolicLink: "a symbolic link"
    default: "no regular file"
    }
  }

  private static func nanoseconds(_ seconds: Int64, _ rest: Int64) -> Int64 {
    seconds &* 1_000_000_000 &+ rest
  }
}
