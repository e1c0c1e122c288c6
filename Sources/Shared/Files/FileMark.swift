package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An empty file whose modification time is all that it says.
package enum FileMark {
  /// Sets the time to now; the file is made where there is none, its folder is not.
  ///
  /// - Returns: Whether that worked.
  @discardableResult
  package static func renew(_ path: FilePath) -> Bool {
    let isThere = path.withPlatformString { utimensat(AT_FDCWD, $0, nil, 0) } == 0
    return isThere || (try? OpenFile(path, .writeOnly, [.create, .noFollow])) != nil
  }

  /// The time; nil when there is no such file.
  package static func time(of path: FilePath) -> Timestamp? {
    (try? statusIfPresent(of: path))?.map { Timestamp(modificationOf: $0) }
  }
}

extension Timestamp {
  /// When a file was last written.
  package init(modificationOf status: Stat) {
    self.init(milliseconds: status.modificationNanoseconds / 1_000_000)
  }
}
