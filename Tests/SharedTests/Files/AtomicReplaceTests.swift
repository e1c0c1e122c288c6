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

struct AtomicReplaceTests {
  private let folder: TemporaryFolder
  private let replace = AtomicReplace(durability: .normal)

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [0o600, 0o640, 0o644, 0o444, 0o755, 0o4755] as [CModeT])
  func `the mode of the old file is kept`(mode: CModeT) throws {
    let path = folder.at("a")
    try Fixture.write("old", to: path)
    chmod(path.string, mode_t(mode))
    try replace.write(Array("new".utf8), to: path)
    #expect(try Fixture.text(path) == "new")
    #expect(try Stat(path).permissions.rawValue == mode_t(mode))
  }

  @Test func `a new file is closed to others whatever the umask`() throws {
    let path = folder.at("a")
    try replace.write([], to: path)
    #expect(try Stat(path).permissions.rawValue == 0o600)
    #expect(try Fixture.text(path)?.isEmpty == true)
  }

  @Test(.enabled(if: Fixture.isRoot, "only root may give files away"))
  func `the owner and group of the old file are kept`() throws {
    let path = folder.at("a")
    try Fixture.write("old", to: path)
    chown(path.string, 12_345, 23_456)
    try replace.write(Array("new".utf8), to: path)
    let status = try Stat(path)
    #expect(status.userID.rawValue == 12_345)
    #expect(status.groupID.rawValue == 23_456)
  }

  @Test(arguments: ["real", "folder/real", "absent"])
  func `a symbolic link stays and its target is written`(target: String) throws {
    mkdir(folder.at("folder").string, 0o700)
    if target != "absent" { try Fixture.write("old", to: folder.at(target)) }
    symlink(target, folder.at("second").string)
    symlink(folder.at("second").string, folder.at("first").string)
    try replace.write(Array("new".utf8), to: folder.at("first"))
    #expect(try Stat(folder.at("first"), followTargetSymlink: false).type == .symbolicLink)
    #expect(try Stat(folder.at("second"), followTargetSymlink: false).type == .symbolicLink)
    #expect(try Fixture.text(folder.at(target)) == "new")
  }

  @Test func `a ring of symbolic links is an error, not a loop`() throws {
    symlink("b", folder.at("a").string)
    symlink("a", folder.at("b").string)
    #expect(throws: FileError.self) { try replace.write([], to: folder.at("a")) }
  }

  @Test func `a fence that says no leaves the old file and no temporary one`() throws {
    let path = folder.at("a")
    try Fixture.write("old", to: path)
    let before = try FileVersion.current(of: path)
    let outcome = try replace.write([1], to: path) { () throws(FileError) in false }
    #expect(outcome == .discarded)
    #expect(try FileVersion.current(of: path) == before)
    #expect(Fixture.names(in: folder.path) == ["a"])
  }

  @Test func `the fence sees the old file still in place`() throws {
    let path = folder.at("a")
    try Fixture.write("old", to: path)
    var seen: String?
    try replace.write(Array("new".utf8), to: path) { () throws(FileError) in
      seen = try readWholeFile(path).map { String(decoding: $0.bytes, as: UTF8.self) }
      return true
    }
    #expect(seen == "old")
  }

  @Test func `a fence that fails leaves the old file and no temporary one`() throws {
    let path = folder.at("a")
    try Fixture.write("old", to: path)
    let failure = FileError(operation: "look", path: path, errno: .ioError)
    #expect(throws: failure) {
      try replace.write([1], to: path) { () throws(FileError) in throw failure }
    }
    #expect(try Fixture.text(path) == "old")
    #expect(Fixture.names(in: folder.path) == ["a"])
  }

  @Test func `a folder and a FIFO are refused, untouched`() throws {
    mkdir(folder.at("folder").string, 0o700)
    mkfifo(folder.at("fifo").string, 0o600)
    #expect(
      throws: FileError(operation: "replace", path: folder.at("folder"), errno: .isDirectory)
    ) { try replace.write([1], to: folder.at("folder")) }
    #expect(
      throws: FileError(operation: "replace", path: folder.at("fifo"), errno: .notSupported)
    ) { try replace.write([1], to: folder.at("fifo")) }
    #expect(Fixture.names(in: folder.path) == ["fifo", "folder"])
  }

  @Test func `a full disk leaves the old file and no temporary one`() throws {
    try withTinyFileSystem { mount in
      let path = mount.appending("a")
      try Fixture.write("old", to: path)
      #expect {
        try replace.write([UInt8](repeating: 1, count: 100_000), to: path)
      } throws: { ($0 as? FileError)?.errno == .noSpace }
      #expect(try Fixture.text(path) == "old")
      #expect(Fixture.names(in: mount) == ["a"])
    }
  }

  @Test func `an error says what failed, where, and why`() {
    let path = folder.at("missing").appending("a")
    #expect {
      try replace.write([1], to: path)
    } throws: { error in
      "\(error)" == "open \(folder.at("missing")): No such file or directory"
    }
  }
}

typealias CModeT = UInt32
