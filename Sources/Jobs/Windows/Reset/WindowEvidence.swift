internal import Shared

/// What files of a client say of one window.
package struct WindowEvidence: Sendable, Equatable {
  package var identity: WindowIdentity
  /// The earliest reading that bears it.
  package var first: Reading
  /// The earliest one taken late enough after the window's start to be trusted.
  package var settled: Reading?
  /// The one that shows the most, at the window's end at the latest.
  package var best: Reading

  package init(identity: WindowIdentity, first: Reading, settled: Reading?, best: Reading) {
    self.identity = identity
    self.first = first
    self.settled = settled
    self.best = best
  }

  /// The earliest reading whose moment will do; nil when there is none.
  func trusted(_ isSettled: (Timestamp) -> Bool) -> Reading? {
    [first, settled].compactMap { $0 }.first { isSettled($0.capturedAt) }
  }
}

extension ResetDecision {
  /// A reading of the new window that files have from before the look, old enough to be trusted.
  func firstReading(of sight: Sight, after end: WindowIdentity) -> Reading? {
    guard let identity = sight.identity,
      let found = evidence.last(where: { $0.identity.matches(identity) })
    else { return nil }
    return found.trusted { $0 < sight.capturedAt && hasSettled(end, at: $0) }
  }

  /// Windows that files know of and no run saw, in order, none overlapping another.
  ///
  /// Several accounts on one machine write into the same files; windows that overlap are of two.
  func pastEvidence(
    since: Timestamp, after previous: WindowIdentity?, until sight: Sight
  ) -> [WindowEvidence] {
    var end = previous?.moment ?? since
    let limit = sight.identity?.start ?? now
    var result: [WindowEvidence] = []
    for window in evidence.sorted(by: { $0.first.capturedAt < $1.first.capturedAt }) {
      guard let start = window.identity.start, let reset = window.identity.moment,
        window.identity.minutes == sight.leading.minutes, window.first.capturedAt > since,
        start + WindowIdentity.tolerance >= end, reset <= limit + WindowIdentity.tolerance,
        reset + policy.settle <= now
      else { continue }
      result.append(window)
      end = reset
    }
    return result
  }

  /// The window that began and ended between a BEFORE that had not started and a reading.
  func firstPast(after before: Snapshot, until sight: Sight) -> WindowIdentity? {
    pastEvidence(since: before.capturedAt, after: nil, until: sight).first?.identity
  }

  /// The window that began first after a BEFORE that had not started, and ended before it was
  /// closed without a reading.
  func pinned(by before: Snapshot, closedAt: Timestamp) -> WindowIdentity? {
    guard before.isNotStarted, let leading = before.reading?.leadingLimit else { return nil }
    let found = evidence.first { window in
      window.identity.minutes == leading.minutes && window.first.capturedAt > before.capturedAt
    }
    guard let identity = found?.identity, identity.moment.map({ $0 <= closedAt }) == true,
      !own.contains(where: { $0.identity(days: policy.days).map(identity.matches) == true })
    else { return nil }
    return identity
  }
}
