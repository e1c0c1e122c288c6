internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Watches a lock file that somebody else made, and removes it when its holder is proven dead.
struct LockWatcher {
  let path: FilePath
  let processes: ProcessTable
  let patience: ForeignLockFile.Patience

  /// The lock file as it was first seen, and since when.
  private var seen: (state: FileState, since: ContinuousClock.Instant)?
  private var signature: LockSignature?

  /// A file's identity with the time of its last change: a new lock under the old name differs.
  private struct FileState: Equatable {
    let identity: FileIdentity
    let changeSeconds: Int
    let changeNanoseconds: Int

    init(_ status: Stat) {
      identity = FileIdentity(status)
      changeSeconds = Int(status.st_ctim.tv_sec)
      changeNanoseconds = Int(status.st_ctim.tv_nsec)
    }
  }

  init(path: FilePath, processes: ProcessTable, patience: ForeignLockFile.Patience) {
    self.path = path
    self.processes = processes
    self.patience = patience
  }

  /// Looks once.
  ///
  /// - Returns: Whether the name may be free now.
  mutating func breakIfDead() throws(FileError) -> Bool {
    guard let status = try SystemCall.status(of: path, followingLinks: false) else { return true }
    let state = FileState(status)
    if seen?.state != state {
      seen = (state, ContinuousClock.now)
      signature = readSignature()
    }
    guard status.type == .regular, let since = seen?.since else { return false }
    // The content comes a moment after the file: look again until it is there.
    if signature == nil { signature = readSignature() }
    if let signature {
      guard signature == .ours else { return try breakOfAnotherBoot(signature, state, since) }
      return try underGuard { () throws(FileError) in
        holderIsGone(state) ? try remove(state) : false
      }
    }
    guard ContinuousClock.now - since >= patience.observation else { return false }
    return try breakUnsigned(state)
  }

  /// A lock of ours from before the machine was started again has no holder any more; one of
  /// another host may have, and is never broken.
  private func breakOfAnotherBoot(
    _ signature: LockSignature, _ state: FileState, _ since: ContinuousClock.Instant
  ) throws(FileError) -> Bool {
    guard signature.host == LockSignature.ours.host,
      ContinuousClock.now - since >= patience.observation
    else { return false }
    return try breakUnsigned(state)
  }

  private func breakUnsigned(_ state: FileState) throws(FileError) -> Bool {
    guard FileSystem.isLocal(path.removingLastComponent()) else { return false }
    return try underGuard { () throws(FileError) in
      guard nobodyHasOpen(state.identity) else { return false }
      usleep(UInt32(patience.betweenLooks.inMilliseconds * 1_000))
      guard nobodyHasOpen(state.identity), isUnchanged(state) else { return false }
      return try remove(state)
    }
  }

  // MARK: Proof

  private func nobodyHasOpen(_ identity: FileIdentity) -> Bool {
    let openers = processes.openers(identity)
    return openers.isEmpty && openers.isComplete
  }

  private func isUnchanged(_ state: FileState) -> Bool {
    guard let status = try? Stat(path, followTargetSymlink: false) else { return false }
    return FileState(status) == state
  }

  /// A lock with our signature was `flock`ed by its holder before it was signed and is removed
  /// before it is closed: if it can be locked while it has its name, its holder is dead.
  private func holderIsGone(_ state: FileState) -> Bool {
    guard let file = try? SystemCall.open(path, .readOnly, [.noFollow, .nonBlocking])
    else { return false }
    defer { try? file.close() }
    guard let status = try? file.stat(), FileIdentity(status) == state.identity else {
      return false
    }
    return flock(file.rawValue, LOCK_EX | LOCK_NB) == 0
  }

  private func readSignature() -> LockSignature? {
    guard let file = try? SystemCall.open(path, .readOnly, [.noFollow, .nonBlocking])
    else { return nil }
    defer { try? file.close() }
    return (try? file.bytes(from: 0, upTo: 1_024)).flatMap { LockSignature($0) }
  }

  // MARK: Breaking

  /// One breaker at a time; the others look again later.
  private func underGuard(
    _ body: () throws(FileError) -> Bool
  ) throws(FileError) -> Bool {
    let name = FilePath(path.string + ".guard")
    guard let lock = try FileLock.acquire(name, waitingUpTo: .zero) else { return false }
    return try withExtendedLifetime(lock, body)
  }

  /// Takes the name away, and gives it back should it have come to mean another file meanwhile.
  private func remove(_ state: FileState) throws(FileError) -> Bool {
    let token = String(UInt64.random(in: .min ... .max), radix: 16)
    let aside = FilePath("\(path).break.\(getpid()).\(token)")
    do throws(FileError) {
      try SystemCall.rename(path, to: aside)
    } catch {
      guard error.errno == .noSuchFileOrDirectory else { throw error }
      return true
    }
    let taken = try SystemCall.status(of: aside, followingLinks: false)
    if let taken, FileIdentity(taken) != state.identity {
      try? SystemCall.link(aside, to: path)
    }
    try SystemCall.remove(aside)
    return true
  }
}
