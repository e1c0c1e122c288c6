package import Shared

/// What rollouts say of the use of one window of the subscription.
package struct RolloutObservation: Sendable, Equatable {
  /// The length of the window.
  package let minutes: Int
  /// The end of the window, as the row with the highest percent told it.
  package private(set) var resetsAt: Timestamp
  /// The highest percent of all rows up to the end: other rows are late news of less.
  package private(set) var usedPercent: Double
  /// When that percent was written.
  package private(set) var capturedAt: Timestamp
  package private(set) var firstRowAt: Timestamp
  package private(set) var lastRowAt: Timestamp
  /// The end that was told first; all that are near to it are the same window.
  let anchor: Timestamp

  init(
    minutes: Int, anchor: Timestamp, resetsAt: Timestamp, usedPercent: Double,
    capturedAt: Timestamp, firstRowAt: Timestamp, lastRowAt: Timestamp
  ) {
    self.minutes = minutes
    self.anchor = anchor
    self.resetsAt = resetsAt
    self.usedPercent = usedPercent
    self.capturedAt = capturedAt
    self.firstRowAt = firstRowAt
    self.lastRowAt = lastRowAt
  }

  /// What one row says of one limit; nil when it names no window, or one that is over.
  init?(_ limit: LimitReading, at rowTime: Timestamp) {
    guard limit.isMain, let minutes = limit.minutes, let end = limit.resetsAt, rowTime <= end else {
      return nil
    }
    self.init(
      minutes: minutes, anchor: end, resetsAt: end, usedPercent: limit.usedPercent,
      capturedAt: rowTime, firstRowAt: rowTime, lastRowAt: rowTime)
  }

  /// Whether another observation is of the same window.
  func isSameWindow(_ other: RolloutObservation) -> Bool {
    minutes == other.minutes
      && (anchor - WindowLength.jitter...anchor + WindowLength.jitter).contains(other.anchor)
  }

  /// Takes in a later observation of the same window.
  mutating func merge(_ other: RolloutObservation) {
    if (other.usedPercent, other.capturedAt) >= (usedPercent, capturedAt) {
      usedPercent = other.usedPercent
      capturedAt = other.capturedAt
      resetsAt = other.resetsAt
    }
    firstRowAt = min(firstRowAt, other.firstRowAt)
    lastRowAt = max(lastRowAt, other.lastRowAt)
  }
}

extension [RolloutObservation] {
  /// Takes in the next row of a file.
  mutating func add(_ row: RolloutRow) {
    for limit in row.limits {
      guard let seen = RolloutObservation(limit, at: row.capturedAt) else { continue }
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
      (left.minutes, left.anchor, left.capturedAt, left.usedPercent, left.resetsAt)
        < (right.minutes, right.anchor, right.capturedAt, right.usedPercent, right.resetsAt)
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
