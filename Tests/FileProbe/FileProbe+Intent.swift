import Shared
import SystemPackage

/// A change of a table, of lines and of a note at once, that is made once.
extension FileProbe {
  static func journal(_ folder: FilePath, _ context: LockContext) -> IntentJournal {
    IntentJournal(
      folder: folder.appending("intents"), root: folder, locks: folder.appending("locks"),
      durability: .full, lockWait: .seconds(30), newFileMode: .ownerReadWrite, context: context)
  }

  /// Adds a row to `table.csv` and to `lines`, and names it in `note.md`; nothing where it is there.
  static func record(_ folder: FilePath, row: String, _ context: LockContext) throws {
    let table = folder.appending("table.csv")
    let lines = folder.appending("lines")
    let note = folder.appending("note.md")
    try journal(folder, context).commit("probe:\(row)", targets: [note, table, lines]) { files in
      let known = String(decoding: files.content(of: table) ?? [], as: UTF8.self)
      guard !known.split(separator: "\n").contains(where: { $0 == "\(row),1" }) else { return [] }
      return [
        .append(path: table, header: Array("name,number\n".utf8), lines: Array("\(row),1\n".utf8)),
        .append(path: lines, header: [], lines: Array("\(row)\n".utf8)),
        .block(path: note, MarkedBlock(name: "last", body: "last: \(row)")),
      ]
    }
  }

  /// Records rows one after the other, as often as asked.
  static func recordMany(
    _ folder: FilePath, name: String, count: Int, _ context: LockContext
  ) throws {
    for number in 0..<count { try record(folder, row: "\(name)\(number)", context) }
  }
}
