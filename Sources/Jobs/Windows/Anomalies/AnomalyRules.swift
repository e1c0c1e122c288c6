internal import Shared

/// Finds what is odd among readings: a pure function of the ledger, so that what a killed run did
/// not write is found again by the next.
enum AnomalyRules {
  /// What is wrong with one window's pair.
  static func find(in pair: WindowPair, known: [Snapshot]) -> [Anomaly] {
    var kinds: [WindowPair.Fault] = []
    for fault in pair.deltas.compactMap(\.fault) where !kinds.contains(fault) {
      kinds.append(fault)
    }
    return kinds.flatMap { fault -> [Anomaly] in
      guard let kind = Anomaly.Kind(rawValue: fault.rawValue) else { return [] }
      // Panes that another row proves to be old are found row by row.
      if fault == .stalePane {
        let rows = [pair.before, pair.after].compactMap { $0.stalePane(among: known) }
        if !rows.isEmpty { return rows }
      }
      return [
        pair.after.anomaly(
          kind, evidence: evidence(of: fault, in: pair), subject: [pair.before.id, pair.after.id])
      ]
    }
  }

  private static func evidence(
    of fault: WindowPair.Fault, in pair: WindowPair
  ) -> [Anomaly.Evidence] {
    var facts = [
      Anomaly.Evidence("before", pair.before.id), Anomaly.Evidence("after", pair.after.id),
    ]
    for delta in pair.deltas where delta.fault == fault {
      let first = delta.field.limit(in: pair.before.reading?.limits ?? [])
      let last = delta.field.limit(in: pair.after.reading?.limits ?? [])
      facts.append(
        .init(delta.field.percentKey, "\(first.shown) -> \(last.shown)"))
    }
    return facts
  }

  /// What is odd about single rows and their order, for one provider.
  ///
  /// Takes time in proportion to the rows: they are a month's of all agents.
  static func find(in rows: [Snapshot]) -> [Anomaly] {
    let series = LimitSeries.of(rows)
    return secondBefores(rows) + LimitSeries.stalePanes(rows)
      + series.flatMap { $0.glitches() + $0.surpriseResets() }
  }

  /// Two readings that both claim to be the start of one window.
  private static func secondBefores(_ rows: [Snapshot]) -> [Anomaly] {
    var first: [Snapshot.End: Snapshot] = [:]
    var found: [Anomaly] = []
    for row in rows where row.phase == .before && row.isUsable {
      guard let earlier = first[row.end] else {
        first[row.end] = row
        continue
      }
      guard row.reading?.method != .override else { continue }
      found.append(
        row.anomaly(
          .secondBefore, evidence: [.init("first", earlier.id), .init("second", row.id)],
          subject: [row.id]))
    }
    return found
  }
}

extension Snapshot {
  func anomaly(
    _ kind: Anomaly.Kind, evidence: [Anomaly.Evidence], subject: [String]? = nil
  ) -> Anomaly {
    Anomaly(
      kind, window: window, provider: provider, agent: agent, capturedAt: capturedAt,
      evidence: evidence, subject: subject)
  }

  /// The anomaly of a pane that shows less than was known; nil for any other row.
  func stalePane(among known: [Snapshot]) -> Anomaly? {
    newerReading(among: known).map(stalePane(newer:))
  }

  func stalePane(newer: Snapshot) -> Anomaly {
    anomaly(
      .stalePane, evidence: [.init("row", id), .init("newer", newer.id)], subject: [id])
  }
}

extension LimitReading? {
  fileprivate var shown: String {
    guard let self else { return "n/a" }
    let end = self.resetsLabel ?? self.resetsAt?.text ?? "no reset"
    return "\(JSONWriter.text(of: self.usedPercent)) (\(end))"
  }
}
