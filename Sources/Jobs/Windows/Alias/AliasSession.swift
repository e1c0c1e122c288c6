internal import Shared

/// One agent's `alias` at one provider: decides on the ledger as it stands, and writes.
struct AliasSession {
  let job: AliasJob
  let agent: String
  let file: PositionFile

  private var options: AliasJob.Options { job.options }
  private var provider: Provider { job.provider }
  private var ledgers: WindowLedgers { job.ledgers }
  var now: Timestamp { job.world.clock.now() }

  /// What was decided under the ledger's lock.
  struct Decision {
    var rows: [Snapshot] = []
    var position: WindowPosition
    var line: String
    /// Windows to look for anomalies in.
    var windows: [String] = []
    /// Why nothing could be recorded although it was tried.
    var failure: JobError?
  }

  // MARK: Recording

  /// Refuses what cannot be done before a client is asked for it and a file is made.
  func checkOrder() throws(JobError) {
    let history = try ledgers.history()
    if options.action == .delete {
      let own = history.rows(of: agent, provider)
      do throws(JobError) {
        _ = try condemned(among: own)
      } catch {
        try forgetDeleted(own)
        throw error
      }
    } else {
      try decision(history, stored: file.read(provider), evidence: []).checkOrder()
    }
  }

  func record(_ answer: ResetDecision.Answer) throws(JobError) -> JobReport {
    let stored = file.read(provider)
    // Session files are read before the ledger is locked: they may be many.
    let evidence = evidence(besides: answer)
    return try commit { history throws(JobError) in
      try decision(history, stored: stored, evidence: evidence)(answer)
    }
  }

  private func decision(
    _ history: SnapshotHistory, stored: WindowPosition?, evidence: [WindowEvidence]
  ) -> AliasDecision {
    let own = history.rows(of: agent, provider)
    let position = WindowPosition.current(
      provider, own: own, stored: stored, days: ledgers.days)
    return AliasDecision(
      agent: agent, options: options, now: now, days: ledgers.days, sequence: job.sequence,
      own: own, history: history, position: position, evidence: evidence)
  }

  /// What session files know of the window to be ended, which the answer may not be of any more.
  private func evidence(besides answer: ResetDecision.Answer) -> [WindowEvidence] {
    guard provider == .codex, options.action != .start, options.input != .live(.appServer) else {
      return []
    }
    if case .success(let reading) = answer.result, reading.method == .pane { return [] }
    return job.sources.rollouts()?.windowEvidence ?? []
  }

  // MARK: Deleting

  func delete() throws(JobError) -> JobReport {
    try commit { history throws(JobError) in
      let own = history.rows(of: agent, provider)
      let row = try condemned(among: own)
      let tombstone = Snapshot(
        window: row.window, provider: provider, phase: row.phase, agent: agent, capturedAt: now,
        recordedAt: now, notes: options.notes ?? "alias:delete", source: options.source,
        content: .tombstone(of: row.id))
      // What the row had replaced counts again.
      let rest = history.appending(tombstone).rows(of: agent, provider)
      return Decision(
        rows: [tombstone],
        position: WindowPosition.current(provider, own: rest, stored: nil, days: ledgers.days),
        line: "removed \(provider.rawValue) \(row.phase.rawValue) snapshot for \(row.window) "
          + "(captured_at=\(row.capturedAt.text))")
    }
  }

  /// The row to be deleted, counted from the newest.
  private func condemned(among own: [Snapshot]) throws(JobError) -> Snapshot {
    let matching = own.filter { row in
      row.reading != nil && options.window.map { $0 == row.window } != false
        && options.phase.map { $0 == row.phase } != false
    }.sorted { $0.capturedAt < $1.capturedAt }
    try options.checkIndex(among: matching.count)
    return matching[matching.count - options.index]
  }

  /// Takes a position back that still stands on a row which is deleted: the run that deleted it
  /// was killed before it could.
  private func forgetDeleted(_ own: [Snapshot]) throws(JobError) {
    file.sweep(job.world.processes)
    guard let last = file.read(provider)?.lastRow, !own.contains(where: { $0.id == last }) else {
      return
    }
    try file.write(WindowPosition.current(provider, own: own, stored: nil, days: ledgers.days))
  }

  // MARK: Committing

  /// Decides and appends under the ledger's lock, then writes the position and what is odd.
  ///
  /// A run killed in between leaves rows whose position and anomalies the next run works out again.
  private func commit(
    _ decide: (SnapshotHistory) throws(JobError) -> Decision
  ) throws(JobError) -> JobReport {
    let decision = try ledgers.append { history throws(JobError) in
      let decision = try decide(history)
      return (decision.rows, decision)
    }
    file.sweep(job.world.processes)
    if !decision.rows.isEmpty {
      try file.write(stamped(decision))
    } else if decision.failure == nil, file.read(provider) != decision.position {
      // The run that wrote the rows was killed before this.
      try file.write(decision.position)
    }
    for window in decision.windows {
      try ledgers.noteAnomalies(around: window, agent: agent, provider)
    }
    if let failure = decision.failure { throw failure }
    return report(decision)
  }

  private func stamped(_ decision: Decision) -> WindowPosition {
    var position = decision.position
    position.updatedAt = now
    position.isWhole = false
    position.lastRow = decision.rows.last { $0.tombstoned == nil }?.id ?? position.lastRow
    return position
  }

  private func report(_ decision: Decision) -> JobReport {
    var report = JobReport(
      job: AliasJob.name, outcome: decision.rows.isEmpty ? .idle : .done, summary: decision.line)
    report.answer = [decision.line]
    report.facts = [
      .init("action", options.action.rawValue), .init("provider", provider.rawValue),
      .init("window", decision.position.window), .init("agent_id", agent),
    ]
    if let row = decision.rows.first { report.facts.append(.init("id", row.id)) }
    return report
  }
}

extension AliasJob.Options {
  /// - Throws: 66 when so many rows have none of that index.
  func checkIndex(among count: Int) throws(JobError) {
    guard count > 0 else { throw JobError(.noInput, "no matching snapshots to delete") }
    guard index <= count else {
      throw JobError(
        .noInput, "only \(count) matching snapshot(s); cannot delete index \(index)")
    }
  }
}

extension Snapshot {
  /// The id of the row that this one deletes; nil when it deletes none.
  var tombstoned: String? {
    guard case .tombstone(let id) = content else { return nil }
    return id
  }
}
