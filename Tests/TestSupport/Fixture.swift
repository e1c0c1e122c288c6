import Shared
package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Short ways to put files in place and look at them.
package enum Fixture {
  /// Writes a text, replacing what was there.
  package static func write(_ text: String, to path: FilePath) throws {
    try write(Array(text.utf8), to: path)
  }

  /// Writes bytes, replacing what was there.
  package static func write(_ bytes: [UInt8], to path: FilePath) throws {
    try writeFile(path, bytes, permissions: .ownerReadWrite)
  }

  /// Adds a text to a file that exists, in one write.
  package static func append(_ text: String, to path: FilePath) throws {
    let file = try FileDescriptor.open(path, .writeOnly, options: [.append, .closeOnExec])
    _ = try file.closeAfter { try file.writeAll(text.utf8) }
  }

  /// The whole file; nil if it is missing.
  package static func text(_ path: FilePath) throws -> String? {
    try readWholeFile(path).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// The lines of a file that are not blank; none if it is missing.
  package static func lines(_ path: FilePath) throws -> [String] {
    try (text(path) ?? "").split(separator: "\n").map(String.init)
      .filter { !$0.allSatisfy(\.isWhitespace) }
  }

  /// The names in a folder, sorted.
  package static func names(in folder: FilePath) -> [String] {
    listFolder(folder)
  }

  /// Whether a file is there.
  package static func exists(_ path: FilePath) -> Bool { access(path.string, F_OK) == 0 }

  /// Waits until a file exists; false after ten seconds.
  package static func waitFor(_ path: FilePath) -> Bool {
    for _ in 0..<2_000 {
      if exists(path) { return true }
      usleep(5_000)
    }
    return false
  }

  /// Whether this process may do what only root may.
  package static var isRoot: Bool { geteuid() == 0 }
}
