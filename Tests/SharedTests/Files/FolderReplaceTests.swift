import Shared
import SystemPackage
import TestSupport
import Testing

struct FolderReplaceTests {
  private let folder: TemporaryFolder
  private var place: FilePath { folder.at("a/b") }

  init() throws { folder = try TemporaryFolder() }

  private func write(_ files: [(name: String, bytes: [UInt8])]) throws {
    try FolderReplace(durability: .off, processes: .live).write(files, to: place)
  }

  private func contents() -> [String?] {
    Fixture.names(in: place).map { try? Fixture.text(place.appending($0)) }
  }

  @Test("A folder is made with its parents, and replaced whole")
  func replaced() throws {
    try write([("x", [0x31]), ("y", [0x32])])
    #expect(contents() == ["1", "2"])
    try write([("z", [0x33])])
    #expect(Fixture.names(in: place) == ["z"] && contents() == ["3"])
    #expect(Fixture.names(in: folder.at("a")) == ["b"])
  }

  @Test("A folder that cannot be written leaves the old one, and nothing beside it")
  func failing() throws {
    try write([("x", [0x31])])
    #expect(throws: FileError.self) { try write([("y", []), ("no/such", [])]) }
    #expect(Fixture.names(in: place) == ["x"])
    #expect(Fixture.names(in: folder.at("a")) == ["b"])
  }

  @Test("What a dead process left beside it is removed, what a live one has is not")
  func swept() throws {
    try write([("x", [0x31])])
    let dead = try ChildProcess.start("true")
    dead.wait()
    let others = ["b.tmp.\(dead.pid).0a", "b.tmp.1.0a", "bb.tmp.\(dead.pid).0a", "b.tmp.mine"]
    for name in others {
      try makeFolder(folder.at("a").appending(name))
      try Fixture.write("", to: folder.at("a").appending(name).appending("f"))
    }
    try write([("y", [])])
    #expect(Fixture.names(in: folder.at("a")) == (["b"] + others.dropFirst()).sorted())
  }
}
