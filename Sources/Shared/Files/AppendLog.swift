package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A log of lines that several programs append to.
package struct AppendLog: Sendable {
  package let path: FilePath
  /// The lock among our own writers; a file beside our own state, never the log itself, which a
  /// rotation replaces.
  package let lock: FilePath

  package init(path: FilePath, lock: FilePath) {
    self.path = path
    self.lock = lock
  }

  /// How long an append waits for another writer of ours.
  package static let patience = Duration.seconds(10)

  /// Appends whole lines and forces them to the disk.
  ///
  /// A last line that some writer left without its end is sealed with a line feed first. When not
  /// everything can be written, the log is cut back to what it was.
  /// - Parameter lines: Lines with their line feeds.
  /// - Returns: The log's size behind the lines.
  package func append(_ lines: [UInt8], durability: Durability = .full) throws(FileError) -> Int {
    guard let held = try FileLock.acquire(lock, waitingUpTo: Self.patience) else {
      throw FileError(operation: "lock", path: lock, errno: .resourceTemporarilyUnavailable)
    }
    return try withExtendedLifetime(held) { () throws(FileError) in
      try appendUnlocked(lines, durability: durability)
    }
  }

  /// The same for a caller that holds the lock.
  func appendUnlocked(_ lines: [UInt8], durability: Durability) throws(FileError) -> Int {
    let isNew = try SystemCall.status(of: path) == nil
    let file = try SystemCall.open(
      path, .readWrite, [.append, .create, .nonBlocking], permissions: [.ownerReadWrite])
    defer { try? file.close() }
    let status = try SystemCall.status(file, path)
    guard status.type == .regular else {
      throw FileError(operation: "append", path: path, errno: .invalidArgument)
    }
    let base = Int(status.size)
    let last = base > 0 ? (try? file.bytes(from: base - 1, upTo: 1)) ?? [] : []
    let seal: [UInt8] = last.isEmpty || last == [newline] ? [] : [newline]
    do throws(FileError) {
      try SystemCall.write(seal + lines, to: file, path)
      try durability.sync(file, path)
    } catch {
      // Bytes that a foreign writer put behind ours meanwhile are not ours to cut.
      if file.currentSize <= base + seal.count + lines.count {
        _ = ftruncate(file.rawValue, off_t(base))
      }
      throw error
    }
    if isNew { try durability.syncFolder(path.removingLastComponent()) }
    return file.currentSize
  }
}

let newline = UInt8(ascii: "\n")
