internal import Shared
internal import SystemPackage

/// `rotate-log`: keeps the newest lines of the export error log and of the logs named in the
/// configuration.
package struct RotateLogJob: Sendable {
  package static let name = "rotate-log"

  /// What a run was asked for, over the configuration.
  package struct Options: Sendable {
    /// Whether dropped lines are kept in a file beside the log.
    package var archive: Bool
    package var dryRun: Bool
    /// Whether lines may be lost where a log can be cut in no other way.
    package var allowLossy: Bool
    /// How long to wait for another run to end; zero ends this one at once.
    package var lockWait: Duration

    package init(archive: Bool, dryRun: Bool, allowLossy: Bool, lockWait: Duration) {
      self.archive = archive
      self.dryRun = dryRun
      self.allowLossy = allowLossy
      self.lockWait = lockWait
    }
  }

  private let workspace: Workspace
  private let configuration: Configuration
  private let options: Options
  private let world: World

  package init(
    workspace: Workspace, configuration: Configuration, options: Options, world: World
  ) {
    self.workspace = workspace
    self.configuration = configuration
    self.options = options
    self.world = world
  }

  /// Runs the job once.
  ///
  /// - Throws: 65 when a log is no regular file, 75 when one is held open by its writer and this
  ///   file system cannot cut it without loss; the other logs are rotated all the same.
  package func run() throws(JobError) -> JobReport {
    if options.dryRun { return try dryRun() }
    guard try isAnythingToDo() else {
      return JobReport(job: Self.name, outcome: .idle, summary: "no log is over its limit")
    }
    let lock = try JobLock.take(
      Self.name, workspace: workspace, waitingUpTo: options.lockWait, world: world)
    guard lock != nil else {
      return JobReport(
        job: Self.name, outcome: .locked, summary: "another run holds the lock")
    }
    defer { withExtendedLifetime(lock) {} }
    return try rotateAll()
  }

  // MARK: Logs

  private struct Log {
    let path: FilePath
    let limits: LineRotation.Limits
  }

  private var logs: [Log] {
    [Log(path: workspace.exportErrorLog, limits: configuration.rotate.limits)]
      + configuration.rotate.files.map {
        Log(path: workspace.path($0.path), limits: $0.limits)
      }
  }

  private func rotation(of log: Log) -> LineRotation {
    LineRotation(
      limits: log.limits,
      archive: options.archive ? log.path.appendingToName(".archive") : nil,
      allowLossy: options.allowLossy, locks: workspace.locks, durability: world.durability,
      timing: .standard, context: world.locks(for: Self.name))
  }

  /// Looks only, so that a run with nothing to do makes no folder and no lock.
  private func isAnythingToDo() throws(JobError) -> Bool {
    for log in logs {
      let needsRun = try checked { () throws(FileError) in
        try rotation(of: log).needsRun(log.path)
      }
      if needsRun { return true }
    }
    return false
  }

  private func dryRun() throws(JobError) -> JobReport {
    var details: [String] = []
    for log in logs {
      let bytes = try checked { () throws(FileError) in
        try rotation(of: log).droppable(log.path)
      }
      if bytes > 0 { details.append("\(log.path)  \(bytes) bytes would be dropped") }
    }
    var report = JobReport(
      job: Self.name, outcome: .idle, summary: "\(details.count) due, nothing touched",
      counts: [.init("due", details.count)])
    report.details = details
    return report
  }

  // MARK: Rotating

  private func rotateAll() throws(JobError) -> JobReport {
    var report = JobReport(job: Self.name, outcome: .done, summary: "")
    var problems: [JobError] = []
    var rotated = 0
    var dropped = 0
    for log in logs {
      let outcome = try checked { () throws(FileError) in
        try rotation(of: log).rotate(log.path)
      }
      switch outcome {
      case .nothingToDo: break
      case .rotated(let figures):
        rotated += 1
        dropped += Int(figures.droppedBytes)
        report.details.append(
          "\(log.path)  \(figures.droppedBytes) bytes dropped, \(figures.strategy.rawValue)")
      case .refused(let kind):
        problems.append(JobError(.badData, "\(log.path) is \(kind), not a log; left as it is"))
      case .busy:
        problems.append(JobError(.tryLater, "\(log.path) is being written; the next run tries"))
      case .skipped(let reason):
        problems.append(
          JobError(
            .tryLater,
            "\(log.path): \(reason); left as it is (--allow-lossy copies and truncates)"))
      }
    }
    if let problem = problems.first { throw problem }
    report.summary = "\(rotated) rotated, \(dropped) bytes dropped"
    report.counts = [.init("rotated", rotated), .init("droppedBytes", dropped)]
    return report
  }

  private func checked<Result>(
    _ body: () throws(FileError) -> Result
  ) throws(JobError) -> Result {
    do throws(FileError) {
      return try body()
    } catch {
      throw JobError(error)
    }
  }
}

extension Configuration.Rotate {
  /// The limits of the export error log.
  var limits: LineRotation.Limits {
    LineRotation.Limits(maxBytes: Int64(maximumBytes), keepLines: keepLines)
  }
}

extension Configuration.Rotate.File {
  var limits: LineRotation.Limits {
    LineRotation.Limits(maxBytes: Int64(maximumBytes), keepLines: keepLines)
  }
}
