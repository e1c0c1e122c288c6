import Shared
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

struct ForeignLockFileTests {
  private let folder: TemporaryFolder
  private let path: FilePath

  init() throws {
    folder = try TemporaryFolder()
    path = folder.at("registry.lock")
  }

  private func context(
    _ clock: FakeTime, writers: Set<Int32> = [], reach: FileOpeners.Reach = .everyProcess
  ) -> LockContext {
    var context = LockContext.live(run: "test")
    context.waiting = clock.waiting
    context.processes.openers = { _ in FileOpeners(writers: writers, reach: reach) }
    return context
  }

  private func acquire(
    _ context: LockContext, _ limit: Duration = .seconds(15)
  ) throws(FileError) -> ForeignLockFile? {
    try ForeignLockFile.acquire(
      path, waitingUpTo: limit, rules: .standard, context: context)
  }

  private func owner(
    pid: Int32 = 4_000_000, host: String? = nil, boot: String? = nil
  ) -> LockOwner {
    let own = LockContext.live(run: "test").owner
    return LockOwner(
      pid: pid, host: host ?? own.host, boot: boot ?? own.boot, start: 1, run: "dead")
  }

  // MARK: Holding

  @Test func `the lock is the file, closed to others, and goes with the holder`() throws {
    let lock = try acquire(context(FakeTime()))
    #expect(try Stat(path).permissions.rawValue == 0o600)
    #expect(FileLock.holder(of: path)?.pid == getpid())
    let isMine = try lock?.isStillMine()
    #expect(isMine == true)
    if let lock { lock.release() }
    #expect(Fixture.names(in: folder.path).isEmpty)
  }

  @Test func `a live holder of ours is waited for and not broken`() throws {
    let held = try acquire(context(FakeTime()))
    let clock = FakeTime()
    let second = try acquire(context(clock)) != nil
    #expect(!second)
    #expect(clock.now == .seconds(15))
    #expect(clock.sleeps.allSatisfy { $0 <= .milliseconds(250) })
    let isMine = try held?.isStillMine()
    #expect(isMine == true)
  }

  @Test(arguments: ["removed", "replaced", "linked"])
  func `the fence notices a lock that was taken away`(how: String) throws {
    let lock = try acquire(context(FakeTime()))
    switch how {
    case "removed": unlink(path.string)
    case "replaced":
      unlink(path.string)
      try Fixture.write("another's", to: path)
    default: link(path.string, folder.at("second").string)
    }
    let isMine = try lock?.isStillMine()
    #expect(isMine == false)
    if let lock { lock.release() }
    #expect(try Fixture.text(path) == (how == "replaced" ? "another's" : nil))
  }

  // MARK: Breaking

  @Test func `an empty file that nobody has open is broken after ten seconds, not before`() throws {
    try Fixture.write("", to: path)
    let clock = FakeTime()
    let lock = try acquire(context(clock))
    let isTaken = lock != nil
    #expect(isTaken)
    #expect(clock.now >= .seconds(10))
    #expect(clock.now <= .seconds(12))
    if let lock { lock.release() }
    #expect(Fixture.names(in: folder.path) == ["registry.lock.guard"])
  }

  @Test func `a file that changes is observed anew`() throws {
    try Fixture.write("", to: path)
    let path = path
    let clock = FakeTime { now in
      if now > .seconds(9), now < .seconds(9.1) { chmod(path.string, 0o640) }
    }
    let lock = try acquire(context(clock), .seconds(30))
    let isTaken = lock != nil
    #expect(isTaken)
    #expect(clock.now >= .seconds(19))
  }

  @Test(
    arguments: [
      ("open for writing somewhere", "", [7], .everyProcess),
      ("one of our processes could not be looked at", "", [], .partial),
      ("written on another host", "other", [], .everyProcess),
    ] as [(String, String, Set<Int32>, FileOpeners.Reach)])
  func `a file is never broken while its holder may live`(
    why: String, host: String, writers: Set<Int32>, reach: FileOpeners.Reach
  ) throws {
    let content = host.isEmpty ? "" : owner(host: host).line
    try Fixture.write(content, to: path)
    let version = try FileVersion.current(of: path)
    let lock =
      try acquire(context(FakeTime(), writers: writers, reach: reach), .seconds(100)) != nil
    #expect(!lock, "\(why)")
    #expect(try FileVersion.current(of: path) == version)
  }

  @Test func `a file that somebody opens between the two looks is not broken`() throws {
    try Fixture.write("", to: path)
    let clock = FakeTime()
    var context = context(clock)
    context.processes.openers = { _ in
      // Only the sleep between two looks is 250 ms long.
      let isSecond = clock.sleeps.last == .milliseconds(250)
      return FileOpeners(writers: isSecond ? [7] : [], reach: .everyProcess)
    }
    let lock = try acquire(context, .seconds(40)) != nil
    #expect(!lock)
    #expect(clock.sleeps.contains(.milliseconds(250)))
  }

