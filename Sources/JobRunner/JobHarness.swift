internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What every command does around its job: find the workspace, read the settings, print, exit.
struct JobHarness: Sendable {
  let live: LiveWorld
  var options: Options
  /// The scheduled job of this run; nil for all else.
  private let job: String?
  /// The command of this run where it is none of the scheduled jobs and writes: a row of the
  /// history, and no more.
  private let command: String?
  /// The file of metrics that follows the run.
  private let metrics: String?
  private let startedAt: Timestamp
  private let startedAfter: Duration

  /// How results and errors are shown, as plain values that may cross threads.
  struct Options: Equatable, Sendable {
    var workspace: String?
    var config: String?
    var dataDir: String?
    var stateDir: String?
    var json = false
    var verbose = false
    var quiet = false

    init() {}

    init(_ global: GlobalOptions) {
      workspace = global.workspace
      config = global.config
      dataDir = global.dataDir
      stateDir = global.stateDir
      json = global.json
      verbose = global.verbose
      quiet = global.quiet
    }
  }

  /// - Parameters:
  ///   - job: The scheduled job that runs; nil for all else.
  ///   - command: The command that writes by hand; nil for a view and for what only looks.
  ///   - metrics: The file of metrics that is written after the job.
  init(
    _ options: Options, keeping job: String? = nil, noting command: String? = nil,
    metrics: String? = nil
  ) {
    live = LiveWorld()
    self.options = options
    self.job = job
    self.command = command
    self.metrics = metrics
    startedAt = live.world.clock.now()
    startedAfter = live.world.clock.elapsed()
  }

  var world: World { live.world }

  var workspace: Workspace {
    Workspace(
      flag: options.workspace, dataFlag: options.dataDir, stateFlag: options.stateDir,
      environment: world.environment, currentFolder: live.currentFolder)
  }

  /// - Throws: 78 with the setting at fault, 66 when a configuration named by flag is not there.
  func configuration() throws(JobError) -> Configuration {
    try Configuration.read(configurationPath, named: options.config != nil)
  }

  var configurationPath: FilePath {
    options.config.map { live.currentFolder.pushing(FilePath($0)) }
      ?? workspace.path("jobrunner.json5")
  }

  /// Runs a command's body to its end, an error included.
  func end(_ job: String, _ body: () throws(JobError) -> ExitStatus) -> ExitStatus {
    do throws(JobError) {
      return try body()
    } catch {
      return finish(error, job: job)
    }
  }

  // MARK: Keeping

  /// Whether jobs have run in the workspace before.
  var hasState: Bool { keeper.hasState }

  private var keeper: RunKeeper { RunKeeper(workspace: workspace, world: world) }

  /// Keeps a run that ended well, and says once of the other jobs which of them do not run.
  func keep(_ report: JobReport) {
    defer { writeMetrics() }
    if let command { keeper.note(report, of: run(of: command)) }
    guard let run else { return }
    for notice in keeper.keep(report, of: run) {
      live.err.write("jobrunner \(run.job): \(notice)\n")
    }
  }

  /// Metrics that cannot be written are told, once where nobody watches, and cost only themselves.
  private func writeMetrics() {
    guard let metrics, let job = job ?? command else { return }
    do throws(JobError) {
      try metricsReport.write(to: live.currentFolder.pushing(FilePath(metrics)))
    } catch {
      let isNew = keeper.shouldSay(error, of: "metrics-\(job)")
      guard isNew || options.verbose || world.terminal.errIsTerminal else { return }
      live.err.write("jobrunner \(job): metrics: \(error.message.escapingControls)\n")
    }
  }

  var metricsReport: Metrics {
    let rules = (try? configuration())?.telemetry.rules ?? ProxyRules()
    return Metrics(workspace: workspace, rules: rules, world: world, version: Version.text)
  }

  /// What is known of this run at its end.
  private var run: RunRecord.Run? { job.map(run) }

  private func run(of job: String) -> RunRecord.Run {
    RunRecord.Run(
      job: job, started: startedAt, duration: world.clock.elapsed() - startedAfter,
      trigger: Trigger(
        environment: world.environment, ancestors: Ancestors.names(limit: 3),
        isTerminal: world.terminal.errIsTerminal),
      host: Self.hostName, version: Version.text)
  }

  /// Removes what runs that were killed have left in the folder that is ours alone.
  func sweepState() {
    guard (try? Stat(workspace.state))?.type == .directory else { return }
    try? Leftovers.sweepAll(in: workspace.state, processes: world.processes)
  }

  // MARK: Ending

  /// Prints what a job did, as far as it is asked for, and ends.
  ///
  /// In a healthy run nothing is printed off a terminal: cron mails what is.
  ///
  /// - Parameter writes: Whether the job writes ledgers that views read.
  func finish(_ report: JobReport, writes: Bool = false) -> ExitStatus {
    defer {
      keep(report)
      if writes, report.outcome != .locked { renewViews(isBusy: report.outcome != .idle) }
      if writes || job != nil { sweepState() }
    }
    if options.json {
      live.out.write(report.json + "\n")
    } else {
      if !options.quiet {
        for line in report.answer { live.out.write(line.escapingControls + "\n") }
        for warning in report.warnings {
          live.err.write("jobrunner \(report.job): \(warning.escapingControls)\n")
        }
      }
      if !options.quiet, options.verbose || report.showsDetails {
        for detail in report.details { live.out.write(detail + "\n") }
      }
      // A command that answers has said all there is to say.
      let isWatched =
        options.verbose || world.terminal.errIsTerminal && report.answer.isEmpty
      if !options.quiet, isWatched {
        live.err.write("\(report.job): \(report.summary)\n")
      }
    }
    return outputStatus(.success)
  }

  /// Prints an error as one line, or as a JSON object where that was asked for, and ends.
  ///
  /// Where nobody watches, a scheduled job that goes on failing says so once a day.
  func finish(_ error: JobError, job: String) -> ExitStatus {
    let isNew = run.map { keeper.keep(error, of: $0) } ?? true
    if let command { keeper.note(error, of: run(of: command)) }
    defer {
      writeMetrics()
      if self.job != nil { sweepState() }
    }
    if options.json {
      live.out.write(error.json + "\n")
    } else if isNew || options.verbose || world.terminal.errIsTerminal {
      live.err.write("jobrunner \(job): \(error.message.escapingControls)\n")
    }
    return outputStatus(error.status)
  }

  /// The status, unless the output itself could not be written.
  ///
  /// A reader that stopped reading has what it wanted.
  func outputStatus(_ status: ExitStatus) -> ExitStatus {
    guard let failure = live.out.failure, failure != .brokenPipe, status == .success
    else { return status }
    live.err.write("jobrunner: standard output: \(failure)\n")
    return JobError(
      FileError(operation: "write", path: "standard output", errno: failure)
    ).status
  }
}

extension JobReport {
  /// Details that are the result itself, not an account of it.
  var showsDetails: Bool { counts.first?.name == "due" }
}

/// Ends the process, from where the parser's own `exit` is meant by that word.
func endProcess(_ status: Int32) -> Never {
  exit(status)
}
