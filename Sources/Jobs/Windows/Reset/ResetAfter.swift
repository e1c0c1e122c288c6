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
}

// MARK: - AFTER

extension ResetDecision {
  /// The outcome of a look that is to catch the open window shortly before its reset.
  package func decideAfter(_ position: WindowPosition, _ answer: Answer) -> Outcome {
    var outcome = Outcome(position: position)
    outcome.position.lookedAt = now
    outcome.position.updatedAt = now
    guard let window = position.window, missingBefore(of: window) == nil else { return outcome }
    switch answer.result {
    case .failure(let failure):
      outcome.failure = failure
      close(&outcome, reason: failure)
    case .success(let reading):
      let identity = reading.leadingLimit?.identity(at: reading.capturedAt, days: policy.days)
      if position.identity == nil { outcome.position.identity = identity }
      guard let mine = outcome.position.identity else { return outcome }
      if let identity, identity.matches(mine) {
        record(reading, answer.tried, in: window, &outcome)
      } else if hasEnded(mine, at: reading.capturedAt) {
        close(&outcome)
      } else {
        outcome.position.candidate = .init(identity: identity, seenAt: reading.capturedAt)
      }
    }
    return outcome
  }

  /// Writes the AFTER of the open window: the best reading that still bears it, or why there is none.
  func close(_ outcome: inout Outcome, reason: ReadingFailure? = nil) {
    guard let window = outcome.position.window else { return }
    outcome.closed.append(window)
    outcome.position.lastPhase = .after
    if let best = bestAfter(of: window, outcome.position.identity, outcome.rows) {
      return record(best, [], in: window, &outcome)
    }
    guard own.rows(window, .after).isEmpty else { return }
    let failure =
      reason
      ?? ReadingFailure(.noData, "no reading was taken that bears this window's reset time")
    var missing = row(window, .after, now, .unavailable(failure))
    missing.late = lateness(outcome.position.identity)
    outcome.rows.append(missing)
  }

  /// Looks for what was missing when windows were closed, as far back as session files are read.
  func backfill(_ outcome: inout Outcome) {
    for before in own where before.phase == .before && before.reading != nil {
      guard before.window != outcome.position.window || outcome.position.lastPhase == .after,
        !outcome.rows.contains(where: { $0.window == before.window && $0.phase == .after }),
        own.rows(before.window, .after).contains(where: { $0.failure != nil }),
        let identity = before.identity(days: policy.days) ?? pinned(by: before),
        let best = bestAfter(of: before.window, identity, [])
      else { continue }
      record(best, [], in: before.window, identity, &outcome)
    }
  }

  /// The window that began first after a BEFORE that had not started, as files know it.
  private func pinned(by before: Snapshot) -> WindowIdentity? {
    guard before.isNotStarted else { return nil }
    return evidence.first { $0.first.capturedAt > before.capturedAt }?.identity
  }

  private func record(
    _ reading: Reading, _ tried: [Snapshot.Attempt], in window: String, _ outcome: inout Outcome
  ) {
    outcome.position.lastPhase = .after
    record(reading, tried, in: window, outcome.position.identity, &outcome)
    outcome.rows.indices.last.map { outcome.rows[$0].tried = tried }
  }

  /// Appends an AFTER unless one that shows as much is there; a better one corrects it.
  private func record(
    _ reading: Reading, _ tried: [Snapshot.Attempt], in window: String,
    _ identity: WindowIdentity?, _ outcome: inout Outcome
  ) {
    let standing = own.rows(window, .after).last
    if let standing, standing.reading != nil,
      standing.leadingPercent >= reading.leadingLimit?.usedPercent ?? -1
    {
      return
    }
    var row = row(window, .after, reading.capturedAt, .reading(reading))
    row.corrects = standing?.id
    if let identity, case .resetsAt(let end) = identity.end {
      row.gap = max(.zero, end - reading.capturedAt)
    }
    row.late = lateness(identity)
    outcome.rows.append(row)
  }

