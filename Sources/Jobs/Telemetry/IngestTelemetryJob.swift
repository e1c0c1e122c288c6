internal import Shared
package import SystemPackage

/// `ingest-telemetry`: the events of a proxy's log as rows of `proxy_telemetry.jsonl`, each once.
package struct IngestTelemetryJob: Sendable {
  package static let name = "ingest-telemetry"

  /// Where the events come from.
  package enum Source: Sendable, Equatable {
    /// The log of the configuration, from where the run before stopped.
    case log
    /// A file from its beginning.
    case file(FilePath)
    case standardInput
  }

  package struct Options: Sendable {
    package var source: Source
    /// The window of all events; nil for the one that was open when each happened.
    package var window: String?
    /// Whether anything odd refuses the whole input.
    package var isStrict: Bool
    package var dryRun: Bool

    package init(source: Source, window: String?, isStrict: Bool, dryRun: Bool) {
      self.source = source
      self.window = window
      self.isStrict = isStrict
      self.dryRun = dryRun
    }
  }

  let workspace: Workspace
  let settings: Configuration.Telemetry
  let options: Options
  let stamp: RowStamp
  let world: World
  /// The windows of an agent.
  let spans: @Sendable (String) throws(JobError) -> [WindowSpan]
  /// Told how many bytes are read, and of how many where that is known.
  let progress: @Sendable (Int64, Int64?) -> Void

  package init(
    workspace: Workspace, configuration: Configuration, options: Options, stamp: RowStamp,
    world: World, spans: @escaping @Sendable (String) throws(JobError) -> [WindowSpan],
    progress: @escaping @Sendable (Int64, Int64?) -> Void = { _, _ in }
  ) {
    self.workspace = workspace
    settings = configuration.telemetry
    self.options = options
    self.stamp = stamp
    self.world = world
    self.spans = spans
    self.progress = progress
  }

  /// Runs the job once.
  ///
  /// - Throws: 65 when nothing of the input is an event, or when it is refused; 66 when a named file
  ///   is not there.
  package func run() throws(JobError) -> JobReport {
    let report: JobReport
    switch options.source {
    case .log: report = try runLog()
    case .file(let path):
      guard let file = try open(path) else {
        throw JobError(.noInput, "\(path): no such file")
      }
      defer { try? file.close() }
      let size = try requireRegular(file, path).size
      report = try ingest([
        LogPart(
          source: .file(file, size: Int(size)), path: path, start: 0, takesTornLine: true)
      ]).report(options)
    case .standardInput:
      report = try ingest([
        LogPart(
          source: .pipe(.standardInput), path: "standard input", start: 0, takesTornLine: true)
      ]).report(options)
    }
    return report
  }

  // MARK: The configured log

  private var logPath: FilePath { workspace.path(settings.file) }

  private func runLog() throws(JobError) -> JobReport {
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
    guard known.step(to: status) == .keep else { return false }
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
    var parts: [LogPart] = []
    var known = known
    // What was read may have been stored in a ledger that is no longer there.
    if let last = known, try !isLedger(of: last) { known = nil }
    let old = known.flatMap { rotatedAway($0, status) }
    defer { try? old?.file.close() }
    if let old { parts.append(old.part) }
    let start = try self.start(file, status, known)
    parts.append(
      LogPart(
        source: .file(file, size: Int(status.size)), path: logPath, start: Int(start),
        takesTornLine: false))
    let result = try ingest(parts)
    if !options.dryRun {
      try remember(file, status, offset: result.lineEnd, snapshots: snapshots)
    }
    if result.counts.events == 0, result.counts.hasContent { throw result.nothingUsable(logPath) }
    return result
  }

  /// Where the log is to be read from: where the last run stopped if it is the same up to there.
  private func start(
    _ file: FileDescriptor, _ status: Stat, _ known: LogMemory?
  ) throws(JobError) -> Int64 {
    guard let known, known.step(to: status) != .readAnew else { return 0 }
    return try reading(logPath) { () throws(Errno) in
      try LogMemory.fingerprint(file, before: known.offset) == known.fingerprint ? known.offset : 0
    }
  }

  /// What was not read yet of a log that now bears another name beside the new one.
  private func rotatedAway(_ known: LogMemory, _ status: Stat) -> (
    part: LogPart, file: FileDescriptor
  )? {
    guard status.identity != known.version.identity, let name = logPath.lastComponent?.string
    else { return nil }
    for other in (try? names(in: logPath.folder)) ?? [] where other.hasPrefix(name) && other != name
    {
      let path = logPath.folder.appending(other)
      guard let file = (try? open(path)) ?? nil else { continue }
      if let status = try? Stat(file), status.identity == known.version.identity,
        status.size >= known.offset,
        (try? LogMemory.fingerprint(file, before: known.offset)) == known.fingerprint
      {
        let part = LogPart(
          source: .file(file, size: Int(status.size)), path: path, start: Int(known.offset),
          takesTornLine: true)
        return (part, file)
      }
      try? file.close()
    }
    return nil
  }

  private func remember(
    _ file: FileDescriptor, _ status: Stat, offset: Int64, snapshots: FileVersion?
  ) throws(JobError) {
    let fingerprint = try reading(logPath) { () throws(Errno) in
      try LogMemory.fingerprint(file, before: offset)
    }
    let changed = status.changeNanoseconds
    let now = world.clock.now().milliseconds
    let memory = LogMemory(
      path: logPath.string, version: status.version, changed: changed,
      isSettled: (changed + LogMemory.settling) / 1_000_000 < now, offset: offset,
      fingerprint: fingerprint, ledger: try TelemetryLedger.version(workspace),
      snapshots: snapshots)
    if memory != readMemory() { try StateFile.write(memory.json, to: workspace.telemetryMemory) }
  }

  // MARK: Files

  private func open(_ path: FilePath) throws(JobError) -> FileDescriptor? {
    do {
      return try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      let reason = error as? Errno ?? .ioError
      if reason == .noSuchFileOrDirectory { return nil }
      throw JobError(FileError(operation: "open", path: path, errno: reason))
    }
  }

  private func requireRegular(_ file: FileDescriptor, _ path: FilePath) throws(JobError) -> Stat {
    let status = try reading(path) { () throws(Errno) in try Stat(file) }
    if let kind = status.irregularity { throw JobError(.badData, "\(path) is \(kind), not a log") }
    return status
  }

  func reading<Result>(
    _ path: FilePath, _ body: () throws(Errno) -> Result
  ) throws(JobError) -> Result {
    do throws(Errno) {
      return try body()
    } catch {
      throw JobError(FileError(operation: "read", path: path, errno: error))
    }
  }
}
