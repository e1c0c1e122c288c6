internal import Shared

// MARK: - AFTER

extension ResetDecision {
  /// The outcome of a look that is to catch the open window shortly before its reset.
  package func decideAfter(_ position: WindowPosition, _ answer: Answer) -> Outcome {
    var outcome = looked(position)
    guard let window = position.window, missingBefore(of: window) == nil else { return outcome }
    switch sight(answer) {
    case .failure(let failure):
      outcome.failure = failure
      close(&outcome, reason: failure)
    case .success(let sight):
      pin(sight, window, &outcome)
      guard let mine = outcome.position.identity else { return outcome }
      if bears(sight, mine, window) {
        noteGlitch(sight, window, mine, &outcome)
        confirm(sight, &outcome)
        record(sight.reading, sight.tried, in: window, mine, &outcome)
        outcome.position.lastPhase = .after
      } else if hasEnded(mine, at: sight.capturedAt) {
        close(&outcome)
      } else if !isOver(sight, position) {
        noteCandidate(sight, &outcome)
      }
    }
    return outcome
  }

  /// Gives the open window the identity that a reading tells first.
  private func pin(_ sight: Sight, _ window: String, _ outcome: inout Outcome) {
    guard outcome.position.identity == nil, let identity = sight.identity,
      !isOver(sight, outcome.position), isOfAccount(sight.reading, window),
      beforeRow(of: window).map({ canBelong($0, to: identity) }) ?? true
    else { return }
    outcome.position.identity = identity
  }

  /// Writes the AFTER of the open window: the best reading that still bears it, or why there is none.
  func close(_ outcome: inout Outcome, reason: ReadingFailure? = nil) {
    guard let window = outcome.position.window else { return }
    let identity = outcome.position.identity
    let written = outcome.rows.count
    defer { if outcome.rows.count > written { outcome.closed.append(window) } }
    outcome.position.lastPhase = .after
    if let best = bestAfter(of: window, identity, outcome) {
      return record(best, [], in: window, identity, &outcome)
    }
    guard own.rows(window, .after).isEmpty else { return }
    let failure =
      reason
      ?? ReadingFailure(.noData, "no reading was taken that bears this window's reset time")
    var missing = row(window, .after, now, .unavailable(failure))
    missing.late = lateness(after: identity)
    outcome.rows.append(missing)
  }

  /// Looks for what was missing when windows were closed, as far back as session files are read.
  func backfill(_ outcome: inout Outcome) {
    for before in own where before.phase == .before && before.reading != nil {
      guard
        !outcome.rows.contains(where: { $0.window == before.window && $0.phase == .after }),
        let missing = own.rows(before.window, .after).last(where: { $0.failure != nil }),
        let identity = before.identity(days: policy.days)
          ?? pinned(by: before, closedAt: missing.capturedAt),
        let best = bestAfter(of: before.window, identity, outcome)
      else { continue }
      record(best, [], in: before.window, identity, &outcome)
    }
  }

  /// Appends an AFTER unless one that shows as much is there; a better one corrects it.
  private func record(
    _ reading: Reading, _ tried: [Snapshot.Attempt], in window: String,
    _ identity: WindowIdentity?, _ outcome: inout Outcome
  ) {
    let standing = own.rows(window, .after).last
    if let recorded = standing?.reading {
      // What a person has set right stays.
      guard recorded.method != .override, recorded.leadingPercent < reading.leadingPercent
      else { return }
    }
    var row = row(window, .after, reading.capturedAt, .reading(reading))
    row.tried = tried
    row.corrects = standing?.id
    if let end = identity?.moment { row.gap = max(.zero, end - reading.capturedAt) }
    row.late = lateness(after: identity)
    outcome.rows.append(row)
  }

  /// The best that is known of a window, by whatever agent or file.
  private func bestAfter(
    of window: String, _ identity: WindowIdentity?, _ outcome: Outcome
  ) -> Reading? {
    guard let identity else { return nil }
    let before =
      outcome.rows.last { $0.window == window && $0.phase == .before } ?? beforeRow(of: window)
    let kept = outcome.position.window == window ? outcome.position.best : nil
    return BestReading(identity: identity, before: before, days: policy.days)
      .among(known, [kept].compactMap { $0 }, evidence)
  }
}
