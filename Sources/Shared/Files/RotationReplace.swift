import SystemPackage

/// Rotation for writers that open the file for each line: a new file takes the name, and what still
/// arrives in the old one is carried over until nobody has it open.
extension RotationRun {
  func replace(
    _ file: borrowing OpenFile, status: Stat, cut: Int64
  ) throws(FileError) -> RotationOutcome {
    // A last line without an end may be one that is being written; it is carried over when it is
    // complete, or when its writer is gone.
    let end = max(cut, try endOfLastWholeLine(in: file, before: status.size))
    let head = try file.bytes(0..<min(cut, 65_536))
    var journal = RotationJournal(
      strategy: .replace, old: status.identity, new: status.identity,
      dropped: Int64(blankHead(of: head))..<cut)
    journal.suffix = ".rot.\(randomHex())"
    journal.carried = end
    journal.archive = rotation.archive
    do throws(FileError) {
      let outcome = try swapIn(file, cut..<end, &journal)
      if outcome == .discarded {
        _ = try recover(journal)
        return .busy(nil)
      }
    } catch {
      // The record tells what was done; where undoing fails too, the next run finds it.
      _ = try? recover(journal)
      throw error
    }
    let drained = try drain(file, &journal, isRetry: false)
    return .rotated(report(journal, drained))
  }

  private func swapIn(
    _ file: borrowing OpenFile, _ tail: Range<Int64>, _ journal: inout RotationJournal
  ) throws(FileError) -> AtomicReplace.Outcome {
    try AtomicReplace(durability: rotation.durability).replace(target) {
      (new) throws(FileError) in
      try copy(tail, of: file, to: new)
    } beforeRename: { (version) throws(FileError) in
      journal.new = version.identity
      if let archive { journal.archiveBase = try archive.prepare() }
      try write(journal)
      try archive?.append(journal.dropped, of: file)
      let folder = try OpenFolder(target.folder, durability: rotation.durability)
      let kept = oldPath(journal)
      try linkFile(target, as: kept)
      try folder.sync()
      // Somebody who does not know our lock may have put another file there.
      return try linkStatusIfPresent(of: kept)?.identity == journal.old
    }
  }

  /// Where the old file stays reachable for the next run.
  func oldPath(_ journal: RotationJournal) -> FilePath {
    target.appendingToName(journal.suffix)
  }

  func report(
    _ journal: RotationJournal, _ drained: (late: Int64, isFinished: Bool)
  ) -> RotationReport {
    RotationReport(
      strategy: .replaced, droppedBytes: journal.dropped.upperBound, lateBytes: drained.late,
      unfinished: drained.isFinished ? nil : oldPath(journal))
  }

  // MARK: Late lines

  /// Carries late lines over until nobody can add more, or time is up.
  ///
  /// - Parameter isRetry: whether an earlier run already waited for writers it could not see.
  func drain(
    _ old: borrowing OpenFile, _ journal: inout RotationJournal, isRetry: Bool
  ) throws(FileError) -> (late: Int64, isFinished: Bool) {
    let context = rotation.context
    let deadline = context.waiting.now() + rotation.timing.drain
    let status = try old.status()
    let before = journal.carried
    var quietLooks = 0
    while quietLooks < 2 {
      // First who has it open, then what is in it: who is gone has written all before the reading.
      let openers = context.processes.openers(journal.old)
      let moved = try carryWholeLines(old, &journal)
      if moved || !openers.writers.isEmpty {
        quietLooks = 0
        if context.waiting.now() >= deadline { return (journal.carried - before, false) }
      } else {
        quietLooks += 1
        if !isRetry, quietLooks == 2, !seesAllWriters(openers, of: status) {
          return (journal.carried - before, false)
        }
      }
      if quietLooks < 2 { context.waiting.sleep(rotation.timing.poll) }
    }
    let size = try old.status().size
    if size > journal.carried {
      try carry(try old.bytes(journal.carried..<size), to: size, &journal)
    }
    try removeOld(journal)
    return (journal.carried - before, true)
  }

  func removeOld(_ journal: RotationJournal) throws(FileError) {
    let folder = try OpenFolder(target.folder, durability: rotation.durability)
    try unlinkIfPresent(oldPath(journal))
    try folder.sync()
    try removeJournal()
  }

  private func carryWholeLines(
    _ old: borrowing OpenFile, _ journal: inout RotationJournal
  ) throws(FileError) -> Bool {
    var hasMoved = false
    var piece: Int64 = 65_536
    while true {
      let size = try old.status().size
      guard size > journal.carried else { return hasMoved }
      let upper = min(size, journal.carried + piece)
      let bytes = try old.bytes(journal.carried..<upper)
      if let last = bytes.lastIndex(of: newline) {
        try carry(Array(bytes[...last]), to: journal.carried + Int64(last) + 1, &journal)
        hasMoved = true
      } else if upper == size {
        return hasMoved
      } else {
        // One line longer than the piece.
        piece *= 2
      }
    }
  }

  /// Appends a piece of the old file to the new one, noted beforehand so that it is never done twice.
  private func carry(
    _ bytes: [UInt8], to end: Int64, _ journal: inout RotationJournal
  ) throws(FileError) {
    let file = try OpenFile(target, .readWrite, [.append, .create])
    journal.carry = RotationJournal.Carry(end: end, base: try file.status().size)
    try write(journal)
    _ = try appendOrUndo(bytes, to: file, durability: rotation.durability)
    journal.carried = end
    journal.carry = nil
  }
}
