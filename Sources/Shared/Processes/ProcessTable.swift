#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What can be asked about the processes of this machine.
package struct ProcessTable: Sendable {
  /// Whether a process with this id exists, also one we may not signal.
  package var isAlive: @Sendable (_ pid: Int32) -> Bool
  /// When a process started, in milliseconds since 1970, to about 10 ms.
  ///
  /// Nil if it is gone or cannot be read. With the id it tells one process from a later one.
  package var startTime: @Sendable (_ pid: Int32) -> Int64?
  /// Who has a file open now, this process included.
  package var openers: @Sendable (FileIdentity) -> FileOpeners

  /// Makes a table from its three functions.
  package init(
    isAlive: @escaping @Sendable (_ pid: Int32) -> Bool,
    startTime: @escaping @Sendable (_ pid: Int32) -> Int64?,
    openers: @escaping @Sendable (FileIdentity) -> FileOpeners
  ) {
    self.isAlive = isAlive
    self.startTime = startTime
    self.openers = openers
  }

  /// The real machine.
  package static let live = ProcessTable(
    isAlive: { pid in pid > 0 && (kill(pid, 0) == 0 || errno == EPERM) && !hasEnded(pid) },
    startTime: { pid in pid > 0 ? systemStartTime(of: pid) : nil },
    openers: systemOpeners
  )
}

/// The processes that have one file open.
package struct FileOpeners: Equatable, Sendable {
  /// How much of the machine could be looked at.
  package enum Reach: Equatable, Sendable {
    case everyProcess
    /// All of this user's processes, but not all of the others'.
    case ownProcesses
    case partial
  }

  /// Those that have it open for reading only.
  package var readers: Set<Int32>
  /// Those that have it open for writing.
  package var writers: Set<Int32>
  /// How much could be looked at.
  package var reach: Reach

  /// Makes an answer.
  package init(readers: Set<Int32> = [], writers: Set<Int32> = [], reach: Reach) {
    self.readers = readers
    self.writers = writers
    self.reach = reach
  }
}
