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
          source: .file(file, size: Int(size)), path: path, takesTornLine: true)
      ]).report(options)
    case .standardInput:
      report = try ingest([
        LogPart(
          source: .pipe(.standardInput), path: "standard input", takesTornLine: true)
      ]).report(options)
    }
    return report
  }

  // MARK: Files

  func open(_ path: FilePath) throws(JobError) -> FileDescriptor? {
    do {
      return try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      let reason = error as? Errno ?? .ioError
      if reason == .noSuchFileOrDirectory { return nil }
      throw JobError(FileError(operation: "open", path: path, errno: reason))
    }
  }

  func requireRegular(_ file: FileDescriptor, _ path: FilePath) throws(JobError) -> Stat {
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
