internal import ArgumentParser
internal import Jobs
internal import Shared

extension IngestJob.Source: ExpressibleByArgument {}
extension CcusageReport.Scope: ExpressibleByArgument {}

struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: IngestJob.name,
    abstract: "Store a pane or a report of another tool as one row.",
    discussion: """
      codex and claude take a pane and --phase; claude-monitor its realtime text; codex-ccusage \
      the JSON of ccusage; glm the JSON with prompt counts. What cannot be read is stored with \
      flags that say so. The same text for the same window again adds nothing.

      Examples:
        jobrunner ingest codex --window W0-CHN --phase before --stdin < pane.txt
        npx @ccusage/codex weekly --json | jobrunner ingest codex-ccusage --window W0-CHN \\
          --scope weekly --stdin
        jobrunner ingest glm --window W0-CHN --file counts.json
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var text: TextOptions

  @Argument(
    help: ArgumentHelp(
      "codex, claude, claude-monitor, codex-ccusage or glm.", valueName: "source"))
  var source: IngestJob.Source

  @Option(help: ArgumentHelp("The window's name.", valueName: "name"))
  var window: WindowArgument

  @Option(help: ArgumentHelp("codex, claude: before or after.", valueName: "phase"))
  var phase: Phase?

  @Option(
    help: ArgumentHelp(
      "codex-ccusage: session (the default), daily or weekly.", valueName: "scope"))
  var scope = CcusageReport.Scope.session

  @Option(help: ArgumentHelp("A note for the row.", valueName: "text"))
  var notes = ""

  func validate() throws {
    guard text.isGiven else { throw ValidationError("provide --stdin or --file") }
    let isPane = source == .codex || source == .claude
    if isPane, phase == nil { throw ValidationError("codex/claude ingest requires --phase") }
    if !isPane, phase != nil { throw ValidationError("--phase is for codex and claude") }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let status = harness.end(IngestJob.name) { () throws(JobError) in
      harness.finish(
        try IngestJob(
          source: source, window: window.name, phase: phase, scope: scope,
          text: try text.read(harness), notes: notes,
          ledgers: harness.ledgers(for: IngestJob.name)
        ).run())
    }
    endProcess(status.rawValue)
  }
}
