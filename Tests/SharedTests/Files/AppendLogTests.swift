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

struct AppendLogTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func log(
    _ path: FilePath, _ tornTail: AppendLog.TornTail = .seal, wait: Duration = .seconds(5)
  ) -> AppendLog {
    AppendLog(
      path: path, locks: folder.at("locks"), tornTail: tornTail, durability: .normal,
      lockWait: wait, context: .live(run: "test"))
  }

  @Test(
    arguments: [
      (nil, "a\n", AppendLog.TornTail.seal, "a\n", nil),
      (nil, "a", .seal, "a\n", nil),
      ("x\n", "a\nb\n", .seal, "x\na\nb\n", nil),
      ("x\ny", "a\n", .seal, "x\ny\na\n", nil),
      ("x\ny", "a\n", .setAside, "x\na\n", "y"),
      ("y", "a\n", .setAside, "a\n", "y"),
      ("x\n", "", .setAside, "x\n", nil),
      ("x\ny", "", .setAside, "x\ny", nil),
    ] as [(String?, String, AppendLog.TornTail, String, String?)])
  func `whole lines follow whole lines`(
    before: String?, lines: String, tornTail: AppendLog.TornTail, after: String, torn: String?
  ) throws {
    let path = folder.at("log")
    if let before { try Fixture.write(before, to: path) }
    let size = try log(path, tornTail).append(Array(lines.utf8))
    #expect(try Fixture.text(path) == after)
    #expect(size == Int64(after.utf8.count))
    #expect(try Fixture.text(folder.at("log.torn")) == torn.map { $0 + "\n" })
  }

  @Test func `a torn tail longer than a block is moved whole`() throws {
    let path = folder.at("log")
    let tail = String(repeating: "y", count: 200_000)
    try Fixture.write("x\n" + tail, to: path)
    try log(path, .setAside).append(Array("a\n".utf8))
    #expect(try Fixture.text(path) == "x\na\n")
    #expect(try Fixture.text(folder.at("log.torn")) == tail + "\n")
  }

  @Test func `a new log is closed to others and an old one keeps its mode`() throws {
    let path = folder.at("log")
    try log(path).append([1])
    #expect(try Stat(path).permissions.rawValue == 0o600)
    chmod(path.string, 0o644)
    try log(path).append([1])
    #expect(try Stat(path).permissions.rawValue == 0o644)
  }

  @Test(arguments: [AppendLog.TornTail.seal, .setAside])
  func `a full disk leaves the file as long as it was`(tornTail: AppendLog.TornTail) throws {
    try withTinyFileSystem { mount in
      let path = mount.appending("log")
      try Fixture.write("x\n", to: path)
      #expect {
        try log(path, tornTail).append([UInt8](repeating: 1, count: 100_000))
      } throws: { ($0 as? FileError)?.errno == .noSpace }
      #expect(try Fixture.text(path) == "x\n")
      #expect(try log(path, tornTail).append(Array("a\n".utf8)) == 4)
    }
  }

  @Test func `a FIFO and a folder are refused without waiting`() throws {
    mkfifo(folder.at("fifo").string, 0o600)
    mkdir(folder.at("dir").string, 0o700)
    #expect(throws: FileError.self) { try log(folder.at("fifo")).append([1]) }
    #expect(throws: FileError.self) { try log(folder.at("dir")).append([1]) }
  }

  @Test func `a symbolic link and its target share one lock`() throws {
    let path = folder.at("log")
    symlink("log", folder.at("link").string)
    let name = try SidecarLock.path(for: path, in: folder.at("locks"))
    #expect(try SidecarLock.path(for: folder.at("link"), in: folder.at("locks")) == name)
    #expect(
      try SidecarLock.path(for: folder.at("other/log"), in: folder.at("locks")) != name)
    let lock = try FileLock.acquire(name, waitingUpTo: .zero, context: .live(run: "test"))
    #expect(
      throws: FileError(operation: "lock", path: name, errno: .resourceTemporarilyUnavailable)
    ) { try log(folder.at("link"), wait: .zero).append([1]) }
    withExtendedLifetime(lock) {}
    #expect(!Fixture.exists(path))
  }

  @Test func `appends from many tasks are all there, whole`() async throws {
    let path = folder.at("log")
    let log = log(path, wait: .seconds(30))
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          for number in 0..<50 {
            let filler = String(repeating: "x", count: number * 20)
            _ = try? log.append(Array("\(writer):\(number):\(filler)\n".utf8))
          }
        }
      }
    }
    let lines = try Fixture.lines(path)
    #expect(lines.count == 200)
    #expect(Set(lines).count == 200)
  }

  @Test(
    arguments: [
      (nil, "a\n", "a\n"), (nil, "", nil), ("x\n", "", "x\n"), ("x\ny", "", "x\ny"),
      ("x\ny", "a\nb", "x\ny\na\nb\n"), ("", "a\n", "a\n"),
    ] as [(String?, String, String?)])
  func `what is decided on the content is appended to it`(
    before: String?, lines: String, after: String?
  ) throws {
    let path = folder.at("log")
    if let before { try Fixture.write(before, to: path) }
    var seen: String?
    try log(path).append(deciding: { content in
      seen = String(decoding: content, as: UTF8.self)
      return Array(lines.utf8)
    })
    #expect(seen == before ?? "")
    #expect(try Fixture.text(path) == after)
  }

  @Test func `while one decides no other appends`() throws {
    let path = folder.at("log")
    let other = log(path, wait: .zero)
    try log(path).append(deciding: { _ in
      #expect(throws: FileError.self) { try other.append(Array("b\n".utf8)) }
      #expect(throws: FileError.self) { try other.append(deciding: { _ in Array("c\n".utf8) }) }
      return Array("a\n".utf8)
    })
    #expect(try Fixture.text(path) == "a\n")
  }

  @Test func `nothing is decided on a FIFO or a folder, nor waited for`() throws {
    mkfifo(folder.at("fifo").string, 0o600)
    mkdir(folder.at("dir").string, 0o700)
    for name in ["fifo", "dir"] {
      #expect(throws: FileError.self) {
        try log(folder.at(name)).append(deciding: { _ in Array("a\n".utf8) })
      }
    }
  }
}
