internal import Shared

/// What the rows of the ledger say together: deletions and corrections applied, each fact once.
package struct SnapshotHistory: Sendable {
  /// Rows that count, in the order they were written.
  package private(set) var rows: [Snapshot] = []
  /// All rows, those too that others deleted or replaced.
  private let written: [Snapshot]

  /// Applies the rows in the order they were written.
  package init(_ written: [Snapshot]) {
    self.written = written
    let standing = Self.standing(written)
    // Rows that were deleted count here: what replaced one of them replaced what it had replaced.
    let links = Dictionary(
      written.compactMap { row in row.corrects.map { (row.id, $0) } },
      uniquingKeysWith: { first, _ in first })
    var latest: [Snapshot.End: Snapshot] = [:]
    var replaced: Set<String> = []
    for var row in standing {
      replaced.formUnion(Self.replaced(by: row, links))
      if row.source == "override", let base = latest[row.end] {
        replaced.insert(base.id)
        row = Self.override(row, of: base)
      }
      if row.reading != nil { latest[row.end] = row }
      rows.append(row)
    }
    rows.removeAll { replaced.contains($0.id) }
  }

  /// The rows that were not deleted since they were written, each once.
  private static func standing(_ written: [Snapshot]) -> [Snapshot] {
    var rows: [Snapshot?] = []
    var places: [String: Int] = [:]
    for row in written {
      if case .tombstone(let deleted) = row.content {
        if let place = places.removeValue(forKey: deleted) { rows[place] = nil }
      } else if places[row.id] == nil {
        places[row.id] = rows.count
        rows.append(row)
      }
    }
    return rows.compactMap { $0 }
  }

  /// What a row replaces: the one it names, what that one named, and so on.
  private static func replaced(by row: Snapshot, _ links: [String: String]) -> Set<String> {
    var found: Set<String> = []
    var next = row.corrects
    // A link that leads back ends here, or the row would replace itself.
    while let current = next, current != row.id, found.insert(current).inserted {
      next = links[current]
    }
    return found
  }

  /// A correction by hand replaces the reading before it; what it leaves open is taken from there.
  private static func override(_ row: Snapshot, of base: Snapshot) -> Snapshot {
    guard var reading = row.reading, let corrected = base.reading else { return row }
    let given = reading.limits
    for limit in corrected.limits {
      guard let index = given.firstIndex(where: { $0.isSameLimit(as: limit) }) else {
        reading.limits.append(limit)
        continue
      }
      guard given[index].resetsAt == nil, given[index].resetsLabel == nil else { continue }
      reading.limits[index].resetsAt = limit.resetsAt
      reading.limits[index].resetsLabel = limit.resetsLabel
    }
    reading.account = reading.account ?? corrected.account
    // The numbers are of the moment that is put right, not of the one somebody noticed.
    reading.capturedAt = base.capturedAt
    var result = row
    result.capturedAt = base.capturedAt
    result.corrects = base.id
    result.content = .reading(reading)
    return result
  }

  /// What the rows say once one more is written.
  package func appending(_ row: Snapshot) -> SnapshotHistory { SnapshotHistory(written + [row]) }

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
  /// One end of one window of one agent.
  struct End: Hashable {
    let window: String
    let provider: Provider
    let phase: Phase
    let agent: String
  }

  var end: End { End(window: window, provider: provider, phase: phase, agent: agent) }
}

extension LimitReading {
  package func isSameLimit(as other: LimitReading) -> Bool {
    limitID == other.limitID && minutes == other.minutes
  }
}
