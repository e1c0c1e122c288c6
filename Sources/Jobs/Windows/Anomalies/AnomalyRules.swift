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
    return kinds.compactMap { fault in
      guard let kind = Anomaly.Kind(rawValue: fault.rawValue) else { return nil }
      // Panes that another row proves to be old are found row by row.
      let isProven = pair.before.isStale(among: known) || pair.after.isStale(among: known)
      if fault == .stalePane, isProven { return nil }
      return pair.after.anomaly(kind, evidence: evidence(of: fault, in: pair))
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
  static func find(in rows: [Snapshot]) -> [Anomaly] {
    secondBefores(rows) + stalePanes(rows) + glitches(rows) + surpriseResets(rows)
  }

  /// Two readings that both claim to be the start of one window.
  private static func secondBefores(_ rows: [Snapshot]) -> [Anomaly] {
    var first: [String: Snapshot] = [:]
    var found: [Anomaly] = []
    for row in rows where row.phase == .before && row.reading?.method != .override {
      guard row.reading != nil else { continue }
      let key = "\(row.agent)/\(row.window)"
      if let earlier = first[key] {
        found.append(
          row.anomaly(
            .secondBefore, evidence: [.init("first", earlier.id), .init("second", row.id)]))
      } else {
        first[key] = row
      }
    }
    return found
  }

  private static func stalePanes(_ rows: [Snapshot]) -> [Anomaly] {
    rows.compactMap { row in
      row.newerReading(among: rows).map {
        row.anomaly(.stalePane, evidence: [.init("row", row.id), .init("newer", $0.id)])
      }
    }
  }

  /// Readings of a program that fell and came back although no reset lay between.
  private static func glitches(_ rows: [Snapshot]) -> [Anomaly] {
    var found: [Anomaly] = []
    for (limit, series) in series(rows) {
      for index in series.indices.dropFirst().dropLast() {
        let (low, row) = series[index]
        guard row.reading?.method != .pane,
          let high = series[..<index].last(where: {
            $0.limit.relation(to: low) == .same
              && $0.limit.limit.usedPercent > low.limit.usedPercent + 1
          }),
          let back = series[(index + 1)...].first(where: {
            low.relation(to: $0.limit) == .same
              && $0.limit.limit.usedPercent >= high.limit.limit.usedPercent
          })
        else { continue }
        found.append(
          row.anomaly(
            .glitch,
            evidence: [
              .init("limit", limit), .init("high", high.row.id), .init("low", row.id),
              .init("back", back.row.id),
            ]))
      }
    }
    return found
  }

  /// A window that gave way to another before its end, as two readings in a row agree.
  private static func surpriseResets(_ rows: [Snapshot]) -> [Anomaly] {
    var found: [Anomaly] = []
    for (limit, series) in series(rows) where series.count > 2 {
      for index in 0..<(series.count - 2) {
        let (old, oldRow) = series[index]
        let (new, newRow) = series[index + 1]
        let (next, nextRow) = series[index + 2]
        guard let end = old.limit.resetsAt, old.limit.resetsLabel == nil,
          !old.limit.isNotStarted(at: old.at), next.at > new.at, end > next.at,
          new.limit.usedPercent < old.limit.usedPercent,
          old.relation(to: new) == .later, [.same, .firstAfter].contains(new.relation(to: next))
        else { continue }
        found.append(
          newRow.anomaly(
            .surpriseReset,
            evidence: [
              .init("limit", limit), .init("old", oldRow.id), .init("new", newRow.id),
              .init("confirmed", nextRow.id), .init("old_resets_at", end.text),
            ]))
      }
    }
    return found
  }

  /// The readings of each main limit of each account, in the order of their moments.
  private static func series(
    _ rows: [Snapshot]
  ) -> [(name: String, series: [(limit: DatedLimit, row: Snapshot)])] {
    var result: [String: [(limit: DatedLimit, row: Snapshot)]] = [:]
    for row in rows.sorted(by: { $0.capturedAt < $1.capturedAt }) {
      for limit in row.reading?.limits ?? [] where limit.isMain {
        let key = "\(limit.limitID)/\(limit.minutes ?? 0)/\(row.reading?.account ?? "")"
        result[key, default: []].append((DatedLimit(limit: limit, at: row.capturedAt), row))
      }
    }
    return result.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

extension Snapshot {
  func anomaly(_ kind: Anomaly.Kind, evidence: [Anomaly.Evidence]) -> Anomaly {
    Anomaly(
      kind, window: window, provider: provider, agent: agent, capturedAt: capturedAt,
      evidence: evidence)
  }
}

extension LimitReading? {
  fileprivate var shown: String {
    guard let self else { return "n/a" }
    let end = self.resetsLabel ?? self.resetsAt?.text ?? "no reset"
    return "\(JSONWriter.text(of: self.usedPercent)) (\(end))"
  }
}
