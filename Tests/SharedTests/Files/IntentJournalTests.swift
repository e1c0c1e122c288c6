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

/// What becomes of an interrupted run when people were at its files.
struct IntentJournalTests {
  private let folder: TemporaryFolder
  private var table: FilePath { folder.at("table.csv") }
  private var note: FilePath { folder.at("note.md") }
  private let before = "name,number\nold,1\n"

  init() throws { folder = try TemporaryFolder() }

  private var journal: IntentJournal { journal(in: folder.path) }

  private func journal(in root: FilePath, wait: Duration = .seconds(5)) -> IntentJournal {
    IntentJournal(
      folder: root.appending("intents"), root: root, locks: root.appending("locks"),
      durability: .off, lockWait: wait, newFileMode: .ownerReadWrite,
      context: .live(run: "test"))
  }

  private func steps(_ row: String, _ root: FilePath) -> [IntentStep] {
    [
      .append(
        path: root.appending("table.csv"), header: Array("name,number\n".utf8),
        lines: Array("\(row)\n".utf8)),
      .block(path: root.appending("note.md"), MarkedBlock(name: "last", body: row)),
    ]
  }

  private func record(_ row: String, key: String = "run:2") throws(IntentError) {
    try journal.commit(key, targets: [note, table]) { _ in steps(row, folder.path) }
  }

