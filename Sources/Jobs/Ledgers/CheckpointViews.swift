internal import Shared
internal import SystemPackage

/// What a checkpoint shows of other ledgers, as if its own rows were written.
package struct CheckpointViews: Sendable {
  private let configuration: Configuration
  private let ledgers: WindowLedgers

  package init(configuration: Configuration, ledgers: WindowLedgers) {
    self.configuration = configuration
    self.ledgers = ledgers
  }

  private var workspace: Workspace { ledgers.workspace }

  /// What was looked at, as it is printed.
  struct Look: Sendable {
    var preview: [String]
    var costs: [String]
    /// nil where none was asked for.
    var card: DecisionCard?

    /// The parts of the handoff.
    var sections: [SessionHandoff.Section] {
      var sections = [
        SessionHandoff.Section("Preview", preview),
        SessionHandoff.Section("Cost, the 3 largest differences", costs),
      ]
      if let card { sections.append(.init("Decision card", card.lines)) }
      return sections
    }
  }

  /// Looks at a window.
  ///
  /// - Parameter coming: Lines that the checkpoint is going to add to ledgers of the data folder.
  func look(
    at window: String, coming: [FilePath: [UInt8]], withCard: Bool
  ) throws(JobError) -> Look {
    Look(
      preview: try preview(of: window), costs: try costs(of: window),
      card: withCard ? try books(coming).decisionCard(of: window) : nil)
  }

  private func books(_ coming: [FilePath: [UInt8]]) -> BookLedgers {
    var books = BookLedgers(
      workspace: workspace, tables: workspace.path(configuration.ledgers.folder),
      zone: ledgers.days)
    books.coming = coming
    return books
  }

  private func preview(of window: String) throws(JobError) -> [String] {
    let preview = Preview(
      workspace: workspace, rules: configuration.telemetry.rules, window: window)
    return preview.text(try preview.blocks())
  }

  private func costs(of window: String) throws(JobError) -> [String] {
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
