internal import Shared

/// What `alias start`, `end` and `cross` write: a pure function of the ledger and the answer.
struct AliasDecision {
  let agent: String
  let options: AliasJob.Options
  let now: Timestamp
  let days: LocalTime
  let sequence: [String]
  let own: [Snapshot]
  let history: SnapshotHistory
  let position: WindowPosition
  let evidence: [WindowEvidence]

  private var provider: Provider { options.provider }

  /// Refuses what the order of things forbids, whatever the reading may be.
  ///
  /// - Throws: 65 with what to run.
  func checkOrder() throws(JobError) {
    switch options.action {
    case .start: try checkFirst(options.window ?? startWindow)
    case .end, .cross: _ = try openWindow()
    case .delete: break
    }
  }

  func callAsFunction(
    _ answer: ResetDecision.Answer
  ) throws(JobError) -> AliasSession.Decision {
    switch options.action {
    case .start: try start(answer)
    case .end: try end(answer)
    case .cross: try cross(answer)
    case .delete: throw JobError(.software, "a deletion takes no reading")
    }
  }

  // MARK: Start

  private func start(_ answer: ResetDecision.Answer) throws(JobError) -> AliasSession.Decision {
    let window = options.window ?? startWindow
    var row = row(window, .before, answer, note: "alias:start")
    if row.reading != nil, isRecorded(row) { return already(row) }
    try checkFirst(window)
    guard let reading = row.reading else { return unavailable(row, answer) }
    row.state =
      reading.leadingLimit?.isNotStarted(at: reading.capturedAt) == true
      ? .notStarted : .started
    row.corrects = missing(window, .before)
    return recorded(
      [row], window, .before,
      "stored \(provider.rawValue) before snapshot for \(window) (awaiting end)")
  }

  /// The open window if it has no BEFORE yet, else the one after it.
  private var startWindow: String {
    guard let window = position.window else {
      return WindowName.next(after: nil, sequence: sequence, taken: taken)
    }
    return position.lastPhase == .after
      ? WindowName.next(after: window, sequence: sequence, taken: taken) : window
  }

  private func checkFirst(_ window: String) throws(JobError) {
    guard !options.force, let first = before(of: window) else { return }
    throw JobError(
      .badData,
      "\(window) has a BEFORE of \(first.capturedAt.text); delete it first (jobrunner alias "
        + "delete \(provider.rawValue) --window \(window) --phase before), or record a second "
        + "with --force")
  }

  // MARK: End

  private func end(_ answer: ResetDecision.Answer) throws(JobError) -> AliasSession.Decision {
    let window = try openWindow()
    let row = afterRow(window, answer, note: "alias:end")
    guard row.reading != nil else { return unavailable(row, answer) }
    if isRecorded(row) { return already(row) }
    return recorded(
      [row], window, .after,
      "stored \(provider.rawValue) after snapshot for \(window) (ready to finalize)")
  }

  /// The window that is to be ended; it must have a BEFORE.
  private func openWindow() throws(JobError) -> String {
    let window = options.window ?? position.window ?? WindowName.first
    guard before(of: window) != nil else {
      throw JobError(
        .badData,
        "no BEFORE snapshot found for \(provider.rawValue) in \(window); run start first: "
          + "jobrunner alias start \(provider.rawValue) --window \(window)")
    }
    return window
  }

  /// The AFTER row: what was answered, unless that is of a newer window or nothing at all, and a
  /// reading of the one that is ended is known.
  private func afterRow(
    _ window: String, _ answer: ResetDecision.Answer, note: String
  ) -> Snapshot {
    var row = row(window, .after, answer, note: note)
    guard row.reading?.method != .pane, let before = before(of: window),
      let identity = before.identity(days: days), case .resetsAt(let end) = identity.end
    else {
      row.corrects = row.reading.flatMap { _ in missing(window, .after) }
      return row
    }
    if row.identity(days: days).map(identity.matches) != true,
      let best = bestReading(of: before, identity, hasAnswer: row.reading != nil)
    {
      let known = ResetDecision.Answer(result: .success(best), tried: answer.tried)
      row = self.row(window, .after, known, note: note)
    }
    guard row.reading != nil else { return row }
    row.corrects = missing(window, .after)
    if row.identity(days: days).map(identity.matches) == true {
      row.gap = max(.zero, end - row.capturedAt)
    }
    return row
  }

  /// The most that was seen of a window since its BEFORE; nil when nothing was.
  ///
  /// Without an answer only files count: a row that another agent wrote some time ago is no source.
  private func bestReading(
    of before: Snapshot, _ identity: WindowIdentity, hasAnswer: Bool
  ) -> Reading? {
    let rows = hasAnswer ? history.rows.filter { $0.provider == provider } : []
    return BestReading(identity: identity, before: before, days: days).among(rows, [], evidence)
  }

