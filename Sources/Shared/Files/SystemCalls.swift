package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Runs a system call until it is not interrupted, and turns -1 into an error.
@discardableResult
func perform<Result: SignedInteger>(
  _ operation: String, on path: FilePath, _ call: () -> Result
) throws(FileError) -> Result {
  while true {
    let result = call()
    if result != -1 { return result }
    let reason = Errno(rawValue: errno)
    if reason != .interrupted {
      throw FileError(operation: operation, path: path, errno: reason)
    }
  }
}

/// The status of what a path names, following links; nil if there is nothing.
func statusIfPresent(of path: FilePath) throws(FileError) -> Stat? {
  do {
    return try Stat(path)
  } catch {
    if error == .noSuchFileOrDirectory { return nil }
    throw FileError(operation: "stat", path: path, errno: error)
  }
}

/// The status of a name itself, not following a link; nil if there is nothing.
func linkStatusIfPresent(of path: FilePath) throws(FileError) -> Stat? {
  do {
    return try Stat(path, followTargetSymlink: false)
  } catch {
    if error == .noSuchFileOrDirectory { return nil }
    throw FileError(operation: "lstat", path: path, errno: error)
  }
}

func renameFile(_ old: FilePath, to new: FilePath) throws(FileError) {
  try perform("rename", on: new) {
    old.withPlatformString { from in new.withPlatformString { rename(from, $0) } }
  }
}

func linkFile(_ existing: FilePath, as new: FilePath) throws(FileError) {
  try perform("link", on: new) {
    existing.withPlatformString { from in new.withPlatformString { link(from, $0) } }
  }
}

func unlinkFile(_ path: FilePath) throws(FileError) {
  try perform("unlink", on: path) { path.withPlatformString { unlink($0) } }
}

/// Removes a name if it is there; a file that is already gone is the wished state.
func unlinkIfPresent(_ path: FilePath) throws(FileError) {
  do {
    try unlinkFile(path)
  } catch {
    if error.errno != .noSuchFileOrDirectory { throw error }
  }
}

/// Removes an empty folder.
func removeFolder(_ path: FilePath) throws(FileError) {
  try perform("rmdir", on: path) { path.withPlatformString { rmdir($0) } }
}

/// Creates a folder and its missing parents, closed to others.
package func makeFolders(_ path: FilePath) throws(FileError) {
  do {
    try perform("mkdir", on: path) { path.withPlatformString { mkdir($0, 0o700) } }
  } catch {
    switch error.errno {
    case .fileExists: return
    case .noSuchFileOrDirectory:
      let parent = path.folder
      if parent == path { throw error }
      try makeFolders(parent)
      try makeFolders(path)
    default: throw error
    }
  }
}

/// The names in a folder without `.` and `..`; none if the folder is missing.
package func names(in folder: FilePath) throws(FileError) -> [String] {
  guard let stream = folder.withPlatformString({ opendir($0) }) else {
    let reason = Errno(rawValue: errno)
    if reason == .noSuchFileOrDirectory { return [] }
    throw FileError(operation: "opendir", path: folder, errno: reason)
  }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}

/// Follows the symbolic links that a path ends in, also to a target that does not exist yet.
package func resolvingLinks(_ path: FilePath) throws(FileError) -> FilePath {
  var current = path
  for _ in 0..<40 {
    guard try linkStatusIfPresent(of: current)?.type == .symbolicLink else { return current }
    var buffer = [CChar](repeating: 0, count: 4097)
    let place = current
    try perform("readlink", on: place) {
      place.withPlatformString { readlink($0, &buffer, 4096) }
    }
    current = place.folder.pushing(FilePath(platformString: buffer))
  }
  throw FileError(operation: "readlink", path: path, errno: .tooManySymbolicLinkLevels)
}

/// A random number in hexadecimal digits, for names that nobody else may pick.
func randomHex() -> String { String(UInt64.random(in: .min ... .max), radix: 16) }

extension FilePath {
  /// The folder of the last component; `.` for a bare name.
  package var folder: FilePath {
    let parent = removingLastComponent()
    return parent.isEmpty ? "." : parent
  }

  /// The same path with text added to its last component.
  package func appendingToName(_ suffix: String) -> FilePath {
    guard let name = lastComponent else { return self }
    return removingLastComponent().appending(name.string + suffix)
  }
}
