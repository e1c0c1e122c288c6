internal import Shared
internal import SystemPackage

/// A folder with what a reviewer of a window looks at: views as they print, what the ledgers say of
/// the window, and the commands that show the same.
struct ReviewBundle: Sendable {
  /// Its first line says that the folder is one of these, which may be replaced.
  static let manifest = "MANIFEST.txt"
  private static let mark = "jobrunner review bundle"

  var window: String
  var writtenAt: Timestamp
  /// Names and contents; the manifest is made of them.
  private(set) var files: [(name: String, bytes: [UInt8])] = []

  init(window: String, writtenAt: Timestamp) {
    self.window = window
    self.writtenAt = writtenAt
  }

  /// Adds a text of lines.
  mutating func add(_ name: String, lines: [String]) {
    let text = lines.map { $0.redactingAddresses.escapingControls + "\n" }.joined()
    files.append((name, Array(text.utf8)))
  }

  /// Adds what a ledger says of the window; nothing where that is nothing.
  mutating func add(excerptOf path: FilePath) throws(JobError) {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try readWholeFile(path)?.bytes ?? []
    } catch {
      throw JobError(error)
    }
    guard let name = path.lastComponent?.string else { return }
    let excerpt =
      name.hasSuffix(".csv")
      ? LedgerExcerpt.csv(bytes, of: window) : LedgerExcerpt.jsonLines(bytes, of: window)
    if !excerpt.isEmpty { files.append((name, excerpt)) }
  }

  /// Writes the folder, complete or not at all.
  ///
  /// - Throws: What ``check(_:)`` does.
  func write(to folder: FilePath, world: World) throws(JobError) {
    try Self.check(folder)
    do throws(FileError) {
      try FolderReplace(durability: world.durability, processes: world.processes)
        .write([(Self.manifest, Array(manifestText.utf8))] + files, to: folder)
    } catch {
      throw JobError(error)
    }
  }

  /// Refuses a folder in which something of somebody else's would be lost.
  ///
  /// - Throws: 73.
  static func check(_ folder: FilePath) throws(JobError) {
    let isOurs: Bool
    do throws(FileError) {
      isOurs = try mayReplace(folder)
    } catch {
      throw JobError(error)
    }
    guard isOurs else {
      throw JobError(
        .cannotCreate,
        "\(folder) holds more than a review bundle; name another folder with --bundle=DIR")
    }
  }

  private var manifestText: String {
    let lines = files.map { "\(SHA256.hex(of: $0.bytes))  \($0.name)" }
    return "\(Self.mark): \(window), \(writtenAt.text)\n" + lines.map { $0 + "\n" }.joined()
  }

  /// Whether it is missing, empty, or a bundle with nothing added to it.
  private static func mayReplace(_ folder: FilePath) throws(FileError) -> Bool {
    let names = try names(in: folder)
    guard !names.isEmpty else { return true }
    let text = String(
      decoding: try readWholeFile(folder.appending(manifest))?.bytes ?? [], as: UTF8.self)
    let lines = text.split(separator: "\n")
    guard lines.first?.hasPrefix(mark) == true else { return false }
    let own = Set(lines.dropFirst().compactMap { $0.split(separator: " ").last.map(String.init) })
    return names.allSatisfy { $0 == manifest || own.contains($0) }
  }
}

/// The part of a ledger that is about one window.
enum LedgerExcerpt {
  /// The header, and the rows that name the window in a cell or in their notes.
  static func csv(_ bytes: [UInt8], of window: String) -> [UInt8] {
    let records = CSVTable.records(bytes)
    guard let header = records.first else { return [] }
    let rows = records.dropFirst().filter { cells in
      cells.contains { cell in
        cell == window
          || cell.split(separator: ";").contains { $0.drop { $0 == " " } == "window=\(window)" }
      }
    }
    guard !rows.isEmpty else { return [] }
    return CSVTable.line(header) + rows.flatMap { CSVTable.line($0) }
  }

  /// The lines whose `window` it is, as they are.
  static func jsonLines(_ bytes: [UInt8], of window: String) -> [UInt8] {
    RowLedger.lines(bytes).filter { name(in: Array($0)) == window }
      .flatMap { Array($0) + [UInt8(ascii: "\n")] }
  }

  private static func name(in line: [UInt8]) -> String? {
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        if scanner.keyIs("window") { return try scanner.nextString() }
        try scanner.skipValue()
      }
    } catch {
      return nil
    }
    return nil
  }
}
