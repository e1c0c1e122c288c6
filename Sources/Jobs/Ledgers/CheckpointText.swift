internal import Shared

/// A checkpoint in words.
enum CheckpointText {
  /// Tokens and churn, a line each.
  static func summary(_ outcome: CheckpointBooks.Outcome, budget: Int) -> [String] {
    let row = outcome.row
    var lines = [
      "tokens: planned \(text(row.planned)), actual \(text(row.actual)), delta \(delta(row)); "
        + "budget \(budget)"
    ]
    lines += overBudget(row, budget: budget)
    if let churn = outcome.churn?.row, !churn.isSkipped {
      lines.append(
        "churn: \(churn.commitStart.prefix(12))..\(churn.commitEnd.prefix(12)), "
          + "\(churn.files) files, +\(churn.insertions)/-\(churn.deletions) "
          + "(net \(churn.net), gross \(churn.gross)), \(text(churn.commits)) commits, "
          + "\(text(churn.testsTouched)) tests")
    } else {
      lines.append("churn: no range of commits is known")
    }
    let remarks = row.notes.remarks
    return remarks.isEmpty ? lines : lines + ["notes: \(remarks.joined(separator: "; "))"]
  }

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
