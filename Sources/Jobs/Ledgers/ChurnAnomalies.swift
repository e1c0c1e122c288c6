internal import Shared

/// What speaks against the churn of a window: a plain function of the ledger, so that what a killed
/// run did not note is found again by the next.
enum ChurnAnomalies {
  /// What is odd about the rows of a window that count.
  static func find(of window: String, agent: String, in rows: [ChurnRow]) -> [Anomaly] {
    find(in: rows).filter { $0.window == window && $0.agent == agent }
  }

  /// What is odd about all rows that count.
  private static func find(in rows: [ChurnRow]) -> [Anomaly] {
    let charges = ChurnRow.charges(rows).filter { !$0.row.isSkipped }
    let ofRange = Dictionary(grouping: charges) { [$0.row.commitStart, $0.row.commitEnd] }
    return charges.compactMap { charge in
      let row = charge.row
      if row.isEmptyRange {
        return row.anomaly(.emptyRange, evidence: [.init("commit", row.commitStart)])
      }
      let others = ofRange[[row.commitStart, row.commitEnd]] ?? []
      // Charged before all others, and ever since.
      let first = others.filter { $0.row.overlaps(row) }.min { $0.since < $1.since }
      guard let first, first.row.window != row.window else { return nil }
      return row.anomaly(
        .rangeReused,
        evidence: [
          .init("first", first.row.window), .init("commit_start", row.commitStart),
          .init("commit_end", row.commitEnd),
        ])
    }
  }

  /// The lines that `anomalies.jsonl` lacks: what is odd about a window and not told there, and that
  /// what was told of any window is put right.
  ///
  /// - Parameters:
  ///   - known: The file as it is.
  ///   - rows: All of `churn.jsonl`.
  static func lines(
    of window: String, agent: String, in rows: [ChurnRow], known: [UInt8], now: Timestamp,
    stamp: RowStamp, source: String
  ) -> [UInt8] {
    let found = find(in: rows)
    let told = AnomalyRow.read(known)
    // Settled by a person, it is told for good.
    let standing = Set(told.filter { $0.correctedBy == nil }.map(\.id))
    let new = found.filter {
      $0.window == window && $0.agent == agent && !standing.contains($0.id)
    }
    let ids = Set(found.map(\.id))
    let corrected = told.filter { $0.resolution == nil && $0.isOfChurn && !ids.contains($0.id) }
    return new.flatMap { $0.line(stamp: stamp, source: source) }
      + corrected.flatMap { row -> [UInt8] in
        // A ledger that somebody emptied proves nothing.
        guard let last = rows.last(where: { $0.window == row.window && $0.agent == row.agent })
        else { return [] }
        return row.resolution(
          notes: last.correction(of: row), correctedBy: last.id, agent: agent, now: now,
          stamp: stamp, source: source)
      }
  }
}

extension WindowLedgers {
  /// Brings `anomalies.jsonl` to what churn says of a window: of the rows that count what is odd, and
  /// of what is no longer so that it was put right.
  func noteChurnAnomalies(of window: String, agent: String) throws(JobError) {
    let rows = ChurnRow.read(try ledger(workspace.churn).read())
    func lines(_ bytes: [UInt8]) -> [UInt8] {
      ChurnAnomalies.lines(
        of: window, agent: agent, in: rows, known: bytes, now: world.clock.now(), stamp: stamp,
        source: job)
    }
    // Mostly there is nothing to say, and then no file is made.
    guard !lines(try ledger(workspace.anomalies).read()).isEmpty else { return }
    try ledger(workspace.anomalies).append { bytes throws(JobError) in (lines(bytes), ()) }
  }
}

extension AnomalyRow {
  fileprivate var isOfChurn: Bool {
    [Anomaly.Kind.rangeReused, .emptyRange].contains { $0.rawValue == type }
  }
}

extension ChurnRow {
  /// The same range stays the same anomaly, whatever features it is charged with.
  fileprivate func anomaly(_ kind: Anomaly.Kind, evidence: [Anomaly.Evidence]) -> Anomaly {
    Anomaly(
      kind, window: window, providerName: provider, agent: agent, capturedAt: capturedAt,
      evidence: evidence, subject: [commitStart, commitEnd])
  }

  /// Why an anomaly of the window is settled, this being the last row of it.
  fileprivate func correction(of row: AnomalyRow) -> String {
    let facts = Dictionary(
      row.evidence.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    let start = facts["commit_start"] ?? facts["commit"]
    let end = facts["commit_end"] ?? facts["commit"]
    if isSkipped || (start, end) == (commitStart, commitEnd) {
      return "corrected: the other window is charged with other commits now"
    }
    return "corrected: charged with \(commitStart.prefix(12))..\(commitEnd.prefix(12)) now"
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
