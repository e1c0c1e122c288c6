import SystemPackage

/// Rotation for writers that keep the file open: the head is taken out of the same file.
///
/// Only whole blocks can be taken out, so the part of a block before the kept lines is made one
/// blank line first, which readers of lines skip.
extension RotationRun {
  /// Whether the file system can do it, tried on a file of our own.
  func canShorten() throws(FileError) -> Bool {
    #if os(Linux)
      guard let block = allocationSize(of: target), block > 0 else { return false }
      do {
        let probe = try TemporaryFile(beside: target)
        try probe.file.truncate(to: block * 2)
        try probe.file.removeHead(block)
        return true
      } catch {
        switch error.errno {
        case .notSupported, .invalidArgument, .noFunction: return false
        default: throw error
        }
      }
    #else
      return false
    #endif
  }

  func shorten(_ file: borrowing OpenFile, size: Int64) throws(FileError) -> RotationOutcome {
    guard let block = allocationSize(of: target) else { return .nothingToDo }
    // The blank line counts too, unless the limit is about as small as a block.
    var limits = rotation.limits
    if limits.maxBytes > block * 16 { limits.maxBytes -= block + 1 }
    let cut = try rotation.cut(of: file, size: size, limits: limits)
    // At least two bytes of blank line, so that its first byte can be chosen.
    let collapse = (cut - 2) / block * block
    guard cut >= 2, collapse > 0 else { return .nothingToDo }
    let head = try file.bytes(0..<min(cut, block * 2))
    let identity = try file.status().identity
    var journal = RotationJournal(
      strategy: .shorten, old: identity, new: identity,
      dropped: Int64(blankHead(of: head))..<cut)
    journal.collapse = collapse
    journal.firstBefore = head.first ?? 0
    journal.archive = rotation.archive
    // Without an archive every step can be repeated, and there is nothing to note.
    if let archive {
      journal.archiveBase = try archive.prepare()
      try write(journal)
      do throws(FileError) {
        try archive.append(journal.dropped, of: file)
      } catch {
        _ = try? recover(journal)
        throw error
      }
    }
    return .rotated(try takeOutHead(journal))
  }

  /// Makes the blank line and takes the blocks before it out.
  ///
  /// The first byte of the blank line differs from the first byte of the file, so that afterwards
  /// one look tells whether the blocks are out.
  func takeOutHead(_ journal: RotationJournal) throws(FileError) -> RotationReport {
    let file = try OpenFile(target, .readWrite)
    let space = UInt8(ascii: " ")
    let first = journal.firstBefore == space ? UInt8(ascii: "\t") : space
    var blank = [UInt8](
      repeating: space, count: Int(journal.dropped.upperBound - journal.collapse))
    blank[0] = first
    blank[blank.count - 1] = newline
    try file.write(all: blank, at: journal.collapse)
    try file.sync(rotation.durability)
    #if os(Linux)
      try file.removeHead(journal.collapse)
      try file.sync(rotation.durability)
    #endif
    if journal.archive != nil { try removeJournal() }
    return RotationReport(
      strategy: .shortened, droppedBytes: journal.dropped.upperBound, lateBytes: 0)
  }

  /// The last resort, asked for by name: copies the end over the head and cuts the file.
  ///
  /// A line appended between the last copy and the cut is lost, and a kill in between leaves lines
  /// double.
  func copyDown(
    _ file: borrowing OpenFile, size: Int64, cut: Int64
  ) throws(FileError) -> RotationOutcome {
    if let archive {
      _ = try archive.prepare()
      try archive.append(0..<cut, of: file)
    }
    let sink = try OpenFile(target, .readWrite)
    var offset = cut
    while true {
      let bytes = try file.bytes(offset..<offset + 262_144)
      if bytes.isEmpty { break }
      try sink.write(all: bytes, at: offset - cut)
      offset += Int64(bytes.count)
    }
    try sink.truncate(to: offset - cut)
    try sink.sync(rotation.durability)
    return .rotated(RotationReport(strategy: .lossy, droppedBytes: cut, lateBytes: 0))
  }
}
