package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A lock among our own runs: held as long as the value lives, free at once when its process ends,
/// however it ends.
///
/// The kernel's `flock` on a file that is never removed. The line in the file says who holds it and
/// is for people only; nothing is decided by it.
package struct FileLock: ~Copyable {
  private let file: FileDescriptor

  private init(_ file: FileDescriptor) {
    self.file = file
  }

  deinit { try? file.close() }

  /// Takes the lock, trying for up to `limit`.
  ///
  /// The file is made with mode 0600: a lock that others may open, others may hold.
  /// - Returns: nil when somebody else holds it all that time.
  package static func acquire(
    _ path: FilePath, waitingUpTo limit: Duration
  ) throws(FileError) -> FileLock? {
    let end = ContinuousClock.now + limit
    var pause = 1.0
    while true {
      if let lock = try attempt(path) { return lock }
      let rest = end - ContinuousClock.now
      guard rest > .zero else { return nil }
      let step = min(pause * pause, 100) * Double.random(in: 0.75...1.25)
      usleep(UInt32(max(0.2, min(step, rest.inSeconds * 1_000)) * 1_000))
      pause += 1
    }
  }

  /// Who says to hold the lock; nil when nothing is said.
  package static func holder(of path: FilePath) -> String? {
    guard let content = (try? readWholeFile(path)) ?? nil else { return nil }
    let line = String(decoding: content.bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return line.isEmpty ? nil : line
  }

  private static func attempt(_ path: FilePath) throws(FileError) -> FileLock? {
    while true {
      let file = try SystemCall.open(
        path, .readWrite, [.create, .noFollow], permissions: [.ownerReadWrite])
      do throws(FileError) {
        try SystemCall.check("lock", path) { flock(file.rawValue, LOCK_EX | LOCK_NB) }
        let mine = FileIdentity(try SystemCall.status(file, path))
        // Somebody may have replaced the file between the two calls: then this is another lock.
        if let there = try SystemCall.status(of: path), FileIdentity(there) == mine {
          sign(file)
          return FileLock(file)
        }
        try? file.close()
      } catch {
        try? file.close()
        if error.errno == .wouldBlock { return nil }
        throw error
      }
    }
  }

  /// Information only: a line that cannot be written costs a name in a message.
  private static func sign(_ file: FileDescriptor) {
    let line = "pid \(getpid()) since \(Clock.system.now().text)\n"
    _ = ftruncate(file.rawValue, 0)
    _ = try? file.writeAll(toAbsoluteOffset: 0, line.utf8)
  }
}
