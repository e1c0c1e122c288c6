internal import Shared
internal import SystemPackage

/// The units of a workspace, and systemd's part in them.
struct SystemdScheduler: Sendable {
  let plan: SchedulePlan
  let tools: ScheduleTools
  let folder: ScheduleFolder

  init(plan: SchedulePlan, tools: ScheduleTools, environment: [String: String]) {
    self.plan = plan
    self.tools = tools
    let name = plan.name
    folder = ScheduleFolder(path: Self.folder(plan.level, environment)) { file in
      file.hasPrefix("jobrunner-")
        && ["service", "timer", "path"].contains { file.hasSuffix("@\(name).\($0)") }
    }
  }

  /// Where units of one's own belong, by systemd.unit(5).
  private static func folder(
    _ level: SchedulePlan.Level, _ environment: [String: String]
  ) -> FilePath {
    guard level == .user else { return "/etc/systemd/system" }
    let home = FilePath(environment["HOME"] ?? "/")
    let configuration =
      environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? FilePath($0) : nil }
      ?? home.appending(".config")
    return configuration.appending("systemd/user")
  }

  private func systemctl(_ arguments: [String]) -> [String] {
    (plan.level == .user ? ["--user"] : []) + arguments
  }

  /// - Throws: 69 where no manager answers.
  private func checkManager() async throws(JobError) {
    let reply = try await tools.run("systemctl", systemctl(["show", "--property=Version"]))
    guard reply.isGood else {
      throw JobError(
        .unavailable,
        "systemctl\(plan.level == .user ? " --user" : ""): \(reply.reason); "
          + "log in as that user, or schedule with --cron")
    }
  }

  // MARK: Changing

  /// What makes the units of the plan stand there; units of jobs that are not named stay.
  func installing(isWhole: Bool) throws(JobError) -> [ScheduleChange] {
    let files = SystemdUnits(plan).files
    let there = isWhole ? try folder.names : []
    let wanted = Set(files.map(\.name))
    return try folder.changes(files, removing: there.filter { !wanted.contains($0) })
  }

  /// What takes the units of the plan's jobs away, and with the last of them all.
  func removing() throws(JobError) -> [ScheduleChange] {
    let there = try folder.names
    let failure = SystemdUnits.failure(plan.name)
    let going = Set(SystemdUnits(plan).files.map(\.name)).subtracting([failure])
    let isLast =
      plan.jobs == ScheduledJob.allCases || there.allSatisfy { going.contains($0) || $0 == failure }
    return try folder.changes([], removing: isLast ? there : there.filter { going.contains($0) })
  }

  func applyInstallation(_ changes: [ScheduleChange]) async throws(JobError) {
    try await checkManager()
    try await stop(changes.filter { $0.new == nil })
    try folder.apply(changes)
    if !changes.isEmpty { try await tools.require("systemctl", systemctl(["daemon-reload"])) }
    let triggers = SystemdUnits(plan).files.map(\.name).filter(Self.isTrigger)
    try await tools.require("systemctl", systemctl(["enable", "--quiet"] + triggers))
    let changed = Set(changes.map { FilePath($0.place).lastComponent?.string ?? "" })
    let stale = triggers.filter(changed.contains)
    // A timer that runs keeps the times it was started with.
    if !stale.isEmpty { try await tools.require("systemctl", systemctl(["restart"] + stale)) }
    try await tools.require("systemctl", systemctl(["start"] + triggers))
  }

  func applyRemoval(_ changes: [ScheduleChange]) async throws(JobError) {
    guard !changes.isEmpty else { return }
    try await checkManager()
    try await stop(changes)
    try folder.apply(changes)
    try await tools.require("systemctl", systemctl(["daemon-reload"]))
    let names = changes.compactMap { FilePath($0.place).lastComponent?.string }
    // Fails for what has not failed.
    _ = try await tools.run("systemctl", systemctl(["reset-failed"] + names))
    removeFolderIfEmpty(folder.path.appending("timers.target.wants"))
    removeFolderIfEmpty(folder.path.appending("paths.target.wants"))
  }

  /// Stops the triggers that go, the one-shots of their services too, and forgets when they were
  /// last due.
  private func stop(_ changes: [ScheduleChange]) async throws(JobError) {
    let names = changes.compactMap { FilePath($0.place).lastComponent?.string }
    let triggers = names.filter(Self.isTrigger)
    let once = SystemdUnits.providers.flatMap { provider in
      names.contains(SystemdUnits.beforeReset(provider, plan.name, "service"))
        ? [SystemdUnits.beforeReset(provider, plan.name, "timer")] : []
    }
    if !triggers.isEmpty {
      try await tools.require("systemctl", systemctl(["disable", "--quiet", "--now"] + triggers))
    }
    // A one-shot that is not armed is not loaded, which is an error.
    if !once.isEmpty { _ = try await tools.run("systemctl", systemctl(["stop"] + once)) }
    let timers = triggers.filter { $0.hasSuffix(".timer") }
    if !timers.isEmpty {
      _ = try await tools.run("systemctl", systemctl(["clean", "--what=state"] + timers))
    }
  }

  private static func isTrigger(_ name: String) -> Bool {
    name.hasSuffix(".timer") || name.hasSuffix(".path")
  }

  // MARK: Looking

  /// The jobs whose timers are there.
  func triggers(
    at now: Timestamp, days: LocalTime
  ) async throws(JobError) -> [ScheduleStatus.Trigger] {
    let there = Set(try folder.names)
    let jobs = ScheduledJob.allCases.filter {
      there.contains(SystemdUnits.unit($0.name, plan.name, "timer"))
    }
    guard !jobs.isEmpty else { return [] }
    let answers = await activity(jobs.map { SystemdUnits.unit($0.name, plan.name, "timer") })
    var triggers: [ScheduleStatus.Trigger] = []
    for (index, job) in jobs.enumerated() {
      let isActive = answers.indices.contains(index) && answers[index] == "active"
      var plan = plan
      plan.jobs = [job]
      let isCurrent = try folder.changes(SystemdUnits(plan).files, removing: []).isEmpty
      triggers.append(
        .init(
          job: job, scheduler: .systemd, level: plan.level,
          state: !isActive ? .inactive : isCurrent ? .active : .differs,
          nextDue: isActive ? job.cadence.next(after: now, days: days) : nil))
    }
    return triggers
  }

  /// What `is-active` says of each unit; nothing where no manager answers.
  private func activity(_ units: [String]) async -> [String] {
    do throws(JobError) {
      return try await tools.run("systemctl", systemctl(["is-active"] + units)).lines
    } catch {
      return []
    }
  }

  /// What to do where a user's timers end with the session; nil where they do not, or where that
  /// cannot be told.
  func lingerWarning(uid: UInt32) async -> String? {
    guard plan.level == .user, tools.find("loginctl") != nil else { return nil }
    let reply: ScheduleTools.Reply
    do throws(JobError) {
      reply = try await tools.run(
        "loginctl", ["show-user", "\(uid)", "--property=Linger", "--value"])
    } catch {
      return nil
    }
    // Somebody who is neither logged in nor lingering is not known to it.
    if reply.isGood, reply.text.hasPrefix("yes") { return nil }
    return "the timers stop when you log out; 'loginctl enable-linger' keeps them"
  }
}
