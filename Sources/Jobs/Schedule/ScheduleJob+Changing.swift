internal import Shared
internal import SystemPackage

extension ScheduleJob {
  private var isWhole: Bool { plan.jobs == ScheduledJob.allCases }

  // MARK: install

  func install() async throws(JobError) -> JobReport {
    try plan.check()
    let kind = try kind()
    try checkInstallation(kind)
    if kind == .kubernetes {
      return report(try await kubernetes.install(dryRun: options.dryRun), kind)
    }
    let changes = try await installing(kind)
    guard !options.dryRun else { return dryRun(changes, kind) }
    switch kind {
    case .cron: for change in changes { try await cron.apply(change) }
    case .systemd: try await systemd.applyInstallation(changes)
    case .launchd, .kubernetes: try await launchd.applyInstallation(changes)
    }
    try await note(kind)
    let done = changes.isEmpty ? "is installed already" : "is installed"
    return finished("\(kind.rawValue): the schedule of \(plan.workspace) \(done)", changes, kind)
      .adding(warnings: try await warnings(kind))
  }

  private func installing(_ kind: SchedulerKind) async throws(JobError) -> [ScheduleChange] {
    switch kind {
    case .cron: [try await cron.installing()].filter(\.isOne)
    case .systemd: try systemd.installing(isWhole: isWhole)
    case .launchd, .kubernetes: try launchd.installing()
    }
  }

  /// - Throws: 66 without a binary, 77 or 78 where the system's level asks for what is not there.
  private func checkInstallation(_ kind: SchedulerKind) throws(JobError) {
    guard kind != .kubernetes else { return }
    guard let binary = try? Stat(plan.binary), binary.type == .regular else {
      throw JobError(.noInput, "\(plan.binary): no such program; name it with --binary")
    }
    guard (try? Stat(plan.workspace))?.type == .directory else {
      throw JobError(.noInput, "\(plan.workspace): no such folder; name it with --workspace")
    }
    try checkRights()
    guard plan.level == .system, kind == .systemd else { return }
    let open: FilePermissions = [.groupWrite, .otherWrite]
    guard binary.userID.rawValue == 0, binary.permissions.isDisjoint(with: open) else {
      throw JobError(
        .configuration,
        "\(plan.binary) can be written by others than root, and root runs it to set timers; "
          + "put it where only root can write: make install PREFIX=/usr/local")
    }
  }

  private func checkRights() throws(JobError) {
    guard plan.level == .system, options.uid != 0, !options.dryRun else { return }
    throw JobError(.noPermission, "--system takes root; leave it away for a schedule of your own")
  }

  /// Leaves the record that `window-reset` looks for, and sets the one-shots of open windows.
  private func note(_ kind: SchedulerKind) async throws(JobError) {
    ScheduledMark.set(plan.jobs, agent: plan.agent, in: workspace, isRoot: options.uid == 0)
    guard plan.jobs.contains(.windowReset) else { return }
    switch (kind, plan.level) {
    case (.systemd, .user), (.cron, _):
      if ScheduleRecord.read(workspace, agent: plan.agent)?.scheduler != kind {
        try ScheduleRecord(scheduler: kind)
          .write(workspace, agent: plan.agent, isRoot: options.uid == 0)
      }
      let isForOthers = kind == .cron && plan.level == .system
      if !isForOthers { await beforeReset.rearm() }
    case (.systemd, .system): await beforeReset.rearmSystem()
    case (.launchd, _), (.kubernetes, _): break
    }
  }

  private var beforeReset: BeforeReset {
    BeforeReset(plan: plan, workspace: workspace, world: world)
  }

  private func warnings(_ kind: SchedulerKind) async throws(JobError) -> [String] {
    switch kind {
    case .systemd: return [await systemd.lingerWarning(uid: options.uid)].compactMap(\.self)
    case .cron where tools.find("at") == nil && plan.jobs.contains(.windowReset):
      return ["without 'at' no reading is taken shortly before a reset"]
    case .cron, .launchd, .kubernetes: return []
    }
  }

  // MARK: remove

  func remove() async throws(JobError) -> JobReport {
    if options.kind == .kubernetes {
      return report(try await kubernetes.remove(dryRun: options.dryRun), .kubernetes)
    }
    try checkRights()
    var all: [ScheduleChange] = []
    // Without a name, whatever scheduler has something of this workspace.
    for kind in options.kind.map({ [$0] }) ?? [.systemd, .launchd, .cron] {
      all += try await removeFrom(kind)
    }
    guard !options.dryRun else { return dryRun(all, options.kind) }
    if plan.jobs.contains(.windowReset) {
      await beforeReset.disarm()
      try ScheduleRecord.remove(workspace, agent: plan.agent)
    }
    ScheduledMark.clear(plan.jobs, agent: plan.agent, in: workspace)
    let done = all.isEmpty ? "nothing is scheduled for" : "removed the schedule of"
    return finished("\(done) \(plan.workspace)", all, options.kind)
  }

  private func removeFrom(_ kind: SchedulerKind) async throws(JobError) -> [ScheduleChange] {
    switch kind {
    case .systemd:
      let changes = try systemd.removing()
      if !options.dryRun { try await systemd.applyRemoval(changes) }
      return changes
    case .launchd, .kubernetes:
      let changes = try launchd.removing()
      if !options.dryRun { try await launchd.applyRemoval(changes) }
      return changes
    case .cron:
      let hasProgram = plan.level == .system || tools.find("crontab") != nil
      guard hasProgram || options.kind == .cron else { return [] }
      let change = try await cron.removing()
      guard change.isOne else { return [] }
      if !options.dryRun { try await cron.apply(change) }
      return [change]
    }
  }

  // MARK: Telling

  private func dryRun(_ changes: [ScheduleChange], _ kind: SchedulerKind?) -> JobReport {
    var report = finished("\(changes.count) changes, nothing touched", changes, kind)
    report.outcome = .idle
    report.answer = changes.isEmpty ? ["nothing to change"] : changes.flatMap(\.diff)
    return report
  }

  private func finished(
    _ summary: String, _ changes: [ScheduleChange], _ kind: SchedulerKind?
  ) -> JobReport {
    var report = JobReport(
      job: Self.name, outcome: changes.isEmpty ? .idle : .done, summary: summary,
      counts: [.init("changes", changes.count)])
    report.answer = [summary]
    report.facts = [.init("scheduler", kind?.rawValue), .init("name", plan.name)]
    report.values = [
      .init("diff", json: JSONWriter.array(of: changes.flatMap(\.diff).map(JSONWriter.quoted)))
    ]
    return report
  }

  private func report(_ lines: [String], _ kind: SchedulerKind) -> JobReport {
    var report = finished("\(kind.rawValue): \(lines.count) lines", [], kind)
    report.answer = lines
    return report
  }
}

extension JobReport {
  fileprivate func adding(warnings: [String]) -> JobReport {
    var report = self
    report.answer += warnings.map { "warning: \($0)" }
    report.values += ScheduleJob.warnings(warnings)
    return report
  }
}
