internal import Shared

/// What the rows of the ledger say together: deletions and corrections applied, each fact once.
package struct SnapshotHistory: Sendable {
  /// Rows that count, in the order they were written.
  package private(set) var rows: [Snapshot] = []

  /// Applies the rows in the order they were written.
  package init(_ written: [Snapshot]) {
    var standing: [Snapshot] = []
    for row in written {
      switch row.content {
      case .tombstone(let deleted):
        guard let index = standing.lastIndex(where: { $0.id == deleted }) else { continue }
        standing.remove(at: index)
      case .reading where row.source == "override":
        standing.append(Self.override(row, of: standing))
      default:
        if !standing.contains(where: { $0.id == row.id }) { standing.append(row) }
      }
    }
    let corrected = Set(standing.compactMap(\.corrects))
    rows = standing.filter { !corrected.contains($0.id) }
  }

  /// A correction by hand replaces the row before it; what it leaves open is taken from there.
  private static func override(_ row: Snapshot, of standing: [Snapshot]) -> Snapshot {
    guard var reading = row.reading,
      let base = standing.last(where: { $0.isSameEnd(as: row) && $0.reading != nil })
    else { return row }
    var result = row
    result.corrects = base.id
    let given = reading.limits
    for limit in base.reading?.limits ?? [] {
      guard let index = given.firstIndex(where: { $0.isSameLimit(as: limit) }) else {
        reading.limits.append(limit)
        continue
      }
      guard given[index].resetsAt == nil, given[index].resetsLabel == nil else { continue }
      reading.limits[index].resetsAt = limit.resetsAt
      reading.limits[index].resetsLabel = limit.resetsLabel
    }
    reading.account = reading.account ?? base.reading?.account
    result.content = .reading(reading)
    return result
  }

  /// The rows of one agent at one provider.
  package func rows(of agent: String, _ provider: Provider) -> [Snapshot] {
    rows.filter { $0.agent == agent && $0.provider == provider }
  }

  /// The rows for one end of a window, oldest first.
  package func rows(
    of agent: String, _ provider: Provider, window: String, _ phase: Phase
  ) -> [Snapshot] {
    rows(of: agent, provider).filter { $0.window == window && $0.phase == phase }
  }
}

extension Snapshot {
  /// Whether both are for the same end of the same window of the same agent.
  package func isSameEnd(as other: Snapshot) -> Bool {
    window == other.window && provider == other.provider && phase == other.phase
      && agent == other.agent
  }
}

extension LimitReading {
  package func isSameLimit(as other: LimitReading) -> Bool {
    limitID == other.limitID && minutes == other.minutes
  }
}
