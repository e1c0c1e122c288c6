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

/// What sees the file while it is rotated, in the tests.
private enum Seen: String, CaseIterable {
  case nobody, aWriter
}

struct LineRotationTests {
  private let folder: TemporaryFolder
  private let path: FilePath

  init() throws {
    folder = try TemporaryFolder()
    path = folder.at("log")
  }

  private func rotation(
    _ maxBytes: Int64 = 1_048_576, _ keepLines: Int = 200, seen: Seen = .nobody,
    reach: FileOpeners.Reach = .everyProcess, archive: FilePath? = nil, lossy: Bool = false
  ) -> LineRotation {
    var context = LockContext.live(run: "test")
    context.processes.openers = { _ in
      FileOpeners(writers: seen == .aWriter ? [7] : [], reach: reach)
    }
    let timing = LineRotation.Timing(
      lockWait: .zero, settle: .zero, drain: .seconds(1), poll: .milliseconds(1))
    return LineRotation(
      limits: LineRotation.Limits(maxBytes: maxBytes, keepLines: keepLines), archive: archive,
      allowLossy: lossy, locks: folder.at("locks"), durability: .off, timing: timing,
      context: context)
  }

  private func lines(_ range: Range<Int>, length: Int) -> String {
    range.map { "\($0):" + String(repeating: "x", count: length - "\($0):".count - 1) + "\n" }
      .joined()
  }

  /// The version, access time aside, and the number of names of a file.
  private func fingerprint() throws -> [Int64] {
    let status = try Stat(path)
    return [
      Int64(status.inode.rawValue), status.size, status.modificationNanoseconds,
      Int64(status.linkCount),
    ]
  }

  // MARK: What stays