  @Test func `a lock created between the last look and the breaking survives`() throws {
    try Fixture.write("", to: path)
    let clock = FakeTime()
    var context = context(clock)
    let path = path
    context.processes.openers = { _ in
      if clock.sleeps.last == .milliseconds(250), (try? Fixture.text(path)) == "" {
        unlink(path.string)
        try? Fixture.write("a live one", to: path)
      }
      return FileOpeners(reach: .everyProcess)
    }
    let lock = try acquire(context, .seconds(15)) != nil
    #expect(!lock)
    #expect(try Fixture.text(path) == "a live one")
  }

  @Test func `our own dead file is broken at once`() throws {
    try Fixture.write(owner().line, to: path)
    let clock = FakeTime()
    let lock = try acquire(context(clock)) != nil
    #expect(lock)
    #expect(clock.now == .zero)
  }

  @Test(arguments: ["boot", "half"])
  func `a file that only looks like ours keeps the slow rule`(kind: String) throws {
    let line = kind == "boot" ? owner(boot: "earlier").line : String(owner().line.dropLast())
    try Fixture.write(line, to: path)
    let clock = FakeTime()
    let lock = try acquire(context(clock)) != nil
    #expect(lock)
    #expect(clock.now >= .seconds(10))
  }

  @Test func `a file of ours whose kernel lock is held is never broken`() throws {
    try Fixture.write(owner().line, to: path)
    let raw = open(path.string, O_RDONLY)
    defer { close(raw) }
    #expect(flock(raw, LOCK_EX) == 0)
    let lock = try acquire(context(FakeTime(), writers: [7]), .seconds(100)) != nil
    #expect(!lock)
  }

  @Test func `what a killed breaker left is removed, a living one's is not`() throws {
    try Fixture.write(owner().line, to: path)
    try Fixture.write("", to: folder.at("registry.lock.break.4000000.ab"))
    try Fixture.write("", to: folder.at("registry.lock.break.\(getppid()).ab"))
    let lock = try acquire(context(FakeTime())) != nil
    #expect(lock)
    #expect(
      Fixture.names(in: folder.path)
        == ["registry.lock.break.\(getppid()).ab", "registry.lock.guard"])
  }

  // MARK: With real processes

  @Test func `our own killed lock is free at once`() throws {
    let ready = folder.at("ready")
    let child = try ChildProcess.start(
      builtProgram("FileProbe"), ["hold-foreign", path.string, ready.string])
    #expect(Fixture.waitFor(ready))
    let context = LockContext.live(run: "test")
    let during = try acquire(context, .milliseconds(200)) != nil
    #expect(!during)
    child.killAndWait()
    #expect(Fixture.exists(path))
    let start = context.waiting.now()
    let after = try acquire(context) != nil
    #expect(after)
    #expect(context.waiting.now() - start < .seconds(1))
  }

  @Test func `a slow holder in the original's way is not broken until it dies`() throws {
    let ready = folder.at("ready")
    let child = try ChildProcess.start(
      builtProgram("FileProbe"), ["hold-as-original", path.string, ready.string])
    #expect(Fixture.waitFor(ready))
    var rules = ForeignLockFile.Rules.standard
    rules.observation = .milliseconds(200)
    let context = LockContext.live(run: "test")
    let during =
      try ForeignLockFile.acquire(
        path, waitingUpTo: .seconds(1), rules: rules, context: context) != nil
    #expect(!during)
    child.killAndWait()
    let after =
      try ForeignLockFile.acquire(
        path, waitingUpTo: .seconds(2), rules: rules, context: context) != nil
    #expect(after)
  }

  @Test func `eight processes, three of them killed while holding, lose no update`() throws {
    let counter = folder.at("counter")
    let rounds = Scale.large ? 400 : 40
    let children = try (0..<8).map { index in
      try ChildProcess.start(
        builtProgram("FileProbe"),
        [
          "count", path.string, counter.string, "\(rounds)", index < 3 ? "\(rounds / 2)" : "-1",
        ])
    }
    let ends = children.map { $0.wait() }
    #expect(ends == (0..<8).map { $0 < 3 ? .signal(SIGKILL) : .exit(0) })
    #expect(try Fixture.text(counter) == "\(5 * rounds + 3 * (rounds / 2))")
    // The last one may have been killed; then its lock is free all the same.
    let after = try acquire(LockContext.live(run: "test"), .zero) != nil
    #expect(after)
    let left = Fixture.names(in: folder.path)
    #expect(Set(left).subtracting(["registry.lock.guard"]) == ["counter"])
  }
}
