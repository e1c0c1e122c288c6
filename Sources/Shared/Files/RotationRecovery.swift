import SystemPackage

/// Ends or undoes a rotation that was killed.
extension RotationRun {
  enum Recovery: Equatable {
    /// As if it had never begun.
    case undone
    case finished(RotationReport)
    /// The file must be left alone in this run.
    case stopped(RotationSkip)
  }

  func recover(_ journal: RotationJournal) throws(FileError) -> Recovery {
    switch journal.strategy {
    case .shorten: try recoverShortening(journal)
    case .replace: try recoverReplacing(journal)
    }
  }

  private func archive(of journal: RotationJournal) -> RotationArchive? {
    journal.archive.map { RotationArchive(path: $0, durability: rotation.durability) }
  }

  private func recoverShortening(_ journal: RotationJournal) throws(FileError) -> Recovery {
    guard let file = try OpenFile.ifPresent(target, .readOnly),
      try file.status().identity == journal.old,
      try file.bytes(0..<1).first == journal.firstBefore,
      let archive = archive(of: journal)
    else {
      // The head is out, or the file is another one.
      try removeJournal()
      return .undone
    }
    let isArchived = try archive.holds(
      journal.dropped, of: file, intact: journal.collapse, since: journal.archiveBase)
    if isArchived { return .finished(try takeOutHead(journal)) }
    try archive.undo(journal.dropped, of: file, since: journal.archiveBase)
    try removeJournal()
    return .undone
  }

  private func recoverReplacing(_ journal: RotationJournal) throws(FileError) -> Recovery {
    let current = try linkStatusIfPresent(of: target)?.identity
    let old = try OpenFile.ifPresent(oldPath(journal), .readOnly)
    if current == journal.old {
      // The new file never got the name.
      if let file = try OpenFile.ifPresent(target, .readOnly) {
        try archive(of: journal)?
          .undo(journal.dropped, of: file, since: journal.archiveBase)
      }
      try removeOld(journal)
      return .undone
    }
    guard let old, try old.status().identity == journal.old else {
      // All carried over; only the record was still there.
      try removeJournal()
      return .undone
    }
    guard current == journal.new else {
      // Somebody put a third file there. What he did with ours is not known, so the old one stays.
      try removeJournal()
      return .stopped(.replacedByOthers(kept: oldPath(journal)))
    }
    var journal = journal
    try settleCarry(old, &journal)
    let drained = try drain(old, &journal, isRetry: true)
    if drained.isFinished { return .finished(report(journal, drained)) }
    return .stopped(.unfinished(oldPath(journal)))
  }

  /// Finds out whether the piece that was being carried over arrived.
  private func settleCarry(
    _ old: borrowing OpenFile, _ journal: inout RotationJournal
  ) throws(FileError) {
    guard let carry = journal.carry else { return }
    let piece = try old.bytes(journal.carried..<max(journal.carried, carry.end))
    let file = try OpenFile(target, .readWrite)
    switch try find(piece, in: file, from: carry.base) {
    case .whole: journal.carried = carry.end
    case .cutOff(let start): try file.truncate(to: start)
    case .missing: break
    }
    journal.carry = nil
  }

  private enum Match {
    case whole
    /// The file ends within it.
    case cutOff(start: Int64)
    case missing
  }

  /// Looks for a piece at the starts of lines, in bounded memory.
  private func find(
    _ piece: [UInt8], in file: borrowing OpenFile, from base: Int64
  ) throws(FileError) -> Match {
    let size = try file.status().size
    let step: Int64 = 1_048_576
    var isLineStart = true
    var offset = base
    while offset < size {
      let bytes = try file.bytes(offset..<min(size, offset + step + Int64(piece.count)))
      for index in 0..<min(bytes.count, Int(step)) {
        if isLineStart, piece.starts(with: bytes[index...].prefix(piece.count)) {
          if bytes.count - index >= piece.count { return .whole }
          return .cutOff(start: offset + Int64(index))
        }
        isLineStart = bytes[index] == newline
      }
      offset += step
    }
    return .missing
  }
}
