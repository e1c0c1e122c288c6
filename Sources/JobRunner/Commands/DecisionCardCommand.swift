internal import ArgumentParser
internal import Jobs
internal import Shared

struct DecisionCardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: DecisionCard.name,
    abstract: "Say whether a window's numbers can be trusted: GO, SOFT GO or NO-GO.",
    discussion: """
      GO: no anomaly is open, the window is finalized with the outcome pass or partial, its churn \
      was measured and a test run speaks for it. SOFT GO: churn or evidence is missing. NO-GO: \
      anything else. Anomalies that only explain a missing number do not count, nor those that \
      'jobrunner anomalies resolve' has settled. Nothing is written.

      Examples:
        jobrunner decision-card --window W0-CHN
        jobrunner decision-card --window W0-CHN --json | jq -r .status
        jobrunner decision-card --window W0-CHN --require --quiet && git push
      """)

  @OptionGroup var global: GlobalOptions

  @Option(
    help: ArgumentHelp("The window (default: the latest).", valueName: "name"),
    transform: WindowArgument.named)
  var window: WindowArgument?

  @Flag(help: "End with 1 when it is NO-GO.")
  var require = false

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let status = harness.end(DecisionCard.name) { () throws(JobError) in
      let card = try harness.bookLedgers(try harness.configuration())
        .decisionCard(of: window?.name)
      harness.show(card.lines, json: card.json)
      return harness.outputStatus(require && card.status == .noGo ? .negative : .success)
    }
    endProcess(status.rawValue)
  }
}
