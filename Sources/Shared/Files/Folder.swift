package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What is done to folders, and to files that are only there or not.
package enum Folder {
  /// Makes a folder and those above it, for us alone; one that is there stays as it is.
  package static func make(_ path: FilePath) throws(FileError) {
    guard !path.isEmpty, !exists(path) else { return }
    do throws(FileError) {
      try SystemCall.check("create", path) { path.withPlatformString { mkdir($0, 0o700) } }
    } catch {
      switch error.errno {
      case .fileExists: return
      case .noSuchFileOrDirectory where path.lastComponent != nil:
        try make(path.removingLastComponent())
        try make(path)
      default: throw error
      }
    }
  }

  /// Whether there is a folder of that name.
  package static func exists(_ path: FilePath) -> Bool {
    (try? Stat(path))?.type == .directory
  }

  /// Sets a file's times to now.
  ///
  /// - Returns: Whether the file is there; with `creating` it is made, its folder is not.
  package static func touch(_ path: FilePath, creating: Bool = false) -> Bool {
    if creating,
      let file = try? SystemCall.open(
        path, .writeOnly, [.create, .noFollow], permissions: [.ownerReadWrite])
    {
      try? file.close()
    }
    return path.withPlatformString { utimensat(AT_FDCWD, $0, nil, 0) } == 0
  }

  /// Removes a file's name; one that is gone already is no error.
  package static func remove(_ path: FilePath) throws(FileError) {
    try SystemCall.remove(path)
  }

  /// The names in a folder, in no order; none when it cannot be read.
  package static func names(in path: FilePath) -> [String] {
    guard let stream = path.withPlatformString({ opendir($0) }) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
