internal import Shared

// MARK: - Closing and opening

extension ResetDecision {
  /// Closes the open window, those that passed unseen since, and opens the one the reading is of.
  func rotate(_ sight: Sight, _ outcome: inout Outcome) {
    guard let window = outcome.position.window else { return }
    let before = beforeRow(of: window)
    guard let mine = outcome.position.identity else {
      return replaceUnpinned(before, sight, &outcome)
    }
    let wasSeen = hasEarlierSight(of: sight, outcome)
    close(&outcome)
    openNext(after: mine, since: before?.capturedAt ?? now, sight, &outcome)
    if wasSeen { outcome.position.isConfirmed = true }
  }

  /// What a window leaves that was never pinned: one that had not begun uses no name.
  private func replaceUnpinned(
    _ before: Snapshot?, _ sight: Sight, _ outcome: inout Outcome
  ) {
    if let before, before.isNotStarted {
      outcome.rows.append(row(before.window, .before, now, .tombstone(of: before.id)))
      return open(before.window, sight.reading, sight.tried, &outcome)
    }
    close(&outcome)
    open(nextName(outcome), sight.reading, sight.tried, &outcome)
  }

  /// Gives a window its BEFORE that had none because nothing could be read.
  func reopen(_ missing: Snapshot, _ sight: Sight, _ outcome: inout Outcome) {
    let previous = own.last { $0.window != missing.window && $0.reading != nil }?.window
    let rows = own.filter { $0.window == previous }
    guard let end = rows.compactMap({ $0.identity(days: policy.days) }).last else {
      return open(missing.window, sight.reading, sight.tried, replacing: missing, &outcome)
    }
    guard hasSettled(end, at: min(now, sight.capturedAt)) else { return }
    let since = rows.first { $0.reading != nil }?.capturedAt ?? missing.capturedAt
    openNext(after: end, since: since, replacing: missing, sight, &outcome)
  }

  /// Opens and closes the windows that passed unseen after `end`, and opens the reading's own.
  private func openNext(
    after end: WindowIdentity, since: Timestamp, replacing missing: Snapshot? = nil,
    _ sight: Sight, _ outcome: inout Outcome
  ) {
    var end = end
    var missing = missing
    for passed in pastEvidence(since: since, after: end, until: sight) {
      let first = passed.trusted { hasSettled(end, at: $0) } ?? passed.first
      open(
        missing?.window ?? nextName(outcome), first, [], after: end, replacing: missing, &outcome)
      outcome.position.identity = passed.identity
      close(&outcome)
      end = passed.identity
      missing = nil
    }
    let first = firstReading(of: sight, after: end)
    open(
      missing?.window ?? nextName(outcome), first ?? sight.reading,
      first == nil ? sight.tried : [], after: end, replacing: missing, &outcome)
    outcome.position.identity = sight.identity
    if first != nil { confirm(sight, &outcome) }
    outcome.position.isConfirmed = first != nil
  }

  private func hasEarlierSight(of sight: Sight, _ outcome: Outcome) -> Bool {
    guard let candidate = outcome.position.candidate else { return false }
    return Self.agree(candidate.identity, sight.identity)
  }

  /// Appends a BEFORE.
  ///
  /// - Parameter end: The window that it follows; nil where none is known, when no second reading
  ///   is needed to tell them apart.
  func open(
    _ window: String, _ reading: Reading, _ tried: [Snapshot.Attempt],
    after end: WindowIdentity? = nil, replacing missing: Snapshot? = nil,
    _ outcome: inout Outcome
  ) {
    let leading = reading.leadingLimit
    var row = row(window, .before, reading.capturedAt, .reading(reading))
    row.state = leading?.isNotStarted(at: reading.capturedAt) == true ? .notStarted : .started
    row.tried = tried
    row.corrects = missing?.id
    row.late = lateness(after: end)
    if !own.contains(where: { $0.id == row.id }) { outcome.rows.append(row) }
    outcome.opened.append(window)
    outcome.position.window = window
    outcome.position.lastPhase = .before
    outcome.position.identity = leading?.identity(at: reading.capturedAt, days: policy.days)
    outcome.position.isConfirmed = end == nil
    outcome.position.candidate = nil
    outcome.position.best = nil
  }

  private func nextName(_ outcome: Outcome) -> String {
    let used = taken.union(outcome.opened)
    guard let window = outcome.position.window else { return policy.firstWindow(taken: used) }
    return policy.window(after: window, taken: used)
  }

  /// What a failed look leaves: the closing window's AFTER from files if they have it, and one row a
  /// window and phase that says why there is no reading.
  func noteFailure(
    _ failure: ReadingFailure, _ tried: [Snapshot.Attempt], _ outcome: inout Outcome
  ) {
    outcome.failure = failure
    if outcome.position.window != nil {
      // One without a BEFORE has no identity either: it has its row.
      guard let mine = outcome.position.identity, hasSettled(mine, at: now) else { return }
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
    outcome.position.best = nil
  }
}
