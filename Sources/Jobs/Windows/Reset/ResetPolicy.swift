package import Shared

/// What `window-reset` was asked for and goes by.
package struct ResetPolicy: Sendable {
  /// How long after a reset numbers may still be the old ones.
  package var settle: Duration
  /// Names of windows in the order they are planned.
  package var sequence: [String]
  /// The name the operator gives the window that is to be closed.
  package var window: String?
  /// The name of the one after it.
  package var next: String?
  package var days: LocalTime

  package init(
    settle: Duration, sequence: [String], window: String?, next: String?, days: LocalTime
  ) {
    self.settle = settle
    self.sequence = sequence
    self.window = window
    self.next = next
    self.days = days
  }

  /// The least time between two readings that are to confirm each other.
  package static let confirmationSpacing = Duration.seconds(60)

  /// The name of an agent's first window at a provider.
  func firstWindow(taken: Set<String>) -> String {
    window ?? next ?? WindowName.next(after: nil, sequence: sequence, taken: taken)
  }

  /// The name of the window after `closing`.
  func window(after closing: String, taken: Set<String>) -> String {
    if let next, window == nil || window == closing, !taken.contains(next) { return next }
    return WindowName.next(after: closing, sequence: sequence, taken: taken)
  }
}

/// What a run has to do, told without asking anybody.
package enum ResetDue: Sendable, Equatable {
  /// Nothing before this moment; nil when that cannot be told yet.
  case idle(until: Timestamp?)
  /// A client must be asked.
  case look
  /// Only an AFTER is missing that files may have brought meanwhile.
  case backfill
}

extension WindowPosition {
  /// Until when nothing is due, told by the position alone: nothing was missing when the whole
  /// ledger was last read, and the window has not ended; nil when that is not so.
  package func quietUntil(policy: ResetPolicy) -> Timestamp? {
    guard isWhole, lastRow != nil, isConfirmed, candidate == nil,
      case .resetsAt(let end) = identity?.end
    else { return nil }
    return end + policy.settle
  }

  /// What a run at `now` has to do.
  package func due(
    at now: Timestamp, isBeforeMissing: Bool, isAfterMissing: Bool, policy: ResetPolicy
  ) -> ResetDue {
    guard window != nil else { return .look }
    // A clock that was set back leaves a look in the future: it says nothing.
    if let lookedAt, lookedAt <= now, now - lookedAt < ResetPolicy.confirmationSpacing,
      !hasEndedSince(lookedAt, at: now, policy: policy)
    {
      return .idle(until: lookedAt + ResetPolicy.confirmationSpacing)
    }
    if isBeforeMissing || candidate != nil || !isConfirmed { return .look }
    switch identity?.end {
    case .resetsAt(let end):
      if now >= end + policy.settle { return .look }
      return isAfterMissing ? .backfill : .idle(until: end + policy.settle)
    case .day(let day):
      if policy.days.day(at: now - policy.settle) > day { return .look }
      return isAfterMissing ? .backfill : .idle(until: nil)
    case nil:
      guard let lookedAt, lookedAt <= now, now - lookedAt < policy.settle else { return .look }
      return .idle(until: lookedAt + policy.settle)
    }
  }
  /// Whether the window's end settled after the last look, which therefore cannot have seen it.
  private func hasEndedSince(_ look: Timestamp, at now: Timestamp, policy: ResetPolicy) -> Bool {
    guard case .resetsAt(let end) = identity?.end else { return false }
    return now >= end + policy.settle && look < end + policy.settle
  }
}
