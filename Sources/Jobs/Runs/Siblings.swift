package import Shared

/// The scheduled jobs, as each looks at the others: one working timer shows the broken ones.
package enum Siblings {
  /// A job and how often it is expected to end well.
  package struct Expected: Sendable {
    package let job: String
    /// How often the shipped schedules start it.
    package let period: Duration
    /// How long without a success is too long.
    package let overdueAfter: Duration
    /// Whether it is expected only where a schedule has it: by hand it is run when there is need.
    package var onlyScheduled = false
  }

  /// A job that has not ended well for too long.
  package struct Overdue: Sendable {
    package let expected: Expected
    /// nil for a job that never did.
    package let lastSuccess: Timestamp?
    /// Since when it is waited for: its last success, else when it was scheduled.
    package let since: Timestamp
  }

  package static let table: [Expected] = [
    Expected(
      job: RefreshUsageJob.name, period: .seconds(60), overdueAfter: .seconds(10 * 60)),
    Expected(
      job: IngestTelemetryJob.name, period: .seconds(5 * 60), overdueAfter: .seconds(30 * 60)),
    Expected(
      job: WindowResetJob.name, period: .seconds(3_600), overdueAfter: .seconds(3 * 3_600)),
    Expected(
      job: RotateLogJob.name, period: .seconds(86_400), overdueAfter: .seconds(2 * 86_400)),
    Expected(
      job: CostCompareJob.name, period: .seconds(86_400), overdueAfter: .seconds(2 * 86_400)),
    Expected(
      job: LedgerCheckpointJob.name, period: .seconds(3_600), overdueAfter: .seconds(3 * 3_600),
      onlyScheduled: true),
  ]

  /// The scheduled jobs, in the order they are listed.
  package static let jobs = table.map(\.job)

  /// Whether the machine must have slept: this job missed several of its turns, and no other job
  /// ended well meanwhile, through no fault of theirs.
  package static func hasSlept(
    _ job: String, now: Timestamp, lastSuccess: (String) -> Timestamp?
  ) -> Bool {
    guard let expected = table.first(where: { $0.job == job }), lastSuccess(job) != nil,
      let newest = jobs.compactMap(lastSuccess).max()
    else { return false }
    return now - newest > expected.overdueAfter
  }

  /// The others that are overdue.
  ///
  /// - Parameters:
  ///   - awakeSince: When the machine was last found to have slept; nil when it never was.
  ///   - lastSuccess: nil for a job that never ended well.
  ///   - scheduled: When a schedule with the job was installed; nil where none was. A job that has
  ///     neither is not expected to run at all.
  package static func overdue(
    besides job: String, now: Timestamp, awakeSince: Timestamp?,
    lastSuccess: (String) -> Timestamp?, scheduled: (String) -> Timestamp?
  ) -> [Overdue] {
    table.compactMap { expected in
      guard expected.job != job else { return nil }
      let last = lastSuccess(expected.job)
      let installed = last == nil || expected.onlyScheduled ? scheduled(expected.job) : nil
      if expected.onlyScheduled, installed == nil { return nil }
      // A schedule that is newer than the last success has had its turns since then alone.
      guard let since = [last, installed].compactMap(\.self).max() else { return nil }
      let waited = now - max(since, awakeSince ?? since)
      guard waited > expected.overdueAfter else { return nil }
      return Overdue(expected: expected, lastSuccess: last, since: since)
    }
  }
}

extension Siblings {
  /// The others that are overdue in a workspace, by their marks: a few looks at files.
  static func overdue(
    besides job: String, in workspace: Workspace, world: World, now: Timestamp
  ) -> [Overdue] {
    let agent = world.environment["AGENT_ID"].flatMap { $0.isEmpty ? nil : $0 }
    return overdue(
      besides: job, now: now, awakeSince: FileMark.time(of: workspace.awakeMark),
      lastSuccess: { LastSuccess.of($0, in: workspace) },
      scheduled: { ScheduledMark.time($0, agent: agent, in: workspace) })
  }
}
