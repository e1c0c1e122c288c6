internal import Shared
internal import SystemPackage

/// `window-reset`: AFTER of the closing window, BEFORE of the next, for each provider.
///
/// A trigger only means "look": what is due is told by the ledger and the position, so that a run
/// may come often, late or never at 00:06.
package struct WindowResetJob: Sendable {
  package static let name = "window-reset"

  package struct Options: Sendable {
    package var window: String?
    package var next: String?
    /// Whether only the AFTER of the open window is wanted, shortly before its reset.
    package var onlyAfter: Bool
    /// The one provider to look at; nil for all.
    package var provider: Provider?
    package var only: Reading.Method?
    package var dryRun: Bool
    package var lockWait: Duration

    package init(
      window: String?, next: String?, onlyAfter: Bool, provider: Provider?,
      only: Reading.Method?, dryRun: Bool, lockWait: Duration
    ) {
      self.window = window
      self.next = next
      self.onlyAfter = onlyAfter
      self.provider = provider
      self.only = only
      self.dryRun = dryRun
      self.lockWait = lockWait
    }
  }

  private let options: Options
  private let configuration: Configuration
  private let ledgers: WindowLedgers
  private let sources: ReadingSources

  package init(
    options: Options, configuration: Configuration, ledgers: WindowLedgers,
    sources: ReadingSources
  ) {
    self.options = options
    self.configuration = configuration
    self.ledgers = ledgers
    self.sources = sources
  }

  private var world: World { ledgers.world }
  private var workspace: Workspace { ledgers.workspace }

  private var policy: ResetPolicy {
    ResetPolicy(
      settle: configuration.windows.settle, sequence: configuration.windows.sequence,
      window: options.window, next: options.next, days: ledgers.days)
  }

  /// Runs the job once for every provider.
  ///
  /// - Throws: 69 when a provider whose reading was due could not be read; the others are written all
  ///   the same.
  package func run() async throws(JobError) -> JobReport {
    let agent = try AgentID.current(world.environment)
    let mayGlance = !options.onlyAfter && !options.dryRun
    if mayGlance, let stands = try knownIdle(agent) { return idle(stands) }
    let history = try ledgers.history()
    let stands = providers.map { stand(of: agent, at: $0, history) }
    if options.dryRun { return dryRun(stands) }
    let waiting = stands.filter { isDue($0) }
    guard !waiting.isEmpty else {
      try noteWhole(stands, agent)
      return idle(stands)
    }
    let lockName = "\(Self.name)-\(agent)"
    let lock = try JobLock.take(
      lockName, workspace: workspace, waitingUpTo: options.lockWait, world: world)
    guard lock != nil else {
      return JobReport(job: Self.name, outcome: .locked, summary: "another run holds the lock")
    }
    defer { withExtendedLifetime(lock) {} }
    return try await look(waiting.map(\.provider), agent)
  }

  /// Those of the configuration, else those whose program is found.
  private var providers: [Provider] {
    if let provider = options.provider { return [provider] }
    return configuration.windows.providers
      ?? [.codex, .claude].filter { sources.program(of: $0) != nil }
  }

  // MARK: Due or not

  private struct Stand {
    let provider: Provider
    let position: WindowPosition
    let due: ResetDue
  }

  private func stand(
    of agent: String, at provider: Provider, _ history: SnapshotHistory
  ) -> Stand {
    let own = history.rows(of: agent, provider)
    let position = WindowPosition.current(
      provider, own: own, stored: file(provider, agent).read(provider), days: ledgers.days)
    return Stand(
      provider: provider, position: position,
      due: position.due(
        at: world.clock.now(), isBeforeMissing: isBeforeMissing(position, own),
        isAfterMissing: provider == .codex && isAfterMissing(own), policy: policy))
  }

  private func isBeforeMissing(_ position: WindowPosition, _ own: [Snapshot]) -> Bool {
    guard let window = position.window else { return false }
    return own.contains { $0.window == window && $0.phase == .before && $0.failure != nil }
      && !own.contains { $0.isReading(of: window, .before) }
  }

  /// Whether a window of these weeks was closed without a reading.
  private func isAfterMissing(_ own: [Snapshot]) -> Bool {
    own.contains { row in
      row.phase == .after && row.failure != nil
        && world.clock.now() - row.capturedAt < WindowLedgers.reach
        && !own.contains { $0.isReading(of: row.window, .after) }
    }
  }

  private func isDue(_ stand: Stand) -> Bool {
    if options.onlyAfter { return stand.position.window != nil }
    if case .idle = stand.due { return false }
    return true
  }

  private func file(_ provider: Provider, _ agent: String) -> PositionFile {
    PositionFile(
      provider: provider, agent: agent, isNamed: world.environment["AGENT_ID"] != nil,
      workspace: workspace)
  }

  // MARK: Known idle

  /// How much of the ledger's end is read to see that nothing was written since.
  private static let glance = 64 << 10

  /// Where the agent stands, if every window was seen to be complete and has not ended since.
  ///
  /// An hour in which nothing is due, nearly every one, costs the same however long the ledger is.
  private func knownIdle(_ agent: String) throws(JobError) -> [Stand]? {
    let stands = providers.compactMap { provider -> Stand? in
      guard let position = file(provider, agent).read(provider),
        let end = position.quietUntil(policy: policy), world.clock.now() < end
      else { return nil }
      return Stand(provider: provider, position: position, due: .idle(until: end))
    }
    guard !stands.isEmpty, stands.count == providers.count else { return nil }
    let tail = try ledgers.ledger(workspace.snapshots).readTail(upTo: Self.glance)
    let recent = ledgers.history(tail)
    let areCurrent = stands.allSatisfy { stand in
      recent.rows(of: agent, stand.provider).last?.id == stand.position.lastRow
    }
    return areCurrent ? stands : nil
  }

  /// Notes positions that the whole ledger was held against, so that the next run need not.
  private func noteWhole(_ stands: [Stand], _ agent: String) throws(JobError) {
    for stand in stands { file(stand.provider, agent).sweep(world.processes) }
    for stand in stands where stand.position.lastRow != nil && !stand.position.isWhole {
      var position = stand.position
      position.isWhole = true
      guard position.quietUntil(policy: policy) != nil else { continue }
      try file(stand.provider, agent).write(position)
    }
  }

  // MARK: Looking

  private func look(_ providers: [Provider], _ agent: String) async throws(JobError) -> JobReport {
    var report = JobReport(job: Self.name, outcome: .done, summary: "")
    var failures: [String] = []
    var closed = 0
    var opened = 0
    for (provider, answer) in await ask(try due(providers, agent)) {
      let outcome = try record(answer, provider, agent)
      closed += outcome.closed.count
      opened += outcome.opened.count
      report.details += details(outcome, provider)
      if let failure = outcome.failure {
        failures.append("\(provider.rawValue): \(failure.message)")
      }
    }
    guard failures.isEmpty else {
      throw JobError(.unavailable, "no reading from " + failures.joined(separator: "; "))
    }
    report.summary = "\(closed) closed, \(opened) opened"
    report.counts = [.init("closed", closed), .init("opened", opened)]
    return report
  }

  /// What is still due now that the job's lock is ours: another run may have done it.
  private func due(_ providers: [Provider], _ agent: String) throws(JobError) -> [Stand] {
    let history = try ledgers.history()
    return providers.map { stand(of: agent, at: $0, history) }.filter { isDue($0) }
  }

  /// Asks all clients at once, with no lock of a ledger held; nil where files alone are to be asked.
  private func ask(_ stands: [Stand]) async -> [(Provider, ResetDecision.Answer?)] {
    await withTaskGroup(of: (Int, ResetDecision.Answer?).self) { group in
      for (index, stand) in stands.enumerated() {
        group.addTask {
          guard options.onlyAfter || stand.due != .backfill else { return (index, nil) }
          return (index, await sources.answer(stand.provider, only: options.only))
        }
      }
      var answers = [ResetDecision.Answer?](repeating: nil, count: stands.count)
      for await (index, answer) in group { answers[index] = answer }
      return zip(stands.map(\.provider), answers).map { ($0, $1) }
    }
  }

  /// Decides and writes under the ledger's lock.
  private func record(
    _ answer: ResetDecision.Answer?, _ provider: Provider, _ agent: String
  ) throws(JobError) -> ResetDecision.Outcome {
    let evidence = provider == .codex ? sources.rollouts()?.windowEvidence ?? [] : []
    let outcome = try ledgers.append { history throws(JobError) in
      let position = stand(of: agent, at: provider, history).position
      let decision = ResetDecision(
        agent: agent, provider: provider, now: world.clock.now(), policy: policy,
        history: history, evidence: evidence)
      let outcome = decide(decision, position, answer)
      return (outcome.rows, outcome)
    }
    try write(outcome, provider, agent)
    return outcome
  }

  private func decide(
    _ decision: ResetDecision, _ position: WindowPosition, _ answer: ResetDecision.Answer?
  ) -> ResetDecision.Outcome {
    guard let answer else { return decision.decideBackfill(position) }
    return options.onlyAfter
      ? decision.decideAfter(position, answer) : decision.decide(position, answer)
  }

  private func write(
    _ outcome: ResetDecision.Outcome, _ provider: Provider, _ agent: String
  ) throws(JobError) {
    var position = outcome.position
    position.isWhole = false
    position.lastRow = outcome.rows.last { $0.tombstoned == nil }?.id ?? position.lastRow
    let file = file(provider, agent)
    file.sweep(world.processes)
    try file.write(position)
    var windows: [String] = []
    for row in outcome.rows where !windows.contains(row.window) { windows.append(row.window) }
    for window in windows {
      try ledgers.noteAnomalies(around: window, agent: agent, provider)
    }
    try ledgers.append(outcome.anomalies)
  }

  // MARK: Telling

  private func details(_ outcome: ResetDecision.Outcome, _ provider: Provider) -> [String] {
    outcome.rows.map { row in
      let percent = row.reading?.leadingLimit.map { "\(JSONWriter.text(of: $0.usedPercent))%" }
      let what = percent ?? row.failure?.reason.rawValue ?? "deleted"
      return "\(provider.rawValue)  \(row.window)  \(row.phase.rawValue)  \(what)"
    }
  }

  private func idle(_ stands: [Stand]) -> JobReport {
    let summary =
      stands.isEmpty ? "no provider's program is found" : "nothing is due"
    var report = JobReport(job: Self.name, outcome: .idle, summary: summary)
    report.details = stands.map(text)
    return report
  }

  private func dryRun(_ stands: [Stand]) -> JobReport {
    let due = stands.filter(isDue).count
    var report = JobReport(
      job: Self.name, outcome: .idle, summary: "\(due) due, nothing touched",
      counts: [.init("due", due)])
    report.details = stands.map(text)
    return report
  }

  private func text(_ stand: Stand) -> String {
    let window = stand.position.window ?? "no window yet"
    let due =
      switch stand.due {
      case .idle(let until): until.map { "nothing before \($0.text)" } ?? "nothing today"
      case .look: "due: a reading is to be taken"
      case .backfill: "due: an AFTER is missing that session files may have"
      }
    return "\(stand.provider.rawValue)  \(window)  \(due)"
  }
}
