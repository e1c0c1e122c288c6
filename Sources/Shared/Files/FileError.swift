package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A system call on a file that failed: what was tried, where, and the kernel's reason.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The word for what was tried: `open`, `rename`, `write`.
  package let operation: String
  package let path: FilePath
  package let errno: Errno

  package init(operation: String, path: FilePath, errno: Errno) {
    self.operation = operation
    self.path = path
    self.errno = errno
  }

  package var description: String { "\(operation) \(path): \(errno)" }
}

/// Which file a name or descriptor means, whatever it is called.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64

  package init(_ status: Stat) {
    device = UInt64(truncatingIfNeeded: status.deviceID.rawValue)
    inode = UInt64(truncatingIfNeeded: status.inode.rawValue)
  }

  package init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

extension Timestamp {
  /// When a file was last written.
  package init(modificationOf status: Stat) {
    let time = status.st_mtim
    self.init(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
