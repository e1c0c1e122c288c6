#if os(Linux)
#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Reads a small file of /proc into a buffer on the stack.
private func withProcFile<Result>(
  _ path: String, _ body: (UnsafeRawBufferPointer) -> Result?
) -> Result? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
    let count = read(descriptor, buffer.baseAddress, buffer.count)
    guard count > 0 else { return nil }
    return body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
  }
}

/// The start of a process since boot, in clock ticks: field 22 of its stat line.
///
/// The second field is the program's name in parentheses, which may itself hold spaces and
/// parentheses, so fields are counted from the last closing one.
func startTicks(inStatLine line: UnsafeRawBufferPointer) -> Int64? {
  guard let end = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
  var field = 2
  var ticks: Int64?
  for byte in line[(end + 1)...] {
    if byte == UInt8(ascii: " ") {
      field += 1
      if field > 22 { break }
    } else if field == 22 {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      ticks = (ticks ?? 0) &* 10 &+ Int64(byte - UInt8(ascii: "0"))
    }
  }
  return ticks
}

/// Whether a process has ended and only waits for its parent to ask how: as long as that takes, and
/// in a container whose first process never asks that is for ever.
func hasEnded(_ pid: Int32) -> Bool {
  withProcFile("/proc/\(pid)/stat") { line -> Bool? in
    // The state follows the name, which may itself hold parentheses.
    guard let end = line.lastIndex(of: UInt8(ascii: ")")), end + 2 < line.count else { return nil }
    return [UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(line[end + 2])
  } ?? false
}

private let ticksPerSecond = Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))

private func milliseconds(_ clock: clockid_t) -> Int64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

func systemStartTime(of pid: Int32) -> Int64? {
  guard let ticks = withProcFile("/proc/\(pid)/stat", startTicks(inStatLine:)) else { return nil }
  let boot = milliseconds(CLOCK_REALTIME) - milliseconds(CLOCK_BOOTTIME)
  return boot + ticks * 1000 / ticksPerSecond
}

/// Whether we should have been allowed to look at a process's files.
///
/// The kernel gives the folder to root for whatever nobody but root may look into: the ended that
/// nobody has waited for, who have nothing open any more, and those that hide their memory, as
/// every login session has one (proc(5), prctl(2) on PR_SET_DUMPABLE). Such are like other users'.
private func isOpenToUs(_ pid: Int32) -> Bool {
  var status = stat()
  return stat("/proc/\(pid)/fd", &status) == 0 && status.st_uid == geteuid()
}

func systemOpeners(of file: FileIdentity) -> FileOpeners {
  var found = FileOpeners(reach: .everyProcess)
  guard let processes = opendir("/proc") else { return FileOpeners(reach: .partial) }
  defer { closedir(processes) }
  // Mounted with hidepid, /proc does not even list the others.
  if access("/proc/1/stat", F_OK) != 0 { found.reach = .ownProcesses }
  while let entry = readdir(processes) {
    guard let pid = number(entry) else { continue }
    guard let descriptors = opendir("/proc/\(pid)/fd") else {
      if errno == EACCES || errno == EPERM {
        if isOpenToUs(pid) { found.reach = .partial }
        if found.reach == .everyProcess { found.reach = .ownProcesses }
      }
      continue
    }
    scan(descriptors, of: pid, for: file, into: &found)
    closedir(descriptors)
  }
  return found
}

private func scan(
  _ descriptors: OpaquePointer, of pid: Int32, for file: FileIdentity,
  into found: inout FileOpeners
) {
  let folder = dirfd(descriptors)
  while let entry = readdir(descriptors) {
    guard number(entry) != nil else { continue }
    withUnsafePointer(to: &entry.pointee.d_name) { name in
      name.withMemoryRebound(to: CChar.self, capacity: 256) { name in
        var status = stat()
        guard fstatat(folder, name, &status, 0) == 0,
          UInt64(status.st_ino) == file.inode, UInt64(status.st_dev) == file.device
        else { return }
        // The link's own permission bits say how the file was opened.
        let known = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
        if known, status.st_mode & S_IWUSR == 0 {
          found.readers.insert(pid)
        } else {
          found.writers.insert(pid)
        }
      }
    }
  }
}

private func number(_ entry: UnsafeMutablePointer<dirent>) -> Int32? {
  withUnsafePointer(to: &entry.pointee.d_name) { name in
    name.withMemoryRebound(to: UInt8.self, capacity: 256) { name in
      var value: Int32 = 0
      var index = 0
      while name[index] != 0 {
        guard name[index] >= UInt8(ascii: "0"), name[index] <= UInt8(ascii: "9") else {
          return nil
        }
        value = value &* 10 &+ Int32(name[index] - UInt8(ascii: "0"))
        index += 1
      }
      return index > 0 ? value : nil
    }
  }
}
#endif
