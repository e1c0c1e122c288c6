internal import ArgumentParser
internal import Jobs
internal import Shared

struct WindowAuditCommand: ParsableCommand {
  enum Format: String, ExpressibleByArgument {
    case text
    case json
  }

  static let configuration = CommandConfiguration(
    commandName: WindowAudit.name,
    abstract: "Show how many rows each ledger has of a window, and which of them counts.",
    discussion: """
      Covers readings, finalized rows, anomalies, churn, the proxy's events, GLM counts, ccusage \
      and claude-monitor. Nothing is written.

      Examples:
        jobrunner window-audit --window W0-CHN
        jobrunner window-audit --window W0-CHN --json | jq .finalize.duplicates
      """)

  @OptionGroup var global: GlobalOptions

  @Option(
    help: ArgumentHelp("The window (default: the latest).", valueName: "name"),
    transform: WindowArgument.named)
  var window: WindowArgument?

  @Option(help: ArgumentHelp("text (the default) or json, as --json.", valueName: "format"))
  var format = Format.text

  func run() throws {
    var options = JobHarness.Options(global)
    options.json = options.json || format == .json
    let harness = JobHarness(options)
    let status = harness.end(WindowAudit.name) { () throws(JobError) in
      let configuration = try harness.configuration()
      let audit = try WindowAudit.read(
        harness.bookLedgers(configuration), rules: configuration.telemetry.rules,
        window: window?.name)
      harness.show(audit.lines, json: String(decoding: audit.json, as: UTF8.self))
      return harness.outputStatus(.success)
    }
    endProcess(status.rawValue)
  }
}
