package import Shared

/// Which scheduler triggers which job of a workspace, and when next.
package struct ScheduleStatus: Sendable, Equatable {
  package enum State: String, Sendable {
    /// At work, as an install from here would leave it.
    case active
    /// At work, and an install from here would change it: another version, PATH or environment.
    case differs
    /// Installed, and the scheduler does not run it.
    case inactive
  }

  /// A job that a scheduler has.
  package struct Trigger: Sendable, Equatable {
    package var job: ScheduledJob
    package var scheduler: SchedulerKind
    package var level: SchedulePlan.Level
    package var state: State
    /// nil where it is not at work, or that cannot be told.
    package var nextDue: Timestamp?
  }

  /// By scheduler, then in the order of the table.
  package var triggers: [Trigger] = []
  /// What keeps a schedule from working, and what to do.
  package var warnings: [String] = []
  /// When the AFTER of an open window is taken, shortly before its reset.
  package var beforeResets: [BeforeReset.Armed] = []

  /// The jobs that nothing triggers.
  package var missing: [ScheduledJob] {
    ScheduledJob.allCases.filter { job in !triggers.contains { $0.job == job } }
  }

  /// Whether some scheduler runs the job.
  package func isAtWork(_ job: ScheduledJob) -> Bool {
    triggers.contains { $0.job == job && $0.state != .inactive }
  }
}

extension ScheduleStatus {
  /// What the schedulers of the user and of the machine have of a workspace; nothing is changed.
  package static func found(
    plan: SchedulePlan, workspace: Workspace, world: World, uid: UInt32
  ) async throws(JobError) -> ScheduleStatus {
    func look(_ plan: SchedulePlan) async throws(JobError) -> ScheduleStatus {
      try await ScheduleJob(
        options: .init(action: .status, kind: nil, uid: uid), plan: plan, workspace: workspace,
        world: world, days: .system
      ).status()
    }
    var status = try await look(plan)
    var system = plan
    system.level = .system
    guard try await !look(system).triggers.isEmpty else { return status }
    // Only what runs as the workspace's owner is as an install from here would leave it.
    system.account = try await Account.find(nil, owning: plan.workspace, world)
    status.triggers += try await look(system).triggers
    return status
  }

  /// A table of all jobs.
  var lines: [String] {
    var table = TextTable(columns: [
      .init("JOB"), .init("SCHEDULER"), .init("STATE"), .init("NEXT (UTC)"),
    ])
    for trigger in triggers {
      let scheduler =
        trigger.level == .system
        ? "\(trigger.scheduler.rawValue) (system)" : trigger.scheduler.rawValue
      table.append([
        .init(trigger.job.name), .init(scheduler), .init(trigger.state.rawValue),
        .init(trigger.nextDue?.tableText ?? "-"),
      ])
    }
    for job in missing { table.append([.init(job.name), "-", "missing", "-"]) }
    return table.lines()
      + beforeResets.map { "before reset of \($0.provider.rawValue): \($0.moment.tableText)" }
      + warnings.map { "warning: \($0)" }
  }

  /// Triggers of one job.
  static func write(_ triggers: [Trigger], into writer: inout JSONWriter) {
    writer.array { writer in
      for trigger in triggers {
        writer.object { writer in
          writer.member("scheduler", trigger.scheduler.rawValue)
          writer.member("level", trigger.level.rawValue)
          writer.member("state", trigger.state.rawValue)
          writer.member("next_due", trigger.nextDue?.text)
        }
      }
    }
  }

  /// The jobs, for `--json`.
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.array { writer in
      for trigger in triggers {
        writer.object { writer in
          writer.member("job", trigger.job.name)
          writer.member("scheduler", trigger.scheduler.rawValue)
          writer.member("level", trigger.level.rawValue)
          writer.member("state", trigger.state.rawValue)
          writer.member("next_due", trigger.nextDue?.text)
        }
      }
      for job in missing {
        writer.object { writer in
          writer.member("job", job.name)
          writer.member("scheduler", nil as String?)
          writer.member("state", "missing")
        }
      }
    }
    return writer.bytes
  }
}
