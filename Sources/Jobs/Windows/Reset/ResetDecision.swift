package import Shared

/// Decides what a look at a provider means for an agent's windows: a pure function of the ledger,
/// the position, the reading and the moment.
package struct ResetDecision: Sendable {
  package let agent: String
  package let provider: Provider
  package let now: Timestamp
  package let policy: ResetPolicy
  /// The agent's rows at this provider, those that count, oldest first.
  let own: [Snapshot]
  /// Readings of any agent at this provider.
  let known: [Snapshot]
  /// What session files say about windows, newest window last.
  let evidence: [WindowEvidence]

  package init(
    agent: String, provider: Provider, now: Timestamp, policy: ResetPolicy,
    history: SnapshotHistory, evidence: [WindowEvidence]
  ) {
    self.agent = agent
    self.provider = provider
    self.now = now
    self.policy = policy
    own = history.rows(of: agent, provider)
    known = history.rows.filter { $0.provider == provider && $0.reading != nil }
    self.evidence = evidence
  }

  /// What is to be written, and where the agent stands then.
  package struct Outcome: Sendable, Equatable {
    package var rows: [Snapshot] = []
    package var position: WindowPosition
    package var anomalies: [Anomaly] = []
    package var closed: [String] = []
    package var opened: [String] = []
    /// Why nothing could be read.
    package var failure: ReadingFailure?
  }

  /// What was answered, and by whom in vain.
  package struct Answer: Sendable {
    package var result: Result<Reading, ReadingFailure>
    package var tried: [Snapshot.Attempt]

    package init(result: Result<Reading, ReadingFailure>, tried: [Snapshot.Attempt]) {
      self.result = result
      self.tried = tried
    }
  }

  /// The outcome of a look.
  package func decide(_ position: WindowPosition, _ answer: Answer) -> Outcome {
    var outcome = Outcome(position: position)
    outcome.position.lookedAt = now
    outcome.position.updatedAt = now
    switch answer.result {
    case .failure(let failure): noteFailure(failure, answer.tried, &outcome)
    case .success(let reading):
      guard let leading = reading.leadingLimit else {
        noteFailure(
          ReadingFailure(.noData, "the answer has no limit of the whole subscription"),
          answer.tried, &outcome)
        break
      }
      note(reading, leading, answer.tried, &outcome)
    }
    backfill(&outcome)
    return outcome
  }

  /// The outcome where only files were looked at.
  package func decideBackfill(_ position: WindowPosition) -> Outcome {
    var outcome = Outcome(position: position)
    backfill(&outcome)
    return outcome
  }
}

// MARK: - A reading

extension ResetDecision {
  private func note(
    _ reading: Reading, _ leading: LimitReading, _ tried: [Snapshot.Attempt],
    _ outcome: inout Outcome
  ) {
    let identity = leading.identity(at: reading.capturedAt, days: policy.days)
    guard let window = outcome.position.window else {
      return open(policy.firstWindow(taken: taken), reading, tried, after: nil, &outcome)
    }
    if let missing = missingBefore(of: window) {
      return open(window, reading, tried, after: nil, replacing: missing, &outcome)
    }
    guard let mine = outcome.position.identity else {
      return noteUnpinned(window, reading, identity, tried, &outcome)
    }
    if let identity, identity.matches(mine) {
      outcome.anomalies += glitch(leading, reading, window, mine)
      return confirm(&outcome)
    }
    if hasEnded(mine, at: reading.capturedAt) {
      guard hasSettled(mine) else { return }
      return rotate(reading, identity, tried, &outcome)
    }
    if !outcome.position.isConfirmed, let identity,
      retract(window, returningTo: identity, &outcome)
    {
      return
    }
    noteSurprise(reading, identity, tried, &outcome)
  }

