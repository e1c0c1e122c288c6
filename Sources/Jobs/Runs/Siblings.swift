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
  }

  /// `ledger-checkpoint` has no period: it is due when a window closes.
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
  ]

  /// The scheduled jobs, in the order they are listed.
  package static let jobs =
    table.map(\.job) + ["ledger-checkpoint"]

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
  ///   - lastSuccess: nil for a job that never ended well, which is not expected to run at all.
  package static func overdue(
    besides job: String, now: Timestamp, awakeSince: Timestamp?,
    lastSuccess: (String) -> Timestamp?
  ) -> [(expected: Expected, lastSuccess: Timestamp)] {
    table.compactMap { expected in
      guard expected.job != job, let last = lastSuccess(expected.job) else { return nil }
      let since = max(last, awakeSince ?? last)
      return now - since > expected.overdueAfter ? (expected, last) : nil
    }
  }
}
