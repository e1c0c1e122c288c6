internal import ArgumentParser
internal import Jobs
internal import Shared

struct IngestTelemetryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: IngestTelemetryJob.name,
    abstract: "Store the events of the proxy's log, each once, however often they are read.",
    discussion: """
      Reads what is new in telemetry.file (logs/usage.jsonl) and appends one row an event to \
      proxy_telemetry.jsonl. A log that is not there is no error. Without --window an event \
      belongs to the window that was open when it happened; where none was, it is 'unassigned' \
      until one is known. Lines that are no events are counted by kind and passed over.

      Examples:
        jobrunner ingest-telemetry --verbose
        jobrunner ingest-telemetry --file logs/usage.jsonl.1
        tail -n +1 logs/usage.jsonl \\
          | jobrunner ingest-telemetry --window W0-CHN --stdin
        * * * * * jobrunner --workspace /srv/app ingest-telemetry --quiet   (crontab)
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var text: TextOptions

  @Option(
    help: ArgumentHelp("The window of all events that are read.", valueName: "name"),
    transform: WindowArgument.named)
  var window: WindowArgument?

  @Flag(help: "Store nothing of an input in which anything is odd (65).")
  var strict = false

  @Flag(help: "Say what would be stored; touch nothing.")
  var dryRun = false

  func run() throws {
    let harness = JobHarness(
      JobHarness.Options(global), keeping: dryRun ? nil : IngestTelemetryJob.name,
      metrics: running.metrics)
    let hooks = running.hooks
    harness.runToEnd(
      IngestTelemetryJob.name, hooks: hooks, writes: !dryRun,
      blocking: { () throws(JobError) in
        try harness.ingestTelemetry(
          .init(
            source: text.isGiven ? harness.telemetrySource(text) : .log, window: window?.name,
            isStrict: strict, dryRun: dryRun))
      })
  }
}