  /// The window has no identity yet: it has not begun, or its BEFORE is a pane that does not tell.
  private func noteUnpinned(
    _ window: String, _ reading: Reading, _ identity: WindowIdentity?,
    _ tried: [Snapshot.Attempt], _ outcome: inout Outcome
  ) {
    let before = beforeRow(of: window)
    let past = pastEvidence(
      since: before?.capturedAt ?? .init(milliseconds: 0), previousEnd: nil, until: identity)
    if let first = past.first, before?.isNotStarted == true {
      outcome.position.identity = first.identity
      return rotate(reading, identity, tried, &outcome)
    }
    guard let identity else { return confirm(&outcome) }
    let isSameWindow = before.map { canBelong($0, to: identity) } ?? true
    guard isSameWindow else { return rotate(reading, identity, tried, &outcome) }
    outcome.position.identity = identity
    confirm(&outcome)
  }

  /// Whether a BEFORE may be of this window: it had not begun, or it was taken inside it.
  private func canBelong(_ before: Snapshot, to identity: WindowIdentity) -> Bool {
    if before.isNotStarted { return true }
    guard case .resetsAt(let end) = identity.end, let minutes = identity.minutes else {
      return policy.days.day(at: before.capturedAt) == policy.days.day(at: now)
    }
    return before.capturedAt + WindowIdentity.tolerance >= end - .minutes(minutes)
  }

  private func confirm(_ outcome: inout Outcome) {
    outcome.position.isConfirmed = true
    outcome.position.candidate = nil
  }

  /// Another window while ours has not ended: it counts when a second reading agrees.
  private func noteSurprise(
    _ reading: Reading, _ identity: WindowIdentity?, _ tried: [Snapshot.Attempt],
    _ outcome: inout Outcome
  ) {
    let seen = outcome.position.candidate
    guard let seen, Self.agree(seen.identity, identity),
      reading.capturedAt - seen.seenAt >= ResetPolicy.confirmationSpacing
    else {
      if seen.map({ Self.agree($0.identity, identity) }) != true {
        outcome.position.candidate = .init(identity: identity, seenAt: reading.capturedAt)
      }
      return
    }
    let old = outcome.position.identity
    rotate(reading, identity, tried, &outcome)
    outcome.position.isConfirmed = true
    guard let row = outcome.rows.last, let old else { return }
    outcome.anomalies.append(
      row.anomaly(
        .surpriseReset,
        evidence: [.init("new", row.id), .init("old_resets_at", old.endText)]))
  }

  static func agree(_ first: WindowIdentity?, _ second: WindowIdentity?) -> Bool {
    guard let first, let second else { return first == nil && second == nil }
    return first.matches(second)
  }

  /// The vendor shows the window before ours again: ours was an error of one reading.
  private func retract(
    _ window: String, returningTo identity: WindowIdentity, _ outcome: inout Outcome
  ) -> Bool {
    guard let mistaken = beforeRow(of: window),
      let previous = own.last(where: { $0.phase == .before && $0.window != window }),
      previous.identity(days: policy.days).map(identity.matches) == true
    else { return false }
    outcome.rows.append(row(window, .before, now, .tombstone(of: mistaken.id)))
    outcome.anomalies.append(
      mistaken.anomaly(.glitch, evidence: [.init("retracted", mistaken.id)]))
    outcome.position.window = previous.window
    outcome.position.lastPhase = .after
    outcome.position.identity = identity
    confirm(&outcome)
    return true
  }

  /// Less of the same window than was known is an error of the vendor's, no new window.
  private func glitch(
    _ leading: LimitReading, _ reading: Reading, _ window: String, _ identity: WindowIdentity
  ) -> [Anomaly] {
    let high = known.filter { $0.identity(days: policy.days).map(identity.matches) == true }
      .max { $0.leadingPercent < $1.leadingPercent }
    guard let high, high.capturedAt < reading.capturedAt,
      high.leadingPercent > leading.usedPercent + 1
    else { return [] }
    return [
      high.anomaly(
        .glitch,
        evidence: [
          .init("high", high.id),
          .init("low", "\(JSONWriter.text(of: leading.usedPercent)) at \(reading.capturedAt.text)"),
          .init("resets_at", identity.endText),
        ])
    ]
  }
}

