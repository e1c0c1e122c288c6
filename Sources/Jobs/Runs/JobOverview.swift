package import Shared

/// What `list` shows of a scheduled job.
package struct JobOverview: Sendable {
  package let job: String
  /// The newest row of the history; nil where it has none.
  package let lastRun: RunRecord?
  package let lastSuccess: Timestamp?
  package let isOverdue: Bool

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
    guard lastSuccess != nil else { return .never }
    return isOverdue ? .overdue : .ok
  }

  /// When it ran last: its newest row, or its mark where that is newer.
  package var lastRunAt: Timestamp? {
    [lastRun?.started, lastSuccess].compactMap(\.self).max()
  }

  /// Looks at all scheduled jobs; makes nothing.
  package static func all(in workspace: Workspace, world: World) throws(JobError) -> [JobOverview] {
    let rows = try RunHistory(workspace: workspace, world: world).rows()
    let overdue = Siblings.overdue(
      besides: "", now: world.clock.now(), awakeSince: FileMark.time(of: workspace.awakeMark),
      lastSuccess: { LastSuccess.of($0, in: workspace) }
    ).map(\.expected.job)
    return Siblings.jobs.map { job in
      JobOverview(
        job: job, lastRun: rows.last { $0.job == job },
        lastSuccess: LastSuccess.of(job, in: workspace), isOverdue: overdue.contains(job))
    }
  }
}
