internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write one page with pictures of the windows, tokens, the proxy and its cost.",
    discussion: """
      One HTML file that fetches nothing and runs nothing: windows over time, capacity against \
      features, tokens planned and used, latency, cost by feature, anomalies, each picture with \
      its values in a table. An existing file is replaced in one step. Cost by feature is over \
      all telemetry unless a window is named.

      Examples:
        jobrunner report --output week.html --since 7d
        jobrunner report --window W0-CHN --output W0-CHN.html
        jobrunner report --since 2026-11-01 --output november.html
      """)

  @OptionGroup var global: GlobalOptions

  @Option(
    help: ArgumentHelp("Only this window.", valueName: "name"), transform: WindowArgument.named)
  var window: WindowArgument?

  @Option(
    help: ArgumentHelp(
      "Only windows that were not over by then: a day (UTC), or so long ago.",
      valueName: "day|duration"))
  var since: String?

  @Option(help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
  var output: String

  func validate() throws {
    if window != nil, since != nil { throw ValidationError("choose one of --window and --since") }
    if output.isEmpty { throw ValidationError("--output takes the name of a file") }
    if let since, Self.moment(since, now: Timestamp(milliseconds: 0)) == nil {
      throw ValidationError("--since takes a day such as 2026-11-01, or a duration such as 7d")
    }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let status = harness.end("report") { () throws(JobError) in
      harness.finish(try write(harness))
    }
    endProcess(status.rawValue)
  }

  private func write(_ harness: JobHarness) throws(JobError) -> JobReport {
    let configuration = try harness.configuration()
    let now = harness.world.clock.now()
    let rules = configuration.telemetry.rules
    let reader = ReportReader(
      ledgers: harness.bookLedgers(configuration),
      telemetry: TelemetryLog(ledger: harness.workspace.proxyTelemetry, rules: rules),
      prices: PriceBook(configuration.prices), rules: rules)
    let data = try reader.read(scope(now), now: now)
    let path = harness.live.currentFolder.pushing(FilePath(output))
    do throws(FileError) {
      try AtomicReplace(
        durability: harness.world.durability,
        newFileMode: [.ownerReadWrite, .groupRead, .otherRead]
      ).write(Array(ReportPage(data).html.utf8), to: path)
    } catch {
      throw JobError(error)
    }
    var report = JobReport(
      job: "report", outcome: .done, summary: "\(path) has \(data.windows.count) windows",
      counts: [.init("windows", data.windows.count)])
    report.facts = [.init("output", path.string)]
    return report
  }

  private func scope(_ now: Timestamp) -> ReportReader.Scope {
    if let window { return .window(window.name) }
    return since.flatMap { Self.moment($0, now: now) }.map { .since($0) } ?? .all
  }

  private static func moment(_ text: String, now: Timestamp) -> Timestamp? {
    Timestamp("\(text)T00:00:00Z") ?? DurationText.parse(text).map { now - $0 }
  }
}
