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

  /// launchd reads a list when it is loaded: what has changed is loaded anew, and what an earlier
  /// run could not load.
  func applyInstallation(_ changes: [ScheduleChange]) async throws(JobError) {
    let changed = Set(changes.map(\.place))
    for job in plan.jobs {
      let path = folder.path.appending(LaunchdPlists.fileName(job, plan.name)).string
      let isLoaded = try await isLoaded(job)
      if isLoaded, !changed.contains(path) { continue }
      if isLoaded { try await tools.require("launchctl", ["bootout", target(job)]) }
      try folder.apply(changes.filter { $0.place == path })
      try await tools.require("launchctl", ["bootstrap", domain, path])
    }
  }

  func applyRemoval(_ changes: [ScheduleChange]) async throws(JobError) {
    let changed = Set(changes.map(\.place))
    for job in plan.jobs {
      let path = folder.path.appending(LaunchdPlists.fileName(job, plan.name)).string
      guard changed.contains(path) else { continue }
      if try await isLoaded(job) { try await tools.require("launchctl", ["bootout", target(job)]) }
    }
    try folder.apply(changes)
  }

  private func target(_ job: ScheduledJob) -> String {
    "\(domain)/\(LaunchdPlists.label(job, plan.name))"
  }

  private func isLoaded(_ job: ScheduledJob) async throws(JobError) -> Bool {
    try await tools.run("launchctl", ["print", target(job)]).isGood
  }

  func triggers(
    at now: Timestamp, days: LocalTime
  ) async throws(JobError) -> [ScheduleStatus.Trigger] {
    let there = Set(try folder.names)
    var triggers: [ScheduleStatus.Trigger] = []
    for job in ScheduledJob.allCases where there.contains(LaunchdPlists.fileName(job, plan.name)) {
      var plan = plan
      plan.jobs = [job]
      let isLoaded = tools.find("launchctl") == nil ? false : try await isLoaded(job)
      let isCurrent = try folder.changes(LaunchdPlists(plan).files, removing: []).isEmpty
      triggers.append(
        .init(
          job: job, scheduler: .launchd, level: plan.level,
          state: !isLoaded ? .inactive : isCurrent ? .active : .differs,
          nextDue: isLoaded ? job.cadence.next(after: now, days: days) : nil))
    }
    return triggers
  }
}
