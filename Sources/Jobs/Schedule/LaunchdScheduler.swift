internal import Shared
internal import SystemPackage

/// The property lists of a workspace, and launchd's part in them.
struct LaunchdScheduler: Sendable {
  let plan: SchedulePlan
  let tools: ScheduleTools
  let uid: UInt32
  let folder: ScheduleFolder

  init(plan: SchedulePlan, tools: ScheduleTools, environment: [String: String], uid: UInt32) {
    self.plan = plan
    self.tools = tools
    self.uid = uid
    let prefix = "jobrunner.\(plan.name)."
    let home = FilePath(environment["HOME"] ?? "/")
    folder = ScheduleFolder(
      path: plan.level == .user
        ? home.appending("Library/LaunchAgents") : "/Library/LaunchDaemons"
    ) { file in
      ScheduledJob.allCases.contains { file == "\(prefix)\($0.name).plist" }
    }
  }

  private var domain: String { plan.level == .user ? "gui/\(uid)" : "system" }

  func installing() throws(JobError) -> [ScheduleChange] {
    try folder.changes(LaunchdPlists(plan).files, removing: [])
  }

  func removing() throws(JobError) -> [ScheduleChange] {
    let going = Set(LaunchdPlists(plan).files.map(\.name))
    return try folder.changes([], removing: try folder.names.filter { going.contains($0) })
  }

  /// launchd reads a list when it is loaded: what has changed is loaded anew.
  func apply(_ changes: [ScheduleChange]) async throws(JobError) {
    for change in changes where change.old != nil {
      let label = FilePath(change.place).lastComponent?.stem ?? ""
      // One that is not loaded is an error there, and here the wished state.
      _ = try await tools.run("launchctl", ["bootout", "\(domain)/\(label)"])
    }
    try folder.apply(changes)
    for change in changes where change.new != nil {
      try await tools.require("launchctl", ["bootstrap", domain, change.place])
    }
  }

  func triggers(
    at now: Timestamp, days: LocalTime
  ) async throws(JobError) -> [ScheduleStatus.Trigger] {
    let there = Set(try folder.names)
    var triggers: [ScheduleStatus.Trigger] = []
    for job in ScheduledJob.allCases where there.contains(LaunchdPlists.fileName(job, plan.name)) {
      var plan = plan
      plan.jobs = [job]
      let isLoaded = await isLoaded(job)
      let isCurrent = try folder.changes(LaunchdPlists(plan).files, removing: []).isEmpty
      triggers.append(
        .init(
          job: job, scheduler: .launchd, level: plan.level,
          state: !isLoaded ? .inactive : isCurrent ? .active : .outdated,
          nextDue: isLoaded ? job.cadence.next(after: now, days: days) : nil))
    }
    return triggers
  }

  private func isLoaded(_ job: ScheduledJob) async -> Bool {
    do throws(JobError) {
      let label = LaunchdPlists.label(job, plan.name)
      return try await tools.run("launchctl", ["print", "\(domain)/\(label)"]).isGood
    } catch {
      return false
    }
  }
}
