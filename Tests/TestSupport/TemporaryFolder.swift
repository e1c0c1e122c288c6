package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder that is removed with all it holds when the value goes.
package final class TemporaryFolder: Sendable {
  /// The folder.
  package let path: FilePath

  /// Creates the folder under TMPDIR, or /tmp.
  package init() throws(Errno) {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/jobrunner-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    path = FilePath(platformString: template)
  }

  deinit { _ = try? ChildProcess.run("rm", ["-rf", path.string]) }

  /// The path of a file in the folder.
  package func file(_ name: String) -> FilePath { path.appending(name) }
}
