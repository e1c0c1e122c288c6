internal import Shared
internal import SystemPackage

/// Locks, and what runs that were killed left behind.
extension Doctor {
  // MARK: Locks

  /// Who holds a lock is told by who has its file open: to try the lock would keep a job from it.
  func locksFinding() -> Finding {
    var held: [Finding.Part] = []
    for name in ((try? names(in: workspace.locks)) ?? []).sorted() where name.hasSuffix(".lock") {
      let path = workspace.locks.appending(name)
      guard let status = try? Stat(path) else { continue }
      let age = world.clock.now() - Timestamp(modificationOf: status)
      let openers = world.processes.openers(status.identity).writers.sorted()
      if let part = LockLook.own(
        name, openers: openers, holder: FileLock.holder(of: path), age: age)
      {
        held.append(part)
      }
    }
    if let registry = registryLock() { held.append(registry) }
    return Finding("locks", held, otherwise: "free")
  }

  private func registryLock() -> Finding.Part? {
    let path = workspace.registryLock
    guard let status = try? Stat(path, followTargetSymlink: false) else { return nil }
    let openers = world.processes.openers(status.identity)
    return LockLook.foreign(
      openers: openers, holder: FileLock.holder(of: path),
      context: world.locks(for: Self.name).owner,
      age: world.clock.now() - Timestamp(modificationOf: status))
  }

  // MARK: Intents

  func intentsFinding() -> Finding {
    do throws(JobError) {
      let open = try Intents(workspace: workspace, world: world, job: Self.name).open()
      return Finding(
        "intents",
        open.map { intent in
          guard intent.intent != nil else {
            return .init(
              .failed, "\(intent.key) cannot be read",
              advice: "move it away from \(workspace.intents)")
          }
          guard let changed = intent.changed else {
            return .init(
              .warning, "'\(intent.key)' was interrupted",
              advice: "the next run finishes it, and so does 'jobrunner doctor --fix'")
          }
          return .init(
            .failed, "'\(intent.key)' was interrupted and \(changed) changed since",
            advice: "see 'jobrunner intents'")
        }, otherwise: "none open")
    } catch {
      return Finding("intents", .failed, error.message)
    }
  }

  // MARK: Temporary files

  func leftoversFinding(_ configuration: Configuration) -> Finding {
    let found = Repairs.leftovers(in: workspace, world: world)
      .map { $0.lastComponent?.string ?? $0.string }
    let log = ExportErrorLogFile(workspace: workspace, configuration: configuration, world: world)
    var parts: [Finding.Part] = []
    if !found.isEmpty {
      parts.append(
        .init(
          .warning, "of killed runs: \(Finding.few(found))",
          advice: "'jobrunner doctor --fix' removes them"))
    }
    if (try? log.isUnfinished()) == true {
      parts.append(
        .init(
          .warning, "a rotation of \(workspace.exportErrorLog) was killed",
          advice: "rotate-log finishes it, and so does 'jobrunner doctor --fix'"))
    }
    return Finding("leftovers", parts, otherwise: "none")
  }
}

/// What a lock file tells.
enum LockLook {
  /// A lock of ours that is held for longer than a run can take.
  static let hung = Duration.seconds(3_600)

  /// nil for a lock that is free.
  static func own(
    _ name: String, openers: [Int32], holder: LockOwner?, age: Duration
  ) -> Finding.Part? {
    guard let first = openers.first else { return nil }
    let job = String(name.dropLast(".lock".count))
    // Those that wait have the file open as well; the line names who got it.
    let pid = holder.map(\.pid).flatMap { openers.contains($0) ? $0 : nil } ?? first
    let text = "\(job) held by process \(pid) for \(DurationText.brief(age))"
    guard age > hung else { return .init(.ok, text) }
    return .init(.warning, text, advice: "look at that process; it may hang")
  }

  /// The lock that opencode-subagent shares: it is held while the file is there.
  ///
  /// Whoever holds it has it open (see ``ForeignLockFile``).
  static func foreign(
    openers: FileOpeners, holder: LockOwner?, context: LockOwner, age: Duration
  ) -> Finding.Part {
    let since = DurationText.brief(age)
    if let pid = openers.writers.min() {
      let text = "registry.lock held by process \(pid) for \(since)"
      guard age > ForeignLockFile.Rules.standard.observation else { return .init(.ok, text) }
      return .init(.warning, text, advice: "nobody gets past it; look at that process")
    }
    if let holder, holder.host != context.host {
      return .init(
        .warning, "registry.lock held on \(holder.host) for \(since)", advice: "look there")
    }
    let isOld = age > ForeignLockFile.Rules.standard.observation
    guard openers.reach != .partial, isOld || holder?.boot == context.boot else {
      return .init(
        .warning, "registry.lock is there for \(since), and not all processes can be seen",
        advice: "look again as the user who runs the agents")
    }
    return .init(
      .failed, "registry.lock was left by a program that is gone: nobody gets past it",
      advice: "'jobrunner doctor --fix' removes it, and so does 'jobrunner refresh-usage'")
  }
}
