import SystemPackage
import TestSupport
import Testing

@testable import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

struct ProcessTableTests {
  private let table = ProcessTable.live

  @Test func `a process is alive until it is reaped`() throws {
    let child = try ChildProcess.start("sleep", ["60"])
    #expect(table.isAlive(child.pid))
    child.killAndWait()
    #expect(!table.isAlive(child.pid))
    #expect(table.startTime(child.pid) == nil)
  }

  @Test func `one that has ended and is never asked for is not alive`() throws {
    let child = try ChildProcess.start("true")
    defer { child.wait() }
    // Ended, and still there for us to ask: waitid leaves it so.
    var information = siginfo_t()
    #expect(waitid(P_PID, id_t(child.pid), &information, WEXITED | WNOWAIT) == 0)
    #expect(kill(child.pid, 0) == 0)
    #expect(!table.isAlive(child.pid))
  }

  @Test(arguments: [0, -1] as [Int32])
  func `zero and negative numbers are no processes`(pid: Int32) {
    #expect(!table.isAlive(pid))
    #expect(table.startTime(pid) == nil)
  }

  @Test func `a process is alive also for those who may not signal it`() throws {
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", builtProgram("FileProbe")]
    guard Fixture.isRoot,
      (try? ChildProcess.run("setpriv", nobody + ["is-alive", "0"])) == .exit(1)
    else {
      print("skipped: the probe cannot be run as another user here")
      return
    }
    #expect(try ChildProcess.run("setpriv", nobody + ["is-alive", "\(getpid())"]) == .exit(0))
  }

  @Test func `the start of a process is the time it was started`() throws {
    let before = Int64(time(nil)) * 1000
    let child = try ChildProcess.start("sleep", ["60"])
    let start = try #require(table.startTime(child.pid))
    child.killAndWait()
    #expect(start >= before - 100)
    #expect(start <= Int64(time(nil)) * 1000 + 1_100)
  }

  #if os(Linux)
  @Test(
    arguments: [
      ("1 (sh) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 777 9 9", 777),
      ("1 (a) b) S 1 (c) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 778 9 9", 778),
      ("1 (a b (c d)) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 779\n", nil),
      ("1 (sh) S 0 1", nil),
      ("", nil),
    ] as [(String, Int64?)])
  func `field 22 is found behind any program name`(line: String, ticks: Int64?) {
    #expect(Array(line.utf8).withUnsafeBytes(startTicks(inStatLine:)) == ticks)
  }
  #endif

  @Test func `who has a file open is seen, and how`() throws {
    let folder = try TemporaryFolder()
    let path = folder.at("a")
    try Fixture.write("x", to: path)
    let identity = try Stat(path).identity
    #expect(table.openers(identity).isEmpty)
    let reading = open(path.string, O_RDONLY | O_CLOEXEC)
    #expect(table.openers(identity).readers.contains(getpid()))
    #expect(table.openers(identity).writers.isEmpty)
    let writing = open(path.string, O_WRONLY | O_APPEND | O_CLOEXEC)
    #expect(table.openers(identity).writers.contains(getpid()))
    close(reading)
    close(writing)
    // A child that another test is starting has our files too, until it becomes its program.
    for _ in 0..<1_000 where !table.openers(identity).isEmpty { usleep(5_000) }
    #expect(table.openers(identity).isEmpty)
    if Fixture.isRoot { #expect(table.openers(identity).reach == .everyProcess) }
  }

  @Test func `another process's open file is seen`() throws {
    let folder = try TemporaryFolder()
    let path = folder.at("a")
    let ready = folder.at("ready")
    let child = try ChildProcess.start(
      builtProgram("FileProbe"), ["hold-as-original", path.string, ready.string])
    #expect(Fixture.waitFor(ready))
    #expect(table.openers(try Stat(path).identity).writers == [child.pid])
    child.killAndWait()
  }
}

extension FileOpeners {
  /// Nobody was seen.
  fileprivate var isEmpty: Bool { readers.isEmpty && writers.isEmpty }
}
