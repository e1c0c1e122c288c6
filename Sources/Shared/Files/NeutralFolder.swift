package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An empty folder of our own for a program that looks around where it is started.
///
/// Agents take instructions and settings from the folder they are started in and from the project
/// around it; here there is neither.
package struct NeutralFolder: Sendable {
  package let path: FilePath

  /// Makes one below `TMPDIR`, else `/tmp`, closed to others.
  package init(environment: [String: String]) throws(FileError) {
    let named = environment["TMPDIR"].map { FilePath($0) } ?? "/tmp"
    let base = named.isAbsolute ? named : "/tmp"
    let template = base.appending("jobrunner.XXXXXX")
    var name = template.withPlatformString { pointer in
      Array(UnsafeBufferPointer(start: pointer, count: strlen(pointer) + 1))
    }
    guard mkdtemp(&name) != nil else {
      throw FileError(operation: "mkdtemp", path: template, errno: Errno(rawValue: errno))
    }
    path = FilePath(platformString: name)
  }

  /// Removes it; one that somebody put something into stays.
  package func remove() {
    _ = path.withPlatformString { rmdir($0) }
  }
}
