internal import Shared

/// Which of all readings stands for a window's AFTER: one later than the BEFORE that still bears the
/// window and shows the most; of equals the last.
struct BestReading {
  let identity: WindowIdentity
  /// The window's start; nil where it has none.
  let before: Snapshot?
  let days: LocalTime

  /// - Parameters:
  ///   - rows: Readings of the provider, of whatever agent and window.
  ///   - kept: Readings of this window that no row was written for.
  ///   - evidence: What session files say.
  func among(
    _ rows: [Snapshot], _ kept: [Reading], _ evidence: [WindowEvidence]
  ) -> Reading? {
    let recorded = rows.filter { row in
      row.id != before?.id && before.map(row.sharesAccount) != false
        && row.identity(days: days).map(identity.matches) == true
    }.compactMap(\.reading)
    let found = evidence.filter { $0.identity.matches(identity) }.map(\.best)
    return (recorded + kept + found).filter(isWithin)
      .max { ($0.leadingPercent, $0.capturedAt) < ($1.leadingPercent, $1.capturedAt) }
  }

  private func isWithin(_ reading: Reading) -> Bool {
    if let before, reading.capturedAt <= before.capturedAt { return false }
    switch identity.end {
    case .resetsAt(let end): return reading.capturedAt <= end
    case .day(let day): return days.day(at: reading.capturedAt) == day
    }
  }
}
