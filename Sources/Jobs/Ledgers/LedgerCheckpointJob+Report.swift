internal import Shared
internal import SystemPackage

/// What is said of a checkpoint.
extension LedgerCheckpointJob {
  /// What was run, and what shows the same as the files of the bundle.
  func commands(for window: String) -> [String] {
    let run = options.command.map(Self.quoted).joined(separator: " ")
    return ["\(world.clock.now().text)  \(run)"]
      + [
        "preview --window \(window) --wide > preview.txt",
        "window-audit --window \(window) > window_audit.txt",
        "decision-card --window \(window) > decision_card.txt",
        "cost-compare --window \(window) --csv --dry-run > cost_compare.csv",
      ].map { "jobrunner --workspace \(Self.quoted(workspace.root.string)) \($0)" }
  }

  /// An argument as a shell takes it.
  private static func quoted(_ argument: String) -> String {
    let isPlain = argument.allSatisfy { $0.isLetter || $0.isNumber || "-_=./:".contains($0) }
    if isPlain, !argument.isEmpty { return argument }
    let parts = argument.split(separator: "'", omittingEmptySubsequences: false)
    return "'\(parts.joined(separator: #"'\''"#))'"
  }

  func report(
    _ outcome: CheckpointBooks.Outcome, _ card: DecisionCard?, _ usage: TokenUsage?
  ) -> JobReport {
    let row = outcome.row
    let line =
      outcome.isNew
      ? "ledger checkpoint recorded for \(row.notes.window) (provider=\(row.notes.provider))"
      : "ledger checkpoint of \(row.notes.window) (provider=\(row.notes.provider)) is recorded "
        + "with the same content already; nothing was added"
    var report = JobReport(
      job: Self.name, outcome: outcome.isNew ? .done : .idle, summary: line,
      counts: CheckpointText.counts(row))
    report.answer = (outcome.churn?.row.lines ?? []) + (card?.lines ?? []) + [line]
    if let usage { report.answer.insert(CheckpointText.line(of: usage, settings.tokens), at: 0) }
    if let folder = options.bundle, !options.isDryRun {
      report.answer.append("review bundle: \(folder)")
    }
    report.warnings =
      (usage.map(CheckpointText.unseen) ?? []) + outcome.warnings
      + CheckpointText.overBudget(row, usage: usage, settings)
    report.facts = [
      .init("window", row.notes.window), .init("provider", row.notes.provider),
      .init("agent_id", row.notes.agent), .init("task", row.task),
      .init("checkpoint", row.notes.kind.rawValue), .init("session_id", row.session),
    ]
    if let card { report.values = [.init("decision_card", json: Array(card.json.utf8))] }
    return report
  }
}
