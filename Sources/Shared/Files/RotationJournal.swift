import SystemPackage

/// The record of a rotation under way, from before its first visible step until after its last.
///
/// The next run reads from it what a killed one had in hand. Lines of `key value`.
struct RotationJournal: Equatable {
  enum Strategy: String {
    case replace, shorten
  }

  /// A piece of the old file that is being carried over: where it ends there, and how long the new
  /// file was before.
  struct Carry: Equatable {
    var end: Int64
    var base: Int64
  }

  var strategy: Strategy
  /// The file as it was.
  var old: FileIdentity
  /// The file that takes its name; equal to `old` when that is shortened.
  var new: FileIdentity
  /// What is dropped.
  var dropped: Range<Int64>
  var archive: FilePath?
  /// Length of the archive before anything was added.
  var archiveBase: Int64 = 0
  /// The end of the name under which the old file stays reachable.
  var suffix = ""
  /// Up to where the old file is in the new one.
  var carried: Int64 = 0
  var carry: Carry?
  /// How many bytes are taken out of the head, and the first byte before and after, which differ.
  var collapse: Int64 = 0
  var firstBefore: UInt8 = 0

  var bytes: [UInt8] {
    var lines = [
      "strategy \(strategy.rawValue)", "old \(old.device) \(old.inode)",
      "new \(new.device) \(new.inode)", "dropped \(dropped.lowerBound) \(dropped.upperBound)",
      "carried \(carried)", "collapse \(collapse) \(firstBefore)",
    ]
    if !suffix.isEmpty { lines.append("suffix \(suffix)") }
    if let carry { lines.append("carry \(carry.end) \(carry.base)") }
    if let archive { lines.append("archive \(archiveBase) \(archive)") }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  init(
    strategy: Strategy, old: FileIdentity, new: FileIdentity, dropped: Range<Int64>
  ) {
    self.strategy = strategy
    self.old = old
    self.new = new
    self.dropped = dropped
  }

  init?(bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    // The archive is the last entry, because a path may hold anything, newlines too.
    guard text.hasSuffix("\n") else { return nil }
    let parts = text.dropLast().split(separator: "\narchive ", maxSplits: 1)
    var entries: [Substring: [Substring]] = [:]
    for line in parts.first?.split(separator: "\n") ?? [] {
      let words = line.split(separator: " ")
      guard let key = words.first else { return nil }
      entries[key] = Array(words.dropFirst())
    }
    func numbers(_ key: Substring) -> (UInt64, UInt64)? {
      guard let words = entries[key], words.count == 2, let first = UInt64(words[0]),
        let second = UInt64(words[1])
      else { return nil }
      return (first, second)
    }
    func offsets(_ key: Substring) -> (Int64, Int64)? {
      numbers(key).flatMap { pair in
        guard let first = Int64(exactly: pair.0), let second = Int64(exactly: pair.1) else {
          return nil
        }
        return (first, second)
      }
    }
    guard let strategy = entries["strategy"]?.first.flatMap({ Strategy(rawValue: String($0)) }),
      let old = numbers("old"), let new = numbers("new"), let dropped = offsets("dropped"),
      dropped.0 <= dropped.1, let carried = entries["carried"]?.first.flatMap({ Int64($0) }),
      let collapse = offsets("collapse"), let first = UInt8(exactly: collapse.1)
    else { return nil }
    self.init(
      strategy: strategy, old: FileIdentity(device: old.0, inode: old.1),
      new: FileIdentity(device: new.0, inode: new.1), dropped: dropped.0..<dropped.1)
    self.carried = carried
    self.collapse = collapse.0
    firstBefore = first
    suffix = entries["suffix"]?.first.map { String($0) } ?? ""
    carry = offsets("carry").map { Carry(end: $0.0, base: $0.1) }
    if parts.count == 2 {
      let words = parts[1].split(separator: " ", maxSplits: 1)
      guard words.count == 2, let base = Int64(words[0]) else { return nil }
      archiveBase = base
      archive = FilePath(String(words[1]))
    }
  }
}

/// The files around one rotation: its record, and what it archives.
extension RotationRun {
  var journalPath: FilePath { lockPath.appendingToName(".rotation") }

  func readJournal() throws(FileError) -> RotationJournal? {
    guard let content = try readWholeFile(journalPath) else { return nil }
    guard let journal = RotationJournal(bytes: content.bytes) else {
      throw FileError(operation: "read", path: journalPath, errno: .badMessage)
    }
    return journal
  }

  func write(_ journal: RotationJournal) throws(FileError) {
    try AtomicReplace(durability: rotation.durability).write(journal.bytes, to: journalPath)
  }

  func removeJournal() throws(FileError) {
    let folder = try OpenFolder(journalPath.folder, durability: rotation.durability)
    try unlinkIfPresent(journalPath)
    try folder.sync()
  }
}
