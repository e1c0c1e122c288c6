internal import Shared

/// A checkpoint in words.
enum CheckpointText {
  /// Tokens and churn, a line each.
  static func summary(
    _ outcome: CheckpointBooks.Outcome, usage: TokenUsage?, budget: Int
  ) -> [String] {
    let row = outcome.row
    var lines = [
      "tokens: planned \(text(row.planned)), actual \(text(row.actual)), delta \(delta(row)); "
        + "budget \(budget)"
    ]
    lines += overBudget(row, budget: budget)
    if let usage { lines += [line(of: usage)] + unseen(usage) }
    if let churn = outcome.churn?.row, !churn.isSkipped {
      lines.append(
        "churn: \(churn.commitStart.prefix(12))..\(churn.commitEnd.prefix(12)), "
          + "\(churn.files) files, +\(churn.insertions)/-\(churn.deletions) "
          + "(net \(churn.net), gross \(churn.gross)), commits \(text(churn.commits)), "
          + "tests \(text(churn.testsTouched))")
    } else {
      lines.append("churn: no range of commits is known")
    }
    let remarks = row.notes.remarks
    return remarks.isEmpty ? lines : lines + ["notes: \(remarks.joined(separator: "; "))"]
  }

  /// What the sources told, such as
  /// `tokens by count: 1200 (900 of them sent from a cache); codex-rollouts 1200 in 3 requests`.
  static func line(of usage: TokenUsage) -> String {
    guard let counts = usage.counts else { return "tokens by count: unknown" }
    let parts = usage.parts.map { part in
      "\(part.source.rawValue) \(part.counts.total) in \(part.requests) requests"
    }
    return "tokens by count: \(counts.total) (\(counts.cachedInput) of them sent from a cache); "
      + parts.joined(separator: ", ")
  }

  /// What could not be seen, a line each.
  static func unseen(_ usage: TokenUsage) -> [String] { usage.unseen.map { "not seen: \($0)" } }

  /// What is said of tokens beyond the budget of a window.
  static func overBudget(_ row: TokenLedger.Row, budget: Int) -> [String] {
    [("planned", row.planned), ("actual", row.actual)].compactMap { name, tokens in
      guard let tokens, tokens > budget else { return nil }
      return "over budget: \(tokens) tokens \(name), \(tokens - budget) more than the \(budget) "
        + "of a window"
    }
  }

  static func counts(_ row: TokenLedger.Row) -> [JobReport.Count] {
    [
      ("tokens_planned", row.planned), ("tokens_actual", row.actual), ("delta", row.delta),
      ("commits", row.commits), ("lines_added", row.linesAdded),
      ("lines_deleted", row.linesDeleted), ("features_added", row.features),
      ("tests_added", row.tests),
    ].compactMap { name, value in value.map { JobReport.Count(name, $0) } }
  }

  private static func text(_ number: Int?) -> String { number.map { "\($0)" } ?? "unknown" }

  private static func delta(_ row: TokenLedger.Row) -> String {
    guard let delta = row.delta else { return "unknown" }
    return delta > 0 ? "+\(delta)" : "\(delta)"
  }
}
