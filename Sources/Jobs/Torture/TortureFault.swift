/// What one system call of a run is made to do.
package enum TortureFault: String, Sendable, CaseIterable {
  /// The process dies before the call.
  case kill
  case noSpace = "ENOSPC"
  case inputOutput = "EIO"
  case readOnly = "EROFS"
  case interrupted = "EINTR"
  case overQuota = "EDQUOT"
  case noLocks = "ENOLCK"

  /// As strace takes it.
  package var injection: String {
    self == .kill ? "signal=KILL" : "error=\(rawValue)"
  }

  /// The calls that can fail so on a file, as their manual pages and file systems have it.
  private var calls: Set<String> {
    switch self {
    case .kill: []
    case .noSpace, .overQuota: Self.allocating
    case .readOnly: Self.changing
    case .inputOutput: Self.allocating.union(Self.changing).union(Self.reading)
    case .interrupted:
      [
        "openat", "read", "pread64", "write", "pwrite64", "fsync", "flock", "ftruncate",
        "fallocate",
      ]
    case .noLocks: ["flock"]
    }
  }

  private static let allocating: Set<String> = [
    "write", "pwrite64", "writev", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link",
    "linkat", "mkdir", "mkdirat", "symlink", "symlinkat", "fallocate", "openat",
  ]

  private static let changing: Set<String> = [
    "openat", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir",
    "mkdirat", "rmdir", "ftruncate", "fchmod", "fchown", "utimensat", "symlink", "symlinkat",
  ]

  // Not `stat`: who cannot look at one log takes the other first. Not `close`: every thread would
  // meet the fault, and what is no file never fails so.
  private static let reading: Set<String> = ["read", "pread64", "getdents64", "readlink"]

  /// Whether this can come of a call.
  package func mayCome(of point: SystemCallPoint) -> Bool {
    if self == .kill { return true }
    guard calls.contains(point.name) else { return false }
    // Only what is opened to be made or written needs room, or a file system that may be written.
    let needsWriting = self == .noSpace || self == .overQuota || self == .readOnly
    guard point.name == "openat", needsWriting else { return true }
    return ["O_CREAT", "O_WRONLY", "O_RDWR"].contains { point.line.contains($0) }
  }
}
