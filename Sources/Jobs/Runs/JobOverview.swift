package import Shared

/// What `list` shows of a scheduled job.
package struct JobOverview: Sendable {
  package let job: String
  /// The newest row of the history; nil where it has none.
  package let lastRun: RunRecord?
  package let lastSuccess: Timestamp?
  package let isOverdue: Bool
  /// What triggers it; nil where nobody asked, or no scheduler could answer.
  package var triggers: [ScheduleStatus.Trigger]?

  /// When it runs next, by the schedulers that have it at work.
  package var nextDue: Timestamp? { triggers?.compactMap(\.nextDue).min() }

  /// How the job stands, in a word.
  package enum State: String, Sendable {
    case ok
    case failing
    case overdue
    case never = "never ran"
  }

  package var state: State {
    // A success leaves no row where nothing was to do, but always its mark.
    if let lastRun, lastRun.outcome == .failed,
      lastSuccess.map({ $0 < lastRun.started }) ?? true
    {
      return .failing
    }
    if isOverdue { return .overdue }
    return lastSuccess == nil ? .never : .ok
  }

  /// When it ran last: its newest row, or its mark where that is newer.
  package var lastRunAt: Timestamp? {
    [lastRun?.started, lastSuccess].compactMap(\.self).max()
  }

  /// The jobs with what triggers them, of which the schedulers are asked.
  ///
  /// - Parameter plan: How the jobs would be scheduled; nil where that cannot be told.
  package static func all(
    in workspace: Workspace, world: World, scheduledBy plan: SchedulePlan?, uid: UInt32
  ) async throws(JobError) -> [JobOverview] {
    let jobs = try all(in: workspace, world: world)
    guard let plan,
      let status = try? await ScheduleStatus.found(
        plan: plan, workspace: workspace, world: world, uid: uid)
    else { return jobs }
    return jobs.map { job in
      var job = job
      job.triggers = status.triggers.filter { $0.job.name == job.job }
      return job
    }
  }

  /// Looks at all scheduled jobs; makes nothing, starts nothing.
  package static func all(in workspace: Workspace, world: World) throws(JobError) -> [JobOverview] {
    let rows = try RunHistory(workspace: workspace, world: world).rows()
    let overdue = Siblings.overdue(
      besides: "", in: workspace, world: world, now: world.clock.now()
    ).map(\.expected.job)
    return Siblings.jobs.map { job in
      JobOverview(
        job: job, lastRun: rows.last { $0.job == job },
        lastSuccess: LastSuccess.of(job, in: workspace), isOverdue: overdue.contains(job))
    }
  }
}
