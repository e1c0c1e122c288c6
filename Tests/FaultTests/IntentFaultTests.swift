import Shared
import SystemPackage
import TestSupport
import Testing

/// Changes of several files: killed, failing and many at once.
@Suite(.serialized, .enabled(if: Strace.unavailable == nil, "strace cannot be used here"))
struct IntentFaultTests {
  private static let faults =
    ["signal=KILL", "error=ENOSPC", "error=EIO"]
    + (Scale.large ? ["error=EROFS", "error=EINTR"] : [])

  private func prepare(_ folder: TemporaryFolder, isNew: Bool) throws -> [String] {
    if !isNew {
      try Fixture.write("name,number\nold,1\n", to: folder.at("table.csv"))
      try Fixture.write("old", to: folder.at("lines"))
      try Fixture.write("# Note\nby hand\n", to: folder.at("note.md"))
    }
    return ["record", folder.path.string, "new"]
  }

  @Test(arguments: [true, false])
  func `after one more run all files have the change once, and nothing is left over`(
    isNew: Bool
  ) throws {
    let first = try TemporaryFolder()
    let points = try Strace.points(try prepare(first, isNew: isNew), in: first)
    #expect(points.count >= 12)
    let table = isNew ? "name,number\nnew,1\n" : "name,number\nold,1\nnew,1\n"
    let lines = isNew ? "new\n" : "old\nnew\n"
    let block = "<!-- jobrunner:begin last -->\nlast: new\n<!-- jobrunner:end last -->\n"
    for fault in Self.faults {
      for point in points {
        let folder = try TemporaryFolder()
        let arguments = try prepare(folder, isNew: isNew)
        let end = try Strace.run(arguments, injecting: fault, at: point)
        let place = "\(fault) at \(point)"
        if end == .exit(0) {
          #expect(try Fixture.text(folder.at("table.csv")) == table, "\(place)")
        }
        #expect(
          try ChildProcess.run(builtProgram("FileProbe"), arguments) == .exit(0), "\(place)")
        #expect(try Fixture.text(folder.at("table.csv")) == table, "\(place)")
        #expect(try Fixture.text(folder.at("lines")) == lines, "\(place)")
        let note = try Fixture.text(folder.at("note.md"))
        #expect(note == (isNew ? block : "# Note\nby hand\n\n" + block), "\(place)")
        let names = Fixture.names(in: folder.path)
        #expect(names == ["intents", "lines", "locks", "note.md", "table.csv"], "\(place)")
        #expect(Fixture.names(in: folder.at("intents")) == [], "\(place)")
      }
    }
    print("\(points.count) calls, \(Self.faults.count) faults each")
  }

  @Test func `the intent reaches the disk before any file is touched`() throws {
    let folder = try TemporaryFolder()
    let points = try Strace.points(try prepare(folder, isNew: false), in: folder)
    let intent = try #require(
      points.firstIndex { $0.name == "rename" && $0.line.contains("/intents/") })
    #expect(points[..<intent].contains { $0.name == "fsync" && $0.line.contains(".json.tmp.") })
    let folderSync = try #require(
      points.firstIndex { $0.name == "fsync" && $0.line.contains("/intents>") })
    let touched = try #require(
      points.firstIndex { $0.name == "write" && $0.line.contains("/table.csv>") })
    let done = try #require(
      points.firstIndex { $0.name == "unlink" && $0.line.contains("/intents/") })
    #expect(intent < folderSync && folderSync < touched)
    for file in ["/table.csv>", "/lines>", "/note.md.tmp."] {
      #expect(
        points[touched..<done].contains { $0.name == "fsync" && $0.line.contains(file) }, "\(file)")
    }
  }
}

/// Several processes that change the same files.
struct IntentStormTests {
  @Test func `processes at once, some killed, leave every file with the same rows`() throws {
    let folder = try TemporaryFolder()
    let count = Scale.large ? 100 : 25
    func start(_ name: String, _ count: Int) throws -> ChildProcess {
      try ChildProcess.start(
        builtProgram("FileProbe"), ["record-many", folder.path.string, name, "\(count)"])
    }
    let victims = try ["v", "w"].map { try start($0, 100_000) }
    let workers = try ["a", "b", "c"].map { try start($0, count) }
    #expect(Fixture.waitFor(folder.at("note.md")))
    for victim in victims { victim.killAndWait() }
    #expect(workers.map { $0.wait() } == Array(repeating: .exit(0), count: 3))
    #expect(
      try ChildProcess.run(
        builtProgram("FileProbe"), ["record", folder.path.string, "last"]) == .exit(0))
    let lines = try Fixture.lines(folder.at("lines"))
    let table = try Fixture.lines(folder.at("table.csv"))
    #expect(table == ["name,number"] + lines.map { "\($0),1" })
    #expect(Set(lines).count == lines.count)
    for name in ["a", "b", "c"] {
      #expect(lines.filter { $0.hasPrefix(name) } == (0..<count).map { "\(name)\($0)" })
    }
    #expect(try Fixture.text(folder.at("note.md"))?.contains("last: last\n") == true)
    #expect(Fixture.names(in: folder.at("intents")) == [])
  }
}
