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

struct LeftoversTests {
  /// A process 100 that lives since long ago, a process 200 that was started just now, no other.
  private let processes = ProcessTable(
    isAlive: { [100, 200].contains($0) },
    startTime: { $0 == 100 ? 1_000 : Int64(time(nil)) * 1_000 + 60_000 },
    openers: { _ in FileOpeners(reach: .everyProcess) })

  @Test(arguments: [
    ("registry.json.tmp.300.ab12", true),
    ("registry.json.tmp.200.ab12", true),
    ("registry.json.tmp.100.ab12", false),
    ("registry.json", false),
    ("registry.json.tmp.300", false),
    ("registry.json.tmp.300.", false),
    ("registry.json.tmp.300.ab12.more", false),
    ("registry.json.tmp.300.backup", false),
    ("registry.json.tmp.-3.ab12", false),
    ("registry.json.tmp.0.ab12", false),
    ("registry.json.tmp.x.ab12", false),
    ("other.json.tmp.300.ab12", false),
    ("registry.jsonl.tmp.300.ab12", false),
  ])
  func `only a dead process's temporary file of this name is removed`(
    name: String, isRemoved: Bool
  ) throws {
    let folder = try TemporaryFolder()
    try Fixture.write("x", to: folder.at(name))
    let removed = try Leftovers.sweep(
      in: folder.path, of: "registry.json", processes: processes)
    #expect(removed == (isRemoved ? [folder.at(name)] : []))
    #expect(Fixture.exists(folder.at(name)) != isRemoved)
  }

  @Test func `a folder with such a name is left alone, and a missing folder has no leftovers`()
    throws
  {
    let folder = try TemporaryFolder()
    mkdir(folder.at("a.tmp.300.ab").string, 0o700)
    #expect(try Leftovers.sweep(in: folder.path, of: "a", processes: processes).isEmpty)
    #expect(Fixture.exists(folder.at("a.tmp.300.ab")))
    #expect(try Leftovers.sweep(in: folder.at("no"), of: "a", processes: processes).isEmpty)
  }
}
