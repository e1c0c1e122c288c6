package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The stand-ins for the vendors' clients, `Tests/Fixtures/bin/codex` and `claude`, and what they
/// replay.
package enum VendorStandIn {
  /// Where both are: as a `PATH` for a job, before the folders that they need themselves.
  package static let searchPath = Fixtures.path("bin").string + ":/usr/bin:/bin"

  package static let codex = Fixtures.path("bin/codex")
  package static let claude = Fixtures.path("bin/claude")

  /// The lines of a dialog with `codex app-server`.
  package static func codexLines(_ dialog: String) throws -> [[UInt8]] {
    try lines("windows/app-server/\(dialog).stdout.jsonl")
  }

  /// The lines of an answer to `get_usage`.
  package static func claudeLines(_ answer: String) throws -> [[UInt8]] {
    try lines("windows/claude-usage/\(answer).stdout.jsonl")
  }

  /// The ids of the processes that a hanging stand-in said to be, from its log.
  package static func processes(in log: FilePath) -> [Int32] {
    (readText(log) ?? "").split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 2, ["process", "child"].contains(words[0]) else { return nil }
      return Int32(words[1])
    }
  }

  private static func lines(_ path: String) throws -> [[UInt8]] {
    try Fixtures.bytes(path).split(separator: UInt8(ascii: "\n")).map(Array.init)
  }
}

/// Waits until a process is gone or only waits to be reaped; false after ten seconds.
package func isGone(_ pid: Int32) async -> Bool {
  for _ in 0..<1_000 {
    if !isAlive(pid) { return true }
    try? await Task.sleep(for: .milliseconds(10))
  }
  return false
}

/// Waits until nobody of a process group is left, but for those that only wait to be reaped; false
/// after ten seconds.
package func isGone(group: Int32) async -> Bool {
  for _ in 0..<1_000 {
    if kill(-group, 0) != 0, errno == ESRCH { return true }
    if let members = members(of: group), members.isEmpty { return true }
    try? await Task.sleep(for: .milliseconds(10))
  }
  return false
}

/// The running processes of a group; nil where that cannot be seen.
private func members(of group: Int32) -> [Int32]? {
  let pids = listFolder("/proc").compactMap { Int32($0) }
  guard !pids.isEmpty else { return nil }
  return pids.filter { pid in
    // State, parent and group follow the name, which may hold spaces and parentheses.
    guard let stat = readText(FilePath("/proc/\(pid)/stat")),
      let name = stat.lastIndex(of: ")")
    else { return false }
    let fields = stat[name...].dropFirst().split(separator: " ")
    return fields.count > 2 && fields[0] != "Z" && Int32(fields[2]) == group
  }
}
