package import Shared

/// What rollouts say of the use of one window of the subscription.
package struct RolloutObservation: Sendable, Equatable {
  /// The length of the window.
  package let minutes: Int
  /// The end that was told first; all that are near to it are the same window.
  let anchor: Timestamp
  /// The row with the highest percent of all up to the end: others are late news of less.
  package private(set) var best: Sighting
  /// The earliest row.
  package private(set) var first: Sighting
  /// The earliest row that is late enough after the window's start to be trusted.
  package private(set) var settled: Sighting?
  package private(set) var lastRowAt: Timestamp

  /// What one row says of the window, and beside it of the others.
  package struct Sighting: Sendable, Equatable {
    package let capturedAt: Timestamp
    package let usedPercent: Double
    /// The end of the window as this row tells it.
    package let resetsAt: Timestamp
    package let others: [Other]
  }

  /// Another window of the same row.
  package struct Other: Sendable, Equatable {
    let minutes: Int
    let usedPercent: Double
    let resetsAt: Timestamp?
  }

  /// How long after a window's start old numbers may still be shown.
  private static let settling = Duration.seconds(300)

  init(
    minutes: Int, anchor: Timestamp, best: Sighting, first: Sighting, settled: Sighting?,
    lastRowAt: Timestamp
  ) {
    self.minutes = minutes
    self.anchor = anchor
    self.best = best
    self.first = first
    self.settled = settled
    self.lastRowAt = lastRowAt
  }

  /// What one row says of one limit; nil when it names no window, or one that is over.
  init?(_ limit: LimitReading, in row: RolloutRow) {
    guard limit.isMain, let minutes = limit.minutes, let end = limit.resetsAt,
      row.capturedAt <= end
    else { return nil }
    let others = row.limits.compactMap { other in
      other.isMain && other != limit
        ? other.minutes.map {
          Other(minutes: $0, usedPercent: other.usedPercent, resetsAt: other.resetsAt)
        } : nil
    }
    let seen = Sighting(
      capturedAt: row.capturedAt, usedPercent: limit.usedPercent, resetsAt: end, others: others)
    let isSettled = row.capturedAt >= end - .minutes(minutes) + Self.settling
    self.init(
      minutes: minutes, anchor: end, best: seen, first: seen, settled: isSettled ? seen : nil,
      lastRowAt: row.capturedAt)
  }

  /// Whether another observation is of the same window.
  func isSameWindow(_ other: RolloutObservation) -> Bool {
    minutes == other.minutes
      && (anchor - WindowLength.jitter...anchor + WindowLength.jitter).contains(other.anchor)
  }

  /// Takes in another observation of the same window.
  mutating func merge(_ other: RolloutObservation) {
    if other.best.rank >= best.rank { best = other.best }
    if other.first.capturedAt < first.capturedAt { first = other.first }
    if let theirs = other.settled,
      settled.map({ theirs.capturedAt < $0.capturedAt }) ?? true
    {
      settled = theirs
    }
    lastRowAt = max(lastRowAt, other.lastRowAt)
  }
}

extension RolloutObservation.Sighting {
  /// Of two that say the same the later one is the better.
  fileprivate var rank: (Double, Timestamp) { (usedPercent, capturedAt) }
}

extension [RolloutObservation] {
  /// Takes in the next row of a file.
  mutating func add(_ row: RolloutRow) {
    for limit in row.limits {
      guard let seen = RolloutObservation(limit, in: row) else { continue }
      // Mostly one of the last.
      if let index = lastIndex(where: { $0.isSameWindow(seen) }) {
        self[index].merge(seen)
      } else {
        append(seen)
      }
    }
  }

  /// The same windows seen in many files made one each, by length and then by end.
  func merged() -> [RolloutObservation] {
    let ordered = sorted { left, right in
      (left.minutes, left.anchor, left.best.capturedAt, left.best.usedPercent, left.best.resetsAt)
        < (
          right.minutes, right.anchor, right.best.capturedAt, right.best.usedPercent,
          right.best.resetsAt
        )
    }
    var result: [RolloutObservation] = []
    for seen in ordered {
      if let last = result.last, last.isSameWindow(seen) {
        result[result.count - 1].merge(seen)
      } else {
        result.append(seen)
      }
    }
    return result
  }
}

// MARK: - As evidence

extension RolloutObservation {
  /// The window and its readings, as `window-reset` weighs them.
  var evidence: WindowEvidence {
    WindowEvidence(
      identity: WindowIdentity(
        limitID: RolloutRow.mainLimitID, minutes: minutes, end: .resetsAt(best.resetsAt)),
      first: reading(first), settled: settled.map(reading), best: reading(best))
  }

  private func reading(_ seen: Sighting) -> Reading {
    let limits =
      [
        LimitReading(
          limitID: RolloutRow.mainLimitID, minutes: minutes, usedPercent: seen.usedPercent,
          resetsAt: seen.resetsAt)
      ]
      + seen.others.map {
        LimitReading(
          limitID: RolloutRow.mainLimitID, minutes: $0.minutes, usedPercent: $0.usedPercent,
          resetsAt: $0.resetsAt)
      }
    return Reading(
      provider: .codex, account: nil,
      limits: limits.sorted { ($0.minutes ?? .max) < ($1.minutes ?? .max) },
      capturedAt: seen.capturedAt, method: .rollouts)
  }
}

extension RolloutFindings {
  /// Every window that the files know of.
  package var windowEvidence: [WindowEvidence] {
    evidence(since: Timestamp(milliseconds: 0)).map(\.evidence)
  }
}
