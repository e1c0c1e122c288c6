package import SystemPackage

/// A lock of our own: held as long as the value lives, and no longer than the process.
///
/// The kernel ties it to an open descriptor, so that a killed holder leaves nothing behind. The file
/// stays: removing it would let two processes hold "the same" lock on two files.
package struct FileLock: ~Copyable {
  private let file: OpenFile

  /// Takes the lock, creating the file and its folder if needed.
  ///
  /// - Parameter waitingUpTo: how long to try; `.zero` tries once.
  /// - Returns: nil if another process, or another part of this one, still holds it. An error means
  ///   that the lock cannot work here, such as ENOLCK on a network file system.
  package static func acquire(
    _ path: FilePath, waitingUpTo limit: Duration, context: LockContext
  ) throws(FileError) -> FileLock? {
    let deadline = context.waiting.now() + limit
    var attempt = 1
    while true {
      let file = try open(path)
      if try file.lock(waiting: false) {
        // Somebody may have removed the file between our open and our lock.
        if try statusIfPresent(of: path)?.identity == file.status().identity {
          announce(context.owner, in: file)
          return FileLock(file: file)
        }
        continue
      }
      let left = deadline - context.waiting.now()
      if left <= .zero { return nil }
      // 1, 4, 9 … ms, a little apart from each other, and at most a second.
      let pause = Duration.milliseconds(min(attempt * attempt, 1000))
      context.waiting.sleep(min(left, pause * context.waiting.jitter(0.75...1.25)))
      attempt += 1
    }
  }

  /// The line the last holder left, for messages only: it is never used to decide anything.
  package static func holder(of path: FilePath) -> LockOwner? {
    guard let content = try? readWholeFile(path)?.bytes else { return nil }
    return LockOwner(line: content)
  }

  /// Gives the lock back now instead of at the end of the value's life.
  package consuming func release() {}

  private static func open(_ path: FilePath) throws(FileError) -> OpenFile {
    do {
      return try OpenFile(path, .readWrite, [.create, .noFollow])
    } catch {
      if error.errno != .noSuchFileOrDirectory { throw error }
      try makeFolders(path.folder)
      return try OpenFile(path, .readWrite, [.create, .noFollow])
    }
  }

  // Only information: a full disk must not keep anybody from locking.
  private static func announce(_ owner: LockOwner, in file: borrowing OpenFile) {
    let line = Array(owner.line.utf8)
    // Not emptied first: ext4 writes a file that was emptied to the disk when it is closed, which
    // takes a millisecond or two.
    try? file.write(all: line, at: 0)
    try? file.truncate(to: Int64(line.count))
  }
}
