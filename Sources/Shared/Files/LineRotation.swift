package import SystemPackage

/// Shortens a file of lines to its end, losing no line that is appended meanwhile.
///
/// Appenders need not know of it. Those that open the file for each line are moved to a new file,
/// and what still arrives in the old one is carried over. For those that keep it open the head is
/// taken out of the same file, where the file system can do that.
package struct LineRotation: Sendable {
  /// How much stays.
  package struct Limits: Equatable, Sendable {
    /// A file of up to this many bytes is left alone, and no more than this stays of a larger one.
    ///
    /// Only a single last line that is longer stays whole.
    package var maxBytes: Int64
    /// How many lines stay at most, at least 1; blank ones do not count.
    package var keepLines: Int

    /// Sets both limits; fewer than one line counts as one.
    package init(maxBytes: Int64, keepLines: Int) {
      self.maxBytes = maxBytes
      self.keepLines = max(1, keepLines)
    }
  }

  /// Times of waiting for others.
  package struct Timing: Equatable, Sendable {
    /// For another append or rotation of the same file.
    package var lockWait: Duration
    /// For writers that have the file open to close it.
    package var settle: Duration
    /// For late lines of writers that still have the replaced file open.
    package var drain: Duration
    /// Between two looks.
    package var poll: Duration

    /// Sets all four times.
    package init(lockWait: Duration, settle: Duration, drain: Duration, poll: Duration) {
      self.lockWait = lockWait
      self.settle = settle
      self.drain = drain
      self.poll = poll
    }

    /// The times of a job that runs from a timer.
    package static let standard = Timing(
      lockWait: .seconds(5), settle: .milliseconds(100), drain: .seconds(2),
      poll: .milliseconds(20))
  }

  /// How much stays.
  package var limits: Limits
  /// Where dropped lines go, durably and before they are dropped; one archive serves one file.
  package var archive: FilePath?
  /// Whether lines that arrive meanwhile may be lost where nothing else is possible.
  package var allowLossy: Bool
  /// Folder of the file's lock and of the record of an unfinished rotation.
  package var locks: FilePath
  /// How far each step is pushed before the next.
  package var durability: Durability
  /// How long to wait for others.
  package var timing: Timing
  /// Who rotates, and what it sees of other processes.
  package var context: LockContext

  /// Describes the rotation; no file is touched yet.
  package init(
    limits: Limits, archive: FilePath?, allowLossy: Bool, locks: FilePath,
    durability: Durability, timing: Timing, context: LockContext
  ) {
    self.limits = limits
    self.archive = archive
    self.allowLossy = allowLossy
    self.locks = locks
    self.durability = durability
    self.timing = timing
    self.context = context
  }

  /// How many bytes a rotation would drop now; looks only.
  package func droppable(_ path: FilePath) throws(FileError) -> Int64 {
    guard let status = try statusIfPresent(of: path), status.irregularity == nil,
      status.size > limits.maxBytes, let file = try OpenFile.ifPresent(path, .readOnly)
    else { return 0 }
    return try cut(of: file, size: status.size, limits: limits)
  }

  /// Whether a rotation would do or refuse anything; looks only.
  package func needsRun(_ path: FilePath) throws(FileError) -> Bool {
    let target = try resolvingLinks(path)
    if let status = try statusIfPresent(of: target), status.irregularity != nil { return true }
    if try isUnfinished(path) { return true }
    return try droppable(target) > 0
  }

  /// Whether a rotation of the file was killed before its end; looks only.
  package func isUnfinished(_ path: FilePath) throws(FileError) -> Bool {
    let target = try resolvingLinks(path)
    let lockPath = try SidecarLock.path(for: target, in: locks)
    let job = RotationRun(rotation: self, target: target, lockPath: lockPath)
    return try linkStatusIfPresent(of: job.journalPath) != nil
  }

  /// Rotates one file if it is over its limit, after finishing a rotation that was killed.
  ///
  /// A file that is missing, small enough, or of one long line is `nothingToDo` and not touched.
  package func rotate(_ path: FilePath) throws(FileError) -> RotationOutcome {
    let target = try resolvingLinks(path)
    if let status = try statusIfPresent(of: target), let kind = status.irregularity {
      return .refused(kind)
    }
    let lockPath = try SidecarLock.path(for: target, in: locks)
    let job = RotationRun(rotation: self, target: target, lockPath: lockPath)
    try job.sweepTemporaries()
    // Before the lock, so that a run with nothing to do leaves no trace.
    let unfinished = try linkStatusIfPresent(of: job.journalPath) != nil
    if !unfinished, try droppable(target) == 0 { return .nothingToDo }
    guard
      let lock = try FileLock.acquire(
        lockPath, waitingUpTo: timing.lockWait, context: context)
    else { return .busy(FileLock.holder(of: lockPath)) }
    defer { withExtendedLifetime(lock) {} }
    return try job.run()
  }

  func cut(
    of file: borrowing OpenFile, size: Int64, limits: Limits
  ) throws(FileError) -> Int64 {
    try LineCut.find(size: size, limits: limits) { (range) throws(FileError) in
      try file.bytes(range)
    }
  }
}

/// What a rotation did.
package enum RotationOutcome: Equatable, Sendable {
  case nothingToDo
  case rotated(RotationReport)
  /// Something other than a regular file, in words such as "a FIFO".
  case refused(String)
  /// Another append or rotation kept the lock, with what it says of itself.
  case busy(LockOwner?)
  /// The file was left as it is.
  case skipped(RotationSkip)
}

/// Figures of one rotation.
package struct RotationReport: Equatable, Sendable {
  /// How it was done.
  package enum Strategy: String, Equatable, Sendable {
    /// A new file took the name.
    case replaced
    /// The head was taken out of the same file.
    case shortened
    /// The end was copied over the head; lines may have been lost.
    case lossy
  }

  /// How it was done.
  package var strategy: Strategy
  /// How long the head was that is gone from the file.
  package var droppedBytes: Int64
  /// Bytes that arrived in the old file after it was replaced, and were carried over.
  package var lateBytes: Int64
  /// The old file, kept for the next run because somebody may still write to it.
  package var unfinished: FilePath?

  /// Makes a report.
  package init(
    strategy: Strategy, droppedBytes: Int64, lateBytes: Int64, unfinished: FilePath? = nil
  ) {
    self.strategy = strategy
    self.droppedBytes = droppedBytes
    self.lateBytes = lateBytes
    self.unfinished = unfinished
  }
}

/// Why a file over its limit was left as it is.
package enum RotationSkip: Equatable, Sendable, CustomStringConvertible {
  /// Writers keep it open, and the file system cannot shorten a file in place.
  case heldOpen(by: [Int32])
  /// Other names for it exist, and the file system cannot shorten a file in place.
  case hardLinks(Int)
  /// The previous rotation's old file is still written to.
  case unfinished(FilePath)
  /// Somebody else replaced the file during a rotation that was killed; its old file is kept.
  case replacedByOthers(kept: FilePath)

  /// The reason as the end of a sentence about the file.
  package var description: String {
    switch self {
    case .heldOpen(let pids):
      "kept open by \(pids.isEmpty ? "others" : pids.map(String.init).joined(separator: ", "))"
        + ", and this file system cannot shorten a file in place"
    case .hardLinks(let count):
      "has \(count) names, and this file system cannot shorten a file in place"
    case .unfinished(let path): "still written to as \(path)"
    case .replacedByOthers(let path): "replaced by another program; the old lines are in \(path)"
    }
  }
}
