import SystemPackage

/// Decides whether a lock file is the leftover of a dead process, and removes it if so.
///
/// There are two proofs. A file that one of ours wrote, on this machine since it was started, is
/// dead when its kernel lock is free. Any other file is dead when all of these hold:
///
/// - nobody has its kernel lock;
/// - it did not change for the whole observation time, on a clock that nobody can set;
/// - no process has it open, looked for twice, and none of our own could hide (the other program
///   keeps it open for as long as it holds the lock);
/// - it does not name another machine;
/// - it lies on a local file system, so that all its users are processes of this machine.
struct LockBreaker {
  let path: FilePath
  let rules: ForeignLockFile.Rules
  let context: LockContext
  private var seen: (state: State, since: Duration)?

  /// What changes when a lock file is replaced, written, linked or touched.
  private struct State: Equatable {
    var identity: FileIdentity
    var changed: Int64
  }

  init(path: FilePath, rules: ForeignLockFile.Rules, context: LockContext) {
    self.path = path
    self.rules = rules
    self.context = context
  }

  /// Removes the lock file if its holder is dead; to be called again and again while waiting.
  ///
  /// - Returns: true if the lock file is gone.
  mutating func breakIfDead() throws(FileError) -> Bool {
    guard let status = try linkStatusIfPresent(of: path) else { return true }
    let state = State(identity: status.identity, changed: status.changeNanoseconds)
    if seen?.state != state { seen = (state, context.waiting.now()) }
    guard status.irregularity == nil, isLocal(path) else { return false }
    if try isAbandonedByUs() {
      return try breakUnderGuard { [self] () throws(FileError) in try removeIfAbandonedByUs() }
    }
    guard let seen, context.waiting.now() - seen.since >= rules.observation else { return false }
    let broken = try breakUnderGuard { [self] () throws(FileError) in
      try removeIfUnused(state)
    }
    // Somebody lives behind it: do not look through all processes again at the next poll.
    if !broken { self.seen = nil }
    return broken
  }

  // MARK: Proof by the kernel's lock

  private func isAbandonedByUs() throws(FileError) -> Bool {
    guard let file = try openForLooking() else { return false }
    return try isAbandonedByUs(file)
  }

  private func isAbandonedByUs(_ file: borrowing OpenFile) throws(FileError) -> Bool {
    guard let holder = LockOwner(line: try file.bytes(0..<4096)),
      holder.host == context.owner.host, !holder.boot.isEmpty, holder.boot == context.owner.boot
    else { return false }
    return try file.lock(waiting: false)
  }

  private func removeIfAbandonedByUs() throws(FileError) -> Bool {
    guard let file = try openForLooking() else { return true }
    guard try isAbandonedByUs(file) else { return false }
    return try remove(file.status().identity)
  }

  // MARK: Proof by time and absence

  private func removeIfUnused(_ state: State) throws(FileError) -> Bool {
    guard let file = try openForLooking() else { return false }
    if let holder = LockOwner(line: try file.bytes(0..<4096)), holder.host != context.owner.host {
      return false
    }
    // A holder of ours that is still about to write its name. Where the file system has no such
    // lock, there is none to see.
    guard (try? file.lock(waiting: false)) ?? true else { return false }
    for look in 0..<2 {
      if look > 0 { context.waiting.sleep(rules.scanGap) }
      let openers = context.processes.openers(state.identity)
      guard openers.writers.isEmpty, openers.reach != .partial else { return false }
    }
    guard let status = try linkStatusIfPresent(of: path) else { return true }
    guard State(identity: status.identity, changed: status.changeNanoseconds) == state else {
      return false
    }
    return try remove(state.identity)
  }

  // MARK: Breaking

  /// Runs a removal while no other process does; if one does, its result is waited for elsewhere.
  private func breakUnderGuard(
    _ body: () throws(FileError) -> Bool
  ) throws(FileError) -> Bool {
    let guardFile = try OpenFile(
      path.appendingToName(".guard"), .readWrite, [.create, .noFollow])
    guard try guardFile.lock(waiting: false) else { return false }
    try sweepBroken()
    return try body()
  }

  /// Moves the file aside, looks whether it is the one that was proven dead, and only then removes it.
  private func remove(_ dead: FileIdentity) throws(FileError) -> Bool {
    let aside = path.appendingToName(".break.\(context.owner.pid).\(randomHex())\(randomHex())")
    do {
      try renameFile(path, to: aside)
    } catch {
      if error.errno == .noSuchFileOrDirectory { return true }
      throw error
    }
    let isDead = try linkStatusIfPresent(of: aside)?.identity == dead
    if !isDead {
      // A live lock, created after our last look: give it its name back if that is still free.
      do {
        try linkFile(aside, as: path)
      } catch {
        if error.errno != .fileExists { throw error }
      }
    }
    try unlinkIfPresent(aside)
    return isDead
  }

  /// Removes what a breaker left that was killed between its two steps.
  private func sweepBroken() throws(FileError) {
    guard let name = path.lastComponent?.string else { return }
    let prefix = name + ".break."
    for other in try names(in: path.folder) where other.hasPrefix(prefix) {
      guard
        let pid = other.dropFirst(prefix.count).split(separator: ".").first.flatMap({ Int32($0) }),
        !context.processes.isAlive(pid)
      else { continue }
      try unlinkIfPresent(path.folder.appending(other))
    }
  }

  /// Opens for reading only, so that a look is never taken for a holder.
  private func openForLooking() throws(FileError) -> OpenFile? {
    do {
      return try OpenFile.ifPresent(path, .readOnly, .noFollow)
    } catch {
      if error.errno == .permissionDenied { return nil }
      throw error
    }
  }
}
