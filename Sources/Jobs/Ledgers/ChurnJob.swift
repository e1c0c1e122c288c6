internal import Shared

/// `churn`: charges a range of commits to a window, in both ledgers or in none.
package struct ChurnJob: Sendable {
  package static let name = "churn"

  private let measurement: ChurnMeasurement
  private let isDryRun: Bool
  private let ledger: ChurnLedger
  private let ledgers: WindowLedgers

  package init(
    options: ChurnMeasurement.Options, ledger: ChurnLedger, ledgers: WindowLedgers
  ) {
    measurement = ChurnMeasurement(options: options, ledgers: ledgers)
    isDryRun = options.isDryRun
    self.ledger = ledger
    self.ledgers = ledgers
  }

  /// Writes the row, or nothing where the window is charged with the same range already.
  ///
  /// - Throws: What ``ChurnMeasurement/row()`` does, and 65 for a ledger of another kind.
  package func run() async throws(JobError) -> JobReport {
    let row = try await measurement.row()
    return isDryRun ? try show(row) : try record(row)
  }

  /// What ``record(_:)`` would do to the files as they are.
  private func show(_ measured: ChurnRow) throws(JobError) -> JobReport {
    let (steps, outcome) = try ledger.decide(measured, on: .looking(at: ledger.targets))
    let rows =
      ChurnRow.read(try ledgers.ledger(ledger.rows).read()) + (outcome.isNew ? [outcome.row] : [])
    var report = report(
      outcome, measured,
      ChurnAnomalies.find(of: measured.window, agent: measured.agent, in: rows))
    report.outcome = .idle
    report.answer =
      (outcome.isNew ? outcome.row.lines : [outcome.row.knownSummary])
      + DryRun(root: ledgers.workspace.root).lines(of: steps) + ["dry run: nothing was written"]
    return report
  }

  /// Writes what was measured, or nothing where it stands there already.
  package func record(_ measured: ChurnRow) throws(JobError) -> JobReport {
    let intents = Intents(
      workspace: ledgers.workspace, world: ledgers.world, job: Self.name)
    let outcome = try intents.commit(
      "\(Self.name):\(measured.window):\(measured.agent)", targets: ledger.targets
    ) { contents throws(JobError) in try ledger.decide(measured, on: contents) }
    let anomalies = ChurnAnomalies.find(
      of: measured.window, agent: measured.agent,
      in: ChurnRow.read(try ledgers.ledger(ledger.rows).read()))
    try ledgers.noteChurnAnomalies(of: measured.window, agent: measured.agent)
    return report(outcome, measured, anomalies)
  }

  private func report(
    _ outcome: ChurnLedger.Outcome, _ measured: ChurnRow, _ anomalies: [Anomaly]
  ) -> JobReport {
    let row = outcome.row
    var report = JobReport(
      job: Self.name, outcome: outcome.isNew ? .done : .idle,
      summary: outcome.isNew ? row.summary : row.knownSummary, counts: row.counts)
    if outcome.isNew { report.answer = row.lines }
    report.facts = [
      .init("window", row.window), .init("agent_id", row.agent), .init("id", row.id),
      .init("provider", row.provider), .init("commit_start", row.commitStart),
      .init("commit_end", row.commitEnd),
    ]
    if measured.isSkipped { report.facts.append(.init("decision", "missing-commit-range")) }
    report.values = [
      .init("normalized_churn", json: row.perFeatureJSON),
      .init("anomalies", json: JSONWriter.array(of: anomalies.map { $0.typeJSON })),
    ]
    report.warnings = outcome.warnings
    return report
  }
}

extension ChurnRow {
  /// What is printed of a row that was written.
  package var lines: [String] {
    if isSkipped {
      return [
        "warn: missing commit_start — skipping git diff",
        "churn \(window): skipped (\(ChurnMeasurement.missingRange))",
      ]
    }
    return [
      "churn \(window): files=\(files) +\(insertions)/-\(deletions) net=\(net) "
        + "per-feature=\(perFeature.map(Decimals.two) ?? "n/a")"
    ]
  }

  fileprivate var summary: String {
    if isSkipped { return "\(window): no first commit is known" }
    let parts = [
      "gross=\(gross)", "commits=\(commits ?? 0)", "authors=\(authors ?? 0)",
      "tests=\(testsTouched ?? 0)",
    ]
    return "\(window): \(range), \(parts.joined(separator: " "))"
  }

  fileprivate var knownSummary: String {
    isSkipped
      ? "\(window) is noted without a first commit already; nothing was added"
      : "\(window) is charged with \(range) already; nothing was added"
  }

  private var range: String { "\(commitStart.prefix(12))..\(commitEnd.prefix(12))" }

  fileprivate var counts: [JobReport.Count] {
    let always = [
      ("files_changed", files), ("insertions", insertions), ("deletions", deletions),
      ("net", net), ("gross", gross), ("features", features),
    ]
    let known = [("commits", commits), ("authors", authors), ("tests_touched", testsTouched)]
    return always.map { .init($0, $1) }
      + known.compactMap { name, count in count.map { .init(name, $0) } }
  }

  fileprivate var perFeatureJSON: [UInt8] {
    var writer = JSONWriter()
    if let perFeature { writer.double(perFeature) } else { writer.null() }
    return writer.bytes
  }
}

extension Anomaly {
  fileprivate var typeJSON: [UInt8] { JSONWriter.quoted(type.rawValue) }
}
