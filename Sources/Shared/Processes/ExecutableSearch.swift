package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Finds a program as a shell would, without running one.
package enum ExecutableSearch {
  /// The path of `name`: a name with a slash is taken from `folder`, any other is looked up in the
  /// folders of `searchPath`.
  ///
  /// Relative folders on the search path are passed over. nil when there is no such regular,
  /// executable file.
  package static func find(_ name: String, searchPath: String, from folder: FilePath) -> FilePath? {
    guard !name.isEmpty else { return nil }
    if name.contains("/") {
      let path = folder.pushing(FilePath(name))
      return isExecutable(path) ? path : nil
    }
    return searchPath.split(separator: ":").lazy
      .map { FilePath(String($0)) }
      .filter(\.isAbsolute)
      .map { $0.appending(name) }
      .first(where: isExecutable)
  }

  private static func isExecutable(_ path: FilePath) -> Bool {
    guard let status = try? Stat(path), status.type == .regular else { return false }
    return path.withPlatformString { access($0, X_OK) } == 0
  }
}
