package import Shared

/// Whether a window's numbers can be trusted enough to go on.
package struct DecisionCard: Sendable, Equatable {
  package static let name = "decision-card"

  package enum Status: String, Sendable, CaseIterable {
    case go = "GO"
    /// All but what speaks for the work: churn or evidence is missing.
    case softGo = "SOFT GO"
    case noGo = "NO-GO"
  }

  package let window: String
  /// Anomalies that are not settled and speak against the numbers.
  package let anomalies: Int
  package let isFinalized: Bool
  /// Of the row finalized last, or of one that is not good where several agents finalized it.
  package let outcome: String?
  /// Test runs that speak for the window.
  package let evidence: Int
  /// Ranges of commits that were measured for it.
  package let churn: Int
  /// What of the ledgers could not be read.
  package let remarks: [String]

  /// How many criteria there are.
  package static let criteria = 5

  /// Outcomes of a window that is done.
  static let goodOutcomes: Set<String> = ["pass", "partial"]
}

extension DecisionCard {
  /// The card of a window.
  ///
  /// - Parameters:
  ///   - book: What the ledgers of the data folder say.
  ///   - tables: The CSV ledgers; a range of commits that stands in both counts once.
  package init(window: String, book: WindowBook, tables: LedgerTables) {
    let entry = book[window]
    let outcomes = entry?.finalized.map(\.outcome) ?? []
    let churn = (entry?.churn ?? []) + tables.churn(of: window, without: entry?.churnRows ?? [])
    self.init(
      window: window, anomalies: entry?.openAnomalies.count ?? 0, isFinalized: !outcomes.isEmpty,
      outcome: outcomes.last { !Self.isGood($0) } ?? outcomes.last,
      evidence: tables.evidence.filter { $0.window == window }.count,
      churn: churn.count { !$0.isSkipped }, remarks: tables.remarks)
  }

  private static func isGood(_ outcome: String) -> Bool {
    goodOutcomes.contains(outcome.lowercased())
  }

  private var isOutcomeGood: Bool { outcome.map(Self.isGood) ?? false }

  package var status: Status {
    guard anomalies == 0, isFinalized, isOutcomeGood else { return .noGo }
    return churn > 0 && evidence > 0 ? .go : .softGo
  }

  /// How many of the criteria are met.
  package var met: Int {
    [anomalies == 0, isFinalized, isOutcomeGood, churn > 0, evidence > 0].count { $0 }
  }

  /// 0 to 100.
  package var completeness: Int { met * 100 / Self.criteria }

  /// Why it is no GO, in the tracker's words.
  package var reasons: [String] {
    var result: [String] = []
    if anomalies > 0 { result.append("anomalies=\(anomalies)") }
    if !isFinalized { result.append("not-finalized") }
    if isFinalized, !isOutcomeGood { result.append("outcome=\(outcome ?? "")") }
    if churn == 0 { result.append("no-churn-row") }
    if evidence == 0 { result.append("no-evidence-row") }
    return result
  }

  // MARK: Showing

  /// The card as the tracker prints it.
  package var lines: [String] {
    var lines = [
      "Decision Card", "  Window:   \(window)", "  Status:   \(status.rawValue)",
      "  Anoms:    \(anomalies)", "  Finalized:\(isFinalized ? "True" : "False")",
      "  Outcome:  \(outcome ?? "None")", "  Evidence: \(evidence)", "  Churn:    \(churn)",
      "  Completeness:\(completeness)% (\(met)/\(Self.criteria))",
    ]
    if !reasons.isEmpty { lines.append("  Reasons:  \(reasons.joined(separator: ", "))") }
    return lines + remarks.map { "  Remark:   \($0)" }
  }

  package func write(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("ok", true)
      writer.member("window", window)
      writer.member("status", status.rawValue)
      writer.member("anomalies", anomalies)
      writer.member("finalized", isFinalized)
      writer.member("outcome", outcome)
      writer.member("evidence", evidence)
      writer.member("churn", churn)
      writer.member("met", met)
      writer.member("criteria", Self.criteria)
      writer.member("completeness_pct", completeness)
      writer.member("reasons", list: reasons)
      writer.member("remarks", list: remarks)
    }
  }

  /// One object, without a line feed.
  package var json: String {
    var writer = JSONWriter()
    write(into: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