  // MARK: Cross

  private func cross(_ answer: ResetDecision.Answer) throws(JobError) -> AliasSession.Decision {
    let window = try openWindow()
    guard case .success = answer.result else {
      return unavailable(row(window, .after, answer, note: "alias:cross-end"), answer)
    }
    let after = afterRow(window, answer, note: "alias:cross-end")
    if let before = before(of: window), isOpenedBy(after, before) { return already(before) }
    let next = WindowName.next(after: window, sequence: sequence, taken: taken)
    if isRecorded(after), own.contains(where: { $0.isSamePane(as: after) && $0.phase == .before }) {
      return already(after)
    }
    var opening = row(next, .before, answer, note: "alias:cross-start")
    opening.state = opening.isNotStarted ? .notStarted : .started
    opening.corrects = missing(next, .before)
    let rows = isRecorded(after) ? [opening] : [after, opening]
    var decision = recorded(
      rows, next, .before,
      "stored \(provider.rawValue) after snapshot for \(window) and seeded before snapshot for "
        + next)
    decision.windows = [window, next]
    return decision
  }

  /// Whether the pane is the one that a crossing opened the window with.
  private func isOpenedBy(_ pane: Snapshot, _ before: Snapshot) -> Bool {
    before.isSamePane(as: pane)
      && own.contains { $0.phase == .after && $0.isSamePane(as: pane) }
  }

  // MARK: Parts

  /// Names in use: one that has only seen failures is still free.
  private var taken: Set<String> { Set(own.filter { $0.reading != nil }.map(\.window)) }

  private func before(of window: String) -> Snapshot? {
    own.last { $0.isReading(of: window, .before) }
  }

  /// The id of the news that there was no reading, which a reading now replaces.
  private func missing(_ window: String, _ phase: Phase) -> String? {
    own.last { $0.window == window && $0.phase == phase && $0.failure != nil }?.id
  }

  private func isRecorded(_ row: Snapshot) -> Bool { own.contains { $0.id == row.id } }

  private func row(
    _ window: String, _ phase: Phase, _ answer: ResetDecision.Answer, note: String
  ) -> Snapshot {
    let capturedAt: Timestamp
    let content: Snapshot.Content
    switch answer.result {
    case .success(let reading):
      capturedAt = reading.capturedAt
      content = .reading(reading)
    case .failure(let failure):
      capturedAt = now
      content = .unavailable(failure)
    }
    var row = Snapshot(
      window: window, provider: provider, phase: phase, agent: agent, capturedAt: capturedAt,
      recordedAt: now, notes: options.notes ?? note, source: options.source, content: content)
    row.tried = answer.tried
    return row
  }

  // MARK: Outcomes

  private func recorded(
    _ rows: [Snapshot], _ window: String, _ phase: Phase, _ line: String
  ) -> AliasSession.Decision {
    var position = position
    position.lookedAt = now
    let isPast = phase == .after && position.lastPhase == .before && position.window != window
    // One that is ended late leaves the open window open.
    if isPast, position.window != nil {
      return AliasSession.Decision(rows: rows, position: position, line: line, windows: [window])
    }
    position.window = window
    position.lastPhase = phase
    position.candidate = nil
    if phase == .before {
      position.identity = rows.last?.identity(days: days)
      position.isConfirmed = true
    }
    return AliasSession.Decision(rows: rows, position: position, line: line, windows: [window])
  }

  private func already(_ row: Snapshot) -> AliasSession.Decision {
    AliasSession.Decision(
      position: position,
      line: "\(provider.rawValue) \(row.phase.rawValue) snapshot for \(row.window) is recorded "
        + "already; nothing was added",
      // A run that was killed behind its append has looked for none.
      windows: [row.window])
  }

  /// One row a window and phase says why there is no reading, where there is none; the position
  /// stays.
  private func unavailable(
    _ row: Snapshot, _ answer: ResetDecision.Answer
  ) -> AliasSession.Decision {
    let tried = answer.tried.map { "\($0.method.rawValue): \($0.failure.message)" }
    let isKnown = own.contains { $0.window == row.window && $0.phase == row.phase }
    var decision = AliasSession.Decision(rows: isKnown ? [] : [row], position: position, line: "")
    decision.failure = JobError(
      .unavailable,
      "no \(provider.rawValue) reading for \(row.window): \(tried.joined(separator: "; "))")
    return decision
  }
}
