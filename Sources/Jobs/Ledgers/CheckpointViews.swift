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
    let books = books(coming)
    let preview = try preview(of: window, books)
    return Look(
      preview: preview.lines(now: ledgers.world.clock.now(), isWide: false),
      costs: try costs(of: window),
      card: withCard ? try books.decisionCard(of: window) : nil)
  }

  /// The tokens of a window, added up from what clients and the proxy left.
  func usage(of window: String) throws(JobError) -> TokenUsage {
    try TokenUsageReader(ledgers: ledgers, rules: configuration.telemetry.rules)
      .read(window: window)
  }

  /// What a reviewer looks at, the books being as they are now.
  func bundle(
    of window: String, _ books: CheckpointBooks, commands: [String]
  ) throws(JobError) -> ReviewBundle {
    let now = ledgers.world.clock.now()
    let rules = configuration.telemetry.rules
    let views = self.books([:])
    var bundle = ReviewBundle(window: window, writtenAt: now)
    bundle.add(
      "preview.txt",
      lines: try preview(of: window, views).lines(now: now, isWide: true))
    bundle.add(
      "window_audit.txt", lines: try WindowAudit.read(views, rules: rules, window: window).lines)
    bundle.add("decision_card.txt", lines: try views.decisionCard(of: window).lines)
    bundle.add("cost_compare.csv", lines: try costs(of: window))
    bundle.add("command.log", lines: commands)
    let tables = workspace.path(configuration.ledgers.folder)
    for path in [
      books.tokens, books.churn.table, tables.appending("Acceptance_Evidence.csv"),
      tables.appending("Feature_Log.csv"), workspace.windows, workspace.anomalies,
      workspace.churn,
    ] {
      try bundle.add(excerptOf: path)
    }
    return bundle
  }

  private func books(_ coming: [FilePath: [UInt8]]) -> BookLedgers {
    var books = BookLedgers(
      workspace: workspace, tables: workspace.path(configuration.ledgers.folder),
      zone: ledgers.days)
    books.coming = coming
    return books
  }

  /// Made of the books that were given, and not of what is kept for them: they may be ahead of it.
  private func preview(of window: String, _ books: BookLedgers) throws(JobError) -> Preview {
    let log = TelemetryLog(
      ledger: workspace.proxyTelemetry, rules: configuration.telemetry.rules)
    return Preview(
      window: window, book: BookPage(try books.book(), only: window),
      proxy: ProxyPage(try log.summary(window: window), of: window))
  }

  private func costs(of window: String) throws(JobError) -> [String] {
    var options = CostCompareJob.Options()
    options.window = window
    options.limit = 3
    options.isDryRun = true
    let rules = configuration.telemetry.rules
    let result = try CostCompareJob(
      options: options, log: TelemetryLog(ledger: workspace.proxyTelemetry, rules: rules),
      prices: PriceBook(configuration.prices), rules: rules, ledgers: ledgers
    ).run()
    return result.text?.csv ?? ["no proxy telemetry for \(window)"]
  }
}
