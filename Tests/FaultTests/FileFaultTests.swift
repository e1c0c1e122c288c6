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

/// A kill, or an error, at every system call of a file operation.
@Suite(.serialized, .enabled(if: Strace.unavailable == nil, "strace cannot be used here"))
struct FileFaultTests {
  private static let allFaults = ["signal=KILL", "error=ENOSPC", "error=EIO", "error=EINTR"]

  /// Runs an operation once for every fault at every call, each in a fresh folder.
  private func everywhere(
    _ small: [String], prepare: (TemporaryFolder) throws -> [String],
    check: (TemporaryFolder, [String], String) throws -> Void
  ) throws {
    let first = try TemporaryFolder()
    let faults = Scale.large ? Self.allFaults : small
    let points = try Strace.points(try prepare(first), in: first)
    #expect(points.count >= 5)
    for fault in faults {
      for point in points {
        let folder = try TemporaryFolder()
        let arguments = try prepare(folder)
        try Strace.run(arguments, injecting: fault, at: point)
        try check(folder, arguments, "\(fault) at \(point)")
      }
    }
    print("\(points.count) calls, \(faults.count) faults each")
  }

  @Test func `a replaced file is the old or the new one, whole`() throws {
    try everywhere(["signal=KILL", "error=EIO"]) { folder in
      try Fixture.write("old", to: folder.at("a"))
      return ["replace", folder.at("a").string, "new"]
    } check: { folder, arguments, place in
      let text = try Fixture.text(folder.at("a"))
      #expect(text == "old" || text == "new", "\(place)")
      try ChildProcess.run(builtProgram("FileProbe"), arguments)
      #expect(try Fixture.text(folder.at("a")) == "new", "\(place)")
      #expect(Fixture.names(in: folder.path) == ["a"], "\(place)")
    }
  }

  @Test func `an append is whole or not there, and the next one is whole`() throws {
    try everywhere(["signal=KILL", "error=EIO"]) { folder in
      try Fixture.write("one\ntorn", to: folder.at("log"))
      return ["append", folder.at("log").string, folder.at("locks").string, "two\n"]
    } check: { folder, arguments, place in
      let lines = try Fixture.text(folder.at("log")) ?? ""
      #expect(["one\ntorn", "one\n", "one\ntwo\n"].contains(lines), "\(place)")
      try ChildProcess.run(builtProgram("FileProbe"), arguments)
      let after = try Fixture.text(folder.at("log")) ?? ""
      #expect(["one\ntwo\n", "one\ntwo\ntwo\n"].contains(after), "\(place)")
      #expect(try Fixture.lines(folder.at("log.torn")).allSatisfy { $0 == "torn" }, "\(place)")
      #expect(try !Fixture.lines(folder.at("log.torn")).isEmpty, "\(place)")
    }
  }

  @Test(arguments: ["plain", "late", "held"])
  func `a rotation loses and doubles nothing`(mode: String) throws {
    let initial = (0..<400).map { "\($0):" + String(repeating: "x", count: 90) }
    try everywhere(["signal=KILL"]) { folder in
      try Fixture.write(initial.joined(separator: "\n") + "\n", to: folder.at("log"))
      return [
        "rotate", folder.at("log").string, folder.at("locks").string,
        folder.at("archive").string, mode,
      ]
    } check: { folder, arguments, place in
      // The next run sees no writer, as after a kill of all.
      let next = arguments.dropLast() + [mode == "held" ? "held" : "plain"]
      try ChildProcess.run(builtProgram("FileProbe"), Array(next))
      let all = try Fixture.lines(folder.at("archive")) + Fixture.lines(folder.at("log"))
      let missing = Set(initial).subtracting(all).count
      let double = all.count - Set(all).count
      let strange = Set(all).subtracting(initial).filter { !$0.hasPrefix("late ") }
      #expect(strange.isEmpty, "\(place)")
      #expect(missing == 0, "\(place)")
      #expect(double == 0, "\(place)")
      let late = try Fixture.lines(folder.at("log.witness"))
      let missingLate = Set(late).subtracting(all)
      #expect(missingLate.isEmpty, "\(place)")
      let names = Fixture.names(in: folder.path).filter { $0 != "log.witness" }
      #expect(names == ["archive", "locks", "log"], "\(place)")
      #expect(Fixture.names(in: folder.at("locks")).count == 1, "\(place)")
      #expect(try Stat(folder.at("log")).size <= 20_000, "\(place)")
    }
  }

  @Test func `file first, then its name, then the folder reach the disk`() throws {
    let folder = try TemporaryFolder()
    try Fixture.write("old", to: folder.at("a"))
    let points = try Strace.points(["replace", folder.at("a").string, "new"], in: folder)
    let steps = points.filter { ["fsync", "rename"].contains($0.name) }.map { point in
      point.name == "rename"
        ? "rename" : point.line.contains("/a.tmp.") ? "sync file" : "sync folder"
    }
    #expect(steps == ["sync file", "rename", "sync folder"])
  }

  @Test func `the record of a rotation reaches the disk before the file is touched`() throws {
    let folder = try TemporaryFolder()
    let text = String(repeating: String(repeating: "x", count: 99) + "\n", count: 400)
    try Fixture.write(text, to: folder.at("log"))
    let points = try Strace.points(
      [
        "rotate", folder.at("log").string, folder.at("locks").string,
        folder.at("archive").string, "plain",
      ], in: folder)
    func first(_ name: String, _ part: String) -> Int? {
      points.firstIndex { $0.name == name && $0.line.contains(part) }
    }
    let record = try #require(first("rename", ".rotation\""))
    let archived = try #require(first("fsync", "/archive>"))
    let kept = try #require(first("link", ".rot."))
    let renamed = try #require(first("rename", "/log\""))
    #expect(record < archived)
    #expect(archived < kept)
    #expect(kept < renamed)
    #expect(points[kept...renamed].contains { $0.name == "fsync" })
  }

  @Test func `a lock file replaced between opening and locking is not the lock`() throws {
    let folder = try TemporaryFolder()
    let path = folder.at("lock")
    let ready = folder.at("ready")
    let probe = try ChildProcess.start(
      "strace",
      [
        "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e",
        "inject=flock:delay_enter=300000:when=1",
        builtProgram("FileProbe"), "hold", path.string, ready.string,
      ])
    defer { probe.killAndWait() }
    #expect(Fixture.waitFor(path))
    unlink(path.string)
    #expect(Fixture.waitFor(ready))
    let holder = FileLock.holder(of: path)
    let second =
      try FileLock.acquire(
        path, waitingUpTo: .zero, context: .live(run: "test")) != nil
    #expect(!second)
    if let holder { kill(holder.pid, SIGKILL) }
  }
}
