package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The lock file that stands for a data file.
///
/// The data file itself cannot be the lock: a replaced file would leave its waiters locking the old
/// one.
package enum SidecarLock {
  /// One lock file per real file, whatever symbolic links lead to it.
  ///
  /// Its name is the file's own, for people, and a hash of the whole path, for uniqueness.
  package static func path(for file: FilePath, in folder: FilePath) throws(FileError) -> FilePath {
    let target = try resolvingLinks(file)
    let parent = target.folder
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let real = parent.withPlatformString { realpath($0, &buffer) } != nil
    let canonical = (real ? FilePath(platformString: buffer) : parent)
      .appending(target.lastComponent?.string ?? "")
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in canonical.string.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    let name = target.lastComponent?.string.prefix(100) ?? "root"
    return folder.appending("\(name)-\(String(hash, radix: 16)).lock")
  }
}
