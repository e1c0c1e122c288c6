internal import ArgumentParser
internal import Jobs
internal import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

struct RefreshUsageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: RefreshUsageJob.name,
    abstract: "Export every due opencode session and merge its usage into the registry.",
    discussion: """
      Due are sessions without usage, running ones whose usage is older than \
      refresh.runningInterval (30 s), and those that ended since their last export. A session \
      that cannot be exported is written to usage-export.log and tried again later; it never \
      changes the exit status.

      Examples:
        jobrunner refresh-usage --verbose
        jobrunner refresh-usage --agent build/feature-x --timeout 30
        jobrunner refresh-usage --dry-run
        * * * * * jobrunner --workspace /srv/app refresh-usage --quiet   (crontab)
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var running: RunOptions

  @Option(help: ArgumentHelp("Refresh this agent only.", valueName: "name"))
  var agent: String?

  @Option(help: ArgumentHelp("Exports at a time (default: cores, at most 4).", valueName: "n"))
  var concurrency: Int?

  @Option(
    help: ArgumentHelp(
      "Time for the whole run (default: 50); what is left waits for the next.",
      valueName: "duration"))
  var deadline: DurationArgument?

  @Option(help: ArgumentHelp("Time for one export (default: 15).", valueName: "duration"))
  var timeout: DurationArgument?

  @Option(
    help: ArgumentHelp(
      "Wait this long for another run to end (default: 0, leave at once).",
      valueName: "duration"))
  var lockWait: DurationArgument?

  @Flag(help: "Print what is due and why; touch nothing.")
  var dryRun = false

  func validate() throws {
    if let concurrency, !(1...256).contains(concurrency) {
      throw ValidationError("--concurrency takes a number from 1 to 256")
    }
    if let timeout, timeout.duration <= .zero {
      throw ValidationError("--timeout takes a time above 0")
    }
  }

  func run() throws {
    let harness = JobHarness(
      JobHarness.Options(global), keeping: dryRun ? nil : RefreshUsageJob.name,
      metrics: running.metrics)
    let progress = ProgressLine(
      isOn: harness.world.terminal.errIsTerminal && !global.quiet && !global.json && !dryRun
        && harness.world.environment["TERM"] != "dumb",
      err: harness.live.err)
    harness.runToEnd(
      RefreshUsageJob.name, progress: progress, hooks: running.hooks,
      making: { () throws(JobError) in try makeJob(harness, progress) }
    ) { job async throws(JobError) in try await job.run() }
  }

  private func makeJob(
    _ harness: JobHarness, _ progress: ProgressLine
  ) throws(JobError) -> RefreshUsageJob {
    let configuration = try harness.configuration()
    let settings = configuration.refresh
    let options = RefreshUsageJob.Options(
      agent: agent,
      concurrency: try Self.fittingOpenFiles(
        concurrency ?? settings.concurrency ?? Self.defaultConcurrency),
      deadline: deadline?.duration ?? settings.deadline,
      timeout: timeout?.duration ?? settings.timeout, lockWait: lockWait?.duration ?? .zero,
      dryRun: dryRun)
    return RefreshUsageJob(
      workspace: harness.workspace, configuration: configuration, options: options,
      world: harness.world, progress: { progress.show($0, of: $1, name: $2) })
  }

  private static var defaultConcurrency: Int {
    min(4, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }

  /// As many exports as the process may have files open for, since the libraries below trap where
  /// they get none: 32 for the run, 8 for each export.
  private static func fittingOpenFiles(_ concurrency: Int) throws(JobError) -> Int {
    let limit = Int(sysconf(Int32(_SC_OPEN_MAX)))
    guard limit >= 40 else {
      throw JobError(
        .tryLater, "only \(limit) files may be open, and a run needs 40; raise 'ulimit -n'")
    }
    return min(concurrency, (limit - 32) / 8)
  }
}
