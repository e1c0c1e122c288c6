internal import Shared

/// What speaks against the churn of a window: a plain function of the ledger, so that what a killed
/// run did not note is found again by the next.
enum ChurnAnomalies {
  /// What is odd about the rows of a window that count.
  static func find(of window: String, agent: String, in rows: [ChurnRow]) -> [Anomaly] {
    let standing = ChurnRow.standing(rows)
    return standing.filter { $0.window == window && $0.agent == agent && !$0.isSkipped }
      .flatMap { row -> [Anomaly] in
        if row.isEmptyRange {
          return [row.anomaly(.emptyRange, evidence: [.init("commit", row.commitStart)])]
        }
        guard let first = firstWindow(chargedWith: row, rows, standing), first != window else {
          return []
        }
        return [
          row.anomaly(
            .rangeReused,
            evidence: [
              .init("first", first), .init("commit_start", row.commitStart),
              .init("commit_end", row.commitEnd),
            ])
        ]
      }
  }

  /// The window that was charged with these commits before all others, and still is.
  private static func firstWindow(
    chargedWith row: ChurnRow, _ rows: [ChurnRow], _ standing: [ChurnRow]
  ) -> String? {
    func isCharge(_ other: ChurnRow) -> Bool { other.isSameRange(as: row) && other.overlaps(row) }
    let charged = Set(standing.filter(isCharge).map(\.window))
    return rows.first { isCharge($0) && charged.contains($0.window) }?.window
  }
}

extension ChurnRow {
  /// The same range stays the same anomaly, whatever features it is charged with.
  fileprivate func anomaly(_ kind: Anomaly.Kind, evidence: [Anomaly.Evidence]) -> Anomaly {
    Anomaly(
      kind, window: window, providerName: provider, agent: agent, capturedAt: capturedAt,
      evidence: evidence, subject: [commitStart, commitEnd])
  }

  /// Whether files may count in both rows: where it cannot be told, they may.
  fileprivate func overlaps(_ other: ChurnRow) -> Bool {
    guard !paths.isEmpty, !other.paths.isEmpty else { return true }
    return paths.contains { mine in other.paths.contains { Self.overlap(mine, $0) } }
  }

  private static func overlap(_ left: String, _ right: String) -> Bool {
    let isPattern = [left, right].contains { path in
      path.hasPrefix(":") || path.contains { "*?[".contains($0) }
    }
    if isPattern { return true }
    let (left, right) = (parts(left), parts(right))
    return left.starts(with: right) || right.starts(with: left)
  }

  private static func parts(_ path: String) -> [Substring] {
    path.split(separator: "/").filter { $0 != "." }
  }
}
