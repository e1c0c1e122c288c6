internal import Shared

/// What a checkpoint shows of other ledgers: the last preview and the largest differences in cost.
package struct CheckpointViews: Sendable {
  private let workspace: Workspace
  private let configuration: Configuration
  private let ledgers: WindowLedgers

  package init(configuration: Configuration, ledgers: WindowLedgers) {
    workspace = ledgers.workspace
    self.configuration = configuration
    self.ledgers = ledgers
  }

  /// The parts of the handoff that are views, as they print it.
  func sections(of window: String) throws(JobError) -> [SessionHandoff.Section] {
    [
      .init("Preview", try preview(of: window)),
      .init("Cost, the 3 largest differences", try costs(of: window)),
    ]
  }

  func preview(of window: String) throws(JobError) -> [String] {
    let preview = Preview(
      workspace: workspace, rules: configuration.telemetry.rules, window: window)
    return preview.text(try preview.blocks())
  }

  func costs(of window: String) throws(JobError) -> [String] {
    var options = CostCompareJob.Options()
    options.window = window
    options.limit = 3
    options.isDryRun = true
    let rules = configuration.telemetry.rules
    let text = try CostCompareJob(
      options: options, log: TelemetryLog(ledger: workspace.proxyTelemetry, rules: rules),
      prices: PriceBook(configuration.prices), rules: rules, ledgers: ledgers
    ).run()
    return text?.csv ?? ["no proxy telemetry for \(window)"]
  }
}
