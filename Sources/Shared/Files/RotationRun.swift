import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One rotation of one file, under its lock.
struct RotationRun {
  let rotation: LineRotation
  /// The real file, links resolved.
  let target: FilePath
  let lockPath: FilePath

  var archive: RotationArchive? {
    rotation.archive.map { RotationArchive(path: $0, durability: rotation.durability) }
  }

  func run() throws(FileError) -> RotationOutcome {
    var finished: RotationReport?
    if let journal = try readJournal() {
      switch try recover(journal) {
      case .undone: break
      case .finished(let report): finished = report
      case .stopped(let reason): return .skipped(reason)
      }
    }
    let outcome = try rotateNow()
    // What a killed run began and this one ended is worth telling, if there was nothing else.
    if outcome == .nothingToDo, let finished { return .rotated(finished) }
    return outcome
  }

  private func rotateNow() throws(FileError) -> RotationOutcome {
    guard let file = try OpenFile.ifPresent(target, .readOnly) else { return .nothingToDo }
    let status = try file.requireRegular()
    guard status.size > rotation.limits.maxBytes else { return .nothingToDo }
    let cut = try rotation.cut(of: file, size: status.size, limits: rotation.limits)
    guard cut > 0 else { return .nothingToDo }
    let openers = settledOpeners(of: status)
    let hasOtherNames = status.linkCount > 1
    if !hasOtherNames, openers.writers.isEmpty, seesAllWriters(openers, of: status) {
      return try replace(file, status: status, cut: cut)
    }
    if try canShorten() { return try shorten(file, size: status.size) }
    // Nobody seen and no way to shorten: replace, and keep the old file for one more look.
    if !hasOtherNames, openers.writers.isEmpty {
      return try replace(file, status: status, cut: cut)
    }
    if rotation.allowLossy { return try copyDown(file, size: status.size, cut: cut) }
    return .skipped(
      hasOtherNames
        ? .hardLinks(status.linkCount) : .heldOpen(by: openers.writers.sorted()))
  }

  /// Waits a moment for writers that open the file for one line to close it.
  private func settledOpeners(of status: Stat) -> FileOpeners {
    let waiting = rotation.context.waiting
    let deadline = waiting.now() + rotation.timing.settle
    while true {
      let openers = rotation.context.processes.openers(status.identity)
      if openers.writers.isEmpty || waiting.now() >= deadline { return openers }
      waiting.sleep(rotation.timing.poll * waiting.jitter(0.2...1))
    }
  }

  /// Whether nobody could write to the file unseen.
  ///
  /// Where other users' processes cannot be looked at, a file of ours that others may not write to
  /// can still only be written by us (or by root, who is trusted not to keep it open).
  func seesAllWriters(_ openers: FileOpeners, of status: Stat) -> Bool {
    switch openers.reach {
    case .everyProcess: true
    case .ownProcesses:
      status.userID.rawValue == geteuid()
        && status.permissions.isDisjoint(with: [.groupWrite, .otherWrite])
    case .partial: false
    }
  }

  /// Removes temporary files of killed runs, of the file and of its record.
  func sweepTemporaries() throws(FileError) {
    for path in [target, journalPath] {
      guard let name = path.lastComponent?.string else { continue }
      try Leftovers.sweep(in: path.folder, of: name, processes: rotation.context.processes)
    }
  }
}
