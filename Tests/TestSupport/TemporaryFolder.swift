package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A folder of its own for one test, mode 0700, removed with all it holds when released.
package final class TemporaryFolder: Sendable {
  /// The folder.
  package let path: FilePath

  /// Makes the folder under `TMPDIR`, else `/tmp`.
  package init(_ label: String = "test") throws {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/jobrunner-\(label).XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp in \(base)") }
    let made = template.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
    path = FilePath(made)
  }

  deinit { removeTree(path) }

  /// The path of something inside.
  package func at(_ relative: String) -> FilePath { path.appending(relative) }
}

/// A failed system call in a test's own preparations.
package struct SystemFailure: Error, CustomStringConvertible {
  /// What failed, and why.
  package let description: String

  /// Takes the reason from `errno`.
  package init(_ what: String) {
    description = "\(what): \(String(cString: strerror(errno)))"
  }
}

/// Removes a file or a folder with all it holds; symlinks are removed, not followed.
package func removeTree(_ path: FilePath) {
  for name in listFolder(path) where isFolder(path) { removeTree(path.appending(name)) }
  if unlink(path.string) != 0 { rmdir(path.string) }
}

/// The names in a folder, sorted; empty when it cannot be read.
package func listFolder(_ path: FilePath) -> [String] {
  guard let folder = opendir(path.string) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 1024) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

private func isFolder(_ path: FilePath) -> Bool {
  var info = stat()
  return lstat(path.string, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
}

/// What `stat` says of a file that a test compares before and after.
package struct FileSnapshot: Equatable, Sendable, CustomStringConvertible {
  /// The inode number.
  package let inode: UInt64
  /// Bytes.
  package let size: Int64
  /// Type and permission bits.
  package let mode: UInt32
  /// User id.
  package let owner: UInt32
  /// Modification time in nanoseconds since 1970.
  package let modified: Int64

  /// Follows no symlink; nil when nothing is there.
  package init?(_ path: FilePath) {
    var info = stat()
    guard lstat(path.string, &info) == 0 else { return nil }
    inode = UInt64(info.st_ino)
    size = Int64(info.st_size)
    mode = UInt32(info.st_mode)
    owner = info.st_uid
    #if canImport(Darwin)
    let time = info.st_mtimespec
    #else
    let time = info.st_mtim
    #endif
    modified = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// For test output.
  package var description: String {
    "inode \(inode), \(size) bytes, mode \(String(mode, radix: 8)), modified \(modified)"
  }
}

/// The bytes of a file, or nil when it cannot be read.
package func readBytes(_ path: FilePath) -> [UInt8]? {
  guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
  defer { try? file.close() }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    guard let count = try? chunk.withUnsafeMutableBytes({ try file.read(into: $0) }) else {
      return nil
    }
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
}

/// The text of a file with invalid UTF-8 repaired, or nil when it cannot be read.
package func readText(_ path: FilePath) -> String? {
  readBytes(path).map { String(decoding: $0, as: UTF8.self) }
}

/// Writes a file whole, making its folder where that is missing.
package func writeFile(
  _ path: FilePath, _ bytes: some Sequence<UInt8>,
  permissions: FilePermissions = FilePermissions(rawValue: 0o644)
) throws {
  try makeFolder(path.removingLastComponent())
  let file = try FileDescriptor.open(
    path, .writeOnly, options: [.create, .truncate], permissions: permissions)
  try file.closeAfter { _ = try file.writeAll(bytes) }
}

/// Writes a text file whole, making its folder where that is missing.
package func writeFile(
  _ path: FilePath, _ text: String, permissions: FilePermissions = FilePermissions(rawValue: 0o644)
) throws {
  try writeFile(path, text.utf8, permissions: permissions)
}

/// Makes a folder and those above it.
package func makeFolder(_ path: FilePath) throws {
  if path.isEmpty || mkdir(path.string, 0o755) == 0 || errno == EEXIST { return }
  guard errno == ENOENT else { throw SystemFailure("mkdir \(path)") }
  try makeFolder(path.removingLastComponent())
  guard mkdir(path.string, 0o755) == 0 || errno == EEXIST else {
    throw SystemFailure("mkdir \(path)")
  }
}
