internal import Shared

/// A checkpoint in words.
enum CheckpointText {
  /// Tokens and churn, a line each.
  static func summary(
    _ outcome: CheckpointBooks.Outcome, usage: TokenUsage?, _ settings: Configuration.Ledgers
  ) -> [String] {
    let row = outcome.row
    let basis = usage?.counts == nil ? "" : " (\(words(settings.tokens)))"
    var lines = [
      "tokens: planned \(text(row.planned)), actual \(text(row.actual))\(basis), "
        + "delta \(delta(row)); budget \(settings.budget)"
    ]
    lines += overBudget(row, usage: usage, settings)
    if let usage { lines += [line(of: usage, settings.tokens)] + unseen(usage) }
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

  /// Which tokens a row counts that were added up here, for its notes.
  static func basis(
    of actual: Int?, _ counted: Configuration.Ledgers.CountedTokens
  ) -> String {
    actual == nil ? "actual=auto" : "actual=auto, \(words(counted))"
  }

  private static func words(_ counted: Configuration.Ledgers.CountedTokens) -> String {
    switch counted {
    case .all: "cached tokens included"
    case .fresh: "cached tokens left out"
    }
  }

  /// What the sources told, such as
  /// `tokens by count: 1200 (cached tokens included, 900); codex-rollouts 1200 in 3 requests`.
  static func line(
    of usage: TokenUsage, _ counted: Configuration.Ledgers.CountedTokens
  ) -> String {
    guard let counts = usage.counts else { return "tokens by count: unknown" }
    let parts = usage.parts.map { part in
      "\(part.source.rawValue) \(part.counts.tokens(counted)) in \(part.requests) "
        + (part.requests == 1 ? "request" : "requests")
    }
    return "tokens by count: \(counts.tokens(counted)) "
      + "(\(words(counted)), \(counts.cachedInput)); " + parts.joined(separator: ", ")
  }

  /// What could not be seen, a line each.
  static func unseen(_ usage: TokenUsage) -> [String] { usage.unseen.map { "not seen: \($0)" } }

  /// What is said of tokens beyond the budget of a window.
  static func overBudget(
    _ row: TokenLedger.Row, usage: TokenUsage?, _ settings: Configuration.Ledgers
  ) -> [String] {
    let budget = settings.budget
    return [("planned", row.planned), ("actual", row.actual)].compactMap { name, tokens in
      guard let tokens, tokens > budget else { return nil }
      let said =
        "over budget: \(tokens) tokens \(name), \(tokens - budget) more than the \(budget) "
        + "of a window"
      // A context that is sent with each request again is held by a cache, and counts each time.
      guard name == "actual", settings.tokens == .all, let counts = usage?.counts,
        counts.cachedInput > 0
      else { return said }
      return "\(said); without those a cache held \(counts.fresh)"
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
