internal import Shared
package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The shared registry on disk.
package enum RegistryFile {
  /// Reads the registry; nil when there is none.
  ///
  /// - Throws: 65 when it is damaged, 77 when it may not be read. It is never taken for empty, and
  ///   never touched.
  package static func read(_ path: FilePath) throws(JobError) -> AgentRegistry? {
    try readWithStatus(path).map { content throws(JobError) in try parse(content.bytes, path) }
  }

  /// Reads the registry for a view: none is one without agents, and one that cannot be parsed is
  /// looked at twice more, since a writer that does not replace it whole may be at work.
  package static func readForView(_ path: FilePath) throws(JobError) -> AgentRegistry {
    for _ in 0..<tornReadRetries {
      do throws(JobError) {
        if let registry = try read(path) { return registry }
        return try empty()
      } catch {
        guard error.status == .badData else { throw error }
        usleep(20_000)
      }
    }
    if let registry = try read(path) { return registry }
    return try empty()
  }

  private static let tornReadRetries = 2

  private static func empty() throws(JobError) -> AgentRegistry {
    try parse(Array("{}".utf8), "{}")
  }

  private static func parse(
    _ bytes: [UInt8], _ path: FilePath
  ) throws(JobError) -> AgentRegistry {
    do throws(DamagedRegistry) {
      return try AgentRegistry(bytes)
    } catch {
      throw JobError(
        .badData,
        "\(path) is damaged: \(error.reason); left as it is: restore it from a backup, or move it "
          + "away to start anew")
    }
  }

  // MARK: Changing

  /// How long a merge waits for the registry's lock: longer than a dead one takes to be broken.
  static let lockPatience = Duration.seconds(15)

  /// Reads, changes and replaces the registry under its lock, which is held for these milliseconds
  /// only.
  ///
  /// `change` returns nil to leave the file untouched; so does a registry that is gone.
  ///
  /// A program that ignores the lock, or took ours for dead, is noticed just before the new file
  /// takes its place: the change is then made anew on what is there.
  static func update(
    _ workspace: Workspace, world: World,
    change: (AgentRegistry) throws(JSONError) -> [UInt8]?
  ) throws(JobError) {
    let path = workspace.registry
    for _ in 0..<fenceRetries {
      guard let lock = try lock(workspace, world: world) else {
        throw JobError(
          .tryLater,
          "\(workspace.registryLock) is held by another program for longer than "
            + "\(DurationText.brief(lockPatience)); nothing merged, the next run tries again")
      }
      defer { withExtendedLifetime(lock) {} }
      guard let before = try readWithStatus(path) else { return }
      let registry = try parse(before.bytes, path)
      let changed: [UInt8]?
      do throws(JSONError) {
        changed = try change(registry)
      } catch {
        throw JobError(.badData, "\(path) is damaged: \(error)")
      }
      guard let changed else { return }
      if try replace(path, with: changed, seen: before.status.version, lock, world) { return }
    }
    throw JobError(.tryLater, "\(path) keeps changing under its lock; nothing merged")
  }

  private static let fenceRetries = 5

  /// Removes a lock that a killed program left.
  ///
  /// The program that shares the registry could never get past it. One that is held is left alone,
  /// and so is one that cannot be judged. That of a killed run of ours goes at once; any other is
  /// looked at only when it is so old that nobody can still mean it.
  static func clearDeadLock(of workspace: Workspace, world: World) {
    let path = workspace.registryLock
    guard let status = try? Stat(path, followTargetSymlink: false) else { return }
    let isOurs = LockOwner(line: StateFile.read(path)) != nil
    let age = world.clock.now() - Timestamp(modificationOf: status)
    guard isOurs || age > ForeignLockFile.Rules.standard.observation else { return }
    _ = try? ForeignLockFile.acquire(
      path, waitingUpTo: isOurs ? .seconds(2) : lockPatience, rules: .standard,
      context: world.locks(for: RefreshUsageJob.name))
  }

  private static func lock(_ workspace: Workspace, world: World) throws(JobError)
    -> ForeignLockFile?
  {
    do throws(FileError) {
      return try ForeignLockFile.acquire(
        workspace.registryLock, waitingUpTo: lockPatience, rules: .standard,
        context: world.locks(for: RefreshUsageJob.name))
    } catch {
      throw JobError(error)
    }
  }

  private static func readWithStatus(
    _ path: FilePath
  ) throws(JobError) -> (bytes: [UInt8], status: Stat)? {
    do throws(FileError) {
      return try readWholeFile(path)
    } catch {
      if let kind = try? Stat(path).irregularity {
        throw JobError(.badData, "\(path) is \(kind), not a registry; left as it is")
      }
      throw JobError(error)
    }
  }

  /// - Returns: Whether the file was replaced; false when another writer came in between.
  private static func replace(
    _ path: FilePath, with bytes: [UInt8], seen before: FileVersion,
    _ lock: borrowing ForeignLockFile, _ world: World
  ) throws(JobError) -> Bool {
    do throws(FileError) {
      let outcome = try AtomicReplace(durability: world.durability).write(bytes, to: path) {
        () throws(FileError) in
        guard try lock.isStillMine() else { return false }
        return try FileVersion.current(of: path) == before
      }
      return outcome != .discarded
    } catch {
      throw JobError(error)
    }
  }
}
