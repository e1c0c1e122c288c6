package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Temporary files that a killed process left: `<name>.tmp.<pid>.<random>`.
package enum Leftovers {
  private static let mark = ".tmp."
  // Start times are derived from a clock that can be set, so a near tie counts as alive.
  private static let tolerance: Int64 = 2_000

  static func suffix() -> String { "\(mark)\(getpid()).\(randomHex())" }

  /// Removes the leftovers of one name whose process is gone, or started after the file was written.
  ///
  /// A live process's file and files of any other name stay.
  ///
  /// - Returns: what was removed.
  @discardableResult
  package static func sweep(
    in folder: FilePath, of name: String, processes: ProcessTable
  ) throws(FileError) -> [FilePath] {
    let dead = try find(in: folder, of: [name], processes: processes)
    for path in dead { try unlinkIfPresent(path) }
    return dead
  }

  /// The same of whatever names are in a folder that is ours alone.
  package static func sweepAll(
    in folder: FilePath, processes: ProcessTable
  ) throws(FileError) {
    let bases = try Shared.names(in: folder).compactMap { name in
      name.firstRange(of: mark).map { String(name[..<$0.lowerBound]) }
    }
    for base in Set(bases) { try sweep(in: folder, of: base, processes: processes) }
  }

  /// What would be removed of some names; looks only.
  package static func find(
    in folder: FilePath, of names: [String], processes: ProcessTable
  ) throws(FileError) -> [FilePath] {
    var dead: [FilePath] = []
    for other in try Shared.names(in: folder).sorted() {
      guard let pid = names.lazy.compactMap({ writer(of: other, replacing: $0) }).first
      else { continue }
      let path = folder.appending(other)
      guard let status = try linkStatusIfPresent(of: path), status.type == .regular else {
        continue
      }
      if processes.isAlive(pid) {
        let written = status.modificationNanoseconds / 1_000_000
        guard let start = processes.startTime(pid), start > written + tolerance else { continue }
      }
      dead.append(path)
    }
    return dead
  }

  /// The process id in a temporary name, or nil if it is not one of `name`.
  static func writer(of other: String, replacing name: String) -> Int32? {
    guard other.hasPrefix(name + mark) else { return nil }
    let parts = other.dropFirst(name.count + mark.count)
      .split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, parts[1].allSatisfy(\.isHexDigit),
      parts[0].allSatisfy(\.isNumber), let pid = Int32(parts[0]), pid > 0
    else { return nil }
    return pid
  }
}
