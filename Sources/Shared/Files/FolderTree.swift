package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The regular files below a folder.
package struct FolderTree: Sendable {
  /// A file as it was found.
  package struct File: Sendable {
    /// The path by which it was found; a file can be found by several.
    package let path: String
    package let version: FileVersion
    /// Time of the last change of content, name count or mode, in nanoseconds since 1970.
    package let changed: Int64
  }

  package private(set) var files: [File] = []
  /// What could not be looked at.
  package private(set) var failures: [FileError] = []
  private var seen: Set<FileIdentity> = []

  package init() {}

  /// Adds the files below a folder whose names begin and end as asked; none if it is missing.
  ///
  /// Links are followed, and each folder is looked at once, whatever leads to it.
  package mutating func add(below folder: FilePath, prefix: String, suffix: String) {
    var pending = [folder.string]
    while let folder = pending.popLast() {
      guard let stream = opendir(folder) else {
        fail("opendir", folder)
        continue
      }
      defer { closedir(stream) }
      let descriptor = dirfd(stream)
      guard let status = try? Stat(FileDescriptor(rawValue: descriptor)),
        seen.insert(status.identity).inserted
      else { continue }
      while let entry = readdir(stream) {
        let kind = Int(entry.pointee.d_type)
        guard
          kind == Int(DT_REG) || kind == Int(DT_DIR) || kind == Int(DT_LNK)
            || kind == Int(DT_UNKNOWN)
        else { continue }
        let name = name(of: entry)
        if name == "." || name == ".." { continue }
        let isWanted = name.hasPrefix(prefix) && name.hasSuffix(suffix)
        if kind == Int(DT_REG), !isWanted { continue }
        let path = folder + "/" + name
        guard let status = fileStatus(of: name, in: descriptor, path) else { continue }
        if status.type == .directory {
          pending.append(path)
        } else if isWanted, status.type == .regular {
          files.append(
            File(path: path, version: status.version, changed: status.changeNanoseconds))
        }
      }
    }
  }

  private func name(of entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
  }

  private mutating func fileStatus(
    of name: String, in folder: Int32, _ path: String
  ) -> Stat? {
    var raw = stat()
    if fstatat(folder, name, &raw, 0) == 0 { return Stat(rawValue: raw) }
    fail("stat", path)
    return nil
  }

  /// What vanished meanwhile is no failure.
  private mutating func fail(_ operation: String, _ path: String) {
    let reason = Errno(rawValue: errno)
    guard reason != .noSuchFileOrDirectory else { return }
    failures.append(FileError(operation: operation, path: FilePath(path), errno: reason))
  }
}
