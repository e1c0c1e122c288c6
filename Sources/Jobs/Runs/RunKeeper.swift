internal import Shared
internal import SystemPackage

/// What follows a run, whatever its job: the row of the history, the marks, and what is to be said.
///
/// Nothing here changes how a run ends: a history that cannot be kept costs itself.
package struct RunKeeper: Sendable {
  private let workspace: Workspace
  private let world: World

  package init(workspace: Workspace, world: World) {
    self.workspace = workspace
    self.world = world
  }

  /// Keeps a run that ended well.
  ///
  /// - Returns: What to say of the jobs that do not run, a line each.
  package func keep(_ report: JobReport, of run: RunRecord.Run) -> [String] {
    guard isWorkspace else { return [] }
    if let record = RunRecord(report, run: run) { append(record) }
    // A run that found another at work has seen nothing.
    guard report.outcome != .locked else { return [] }
    return keepSuccess(of: run.job)
  }

  /// Keeps a run that failed.
  ///
  /// - Returns: Whether its error is to be said where nobody watches.
  package func keep(_ error: JobError, of run: RunRecord.Run) -> Bool {
    guard isWorkspace else { return true }
    append(RunRecord(error, run: run))
    StateFile.sweep(workspace.incidents.appending(run.job), processes: world.processes)
    return incidents.shouldSay(
      "\(error.status.code) \(error.message)", of: run.job, now: world.clock.now())
  }

  /// Notes what a command by hand did: it has no turn to miss, and whoever runs it always hears of
  /// its failure.
  ///
  /// What has written has made the state folder for its locks; where none is left, what was removed
  /// leaves no trace.
  package func note(_ report: JobReport, of run: @autoclosure () -> RunRecord.Run) {
    guard hasState, let record = RunRecord(report, run: run()) else { return }
    append(record)
  }

  /// The same for one that failed.
  package func note(_ error: JobError, of run: @autoclosure () -> RunRecord.Run) {
    guard isWorkspace else { return }
    append(RunRecord(error, run: run()))
  }

  /// Whether something that went wrong beside a job is to be said where nobody watches.
  package func shouldSay(_ error: JobError, of subject: String) -> Bool {
    !isWorkspace
      || incidents.shouldSay(
        "\(error.status.code) \(error.message)", of: subject, now: world.clock.now())
  }

  private var incidents: Incidents { Incidents(workspace.incidents) }

  private func append(_ record: RunRecord) {
    try? RunHistory(workspace: workspace, world: world).append(record)
  }

  private func keepSuccess(of job: String) -> [String] {
    let now = world.clock.now()
    if Siblings.hasSlept(job, now: now, lastSuccess: { LastSuccess.of($0, in: workspace) }) {
      FileMark.renew(workspace.awakeMark)
    }
    LastSuccess.renew(job, in: workspace)
    incidents.end(job)
    incidents.end(Self.overdueSubject(job))
    return overdueLines(besides: job, now: now)
  }

  private func overdueLines(besides job: String, now: Timestamp) -> [String] {
    Siblings.overdue(besides: job, in: workspace, world: world, now: now).compactMap { overdue in
      let job = overdue.expected.job
      let what =
        overdue.lastSuccess.map { "its last success was at \($0.text)" }
        ?? "it has not ended well since it was scheduled at \(overdue.since.text)"
      let line =
        "\(job) is overdue: \(what), and one is expected "
        + "every \(DurationText.brief(overdue.expected.period)); see 'jobrunner list'"
      let isNew = incidents.shouldSay(
        "overdue", of: Self.overdueSubject(job), now: now, again: nil)
      return isNew ? line : nil
    }
  }

  private static func overdueSubject(_ job: String) -> String { "overdue-\(job)" }

  /// Whether jobs have run here before.
  package var hasState: Bool {
    [workspace.locks, workspace.lastSuccess(ofJob: "any").folder].contains {
      (try? Stat($0))?.type == .directory
    }
  }

  /// Whether there is anything of ours or of the agents here: a folder that a mistyped crontab
  /// names stays as it is.
  private var isWorkspace: Bool {
    [workspace.state, workspace.agents, workspace.data, workspace.path("jobrunner.json5")]
      .contains { (try? Stat($0)) != nil }
  }
}