  /// The reading later than the BEFORE that bears the window and shows the most; of equals the last.
  private func bestAfter(
    of window: String, _ identity: WindowIdentity?, _ written: [Snapshot]
  ) -> Reading? {
    guard let identity else { return nil }
    let before =
      written.last { $0.window == window && $0.phase == .before } ?? beforeRow(of: window)
    let start = before?.capturedAt ?? Timestamp(milliseconds: 0)
    let recorded = known.filter { row in
      row.id != before?.id && before.map(row.sharesAccount) != false
        && row.identity(days: policy.days).map(identity.matches) == true
    }.compactMap(\.reading)
    let found = evidence.filter { $0.identity.matches(identity) }.map(\.best)
    return (recorded + found)
      .filter { $0.capturedAt > start && isWithin($0.capturedAt, identity) }
      .max { ($0.leadingPercent, $0.capturedAt) < ($1.leadingPercent, $1.capturedAt) }
  }

  private func isWithin(_ moment: Timestamp, _ identity: WindowIdentity) -> Bool {
    switch identity.end {
    case .resetsAt(let end): moment <= end
    case .day(let day): policy.days.day(at: moment) == day
    }
  }

  /// Windows that files know of and no run saw, in order, none overlapping another.
  ///
  /// Several accounts on one machine write into the same files; windows that overlap are of two.
  func pastEvidence(
    since: Timestamp, previousEnd: WindowIdentity?, until current: WindowIdentity?
  ) -> [WindowEvidence] {
    var end = previousEnd?.moment ?? since
    let limit = current?.start ?? now
    var result: [WindowEvidence] = []
    for window in evidence.sorted(by: { $0.first.capturedAt < $1.first.capturedAt }) {
      guard let start = window.identity.start, let reset = window.identity.moment,
        start + WindowIdentity.tolerance >= end, window.first.capturedAt > since,
        reset <= limit + WindowIdentity.tolerance, reset + policy.settle <= now
      else { continue }
      result.append(window)
      end = reset
    }
    return result
  }
}

// MARK: - What the rows say

extension ResetDecision {
  /// Names in use: one that has only seen failures is still free.
  var taken: Set<String> { Set(own.filter { $0.reading != nil }.map(\.window)) }

  func beforeRow(of window: String) -> Snapshot? {
    own.last { $0.window == window && $0.phase == .before && $0.reading != nil }
  }

  /// The row that says why a window has no BEFORE; nil when it has one.
  func missingBefore(of window: String) -> Snapshot? {
    guard beforeRow(of: window) == nil else { return nil }
    return own.last { $0.window == window && $0.phase == .before && $0.failure != nil }
  }

  func hasEnded(_ identity: WindowIdentity, at moment: Timestamp) -> Bool {
    switch identity.end {
    case .resetsAt(let end): moment >= end
    case .day(let day): policy.days.day(at: moment) > day
    }
  }

  func hasSettled(_ identity: WindowIdentity, at moment: Timestamp? = nil) -> Bool {
    hasEnded(identity, at: (moment ?? now) - policy.settle)
  }

  func lateness(_ identity: WindowIdentity?) -> Duration? {
    guard let end = identity?.moment else { return nil }
    return max(.zero, now - end - policy.settle)
  }

  func row(
    _ window: String, _ phase: Phase, _ capturedAt: Timestamp, _ content: Snapshot.Content
  ) -> Snapshot {
    Snapshot(
      window: window, provider: provider, phase: phase, agent: agent, capturedAt: capturedAt,
      recordedAt: now, notes: "window-reset:\(phase.rawValue)", source: "window-reset",
      content: content)
  }
}

extension [Snapshot] {
  func rows(_ window: String, _ phase: Phase) -> [Snapshot] {
    filter { $0.window == window && $0.phase == phase }
  }
}

extension WindowIdentity {
  /// When the window resets; nil where days are counted.
  var moment: Timestamp? {
    guard case .resetsAt(let end) = end else { return nil }
    return end
  }

  /// When the window began; nil where that is not known.
  var start: Timestamp? {
    guard let moment, let minutes else { return nil }
    return moment - .minutes(minutes)
  }

  var endText: String {
    switch end {
    case .resetsAt(let moment): moment.text
    case .day(let day): day.text
    }
  }
}

extension Snapshot {
  /// The window that the row's leading limit speaks of; nil when none had begun or it does not tell.
  func identity(days: LocalTime) -> WindowIdentity? {
    reading?.leadingLimit?.identity(at: capturedAt, days: days)
  }

  var isNotStarted: Bool {
    reading?.leadingLimit?.isNotStarted(at: capturedAt) == true
  }
}

extension Reading {
  var leadingPercent: Double { leadingLimit?.usedPercent ?? -1 }
}
