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
    var outcome = looked(position)
    switch sight(answer) {
    case .failure(let failure): noteFailure(failure, answer.tried, &outcome)
    case .success(let sight): note(sight, &outcome)
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

/// A reading, and what it says of the limit that names the windows.
struct Sight: Sendable {
  let reading: Reading
  let leading: LimitReading
  /// Nil when no window has begun, or when its end cannot be told.
  let identity: WindowIdentity?
  /// What was asked before the source that answered.
  let tried: [Snapshot.Attempt]

  var capturedAt: Timestamp { reading.capturedAt }
}

extension ResetDecision {
  func looked(_ position: WindowPosition) -> Outcome {
    var outcome = Outcome(position: position)
    outcome.position.lookedAt = now
    outcome.position.updatedAt = now
    return outcome
  }

  func sight(_ answer: Answer) -> Result<Sight, ReadingFailure> {
    answer.result.flatMap { reading in
      guard let leading = reading.leadingLimit else {
        return .failure(
          ReadingFailure(.noData, "the answer has no limit of the whole subscription"))
      }
      let identity = leading.identity(at: reading.capturedAt, days: policy.days)
      return .success(
        Sight(reading: reading, leading: leading, identity: identity, tried: answer.tried))
    }
  }

  private func note(_ sight: Sight, _ outcome: inout Outcome) {
    guard !isOver(sight, outcome.position) else { return retract(sight, &outcome) }
    guard let window = outcome.position.window else {
      return open(policy.firstWindow(taken: taken), sight.reading, sight.tried, &outcome)
    }
    if let missing = missingBefore(of: window) { return reopen(missing, sight, &outcome) }
    guard let mine = outcome.position.identity, !isBetterTold(mine, by: sight) else {
      return noteUnpinned(window, sight, &outcome)
    }
    if bears(sight, mine, window) {
      noteGlitch(sight, window, mine, &outcome)
      return confirm(sight, &outcome)
    }
    guard hasEnded(mine, at: sight.capturedAt) else {
      // One that forgets the end of a window that runs contradicts nothing.
      if sight.identity == nil || sight.identity?.moment != nil { noteSurprise(sight, &outcome) }
      return
    }
    if hasSettled(mine, at: min(now, sight.capturedAt)) { rotate(sight, &outcome) }
  }

  /// The window has no identity yet: it has not begun, or its BEFORE is a pane that does not tell.
  private func noteUnpinned(_ window: String, _ sight: Sight, _ outcome: inout Outcome) {
    let before = beforeRow(of: window)
    if let before, before.isNotStarted, let first = firstPast(after: before, until: sight) {
      outcome.position.identity = first
      return rotate(sight, &outcome)
    }
    guard let identity = sight.identity else { return confirm(sight, &outcome) }
    guard isOfAccount(sight.reading, window) else { return noteSurprise(sight, &outcome) }
    guard before.map({ canBelong($0, to: identity) }) ?? true else {
      return rotate(sight, &outcome)
    }
    outcome.position.identity = identity
    confirm(sight, &outcome)
  }

  /// Whether a BEFORE may be of this window: it had not begun, or it was taken inside it.
  func canBelong(_ before: Snapshot, to identity: WindowIdentity) -> Bool {
    if before.isNotStarted { return true }
    guard let start = identity.start else {
      return policy.days.day(at: before.capturedAt) == policy.days.day(at: now)
    }
    return before.capturedAt + WindowIdentity.tolerance >= start
  }

  /// The reading is of the open window: what it shows is kept, and at a second look it is sure.
  func confirm(_ sight: Sight, _ outcome: inout Outcome) {
    outcome.position.candidate = nil
    if sight.identity != nil, sight.reading.leadingPercent >= outcome.position.best.leadingPercent {
      outcome.position.best = sight.reading
    }
    let before = outcome.position.window.flatMap(beforeRow)
    let spacing = before.map { now - ($0.recordedAt ?? $0.capturedAt) }
    if spacing.map({ $0 >= ResetPolicy.confirmationSpacing }) ?? true {
      outcome.position.isConfirmed = true
    }
  }
}

// MARK: - Which window

extension ResetDecision {
  /// Whether a reading speaks of a window that is past: the vendor is late with the reset, its
  /// answer was kept somewhere on the way, or the clock was set back.
  func isOver(_ sight: Sight, _ position: WindowPosition) -> Bool {
    if case .day(let mine) = position.identity?.end,
      policy.days.day(at: sight.capturedAt) < mine
    {
      return true
    }
    guard let identity = sight.identity,
      position.identity.map(identity.matches) != true
    else { return false }
    if let end = identity.moment, end <= sight.capturedAt { return true }
    let before = position.window.flatMap(beforeRow)
    // A BEFORE that does not tell its window may be of one that was divided by hand.
    guard position.identity != nil || before?.isNotStarted != false else { return false }
    return own.contains { row in
      row.window != position.window && isOfAccount(sight.reading, row)
        && row.identity(days: policy.days).map(identity.matches) == true
    }
  }

  /// Whether the reading is of the window with this identity, as far as its account tells.
  func bears(_ sight: Sight, _ identity: WindowIdentity, _ window: String) -> Bool {
    sight.identity.map(identity.matches) == true && isOfAccount(sight.reading, window)
  }

  func isOfAccount(_ reading: Reading, _ window: String) -> Bool {
    beforeRow(of: window).map { isOfAccount(reading, $0) } ?? true
  }

  private func isOfAccount(_ reading: Reading, _ row: Snapshot) -> Bool {
    guard let mine = row.reading?.account, let theirs = reading.account else { return true }
    return mine == theirs
  }

  /// Whether a window known by its day alone is told its end.
  private func isBetterTold(_ mine: WindowIdentity, by sight: Sight) -> Bool {
    guard case .day = mine.end else { return false }
    return sight.identity?.moment != nil
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

  func hasSettled(_ identity: WindowIdentity, at moment: Timestamp) -> Bool {
    hasEnded(identity, at: moment - policy.settle)
  }

  /// How long after it could have been done something is done that was due at a window's end.
  func lateness(after identity: WindowIdentity?) -> Duration? {
    switch identity?.end {
    case .resetsAt(let end): max(.zero, now - end - policy.settle)
    case .day(let day): max(.zero, now - policy.days.start(of: day.next) - policy.settle)
    case nil: nil
    }
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

extension Reading? {
  var leadingPercent: Double { self?.leadingPercent ?? -1 }
}
