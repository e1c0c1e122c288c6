internal import Shared
internal import SystemPackage

/// The exports of one run: a few at a time, merged as they come, ended in time.
///
/// One loop owns all state; exports and merges are child tasks that answer it. The run's end is in
/// the time limit of each export, so that nothing but work is ever waited for.
struct ExportRun: Sendable {
  let job: RefreshUsageJob
  let executable: FilePath

  /// An export's end, as a value that crosses tasks.
  private enum Answer: Sendable {
    case result(ExportResult, children: [ChildSession])
    case cut
    case notStarted(String)
    case broken(JobError)
  }

  private enum Event: Sendable {
    case exported(PlannedExport, Answer)
    case merged(JobError?)
  }

  private struct State {
    var waiting: ArraySlice<PlannedExport>
    var active = 0
    var pending: [ExportResult] = []
    var isMerging = false
    var isStopping = false
    /// The sessions that are known below each agent, so that none is planned twice.
    var known: [String: Set<String>] = [:]
    var total: Int
    var tally = ExportTally()
    var failure: JobError?

    var isFinished: Bool { active == 0 && !isMerging && pending.isEmpty }
  }

  /// Exports and merges what is due.
  ///
  /// - Throws: 69 when opencode cannot be started, 124 when the deadline came before anything was
  ///   done, and whatever kept the results from being merged.
  func export(
    _ due: [PlannedExport], registry: AgentRegistry
  ) async throws(JobError) -> ExportTally {
    var state = State(waiting: due[...], total: due.count)
    state.known = RefreshPlan.knownSessions(of: registry, below: Set(due.map(\.agent)))
    let end = job.world.clock.elapsed() + job.options.deadline
    let session = try ExportSession(job: job, executable: executable) {
      [clock = job.world.clock] in end - clock.elapsed()
    }
    await withTaskGroup(of: Event.self) { group in
      startExports(&state, session, &group)
      while !state.isFinished, let event = await group.next() {
        handle(event, &state, &group)
        if Task.isCancelled { stop(&state, &group) }
        if job.world.clock.elapsed() >= end { state.isStopping = true }
        startExports(&state, session, &group)
        startMerge(&state, session, &group)
      }
    }
    session.remember()
    state.tally.left += state.waiting.count
    if let failure = state.failure { throw failure }
    if state.tally.left > 0, state.tally.refreshed + state.tally.failed == 0, !Task.isCancelled {
      throw JobError(
        .deadline,
        "none of \(state.tally.left) due sessions was exported within "
          + "\(DurationText.brief(job.options.deadline)); raise --deadline or --timeout")
    }
    return state.tally
  }

  // MARK: Events

  private func handle(_ event: Event, _ state: inout State, _ group: inout TaskGroup<Event>) {
    switch event {
    case .merged(let error):
      state.isMerging = false
      if let error { fail(error, &state, &group) }
    case .exported(let export, let answer):
      state.active -= 1
      take(answer, of: export, &state, &group)
    }
  }

  private func take(
    _ answer: Answer, of export: PlannedExport, _ state: inout State,
    _ group: inout TaskGroup<Event>
  ) {
    switch answer {
    case .cut: state.tally.left += 1
    case .broken(let error): fail(error, &state, &group)
    case .notStarted(let reason):
      fail(JobError(.unavailable, "cannot start opencode: \(reason)"), &state, &group)
    case .result(let result, let children):
      state.pending.append(result)
      count(result, &state.tally)
      let more = RefreshPlan.exports(
        ofChildren: children, foundBy: export, known: state.known[export.agent] ?? [])
      state.known[export.agent, default: []].formUnion(more.compactMap(\.session.sessionID))
      state.waiting.append(contentsOf: more)
      state.total += more.count
      job.progress(state.tally.refreshed + state.tally.failed, state.total, export.agent)
    }
  }

  private func count(_ result: ExportResult, _ tally: inout ExportTally) {
    let who = "\(result.agent.escapingControls)  \(result.sessionID.escapingControls)"
    switch result.outcome {
    case .usage(let usage, _):
      tally.refreshed += 1
      tally.details.append("\(who)  \(usage.messageCount) messages")
    case .failure(let failure, let attempt, _):
      tally.failed += 1
      tally.details.append("\(who)  \(failure.message) (attempt \(attempt))")
    }
  }

  private func stop(_ state: inout State, _ group: inout TaskGroup<Event>) {
    state.isStopping = true
    group.cancelAll()
  }

  private func fail(
    _ error: JobError, _ state: inout State, _ group: inout TaskGroup<Event>
  ) {
    state.failure = state.failure ?? error
    stop(&state, &group)
  }

  // MARK: Tasks

  private func startExports(
    _ state: inout State, _ session: ExportSession, _ group: inout TaskGroup<Event>
  ) {
    while !state.isStopping, state.active < job.options.concurrency,
      let export = state.waiting.popFirst()
    {
      state.active += 1
      group.addTask { .exported(export, await answer(to: export, session)) }
    }
  }

  /// Merges everything that has come in since the last merge, in one write.
  ///
  /// A failed merge is not tried again in this run: its cause (no space, a held lock) outlives it.
  private func startMerge(
    _ state: inout State, _ session: ExportSession, _ group: inout TaskGroup<Event>
  ) {
    guard state.failure == nil else { return state.pending.removeAll() }
    guard !state.isMerging, !state.pending.isEmpty else { return }
    let batch = state.pending
    state.pending = []
    state.isMerging = true
    group.addTask {
      do throws(JobError) {
        try session.merge(batch)
        return .merged(nil)
      } catch {
        return .merged(error)
      }
    }
  }

  private func answer(to export: PlannedExport, _ session: ExportSession) async -> Answer {
    let started = job.world.clock.now()
    do {
      let found = try await session.export(export)
      let usage = await session.usage(of: found, for: export)
      return .result(
        result(of: export, started, .usage(usage, children: found.children)),
        children: found.children)
    } catch let failure as ExportFailure {
      return .result(self.failure(failure, of: export, started), children: [])
    } catch let interruption as OpencodeClient.Interruption {
      switch interruption {
      case .cut: return .cut
      case .notStarted(let reason): return .notStarted(reason)
      }
    } catch let error as FileError {
      return .broken(JobError(error))
    } catch {
      return .broken(JobError(.software, "\(error)"))
    }
  }

  private func failure(
    _ failure: ExportFailure, of export: PlannedExport, _ started: Timestamp
  ) -> ExportResult {
    let attempt = export.session.failedAttempts + 1
    let delay = RetrySchedule.delay(afterAttempt: attempt, permanent: failure.isPermanent)
    let retryAt = job.world.clock.now() + delay
    return result(of: export, started, .failure(failure, attempt: attempt, retryAt: retryAt))
  }

  private func result(
    of export: PlannedExport, _ started: Timestamp, _ outcome: ExportResult.Outcome
  ) -> ExportResult {
    ExportResult(
      agent: export.agent, agentSessionID: export.agentSessionID,
      sessionID: export.session.sessionID ?? "", startedAt: started,
      status: export.session.status, outcome: outcome)
  }
}
