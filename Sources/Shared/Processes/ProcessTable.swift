internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the kernel knows of processes, as a value so that a test can say it.
package struct ProcessTable: Sendable {
  /// Whether there is a process of this id, whoever it belongs to.
  package var isAlive: @Sendable (Int32) -> Bool
  /// When it started, to about 10 ms; nil when that cannot be read.
  package var startTime: @Sendable (Int32) -> Timestamp?
  /// Who has a file open.
  package var openers: @Sendable (FileIdentity) -> Openers

  /// The processes that have a file open.
  package struct Openers: Sendable, Equatable {
    package var readers: Set<Int32>
    package var writers: Set<Int32>
    /// Whether every process of our own user was looked at.
    package var isComplete: Bool

    package init(readers: Set<Int32> = [], writers: Set<Int32> = [], isComplete: Bool) {
      self.readers = readers
      self.writers = writers
      self.isComplete = isComplete
    }

    package var isEmpty: Bool { readers.isEmpty && writers.isEmpty }
  }

  package init(
    isAlive: @escaping @Sendable (Int32) -> Bool,
    startTime: @escaping @Sendable (Int32) -> Timestamp?,
    openers: @escaping @Sendable (FileIdentity) -> Openers
  ) {
    self.isAlive = isAlive
    self.startTime = startTime
    self.openers = openers
  }

  /// The machine's own processes.
  package static let live = ProcessTable(
    isAlive: { pid in pid > 0 && (kill(pid, 0) == 0 || errno == EPERM) },
    startTime: { pid in LiveProcesses.startTime(pid) },
    openers: { identity in LiveProcesses.openers(of: identity) })
}

#if os(Linux)
private enum LiveProcesses {
  /// Field 22 of `/proc/<pid>/stat`: clock ticks from boot to the start (proc(5)).
  static func startTime(_ pid: Int32) -> Timestamp? {
    guard let line = (try? readSmallFile(FilePath("/proc/\(pid)/stat"))) ?? nil,
      // The name before it may itself have spaces and parentheses.
      let nameEnd = line.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = line[line.index(after: nameEnd)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19, let ticks = Int64(String(decoding: fields[19], as: UTF8.self))
    else { return nil }
    return bootTime + .milliseconds(ticks * 1_000 / ticksPerSecond)
  }

  private static let ticksPerSecond = Int64(sysconf(Int32(_SC_CLK_TCK)))

  /// The wall clock at boot, as it would read today: both clocks are read now, so that a clock set
  /// since boot does not shift the answer.
  private static var bootTime: Timestamp {
    var sinceBoot = timespec()
    clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
    return Clock.system.now()
      - (.seconds(sinceBoot.tv_sec) + .nanoseconds(sinceBoot.tv_nsec))
  }

  private static func readSmallFile(_ path: FilePath) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    defer { try? file.close() }
    return try [UInt8](unsafeUninitializedCapacity: 1_024) { buffer, count in
      count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  /// Looks through `/proc/<pid>/fd` of every process.
  static func openers(of identity: FileIdentity) -> ProcessTable.Openers {
    var found = ProcessTable.Openers(isComplete: true)
    for name in Folder.names(in: "/proc") {
      guard let pid = Int32(name) else { continue }
      let folder = FilePath("/proc/\(pid)/fd")
      guard folder.withPlatformString({ access($0, R_OK | X_OK) }) == 0 else {
        if belongsToUs(pid) { found.isComplete = false }
        continue
      }
      note(pid, folder, identity, &found)
    }
    return found
  }

  /// Whether an unreadable process is one of ours. One that ended meanwhile has nothing open; into
  /// those of other users we cannot look.
  private static func belongsToUs(_ pid: Int32) -> Bool {
    (try? Stat(FilePath("/proc/\(pid)")))?.userID.rawValue == geteuid()
  }

  private static func note(
    _ pid: Int32, _ folder: FilePath, _ identity: FileIdentity,
    _ found: inout ProcessTable.Openers
  ) {
    for descriptor in Folder.names(in: folder) {
      let path = folder.appending(descriptor)
      guard let status = try? Stat(path), FileIdentity(status) == identity else { continue }
      // The permission bits of the link itself tell how the file was opened (proc(5)).
      let mode = (try? Stat(path, followTargetSymlink: false))?.permissions ?? []
      if mode.contains(.ownerWrite) { found.writers.insert(pid) } else { found.readers.insert(pid) }
    }
  }
}
#else
private enum LiveProcesses {
  static func startTime(_ pid: Int32) -> Timestamp? {
    var info = proc_bsdinfo()
    let size = Int32(MemoryLayout<proc_bsdinfo>.size)
    guard proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, size) == size else { return nil }
    return Timestamp(
      milliseconds: Int64(info.pbi_start_tvsec) * 1_000 + Int64(info.pbi_start_tvusec) / 1_000)
  }

  /// Not looked at here: without proof that nobody has it open, nothing is ever broken or dropped.
  static func openers(of identity: FileIdentity) -> ProcessTable.Openers {
    ProcessTable.Openers(isComplete: false)
  }
}
#endif
