package import Shared
package import SystemPackage

/// `schedule`: prints, installs, removes and shows what triggers the jobs of a workspace.
package struct ScheduleJob: Sendable {
  package static let name = "schedule"

  package enum Action: String, CaseIterable, Sendable {
    case print
    case install
    case remove
    case status
    /// What an installed `window-reset` does after each run.
    case rearm
  }

  package struct Options: Sendable {
    package var action: Action
    /// nil for what the machine has.
    package var kind: SchedulerKind?
    package var dryRun = false
    /// Whether a schedule that is not whole is an answer of no.
    package var require = false
    /// The folder for the files of `print`; nil for standard output.
    package var output: FilePath?
    /// The user that runs this.
    package var uid: UInt32

    package init(action: Action, kind: SchedulerKind?, uid: UInt32) {
      self.action = action
      self.kind = kind
      self.uid = uid
    }
  }

  let options: Options
  let plan: SchedulePlan
  let workspace: Workspace
  let world: World
  private let days: LocalTime

  package init(
    options: Options, plan: SchedulePlan, workspace: Workspace, world: World, days: LocalTime
  ) {
    self.options = options
    self.plan = plan
    self.workspace = workspace
    self.world = world
    self.days = days
  }

  package func run() async throws(JobError) -> JobReport {
    switch options.action {
    case .print: return try printed()
    case .install: return try await install()
    case .remove: return try await remove()
    case .status: return try await statusReport()
    case .rearm: return await rearm()
    }
  }

  // MARK: The schedulers

  var tools: ScheduleTools { ScheduleTools(world) }

  var cron: CronScheduler {
    CronScheduler(
      plan: plan, tools: tools, scratch: FilePath(world.environment["TMPDIR"] ?? "/tmp"))
  }

  var systemd: SystemdScheduler {
    SystemdScheduler(plan: plan, tools: tools, environment: world.environment)
  }

  var launchd: LaunchdScheduler {
    LaunchdScheduler(
      plan: plan, tools: tools, environment: world.environment, uid: options.uid)
  }

  var kubernetes: KubernetesScheduler {
    KubernetesScheduler(
      plan: plan, tools: tools, scratch: FilePath(world.environment["TMPDIR"] ?? "/tmp"))
  }

  /// The scheduler that was asked for, else the best that the machine has.
  ///
  /// - Throws: 69 where there is none.
  func kind() throws(JobError) -> SchedulerKind {
    if let kind = options.kind { return kind }
    // How sd_booted(3) tells that systemd is the one that runs the machine.
    let runsSystemd = (try? Stat("/run/systemd/system"))?.type == .directory
    if runsSystemd, tools.find("systemctl") != nil { return .systemd }
    #if canImport(Darwin)
    if tools.find("launchctl") != nil { return .launchd }
    #endif
    if plan.level == .system || tools.find("crontab") != nil { return .cron }
    throw JobError(
      .unavailable,
      "no scheduler is found: neither systemd nor crontab; install one, or see "
        + "'jobrunner schedule print --kubernetes'")
  }

  // MARK: print

  private func printed() throws(JobError) -> JobReport {
    let kind = try kind()
    let files = try plan.files(kind)
    var report = JobReport(job: Self.name, outcome: .done, summary: "\(files.count) files")
    if let output = options.output {
      let folder = ScheduleFolder(path: output) { _ in false }
      let changes = try folder.changes(files, removing: [])
      if !options.dryRun { try folder.apply(changes) }
      report.summary = "\(changes.count) of \(files.count) files written"
    } else {
      report.answer = Self.text(files, kind)
    }
    report.facts = [.init("scheduler", kind.rawValue), .init("name", plan.name)]
    report.values = [.init("files", json: Self.json(files))]
    return report
  }

  /// All files as one text that says where each begins.
  private static func text(_ files: [ScheduleFile], _ kind: SchedulerKind) -> [String] {
    files.enumerated().flatMap { index, file in
      var lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
        .map(String.init)
      if lines.last == "" { lines.removeLast() }
      guard files.count > 1 else { return lines }
      let gap = index == 0 ? [] : [""]
      switch kind {
      case .cron, .systemd: return gap + ["# \(file.name)"] + lines
      case .launchd: return gap + ["<!-- \(file.name) -->"] + lines
      case .kubernetes: return (index == 0 ? [] : ["---"]) + lines
      }
    }
  }

  private static func json(_ files: [ScheduleFile]) -> [UInt8] {
    var writer = JSONWriter()
    writer.array { writer in
      for file in files {
        writer.object { writer in
          writer.member("name", file.name)
          writer.member("text", file.text)
        }
      }
    }
    return writer.bytes
  }

  // MARK: status and rearm

  /// What is scheduled; nothing is changed.
  package func status() async throws(JobError) -> ScheduleStatus {
    let now = world.clock.now()
    var status = ScheduleStatus()
    let kinds = options.kind.map { [$0] } ?? [.systemd, .launchd, .cron]
    for kind in kinds {
      switch kind {
      case .systemd: status.triggers += try await systemd.triggers(at: now, days: days)
      case .launchd: status.triggers += try await launchd.triggers(at: now, days: days)
      case .kubernetes: status.triggers += try await kubernetes.triggers(at: now, days: days)
      case .cron:
        if plan.level == .system || options.kind == .cron || tools.find("crontab") != nil {
          status.triggers += try await cron.triggers(at: now, days: days)
        }
      }
    }
    if status.triggers.contains(where: { $0.scheduler == .systemd }),
      let warning = await systemd.lingerWarning(uid: options.uid)
    {
      status.warnings.append(warning)
    }
    status.beforeResets = (ScheduleRecord.read(workspace, agent: plan.agent)?.armed ?? [])
      .filter { $0.moment > now }
    return status
  }

  private func statusReport() async throws(JobError) -> JobReport {
    let status = try await status()
    let missing = status.missing.filter(plan.jobs.contains)
    let idle = plan.jobs.filter { !status.isAtWork($0) }
    if options.require, !idle.isEmpty {
      let names = idle.map(\.name).joined(separator: ", ")
      throw JobError(
        .negative, "nothing runs \(names); 'jobrunner schedule install' puts it right")
    }
    var report = JobReport(
      job: Self.name, outcome: .done,
      summary: "\(status.triggers.count) triggers, \(missing.count) jobs missing",
      counts: [.init("missing", missing.count)])
    report.answer = status.lines
    report.facts = [.init("name", plan.name)]
    report.values = [.init("jobs", json: status.json)] + Self.warnings(status.warnings)
    return report
  }

  static func warnings(_ texts: [String]) -> [JobReport.Value] {
    var writer = JSONWriter()
    writer.array { writer in
      for text in texts { writer.string(text) }
    }
    return [.init("warnings", json: writer.bytes)]
  }

  private func rearm() async -> JobReport {
    let beforeReset = BeforeReset(plan: plan, workspace: workspace, world: world)
    if plan.level == .system {
      await beforeReset.rearmSystem()
    } else {
      await beforeReset.rearm()
    }
    return JobReport(job: Self.name, outcome: .done, summary: "one-shots set")
  }
}
