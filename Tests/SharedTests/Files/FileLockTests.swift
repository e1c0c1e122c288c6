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

struct FileLockTests {
  private let folder: TemporaryFolder
  private let context = LockContext.live(run: "test")

  init() throws { folder = try TemporaryFolder() }

  private func acquire(_ name: String, _ limit: Duration = .zero) throws(FileError) -> FileLock? {
    try FileLock.acquire(folder.at(name), waitingUpTo: limit, context: context)
  }

  @Test func `one holder at a time, also within one process`() throws {
    let first = try acquire("a")
    let isTaken = first != nil
    #expect(isTaken)
    let second = try acquire("a") != nil
    #expect(!second)
    if let first { first.release() }
    let third = try acquire("a") != nil
    #expect(third)
  }

  @Test func `a lock lives to the end of its scope`() throws {
    func inner() throws -> Bool {
      let lock = try acquire("a")
      defer { withExtendedLifetime(lock) {} }
      return try acquire("a") == nil
    }
    #expect(try inner())
    let after = try acquire("a") != nil
    #expect(after)
  }

  @Test func `the folder is created and the file is closed to others and stays`() throws {
    let lock = try acquire("state/locks/a.lock")
    if let lock { lock.release() }
    let status = try Stat(folder.at("state/locks/a.lock"))
    #expect(status.permissions.rawValue == 0o600)
    #expect(try Stat(folder.at("state/locks")).permissions.rawValue == 0o700)
  }

  @Test func `the holder's line tells who it is`() throws {
    let lock = try acquire("a")
    let holder = FileLock.holder(of: folder.at("a"))
    withExtendedLifetime(lock) {}
    #expect(holder == context.owner)
    #expect(holder?.pid == getpid())
    #expect(FileLock.holder(of: folder.at("none")) == nil)
  }

  @Test func `a symbolic link is not followed`() throws {
    try Fixture.write("precious", to: folder.at("target"))
    symlink("target", folder.at("a").string)
    #expect(
      throws: FileError(
        operation: "open", path: folder.at("a"), errno: .tooManySymbolicLinkLevels)
    ) { _ = try acquire("a") != nil }
    #expect(try Fixture.text(folder.at("target")) == "precious")
  }

  @Test func `a killed holder leaves no lock`() throws {
    let path = folder.at("a")
    let ready = folder.at("ready")
    let child = try ChildProcess.start(
      builtProgram("FileProbe"), ["hold", path.string, ready.string])
    #expect(Fixture.waitFor(ready))
    let during = try acquire("a") != nil
    #expect(!during)
    #expect(FileLock.holder(of: path)?.pid == child.pid)
    child.killAndWait()
    let after = try acquire("a") != nil
    #expect(after)
  }

  @Test func `waiting goes 1, 4, 9 ms and ends at the limit`() throws {
    let held = try acquire("a")
    let clock = FakeTime()
    var context = context
    context.waiting = clock.waiting
    let lock = try FileLock.acquire(
      folder.at("a"), waitingUpTo: .milliseconds(20), context: context)
    let isTaken = lock != nil
    withExtendedLifetime(held) {}
    #expect(!isTaken)
    #expect(clock.sleeps == [1, 4, 9, 6].map { Duration.milliseconds($0) })
  }
}
