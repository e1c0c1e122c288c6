internal import Shared
internal import SystemPackage

/// `refresh-usage`: exports every due opencode session and merges its usage into the registry.
package struct RefreshUsageJob: Sendable {
  package static let name = "refresh-usage"

  /// What a run was asked for, over the configuration.
  package struct Options: Sendable {
    /// Only this agent.
    package var agent: String?
    package var concurrency: Int
    package var deadline: Duration
    package var timeout: Duration
    /// How long to wait for another run to end; zero ends this one at once.
    package var lockWait: Duration
    package var dryRun: Bool

    package init(
      agent: String?, concurrency: Int, deadline: Duration, timeout: Duration, lockWait: Duration,
      dryRun: Bool
    ) {
      self.agent = agent
      self.concurrency = concurrency
      self.deadline = deadline
      self.timeout = timeout
      self.lockWait = lockWait
      self.dryRun = dryRun
    }
  }

  let workspace: Workspace
  let configuration: Configuration
  let options: Options
  let world: World
  /// Told of every finished export: how many are done, of how many, and the agent's name.
  let progress: @Sendable (Int, Int, String) -> Void

  package init(
    workspace: Workspace, configuration: Configuration, options: Options, world: World,
    progress: @escaping @Sendable (Int, Int, String) -> Void
  ) {
    self.workspace = workspace
    self.configuration = configuration
    self.options = options
    self.world = world
    self.progress = progress
  }

  /// Runs the job once.
  ///
  /// A session that cannot be exported is no failure of the run: it is logged and tried again.
  package func run() async throws(JobError) -> JobReport {
    if !options.dryRun {
      try KilledRuns.clear(of: workspace, configuration: configuration, world: world)
    }
    guard let registry = try RegistryFile.read(workspace.registry) else {
      return report(.idle, "no registry at \(workspace.registry)", ExportTally())
    }
    try checkName(in: registry)
    let due = plan(registry)
    if options.dryRun { return dryRunReport(due) }
    guard !due.isEmpty else { return idleReport(registry) }
    return try await runLocked()
  }

  /// From here on one run at a time; what was due is looked up again, since another run may just
  /// have done it.
  private func runLocked() async throws(JobError) -> JobReport {
    let lock = try JobLock.take(
      Self.name, workspace: workspace, waitingUpTo: options.lockWait, world: world)
    guard lock != nil else {
      let holder = JobLock.holder(Self.name, workspace: workspace).map { " (\($0))" } ?? ""
      return report(.locked, "another run holds the lock\(holder)", ExportTally())
    }
    // Held to the end of the run, not to its last mention.
    defer { withExtendedLifetime(lock) {} }
    guard let registry = try RegistryFile.read(workspace.registry) else {
      return report(.idle, "no registry at \(workspace.registry)", ExportTally())
    }
    let due = plan(registry)
    guard !due.isEmpty else { return idleReport(registry) }
    let run = ExportRun(job: self, executable: try findOpencode())
    let tally = try await run.export(due, registry: registry)
    return finishedReport(tally)
  }

  // MARK: Decisions

  private func plan(_ registry: AgentRegistry) -> [PlannedExport] {
    RefreshPlan.exports(
      of: registry, only: options.agent,
      policy: RefreshPolicy(runningInterval: configuration.refresh.runningInterval),
      now: world.clock.now(), processes: world.processes)
  }

  private func checkName(in registry: AgentRegistry) throws(JobError) {
    guard let name = options.agent, !registry.agents.contains(where: { $0.key == name })
    else { return }
    throw JobError(
      .noInput,
      "no agent named '\(name.escapingControls)' in \(workspace.registry); "
        + "'jobrunner status' lists them")
  }

  private func findOpencode() throws(JobError) -> FilePath {
    let name = configuration.opencode.path
    let searchPath = world.environment["PATH"] ?? ""
    if let path = ExecutableSearch.find(name, searchPath: searchPath, from: workspace.root) {
      return path
    }
    let place = name.contains("/") ? "" : " on PATH (\(searchPath.isEmpty ? "unset" : searchPath))"
    throw JobError(
      .unavailable,
      "\(name) not found\(place); set PATH in the crontab or opencode.path in jobrunner.json5")
  }

  // MARK: Reports

  private func idleReport(_ registry: AgentRegistry) -> JobReport {
    // A run with something to merge clears a dead lock on its way; nobody else would.
    RegistryFile.clearDeadLock(of: workspace, world: world)
    return report(.idle, "nothing due among \(registry.agents.count) agents", ExportTally())
  }

  private func report(
    _ outcome: JobReport.Outcome, _ summary: String, _ tally: ExportTally
  ) -> JobReport {
    JobReport(
      job: Self.name, outcome: outcome, summary: summary,
      counts: [
        .init("refreshed", tally.refreshed), .init("failed", tally.failed),
        .init("left", tally.left),
      ])
  }

  private func finishedReport(_ tally: ExportTally) -> JobReport {
    var summary = "\(tally.refreshed) refreshed"
    if tally.failed > 0 {
      summary += ", \(tally.failed) failed (see \(workspace.exportErrorLog))"
    }
    if tally.left > 0 { summary += ", \(tally.left) left for the next run" }
    var report = report(tally.left > 0 ? .partial : .done, summary, tally)
    report.details = tally.details
    return report
  }

  private func dryRunReport(_ due: [PlannedExport]) -> JobReport {
    var report = report(.idle, "\(due.count) due, nothing touched", ExportTally())
    report.counts.insert(.init("due", due.count), at: 0)
    report.details = due.map { export in
      let session = export.session.sessionID ?? ""
      return "\(export.agent.escapingControls)  \(session.escapingControls)  "
        + export.reason.rawValue
    }
    return report
  }
}

/// What a run came to.
struct ExportTally: Sendable, Equatable {
  var refreshed = 0
  var failed = 0
  /// Due, but not exported before the run's end.
  var left = 0
  /// One line a session, for `--verbose`.
  var details: [String] = []
}