  @Test(arguments: Seen.allCases)
  fileprivate func `over the limit the last 200 lines stay`(seen: Seen) throws {
    try Fixture.write(lines(0..<12_000, length: 100), to: path)
    let inode = try Stat(path).inode
    guard case .rotated(let report) = try rotation(seen: seen).rotate(path) else {
      Issue.record("not rotated")
      return
    }
    if report.strategy == .replaced {
      #expect(try Fixture.text(path) == lines(11_800..<12_000, length: 100))
    } else {
      #expect(try Stat(path).inode == inode)
      #expect(
        try Fixture.lines(path).joined(separator: "\n") + "\n"
          == lines(11_800..<12_000, length: 100))
    }
    #expect(report.droppedBytes == 1_180_000)
    #expect(Fixture.names(in: folder.path) == ["locks", "log"])
    #expect(try rotation(seen: seen).rotate(path) == .nothingToDo)
  }

  @Test(arguments: Seen.allCases)
  fileprivate func `250 lines of 9 KB end under 1 MiB`(seen: Seen) throws {
    try Fixture.write(lines(0..<250, length: 9_216), to: path)
    guard case .rotated = try rotation(seen: seen).rotate(path) else {
      Issue.record("not rotated")
      return
    }
    #expect(try Stat(path).size <= 1_048_576)
    let kept = try Fixture.lines(path)
    #expect(kept.count >= 112)
    #expect(kept.last?.hasPrefix("249:") == true)
  }

  @Test(arguments: [
    ("as large as the limit", String(repeating: "1234567\n", count: 16)),
    ("one line longer than the limit", String(repeating: "x", count: 500) + "\n"),
    ("one line without an end", String(repeating: "x", count: 500)),
    ("small", "a\n"),
    ("empty", ""),
  ])
  func `with nothing to drop the file is not touched and no lock is made`(
    why: String, text: String
  ) throws {
    try Fixture.write(text, to: path)
    let before = try fingerprint()
    #expect(try rotation(128, 5).rotate(path) == .nothingToDo, "\(why)")
    #expect(try fingerprint() == before)
    #expect(Fixture.names(in: folder.path) == ["log"])
  }

  @Test(arguments: [
    ("no final newline", "a\nb\nc\nd", "c\nd"),
    ("carriage returns", "a\r\nb\r\nc\r\nd\r\n", "c\r\nd\r\n"),
    ("NUL bytes", "a\n\0b\nc\0\nd\n", "c\0\nd\n"),
    ("blank lines", "a\n\n\nb\nc\n\nd\n", "c\n\nd\n"),
    ("a byte that is no text", "a\nb\nc\u{FF}\nd\n", "c\u{FF}\nd\n"),
  ])
  func `bytes that stay, stay as they are`(why: String, before: String, after: String) throws {
    try Fixture.write(before, to: path)
    _ = try rotation(6, 2).rotate(path)
    #expect(try Fixture.text(path) == after, "\(why)")
  }

  @Test func `mode and owner stay`() throws {
    try Fixture.write("a\nb\nc\n", to: path)
    chmod(path.string, 0o640)
    if Fixture.isRoot { chown(path.string, 12_345, 23_456) }
    _ = try rotation(4, 1).rotate(path)
    #expect(try Stat(path).permissions.rawValue == 0o640)
    #expect(try Stat(path).userID.rawValue == (Fixture.isRoot ? 12_345 : geteuid()))
  }

  // MARK: What it is

  @Test func `a missing file is nothing to do`() throws {
    #expect(try rotation().rotate(path) == .nothingToDo)
    #expect(Fixture.names(in: folder.path).isEmpty)
  }

  @Test(arguments: ["a folder", "a FIFO", "a socket", "a device"])
  func `anything but a regular file is refused by its name`(kind: String) throws {
    switch kind {
    case "a folder": mkdir(path.string, 0o700)
    case "a FIFO": mkfifo(path.string, 0o600)
    case "a socket":
      try makeSocket(at: path)
    default: symlink("/dev/null", path.string)
    }
    #expect(try rotation(0, 1).rotate(path) == .refused(kind))
  }

  @Test func `a symbolic link stays a link and its target is rotated`() throws {
    try Fixture.write("a\nb\nc\n", to: folder.at("real"))
    symlink("real", path.string)
    _ = try rotation(4, 1).rotate(path)
    #expect(try Stat(path, followTargetSymlink: false).type == .symbolicLink)
    #expect(try Fixture.text(folder.at("real")) == "c\n")
  }

  @Test func `a file with a second name is shortened under both`() throws {
    try Fixture.write(lines(0..<400, length: 100), to: path)
    link(path.string, folder.at("other").string)
    let inode = try Stat(path).inode
    let outcome = try rotation(20_000, 20).rotate(path)
    if outcome == .skipped(.hardLinks(2)) {
      print("skipped: this file system cannot shorten a file in place")
      return
    }
    #expect(try Stat(path).inode == inode)
    #expect(try Stat(folder.at("other")).inode == inode)
    #expect(try Fixture.lines(path).count == 20)
  }

  // MARK: Where shortening is impossible

  @Test func `a file kept open is left alone, unless loss is allowed`() throws {
    try withTinyFileSystem { mount in
      let path = mount.appending("log")
      let text = lines(0..<50, length: 100)
      try Fixture.write(text, to: path)
      #expect(
        try rotation(2_000, 10, seen: .aWriter).rotate(path) == .skipped(.heldOpen(by: [7])))
      #expect(try Fixture.text(path) == text)
      link(path.string, mount.appending("other").string)
      #expect(try rotation(2_000, 10).rotate(path) == .skipped(.hardLinks(2)))
      let report = RotationReport(strategy: .lossy, droppedBytes: 4_000, lateBytes: 0)
      #expect(
        try rotation(2_000, 10, seen: .aWriter, lossy: true).rotate(path) == .rotated(report))
      #expect(try Fixture.text(path) == lines(40..<50, length: 100))
    }
  }

  @Test func `where writers could hide, the old file is kept for one more run`() throws {
    try withTinyFileSystem { mount in
      let path = mount.appending("log")
      try Fixture.write(lines(0..<50, length: 100), to: path)
      chmod(path.string, 0o666)
      let rotation = rotation(2_000, 10, reach: .ownProcesses)
      guard case .rotated(let report) = try rotation.rotate(path), let old = report.unfinished
      else {
        Issue.record("not rotated")
        return
      }
      try Fixture.append("late\n", to: old)
      #expect(try Fixture.lines(path).count == 10)
      guard case .rotated(let second) = try rotation.rotate(path) else {
        Issue.record("not finished")
        return
      }
      #expect(second.lateBytes == 5)
      #expect(try Fixture.text(path) == lines(40..<50, length: 100) + "late\n")
      #expect(Fixture.names(in: mount) == ["log"])
    }
  }

  // MARK: Archive and errors

  @Test(arguments: Seen.allCases)
  fileprivate func `what is dropped is in the archive, once`(seen: Seen) throws {
    let archive = folder.at("archive")
    try Fixture.write("older, torn", to: archive)
    for round in 0..<3 {
      for number in 0..<400 {
        try append("\(round):\(number):" + String(repeating: "x", count: 90))
      }
      _ = try rotation(20_000, 20, seen: seen, archive: archive).rotate(path)
    }
    let all = try Fixture.lines(archive) + Fixture.lines(path)
    #expect(all.first == "older, torn")
    #expect(all.count == 1_201)
    #expect(Set(all).count == 1_201)
  }

  private func append(_ line: String) throws {
    if !Fixture.exists(path) { try Fixture.write("", to: path) }
    try Fixture.append(line + "\n", to: path)
  }

  @Test func `a full disk leaves the file and no traces, and space helps`() throws {
    try withTinyFileSystem { mount in
      let path = mount.appending("log")
      let text = lines(0..<90, length: 100)
      try Fixture.write(text, to: path)
      try Fixture.write(String(repeating: "x", count: 4_096), to: mount.appending("filler"))
      #expect {
        try rotation(8_000, 50, archive: mount.appending("archive")).rotate(path)
      } throws: { ($0 as? FileError)?.errno == .noSpace }
      #expect(try Fixture.text(path) == text)
      #expect(Fixture.names(in: folder.at("locks")).count == 1)
      unlink(mount.appending("filler").string)
      unlink(mount.appending("archive").string)
      _ = try rotation(8_000, 20).rotate(path)
      #expect(try Fixture.text(path) == lines(70..<90, length: 100))
      #expect(Fixture.names(in: mount) == ["log"])
    }
  }

  @Test func `a rotation waits for the lock that appends use`() throws {
    try Fixture.write("a\nb\nc\n", to: path)
    let lockPath = try SidecarLock.path(for: path, in: folder.at("locks"))
    let context = LockContext.live(run: "test")
    let lock = try FileLock.acquire(lockPath, waitingUpTo: .zero, context: context)
    #expect(try rotation(4, 1).rotate(path) == .busy(context.owner))
    withExtendedLifetime(lock) {}
    #expect(try Fixture.text(path) == "a\nb\nc\n")
  }
}

private func makeSocket(at path: FilePath) throws {
  #if canImport(Glibc)
  let kind = Int32(SOCK_STREAM.rawValue)
  #else
  let kind = SOCK_STREAM
  #endif
  let raw = socket(AF_UNIX, kind, 0)
  defer { close(raw) }
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.string.utf8) }
  let size = socklen_t(MemoryLayout<sockaddr_un>.size)
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(raw, $0, size) }
  }
  guard result == 0 else { throw Errno(rawValue: errno) }
}
