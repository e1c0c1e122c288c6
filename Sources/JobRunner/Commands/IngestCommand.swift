internal import ArgumentParser
internal import Jobs
internal import Shared

/// What `ingest` takes: a text for one row, or a proxy's log.
enum IngestSource: ExpressibleByArgument {
  case text(IngestJob.Source)
  case proxyTelemetry

  static let proxyName = "proxy-telemetry"

  init?(argument: String) {
    if argument == Self.proxyName {
      self = .proxyTelemetry
    } else if let source = IngestJob.Source(rawValue: argument) {
      self = .text(source)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] {
    IngestJob.Source.allCases.map(\.rawValue) + [proxyName]
  }
}

extension CcusageReport.Scope: ExpressibleByArgument {}

struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: IngestJob.name,
    abstract: "Store a pane or a report of another tool as one row.",
    discussion: """
      codex and claude take a pane and --phase; claude-monitor its realtime text; codex-ccusage \
      the JSON of ccusage; glm the JSON with prompt counts. What cannot be read is stored with \
      flags that say so. The same text for the same window again adds nothing. proxy-telemetry \
      takes the log of a proxy, each event as one row.

      Examples:
        jobrunner ingest codex --window W0-CHN --phase before --stdin < pane.txt
        npx @ccusage/codex weekly --json \\
          | jobrunner ingest codex-ccusage --window W0-CHN --scope weekly --stdin
        jobrunner ingest glm --window W0-CHN --file counts.json
        tail -n +1 logs/usage.jsonl \\
          | jobrunner ingest proxy-telemetry --window W0-CHN --stdin
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var text: TextOptions

  @Argument(
    help: ArgumentHelp(
      "codex, claude, claude-monitor, codex-ccusage, glm or proxy-telemetry.",
      valueName: "source"))
  var source: IngestSource

  @Option(
    help: ArgumentHelp("The window's name.", valueName: "name"), transform: WindowArgument.named)
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
    let isPane =
      switch source {
      case .text(.codex), .text(.claude): true
      default: false
      }
    if isPane, phase == nil { throw ValidationError("codex/claude ingest requires --phase") }
    if !isPane, phase != nil { throw ValidationError("--phase is for codex and claude") }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global), noting: IngestJob.name)
    let status = harness.end(IngestJob.name) { () throws(JobError) in
      guard case .text(let source) = source else { return try ingestTelemetry(harness) }
      return harness.finish(
        try IngestJob(
          source: source, window: window.name, phase: phase, scope: scope,
          text: try text.read(harness), notes: notes,
          ledgers: harness.ledgers(for: IngestJob.name)
        ).run(), writes: true)
    }
    endProcess(status.rawValue)
  }

  private func ingestTelemetry(_ harness: JobHarness) throws(JobError) -> ExitStatus {
    let report = try harness.ingestTelemetry(
      .init(
        source: harness.telemetrySource(text), window: window.name, isStrict: false, dryRun: false))
    return harness.finish(report.answering(window: window.name), writes: true)
  }
}

extension JobReport {
  /// What `ingest` says of a log: the line of the tracker, and what it could not say.
  fileprivate func answering(window: String) -> JobReport {
    let counted = Dictionary(counts.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let events = counted["events"] ?? 0
    let requests = counted["requests"] ?? 0
    let routed = counted["routed"].map { Double($0) / Double(requests) * 100 }
    var report = self
    report.job = IngestJob.name
    report.facts = [.init("source", IngestSource.proxyName), .init("window", window)]
    report.answer = [
      "stored proxy telemetry for \(window) (events=\(events), routed=\(PercentText.of(routed)))"
        + " new=\(counted["new"] ?? 0) requests=\(requests)"
    ]
    return report
  }
}