// MARK: - Closing and opening

extension ResetDecision {
  /// Closes the open window, those that passed unseen since, and opens the one the reading is of.
  private func rotate(
    _ reading: Reading, _ identity: WindowIdentity?, _ tried: [Snapshot.Attempt],
    _ outcome: inout Outcome
  ) {
    guard let mine = outcome.position.identity ?? nil else {
      close(&outcome)
      return open(nextName(outcome), reading, tried, after: nil, &outcome)
    }
    close(&outcome)
    var end = mine
    let since = beforeRow(of: outcome.position.window ?? "")?.capturedAt ?? now
    for passed in pastEvidence(since: since, previousEnd: mine, until: identity) {
      open(nextName(outcome), passed.first, [], after: end, &outcome)
      outcome.position.identity = passed.identity
      close(&outcome)
      end = passed.identity
    }
    let first = firstReading(of: identity, after: end, before: reading)
    open(nextName(outcome), first ?? reading, first == nil ? tried : [], after: end, &outcome)
    outcome.position.identity = identity
    outcome.position.isConfirmed = first != nil || hasEarlierSight(of: identity, outcome)
  }

  private func hasEarlierSight(of identity: WindowIdentity?, _ outcome: Outcome) -> Bool {
    guard let candidate = outcome.position.candidate else { return false }
    return Self.agree(candidate.identity, identity)
  }

  /// A reading of the new window that files have from before the run, old enough to be trusted.
  private func firstReading(
    of identity: WindowIdentity?, after end: WindowIdentity, before reading: Reading
  ) -> Reading? {
    guard let identity,
      let found = evidence.last(where: { $0.identity.matches(identity) })
    else { return nil }
    return [found.first, found.settled].compactMap { $0 }.first { first in
      first.capturedAt < reading.capturedAt && hasSettled(end, at: first.capturedAt)
    }
  }

  private func open(
    _ window: String, _ reading: Reading, _ tried: [Snapshot.Attempt],
    after end: WindowIdentity?, replacing missing: Snapshot? = nil, _ outcome: inout Outcome
  ) {
    let leading = reading.leadingLimit
    let identity = leading?.identity(at: reading.capturedAt, days: policy.days)
    var row = row(window, .before, reading.capturedAt, .reading(reading))
    row.state = leading?.isNotStarted(at: reading.capturedAt) == true ? .notStarted : .started
    row.tried = tried
    row.corrects = missing?.id
    if let end = end ?? nil, case .resetsAt(let moment) = end.end {
      row.late = max(.zero, now - moment - policy.settle)
    }
    if !own.contains(where: { $0.id == row.id }) { outcome.rows.append(row) }
    outcome.opened.append(window)
    outcome.position.window = window
    outcome.position.lastPhase = .before
    outcome.position.identity = identity
    outcome.position.isConfirmed = end == nil
    outcome.position.candidate = nil
  }

  private func nextName(_ outcome: Outcome) -> String {
    let used = taken.union(outcome.opened)
    guard let window = outcome.position.window else { return policy.firstWindow(taken: used) }
    return policy.window(after: window, taken: used)
  }

  /// What a failed look leaves: the closing window's AFTER from files if they have it, and one row a
  /// window and phase that says why there is no reading.
  private func noteFailure(
    _ failure: ReadingFailure, _ tried: [Snapshot.Attempt], _ outcome: inout Outcome
  ) {
    outcome.failure = failure
    if let window = outcome.position.window {
      guard missingBefore(of: window) == nil, let mine = outcome.position.identity,
        hasEnded(mine, at: now), hasSettled(mine)
      else { return }
      close(&outcome, reason: failure)
    }
    let window = nextName(outcome)
    var missing = row(window, .before, now, .unavailable(failure))
    missing.tried = tried
    // An alias may have said so before.
    if !own.contains(where: { $0.id == missing.id }) { outcome.rows.append(missing) }
    outcome.position.window = window
    outcome.position.lastPhase = .before
    outcome.position.identity = nil
    outcome.position.candidate = nil
  }
}
