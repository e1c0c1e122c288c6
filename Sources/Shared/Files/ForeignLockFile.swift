package import SystemPackage

/// A lock shared with programs that know only "the file exists, so it is taken".
///
/// Existence is the lock. On top of it our own holders keep a kernel lock on the file and write who
/// they are, so that a killed holder of ours is known at once; a leftover of another program is
/// removed only with proof that nobody lives behind it (see `LockBreaker`).
///
/// Hold it for milliseconds: other programs give up after seconds.
package struct ForeignLockFile: ~Copyable {
  private let file: OpenFile

  /// The times of waiting and breaking.
  package struct Rules: Equatable, Sendable {
    /// How long a lock file must stay unchanged before it may be called a leftover.
    package var observation: Duration
    /// Pause between the two looks for a process that has the file open.
    package var scanGap: Duration
    /// The longest pause between two tries.
    package var poll: Duration

    /// Sets all three times.
    package init(observation: Duration, scanGap: Duration, poll: Duration) {
      self.observation = observation
      self.scanGap = scanGap
      self.poll = poll
    }

    /// Twice the five seconds after which waiters of the other program give up.
    package static let standard = Rules(
      observation: .seconds(10), scanGap: .milliseconds(250), poll: .milliseconds(50))
  }

  /// Takes the lock, waiting for its holder and removing a dead holder's leftover.
  ///
  /// - Returns: nil if it is still taken after `limit`.
  package static func acquire(
    _ path: FilePath, waitingUpTo limit: Duration, rules: Rules, context: LockContext
  ) throws(FileError) -> ForeignLockFile? {
    let deadline = context.waiting.now() + limit
    var breaker = LockBreaker(path: path, rules: rules, context: context)
    while true {
      if let lock = try create(path, owner: context.owner) { return lock }
      if try breaker.breakIfDead() { continue }
      let left = deadline - context.waiting.now()
      if left <= .zero { return nil }
      context.waiting.sleep(min(left, rules.poll * context.waiting.jitter(0.1...1)))
    }
  }

  /// The fence before a commit: whether the file is still the one this holder created.
  ///
  /// False means that somebody removed or replaced it, and that nothing may be committed.
  package func isStillMine() throws(FileError) -> Bool {
    let mine = try file.status()
    guard mine.linkCount == 1 else { return false }
    return try hasItsName(mine)
  }

  private func hasItsName(_ mine: Stat) throws(FileError) -> Bool {
    try linkStatusIfPresent(of: file.path)?.identity == mine.identity
  }

  /// Gives the lock back now instead of at the end of the value's life.
  package consuming func release() {}

  // Removed before it is closed: a waiter that finds the file also finds its holder. A lock that
  // was taken from us belongs to somebody else by now and is left alone.
  deinit {
    if let mine = try? file.status(), (try? hasItsName(mine)) == true {
      try? unlinkFile(file.path)
    }
  }

  private static func create(
    _ path: FilePath, owner: LockOwner
  ) throws(FileError) -> ForeignLockFile? {
    let file: OpenFile
    do {
      file = try OpenFile(path, .writeOnly, [.create, .exclusiveCreate, .noFollow])
    } catch {
      if error.errno == .fileExists { return nil }
      throw error
    }
    let lock = ForeignLockFile(file: file)
    // First the kernel's lock, then our name: who reads our name may trust the kernel's lock. Where
    // the kernel has none, the file stays nameless, and falls under the slow rule for foreign ones.
    if (try? lock.file.lock(waiting: true)) == true {
      _ = try? lock.file.write(all: Array(owner.line.utf8))
    }
    return lock
  }
}
