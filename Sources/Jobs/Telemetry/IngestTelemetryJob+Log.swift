internal import Shared
internal import SystemPackage

/// The configured log, of which a run reads what is new.
extension IngestTelemetryJob {
  var logPath: FilePath { workspace.path(settings.file) }

  func runLog() throws(JobError) -> JobReport {
    guard let status = try logStatus() else {
      return JobReport(job: Self.name, outcome: .idle, summary: "there is no log at \(logPath)")
    }
    let known = readMemory()
    if let known, try isCurrent(known, status) {
      return JobReport(job: Self.name, outcome: .idle, summary: "nothing new")
    }
    if options.dryRun { return try ingestLog(known).report(options) }
    let lock = try JobLock.take(
      Self.name, workspace: workspace, waitingUpTo: .zero, world: world)
    guard lock != nil else {
      return JobReport(job: Self.name, outcome: .locked, summary: "another run holds the lock")
    }
    defer { withExtendedLifetime(lock) {} }
    // The run before us may have read on since.
    return try ingestLog(readMemory()).report(options)
  }

  private func logStatus() throws(JobError) -> Stat? {
    do throws(Errno) {
      return try Stat(logPath)
    } catch {
      if error == .noSuchFileOrDirectory { return nil }
      throw JobError(FileError(operation: "stat", path: logPath, errno: error))
    }
  }

  private func readMemory() -> LogMemory? {
    LogMemory(json: StateFile.read(workspace.telemetryMemory))
      .flatMap { $0.path == logPath.string ? $0 : nil }
  }

  private func isCurrent(_ known: LogMemory, _ status: Stat) throws(JobError) -> Bool {
    guard known.step(to: status) == .keep, known.older.map(isRead) ?? true else { return false }
    guard try isLedger(of: known) else { return false }
    return try known.snapshots == snapshotsVersion()
  }

  /// Whether the ledger holds what was stored in it; what others add to it is no matter.
  private func isLedger(of known: LogMemory) throws(JobError) -> Bool {
    let now = try TelemetryLedger.version(workspace)
    return now?.identity == known.ledger?.identity && now?.size ?? 0 >= known.ledger?.size ?? 0
  }

  private func snapshotsVersion() throws(JobError) -> FileVersion? {
    try checked { () throws(FileError) in try FileVersion.current(of: workspace.snapshots) }
  }

  private func ingestLog(_ known: LogMemory?) throws(JobError) -> IngestResult {
    guard let file = try open(logPath) else { return IngestResult() }
    defer { try? file.close() }
    let status = try requireRegular(file, logPath)
    let snapshots = try snapshotsVersion()
    var known = known
    // What was read may have been stored in a ledger that is no longer there, or lost its end.
    if let last = known, try !isLedger(of: last) { known?.forgetPlaces() }
    let isContinued = try isContinued(known, file, status)
    let older = known.map { olderLogs($0, status, isContinued: isContinued) } ?? []
    defer { for log in older { try? log.file.close() } }
    let part = LogPart(
      source: .file(file, size: Int(status.size)), path: logPath,
      start: isContinued ? Int(known?.offset ?? 0) : 0,
      linesBefore: isContinued ? known?.lines ?? 0 : 0, takesTornLine: false)
    let result = try ingest(older.map(\.part) + [part])
    if !options.dryRun {
      var memory = try memory(of: file, status, result.ends.last ?? part.beginning)
      memory.older =
        older.indices.last.map { older[$0].read(to: result.ends[$0]) }
        ?? (isContinued ? known?.older : nil)
      memory.snapshots = snapshots
      if memory != readMemory() {
        try sweepLeftovers()
        try StateFile.write(memory.json, to: workspace.telemetryMemory)
      }
    }
    if result.counts.events == 0, result.counts.hasContent { throw result.nothingUsable(logPath) }
    return result
  }

  /// Removes what runs that were killed left of the memory.
  private func sweepLeftovers() throws(JobError) {
    guard let name = workspace.telemetryMemory.lastComponent?.string,
      (try? Stat(workspace.state))?.type == .directory
    else { return }
    try checked { () throws(FileError) in
      _ = try Leftovers.sweep(in: workspace.state, of: name, processes: world.processes)
    }
  }

  /// Whether the log is still the one that was read, with what was read.
  private func isContinued(
    _ known: LogMemory?, _ file: FileDescriptor, _ status: Stat
  ) throws(JobError) -> Bool {
    guard let known, known.isPlaced, known.step(to: status) != .readAnew else { return false }
    return try reading(logPath) { () throws(Errno) in
      try LogMemory.fingerprint(file, before: known.offset) == known.fingerprint
    }
  }

  private func memory(
    of file: FileDescriptor, _ status: Stat, _ end: LogPart.Place
  ) throws(JobError) -> LogMemory {
    let fingerprint = try reading(logPath) { () throws(Errno) in
      try LogMemory.fingerprint(file, before: end.offset)
    }
    let changed = status.changeNanoseconds
    let now = world.clock.now().milliseconds
    return LogMemory(
      path: logPath.string, version: status.version, changed: changed,
      isSettled: (changed + LogMemory.settling) / 1_000_000 < now, offset: end.offset,
      fingerprint: fingerprint, lines: end.lines,
      ledger: try TelemetryLedger.version(workspace))
  }
}
