internal import Shared

// MARK: - What contradicts the open window

extension ResetDecision {
  /// Another window while ours has not ended: it counts when a second reading agrees.
  func noteSurprise(_ sight: Sight, _ outcome: inout Outcome) {
    guard noteCandidate(sight, &outcome) else { return }
    let old = outcome.position.identity
    rotate(sight, &outcome)
    outcome.position.isConfirmed = true
    guard let row = outcome.rows.last, let old else { return }
    outcome.anomalies.append(
      row.anomaly(
        .surpriseReset,
        evidence: [.init("new", row.id), .init("old_resets_at", old.endText)]))
  }

  /// Keeps what is seen for the first time; true when an earlier reading has agreed.
  @discardableResult
  func noteCandidate(_ sight: Sight, _ outcome: inout Outcome) -> Bool {
    // One that lies ahead is from before the clock was set back, and would never be met.
    if let seen = outcome.position.candidate, seen.seenAt <= sight.capturedAt,
      Self.agree(seen.identity, sight.identity)
    {
      return sight.capturedAt - seen.seenAt >= ResetPolicy.confirmationSpacing
    }
    outcome.position.candidate = .init(identity: sight.identity, seenAt: sight.capturedAt)
    return false
  }

  static func agree(_ first: WindowIdentity?, _ second: WindowIdentity?) -> Bool {
    guard let first, let second else { return first == nil && second == nil }
    return first.matches(second)
  }

  /// The vendor shows the window before ours again: ours was an error of one reading, unless a
  /// second has confirmed it.
  func retract(_ sight: Sight, _ outcome: inout Outcome) {
    // A day that comes again is no error: the clock was put back over midnight.
    guard !outcome.position.isConfirmed, let identity = sight.identity, identity.moment != nil,
      let window = outcome.position.window, let mistaken = beforeRow(of: window),
      let previous = own.last(where: { $0.phase == .before && $0.window != window })?.window,
      isOfAccount(sight.reading, previous),
      own.contains(where: { row in
        row.window == previous && row.identity(days: policy.days).map(identity.matches) == true
      })
    else { return }
    outcome.rows.append(row(window, .before, now, .tombstone(of: mistaken.id)))
    outcome.anomalies.append(
      mistaken.anomaly(.glitch, evidence: [.init("retracted", mistaken.id)]))
    outcome.position.window = previous
    outcome.position.lastPhase = .after
    outcome.position.identity = identity
    outcome.position.best = nil
    outcome.position.candidate = nil
    outcome.position.isConfirmed = true
  }

  /// Less of the same window than was known is an error of the vendor's, no new window.
  func noteGlitch(
    _ sight: Sight, _ window: String, _ identity: WindowIdentity, _ outcome: inout Outcome
  ) {
    let recorded = known.filter { row in
      row.identity(days: policy.days).map(identity.matches) == true
        && beforeRow(of: window).map(row.sharesAccount) != false
    }.compactMap(\.reading)
    let high = (recorded + [outcome.position.best].compactMap { $0 })
      .filter { $0.capturedAt < sight.capturedAt }
      .max { $0.leadingPercent < $1.leadingPercent }
    // Whole and exact numbers of one reading differ by less than one.
    guard let high, high.leadingPercent > sight.leading.usedPercent + 1 else { return }
    outcome.anomalies.append(
      Anomaly(
        .glitch, window: window, provider: provider, agent: agent, capturedAt: sight.capturedAt,
        evidence: [
          .init("high", Self.text(high)), .init("low", Self.text(sight.reading)),
          .init("resets_at", identity.endText),
        ]))
  }

  private static func text(_ reading: Reading) -> String {
    "\(JSONWriter.text(of: reading.leadingPercent)) at \(reading.capturedAt.text)"
  }
}