  /// Leaves a run as it is when killed before it touches a file: a change by hand stops it there,
  /// and is taken back.
  private func interrupt(_ row: String = "new,1", key: String = "run:1") throws {
    let text = try Fixture.text(table) ?? ""
    #expect(throws: IntentError.conflict(IntentConflict(key: key, path: table))) {
      try journal.commit(key, targets: [table, note]) { _ in
        try? Fixture.write(text + "by hand\n", to: table)
        return steps(row, folder.path)
      }
    }
    try Fixture.write(text, to: table)
    #expect(Fixture.names(in: folder.at("intents")).count == 1)
  }

  private func openRuns() throws -> [IntentJournal.Open] { try journal.open() }

  @Test("An interrupted run is finished by the next, and only once")
  func finished() throws {
    try Fixture.write(before, to: table)
    try interrupt()
    #expect(try openRuns().map(\.changed) == [nil])
    #expect(try journal.recover() == [])
    #expect(try Fixture.text(table) == before + "new,1\n")
    #expect(try Fixture.text(note)?.contains("\nnew,1\n") == true)
    #expect(try openRuns() == [])
    #expect(try journal.recover() == [])
    #expect(try Fixture.text(table) == before + "new,1\n")
  }

  @Test("A run finishes what was left before it decides")
  func recoversFirst() throws {
    try interrupt()
    var seen: String?
    try journal.commit("run:2", targets: [table]) { files in
      seen = files.content(of: table).map { String(decoding: $0, as: UTF8.self) }
      return []
    }
    #expect(seen == "name,number\nnew,1\n")
  }

  @Test(
    "A row of which any part was written is completed",
    arguments: ["", "n", "name,number\n", "name,number\nnew", "name,number\nnew,1\n"])
  func begun(part: String) throws {
    try interrupt()
    try Fixture.write(part, to: table)
    #expect(try journal.recover() == [])
    #expect(try Fixture.text(table) == "name,number\nnew,1\n")
  }

  @Test(
    "The row counts as there where somebody edited around it",
    arguments: [
      "name,number\nold,1\nnew,1\nmore,2\n", "name,number\nOLD,1\nnew,1\n",
      "name,number\nnew,1\n", "# mine\nname,number\nold,1\nmore,2\nnew,1\n",
    ])
  func elsewhere(edited: String) throws {
    try Fixture.write(before, to: table)
    try interrupt()
    try Fixture.write(edited, to: table)
    #expect(try journal.recover() == [])
    #expect(try Fixture.text(table) == edited)
    #expect(try openRuns() == [])
  }

  @Test("The same row from before is not taken for the new one")
  func copies() throws {
    try Fixture.write("name,number\nnew,1\n", to: table)
    try interrupt()
    let edited = "name,number\nnew,1\nby hand,1\n"
    try Fixture.write(edited, to: table)
    #expect(try journal.recover() == [IntentConflict(key: "run:1", path: table)])
    #expect(try Fixture.text(table) == edited)
  }

  @Test(
    "A file that somebody changed is left alone, and the run kept until it is decided on",
    arguments: [
      "name,number\nold,1\nby hand,2\n", "name,number\nold,2\n", "name,number\n", "",
      "name,number\nold,1\nnew,12\n", "name,number\nold,1\nnew,\n",
    ])
  func changed(edited: String) throws {
    try Fixture.write(before, to: table)
    try interrupt()
    try Fixture.write(edited, to: table)
    let conflict = IntentConflict(key: "run:1", path: table)
    #expect(try journal.recover() == [conflict])
    #expect(throws: IntentError.conflict(conflict)) { try record("later,1") }
    #expect(throws: IntentError.conflict(conflict)) { try record("later,1", key: "run:1") }
    #expect(try Fixture.text(table) == edited)
    #expect(!Fixture.exists(note))
    #expect(try openRuns().map(\.changed) == [table])
    #expect(try openRuns().map(\.key) == ["run:1"])
    #expect(try journal.retry("run:1"))
    let start = edited.isEmpty ? "name,number\n" : edited
    #expect(try Fixture.text(table) == start + "new,1\n")
    #expect(try Fixture.text(note)?.contains("\nnew,1\n") == true)
    #expect(try openRuns() == [])
    #expect(try !journal.retry("run:1"))
  }

  @Test("A run that waits for a decision holds up nothing that has other files")
  func others() throws {
    try Fixture.write(before, to: table)
    try interrupt()
    try Fixture.write(before + "by hand,2\n", to: table)
    let other = folder.at("other")
    try journal.commit("run:3", targets: [other]) { _ in
      [.append(path: other, header: [], lines: Array("x\n".utf8))]
    }
    #expect(try Fixture.text(other) == "x\n")
    #expect(try openRuns().count == 1)
    #expect(try journal.drop("run:1"))
    #expect(try !journal.drop("run:1"))
    try record("later,1")
    #expect(try Fixture.text(table) == before + "by hand,2\nlater,1\n")
  }

  @Test("A table that became another one is not added to, not even on demand")
  func foreign() throws {
    try Fixture.write(before, to: table)
    try interrupt()
    try Fixture.write("other,table\n1,2\n", to: table)
    #expect(throws: IntentError.conflict(IntentConflict(key: "run:1", path: table))) {
      try journal.retry("run:1")
    }
    #expect(try Fixture.text(table) == "other,table\n1,2\n")
  }

  @Test("A workspace that was moved is finished where it lies")
  func moved() throws {
    try Fixture.write(before, to: table)
    try interrupt()
    let other = try TemporaryFolder()
    for name in ["table.csv", "intents"] {
      rename(folder.at(name).string, other.at(name).string)
    }
    #expect(try journal(in: other.path).recover() == [])
    #expect(try Fixture.text(other.at("table.csv")) == before + "new,1\n")
    #expect(!Fixture.exists(table))
  }

  @Test("A record that cannot be read is told, kept, and can be given up by its name")
  func damaged() throws {
    mkdir(folder.at("intents").string, 0o700)
    let path = folder.at("intents/x.json")
    try Fixture.write(#"{"version":1,"key":"run:1","steps":[{"step":"app"#, to: path)
    #expect(throws: IntentError.damaged(path)) { try journal.recover() }
    #expect(throws: IntentError.damaged(path)) { try record("later,1") }
    #expect(try openRuns().map(\.key) == ["x.json"])
    #expect(!Fixture.exists(table))
    #expect(try journal.drop("x.json"))
    try record("later,1")
    #expect(Fixture.exists(table))
  }

  @Test("What cannot be changed is found out before anything is")
  func unwritable() throws {
    try Fixture.write(before, to: table)
    mkdir(note.string, 0o700)
    #expect(throws: IntentError.self) { try record("new,1") }
    #expect(try Fixture.text(table) == before)
    #expect(try openRuns() == [])
  }

  @Test("A journal with nothing in it makes nothing")
  func idle() throws {
    #expect(try journal.recover() == [])
    #expect(try openRuns() == [])
    #expect(try !journal.drop("run:1"))
    #expect(Fixture.names(in: folder.path) == [])
    try journal.commit("run:1", targets: [table]) { _ in [] }
    #expect(Fixture.names(in: folder.path) == ["locks"])
  }

  @Test("A row goes behind a line that was torn, and behind an end of line of its own kind")
  func torn() throws {
    try Fixture.write("name,number\nold,1", to: table)
    try record("new,1")
    #expect(try Fixture.text(table) == "name,number\nold,1\nnew,1\n")
    try Fixture.write("\n", to: table)
    try record("new,1")
    #expect(try Fixture.text(table) == "\nname,number\nnew,1\n")
  }

  @Test("A link stays a link, and the file behind it keeps its mode")
  func link() throws {
    try Fixture.write("by hand\n", to: folder.at("real.md"))
    chmod(folder.at("real.md").string, 0o640)
    symlink("real.md", note.string)
    try record("new,1")
    #expect(try Fixture.text(folder.at("real.md"))?.hasPrefix("by hand\n\n<!--") == true)
    #expect(try Stat(folder.at("real.md")).permissions.rawValue == 0o640)
    #expect(try Stat(note, followTargetSymlink: false).type == .symbolicLink)
  }

  @Test("While a file is locked by another, nothing is decided on it")
  func locked() throws {
    let path = try SidecarLock.path(for: table, in: folder.at("locks"))
    let lock = try FileLock.acquire(path, waitingUpTo: .zero, context: .live(run: "test"))
    #expect(throws: IntentError.self) {
      try journal(in: folder.path, wait: .zero).commit("run:1", targets: [note, table]) { _ in
        Issue.record("decided")
        return []
      }
    }
    withExtendedLifetime(lock) {}
  }
}
