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

  func record(_ answer: ResetDecision.Answer) throws(JobError) -> JobReport {
    let stored = file.read(provider)
    // Session files are read before the ledger is locked: they may be many.
    let evidence = options.action == .start ? [] : evidenceIfCrossed(answer)
    return try commit { history throws(JobError) in
      let own = history.rows(of: agent, provider)
      let position = WindowPosition.current(
        provider, own: own, stored: stored, days: ledgers.days)
      let decide = AliasDecision(
        agent: agent, options: options, now: now, days: ledgers.days, sequence: job.sequence,
        own: own, history: history, position: position, evidence: evidence)
      return try decide(answer)
    }
  }

  /// What session files know, where the answer may be of another window than the one to be ended.
  private func evidenceIfCrossed(_ answer: ResetDecision.Answer) -> [WindowEvidence] {
    guard provider == .codex, case .success(let reading) = answer.result,
      reading.method == .appServer
    else { return [] }
    return job.sources.rollouts()?.windowEvidence ?? []
  }

  // MARK: Deleting

  func delete() throws(JobError) -> JobReport {
    try commit { history throws(JobError) in
      let own = history.rows(of: agent, provider)
      let matching = own.filter { row in
        row.reading != nil && options.window.map { $0 == row.window } != false
          && options.phase.map { $0 == row.phase } != false
      }.sorted { $0.capturedAt < $1.capturedAt }
      guard !matching.isEmpty else { throw JobError(.noInput, "no matching snapshots to delete") }
      guard options.index <= matching.count else {
        throw JobError(
          .noInput,
          "only \(matching.count) matching snapshot(s); cannot delete index \(options.index)")
      }
      let row = matching[matching.count - options.index]
      let tombstone = Snapshot(
        window: row.window, provider: provider, phase: row.phase, agent: agent, capturedAt: now,
        recordedAt: now, notes: options.notes ?? "alias:delete", source: options.source,
        content: .tombstone(of: row.id))
      let rest = SnapshotHistory(own + [tombstone]).rows
      return Decision(
        rows: [tombstone],
        position: WindowPosition.current(provider, own: rest, stored: nil, days: ledgers.days),
        line: "removed \(provider.rawValue) \(row.phase.rawValue) snapshot for \(row.window) "
          + "(captured_at=\(row.capturedAt.text))")
    }
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
    if !decision.rows.isEmpty { try file.write(stamped(decision)) }
    for window in decision.windows {
      try ledgers.noteAnomalies(around: window, agent: agent, provider)
    }
    if let failure = decision.failure { throw failure }
    return report(decision)
  }

  private func stamped(_ decision: Decision) -> WindowPosition {
    var position = decision.position
    position.updatedAt = now
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

extension Snapshot {
  /// The id of the row that this one deletes; nil when it deletes none.
  var tombstoned: String? {
    guard case .tombstone(let id) = content else { return nil }
    return id
  }
}
