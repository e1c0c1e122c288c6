internal import ArgumentParser
internal import Jobs
internal import Shared

struct RotateLogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: RotateLogJob.name,
    abstract: "Keep the newest lines of the export error log, losing none that arrives meanwhile.",
    discussion: """
      A log over rotate.maxBytes (1 MiB) keeps its last rotate.keepLines (200) lines, and fewer \
      when those are still over the limit; a last line longer than the limit is kept whole. More \
      logs come from rotate.files in jobrunner.json5.

      Examples:
        jobrunner rotate-log --verbose
        jobrunner rotate-log --archive
        17 3 * * * jobrunner --workspace /srv/app rotate-log --quiet   (crontab)
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var running: RunOptions

  @Flag(help: "Append what is dropped to the log's name with .archive behind it.")
  var archive = false

  @Flag(help: "Print what would be dropped; touch nothing.")
  var dryRun = false

  @Flag(
    help: """
      Where a log is held open by its writer and the file system cannot cut it losslessly, copy \
      and truncate: lines that arrive meanwhile are lost.
      """)
  var allowLossy = false

  @Option(
    help: ArgumentHelp(
      "Wait this long for another run to end (default: 0, leave at once).",
      valueName: "duration"))
  var lockWait: DurationArgument?

  func run() throws {
    let harness = JobHarness(
      JobHarness.Options(global), keeping: dryRun ? nil : RotateLogJob.name,
      metrics: running.metrics)
    let hooks = running.hooks
    harness.runToEnd(
      RotateLogJob.name, hooks: hooks,
      blocking: { () throws(JobError) in
        let job = RotateLogJob(
          workspace: harness.workspace, configuration: try harness.configuration(),
          options: .init(
            archive: archive, dryRun: dryRun, allowLossy: allowLossy,
            lockWait: lockWait?.duration ?? .zero),
          world: harness.world)
        return try job.run()
      })
  }
}
