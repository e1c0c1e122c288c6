package import SystemPackage

/// A file of lines that only grows, each append whole or not at all.
package struct AppendLog: Sendable {
  /// What to do with a last line that has no end, because its writer was killed.
  package enum TornTail: Equatable, Sendable {
    /// End it where it is; readers skip the one bad line. For files that other programs write too.
    case seal
    /// Move it to `<file>.torn`. For files that only we write.
    case setAside
  }

  /// The file; a symbolic link is followed.
  package var path: FilePath
  /// Folder of the lock that serialises appends and rotations of the file.
  package var locks: FilePath
  /// What to do with a torn last line.
  package var tornTail: TornTail
  /// How far an append is pushed.
  package var durability: Durability
  /// How long to wait for another append or rotation.
  package var lockWait: Duration
  /// Mode of a file that does not exist yet.
  package var newFileMode: FilePermissions
  /// Who locks, and how it waits.
  package var context: LockContext

  /// Describes the log; nothing is opened yet.
  package init(
    path: FilePath, locks: FilePath, tornTail: TornTail, durability: Durability,
    lockWait: Duration, newFileMode: FilePermissions = .ownerReadWrite, context: LockContext
  ) {
    self.path = path
    self.locks = locks
    self.tornTail = tornTail
    self.durability = durability
    self.lockWait = lockWait
    self.newFileMode = newFileMode
    self.context = context
  }

  /// Appends whole lines in one write; a missing final newline is added.
  ///
  /// After an error the file is as long as before, unless another program appended meanwhile.
  /// A lock that stays taken is the error `lock: Resource temporarily unavailable`.
  ///
  /// - Returns: the size of the file after the append.
  @discardableResult
  package func append(_ lines: [UInt8]) throws(FileError) -> Int64 {
    try holdingLock { () throws(FileError) in try appendLocked(lines) }
  }

  /// Appends what is decided on the file's content, with nobody else appending in between.
  ///
  /// No lines to append leave the file as it is, and make none.
  package func append(deciding decide: ([UInt8]) -> [UInt8]) throws(FileError) {
    try holdingLock { () throws(FileError) in
      let lines = decide(try readWholeFile(path)?.bytes ?? [])
      if !lines.isEmpty { _ = try appendLocked(lines) }
    }
  }

  /// Appends what is decided while nobody else appends, the file being left unread and unsynced.
  ///
  /// For large additions in several pieces, the last of them followed by ``sync()``; until then a
  /// power cut may take them back.
  ///
  /// - Parameters:
  ///   - decide: Gives whole lines; none leave the file as it is, and make none.
  ///   - appended: Told where in the file they are, while the lock is still held; nil if there were
  ///     none. Another program may have appended before them without our lock.
  package func appendUnsynced(
    deciding decide: () throws(FileError) -> UnsafeRawBufferPointer,
    appended: (Range<Int64>?) -> Void
  ) throws(FileError) {
    try holdingLock { () throws(FileError) in
      let lines = try decide()
      guard lines.count > 0 else { return appended(nil) }
      let file = try openOrCreate()
      let base = try file.requireRegular().size
      if base > 0, try file.bytes(base - 1..<base) != [newline] {
        // A kill between the two leaves a blank line, which readers skip.
        _ = try appendOrUndo([newline], to: file, durability: .off)
      }
      let end = try appendOrUndo(lines, to: file, durability: .off)
      appended(end - Int64(lines.count)..<end)
    }
  }

  /// Pushes what was appended to the disk.
  package func sync() throws(FileError) {
    guard let file = try OpenFile.ifPresent(path, .readWrite) else { return }
    try file.sync(durability)
  }

  private func holdingLock<Result>(
    _ body: () throws(FileError) -> Result
  ) throws(FileError) -> Result {
    let lockPath = try SidecarLock.path(for: path, in: locks)
    guard
      let lock = try FileLock.acquire(lockPath, waitingUpTo: lockWait, context: context)
    else {
      throw FileError(operation: "lock", path: lockPath, errno: .resourceTemporarilyUnavailable)
    }
    defer { withExtendedLifetime(lock) {} }
    return try body()
  }

  /// The append itself; the caller holds the file's lock.
  func appendLocked(_ lines: [UInt8]) throws(FileError) -> Int64 {
    let file = try openOrCreate()
    var base = try file.requireRegular().size
    guard let last = lines.last else { return base }
    var record = lines
    if last != newline { record.append(newline) }
    if base > 0, try file.bytes(base - 1..<base) != [newline] {
      switch tornTail {
      case .seal: record.insert(newline, at: 0)
      case .setAside: base = try setAside(file, size: base)
      }
    }
    return try appendOrUndo(record, to: file, durability: durability)
  }

  private func openOrCreate() throws(FileError) -> OpenFile {
    if let file = try OpenFile.ifPresent(path, .readWrite, .append) { return file }
    let target = try resolvingLinks(path)
    let folder = try OpenFolder(target.folder, durability: durability)
    let file = try OpenFile(target, .readWrite, [.append, .create], mode: newFileMode)
    try folder.sync()
    return file
  }

  /// Moves the bytes after the last whole line to `<file>.torn`, and returns the size that is left.
  ///
  /// Killed in between, the next append moves them once more: they are in the torn file twice, and
  /// in the log not at all.
  private func setAside(_ file: borrowing OpenFile, size: Int64) throws(FileError) -> Int64 {
    let end = try endOfLastWholeLine(in: file, before: size)
    let torn = AppendLog(
      path: path.appendingToName(".torn"), locks: locks, tornTail: .seal, durability: durability,
      lockWait: lockWait, newFileMode: newFileMode, context: context)
    _ = try torn.appendLocked(try file.bytes(end..<size))
    try file.truncate(to: end)
    return end
  }
}

let newline = UInt8(ascii: "\n")

/// Appends bytes and pushes them to the disk, or takes back what was written of them.
///
/// What is taken back is only our own: if another program has appended behind it, the file is left.
func appendOrUndo(
  _ bytes: [UInt8], to file: borrowing OpenFile, durability: Durability
) throws(FileError) -> Int64 {
  let result = bytes.withUnsafeBytes { bytes -> Result<Int64, FileError> in
    do throws(FileError) {
      return .success(try appendOrUndo(bytes, to: file, durability: durability))
    } catch {
      return .failure(error)
    }
  }
  return try result.get()
}

/// The same with bytes where they stand.
func appendOrUndo(
  _ bytes: UnsafeRawBufferPointer, to file: borrowing OpenFile, durability: Durability
) throws(FileError) -> Int64 {
  var (written, failure) = file.append(bytes)
  var end: Int64 = 0
  do throws(FileError) {
    end = try file.position()
    if failure == nil { try file.sync(durability) }
  } catch {
    failure = failure ?? error
  }
  guard let failure else { return end }
  if written > 0, try file.status().size == end {
    try file.truncate(to: end - Int64(written))
    try? file.sync(durability)
  }
  throw failure
}

/// The offset behind the last newline before an offset; 0 if there is none.
func endOfLastWholeLine(
  in file: borrowing OpenFile, before end: Int64
) throws(FileError) -> Int64 {
  let block: Int64 = 65_536
  var upper = end
  while upper > 0 {
    let lower = max(0, upper - block)
    let bytes = try file.bytes(lower..<upper)
    if let index = bytes.lastIndex(of: newline) { return lower + Int64(index) + 1 }
    upper = lower
  }
  return 0
}
