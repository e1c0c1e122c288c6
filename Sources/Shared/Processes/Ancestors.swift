internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The processes above this one.
package enum Ancestors {
  /// Names of the parent, its parent and so on, at most `limit`; none where the system does not
  /// tell.
  package static func names(limit: Int) -> [String] {
    var names: [String] = []
    var pid = getppid()
    while names.count < limit, pid > 1, let process = named(pid) {
      names.append(process.name)
      pid = process.parent
    }
    return names
  }

  #if canImport(Darwin)
  private static func named(_ pid: pid_t) -> (name: String, parent: pid_t)? {
    var info = proc_bsdinfo()
    let size = Int32(MemoryLayout<proc_bsdinfo>.size)
    guard proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, size) == size else { return nil }
    let name = withUnsafeBytes(of: info.pbi_comm) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return (name, pid_t(info.pbi_ppid))
  }
  #else
  private static func named(_ pid: pid_t) -> (name: String, parent: pid_t)? {
    let file = try? readWholeFile(FilePath("/proc/\(pid)/stat"))
    return (file ?? nil).flatMap { parse(stat: String(decoding: $0.bytes, as: UTF8.self)) }
  }
  #endif

  /// The name and the parent of a stat line, `pid (name) state parent …`; a name may hold
  /// parentheses and spaces itself (proc(5)).
  static func parse(stat line: String) -> (name: String, parent: pid_t)? {
    guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close
    else { return nil }
    let fields = line[line.index(after: close)...].split(separator: " ")
    guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
    return (String(line[line.index(after: open)..<close]), parent)
  }
}
