package import Shared

/// Puts together what a report shows, out of the ledgers.
package struct ReportReader: Sendable {
  /// What the report is of.
  package enum Scope: Sendable, Equatable {
    case all
    case window(String)
    /// What was not over by then.
    case since(Timestamp)
  }

  private let ledgers: BookLedgers
  private let telemetry: TelemetryLog
  private let prices: PriceBook
  private let rules: ProxyRules

  package init(
    ledgers: BookLedgers, telemetry: TelemetryLog, prices: PriceBook, rules: ProxyRules
  ) {
    self.ledgers = ledgers
    self.telemetry = telemetry
    self.prices = prices
    self.rules = rules
  }

  /// Reads the ledgers; makes none.
  ///
  /// - Throws: 66 for a window that no ledger has.
  package func read(_ scope: Scope, now: Timestamp) throws(JobError) -> ReportData {
    let book = try ledgers.book()
    let summary = try telemetry.summary(window: scope.window)
    var data = ReportData(scope: scope.title, writtenAt: now)
    data.windows = book.windows.flatMap(Self.windows).filter { scope.includes($0) }
      .sorted { ($0.start, $0.name, $0.provider) < ($1.start, $1.name, $1.provider) }
    let names = Set(data.windows.map(\.name))
    data.tokens = try ledgers.readTables().standingTokens
      .filter { scope == .all || names.contains($0.window) || $0.window == scope.window }
      .map {
        .init(
          date: $0.date, task: $0.task, window: $0.window, checkpoint: $0.checkpoint,
          planned: $0.planned, actual: $0.actual)
      }
    data.proxy = (summary?.windows ?? [])
      .filter { scope == .all || names.contains($0.name) || $0.name == scope.window }
      .map { .init(name: $0.name, figures: $0.figures) }
    data.costs = try costs(scope)
    data.anomalies = book.windows
      .filter { scope == .all || names.contains($0.name) || $0.name == scope.window }
      .flatMap { $0.openAnomalies.map(Self.anomaly) }
    guard let window = scope.window, book[window] == nil, data.proxy.isEmpty, data.tokens.isEmpty
    else { return data }
    throw JobError(.noInput, "no ledger has a window \(window); 'jobrunner preview' lists them")
  }

  private func costs(_ scope: Scope) throws(JobError) -> [ReportData.Cost] {
    var tally = CostTally(by: .feature, days: prices.days, features: [:])
    _ = try telemetry.read(window: scope.window, into: &tally)
    return CostCompare(tally, book: prices, rules: rules, reprice: nil).rows.map { row in
      .init(
        feature: row.name, baselineTokens: row.baseline.tokens, glmTokens: row.glm.tokens,
        baselineDollars: row.baseline.requests > 0 ? row.baseline.cost : nil,
        glmDollars: row.glm.requests > 0 ? row.glm.cost : nil)
    }
  }

  private static func anomaly(_ row: AnomalyRow) -> ReportData.Anomaly {
    .init(
      at: row.capturedAt, window: row.window, provider: row.provider, type: row.type,
      notes: row.evidence.isEmpty
        ? row.notes : row.evidence.map { "\($0.name) \($0.value)" }.joined(separator: ", "))
  }

  // MARK: Windows

  /// Whose numbers these are: two agents have the same window each for itself.
  private struct Owner: Hashable {
    let provider: Provider
    let agent: String
  }

  /// A window once for each provider and agent that has a reading or a result.
  static func windows(_ window: WindowBook.Window) -> [ReportData.Window] {
    var owners: [Owner] = []
    for reading in window.readings where reading.isReading {
      owners.append(Owner(provider: reading.provider, agent: reading.agent))
    }
    for result in window.finalized {
      owners += result.providers.map { Owner(provider: $0.provider, agent: result.agent) }
    }
    var known: Set<Owner> = []
    return owners.filter { known.insert($0).inserted }.compactMap { part(of: window, $0) }
  }

  private static func part(
    of window: WindowBook.Window, _ owner: Owner
  ) -> ReportData.Window? {
    let readings = window.readings.filter {
      $0.isReading && $0.provider == owner.provider && $0.agent == owner.agent
    }
    let newest = WindowReading.newest(readings)
    let before = newest.first { $0.phase == .before }
    let after = newest.first { $0.phase == .after }
    let result = window.finalized.last { $0.agent == owner.agent }
    let use = result?.providers.first { $0.provider == owner.provider }
    let limit = before?.namedLimits.first?.limit ?? after?.namedLimits.first?.limit
    let moments = [
      before?.capturedAt, use?.capturedBefore, limit.flatMap(beginning), after?.capturedAt,
      window.span?.from, result?.finalizedAt,
    ]
    guard let start = moments.compactMap(\.self).first else { return nil }
    let ends = [before?.namedLimits.first?.limit.resetsAt, after?.capturedAt, use?.capturedAfter]
    return ReportData.Window(
      name: window.name, provider: owner.provider.rawValue, agent: owner.agent, start: start,
      end: max(start, ends.compactMap(\.self).first ?? start),
      before: before?.namedLimits.first?.limit.usedPercent,
      after: after?.namedLimits.first?.limit.usedPercent, capacity: use?.capacity,
      unit: ProviderUse.unit(of: owner.provider),
      features: use.map { _ in result?.features[owner.provider] ?? 0 }, outcome: result?.outcome,
      state: use != nil ? "finalized" : after != nil ? "closed" : "open")
  }

  private static func beginning(_ limit: LimitReading) -> Timestamp? {
    limit.resetsAt.flatMap { end in limit.minutes.map { end - .seconds($0 * 60) } }
  }
}

extension ReportReader.Scope {
  /// The one window that it is of.
  var window: String? {
    guard case .window(let name) = self else { return nil }
    return name
  }

  var title: String {
    switch self {
    case .all: "All windows"
    case .window(let name): "Window \(name)"
    case .since(let moment): "Since \(moment.text.prefix(10))"
    }
  }

  func includes(_ window: ReportData.Window) -> Bool {
    switch self {
    case .all: true
    case .window(let name): window.name == name
    case .since(let moment): window.end >= moment
    }
  }
}
