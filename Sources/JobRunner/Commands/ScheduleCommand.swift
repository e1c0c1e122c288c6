internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension ScheduleJob.Action: ExpressibleByArgument {}
extension ScheduledJob: ExpressibleByArgument {}

/// The schedulers as flags: `--cron`.
private enum SchedulerFlag: String, EnumerableFlag {
  case cron
  case systemd
  case launchd
  case kubernetes

  static func help(for value: SchedulerFlag) -> ArgumentHelp? {
    switch value {
    case .cron: "The crontab of the user; with --system a file in /etc/cron.d."
    case .systemd: "Units of the user's manager; with --system those of the machine."
    case .launchd: "Agents of launchd; with --system daemons."
    case .kubernetes: "CronJobs of the cluster that kubectl is set to."
    }
  }
}

struct ScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: ScheduleJob.name,
    abstract: "Print, install, remove and show what triggers the jobs of a workspace.",
    discussion: """
      Without a scheduler's name that of the machine is taken: systemd where it runs, else launchd, \
      else cron. PATH is filled from where opencode, codex and claude are found; the workspace, \
      AGENT_ID and what else says where files are come along. Everything bears the workspace's \
      name, so that schedules of several workspaces stand beside each other.

      install puts right what differs and leaves the rest; lines of others in a crontab stay as \
      they are, byte for byte. print with --binary gives fixed values and looks at nothing. rearm \
      sets the one-shots that take the AFTER of a window 90 s before its reset; an installed \
      window-reset does that after each run.

      Examples:
        jobrunner schedule install --dry-run
        jobrunner schedule install
        jobrunner schedule status --require
        jobrunner schedule install --cron refresh-usage rotate-log
        sudo jobrunner --workspace /srv/app schedule install --system --run-as dev
        jobrunner schedule print --systemd --workspace /srv/app
        jobrunner schedule remove
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(
    help: ArgumentHelp("print, install, remove, status or rearm.", valueName: "action"))
  var action: ScheduleJob.Action

  @Argument(help: ArgumentHelp("Only these jobs (default: all).", valueName: "job"))
  var jobs: [ScheduledJob] = []

  @Flag(exclusivity: .exclusive)
  private var scheduler: SchedulerFlag?

  @Flag(help: "For the machine instead of the user; takes root.")
  var system = false

  @Option(
    help: ArgumentHelp(
      "Whom the jobs of --system run as (default: the workspace's owner).", valueName: "user"))
  var runAs: String?

  @Option(
    help: ArgumentHelp("The program to schedule (default: this one).", valueName: "path"),
    completion: .file())
  var binary: String?

  @Option(
    help: ArgumentHelp(
      "PATH of the jobs (default: where the clients are found).", valueName: "folders"))
  var path: String?

  @Option(
    help: ArgumentHelp("The zone of a cluster's schedule (default: Etc/UTC).", valueName: "zone"))
  var timeZone: String?

  @Option(
    help: ArgumentHelp("print: write the files into this folder.", valueName: "dir"),
    completion: .directory)
  var output: String?

  @Flag(help: "Print what would change; touch nothing.")
  var dryRun = false

  @Flag(help: "status: end with 1 when a job is not scheduled, or its timer is off.")
  var require = false

  func validate() throws {
    if output != nil, action != .print { throw ValidationError("--output goes with print") }
    if require, action != .status { throw ValidationError("--require goes with status") }
    if runAs != nil, !system { throw ValidationError("--run-as goes with --system") }
    if isFixed, scheduler == nil {
      throw ValidationError("print with --binary looks at nothing: name the scheduler")
    }
    if isFixed, binary?.hasPrefix("/") != true {
      throw ValidationError("print with --binary takes a whole path: /usr/local/bin/jobrunner")
    }
    if let runAs, !runAs.utf8.allSatisfy(Self.mayBeInName) || runAs.isEmpty {
      throw ValidationError("'\(runAs)' cannot be a user's name")
    }
    if let timeZone, LocalTime(named: timeZone) == nil {
      throw ValidationError("'\(timeZone)' is no time zone; give an IANA name, Europe/Helsinki")
    }
  }

  private static func mayBeInName(_ byte: UInt8) -> Bool {
    (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
      || "_.-".utf8.contains(byte)
  }

  private var kind: SchedulerKind? { scheduler.flatMap { SchedulerKind(rawValue: $0.rawValue) } }

  private var isFixed: Bool { action == .print && binary != nil }

  func run() throws {
    let isChange = !dryRun && (action == .install || action == .remove)
    // A folder in which nothing ran yet gets no history: what was installed leaves no trace in it.
    let isNoted = isChange && JobHarness(JobHarness.Options(global)).hasState
    let harness = JobHarness(
      JobHarness.Options(global), noting: isNoted ? ScheduleJob.name : nil)
    let command = self
    harness.runToEnd(ScheduleJob.name, hooks: .none) { () async throws(JobError) in
      var options = ScheduleJob.Options(
        action: command.action, kind: command.kind, uid: geteuid())
      options.dryRun = command.dryRun
      options.require = command.require
      options.output = command.output.map { harness.live.currentFolder.pushing(FilePath($0)) }
      let report = try await ScheduleJob(
        options: options, plan: try await command.plan(harness), workspace: harness.workspace,
        world: harness.world, days: .system
      ).run()
      if !options.dryRun, options.action == .install { harness.sweepState() }
      return report
    }
  }

  private func plan(_ harness: JobHarness) async throws(JobError) -> SchedulePlan {
    var plan =
      isFixed
      ? SchedulePlan(fixed: harness.workspace.root, binary: FilePath(binary ?? ""))
      : try harness.schedulePlan(binary: binary)
    if !jobs.isEmpty { plan.jobs = ScheduledJob.allCases.filter(jobs.contains) }
    if let path { plan.searchPath = path }
    if let timeZone { plan.timeZone = timeZone }
    guard system else { return plan }
    plan.level = .system
    if isFixed {
      if let runAs { plan.account = .init(name: runAs, home: FilePath("/home/\(runAs)")) }
    } else {
      plan.account = try await Account.find(runAs, owning: plan.workspace, harness.world)
    }
    return plan
  }
}

extension JobHarness {
  /// The plan of what is found on this machine.
  func schedulePlan(binary: String? = nil) throws(JobError) -> SchedulePlan {
    let called = binary ?? CommandLine.arguments.first ?? ""
    guard
      let program = ExecutableSearch.find(
        called, searchPath: world.environment["PATH"] ?? "", from: live.currentFolder)
    else { throw JobError(.noInput, "'\(called)' is not found; name the program with --binary") }
    var plan = SchedulePlan(
      probing: workspace, binary: program.lexicallyNormalized(),
      configuration: try configuration(), environment: world.environment)
    if let folder = options.dataDir { plan.set("TRACKER_DATA_DIR", folder) }
    if let folder = options.stateDir { plan.set("TRACKER_ALIAS_STATE_DIR", folder) }
    plan.configuration = options.config.map {
      live.currentFolder.pushing(FilePath($0)).lexicallyNormalized()
    }
    return plan
  }

  /// Sets the one-shots before the next resets anew, where a schedule with them is installed.
  func rearmBeforeResets() async {
    let agent = world.environment["AGENT_ID"].flatMap { $0.isEmpty ? nil : $0 }
    guard BeforeReset.isWanted(in: workspace, agent: agent) else { return }
    do throws(JobError) {
      let plan = try schedulePlan()
      await BeforeReset(plan: plan, workspace: workspace, world: world).rearm()
    } catch {
      // The job itself has told what is wrong with the configuration.
    }
  }
}
