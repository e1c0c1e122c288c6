internal import SystemPackage

/// The units of systemd: for each job a service and its timer, a path unit on the registry, a
/// service for what is to be done shortly before a reset, and one for failures.
struct SystemdUnits {
  private let plan: SchedulePlan

  init(_ plan: SchedulePlan) {
    self.plan = plan
  }

  var files: [ScheduleFile] {
    plan.jobs.flatMap(units) + [ScheduleFile(Self.failure(plan.name), failureService)]
  }

  // MARK: Names

  /// `jobrunner-rotate-log@srv-app.timer`.
  static func unit(_ stem: String, _ name: String, _ kind: String) -> String {
    "jobrunner-\(stem)@\(name).\(kind)"
  }

  static func beforeReset(_ provider: Provider, _ name: String, _ kind: String) -> String {
    unit("before-reset-\(provider.rawValue)", name, kind)
  }

  static func failure(_ name: String) -> String { unit("failure", name, "service") }

  /// The providers whose clients can be asked shortly before a reset.
  static let providers: [Provider] = [.codex, .claude]

  // MARK: Units

  private func units(_ job: ScheduledJob) -> [ScheduleFile] {
    var files = [
      ScheduleFile(Self.unit(job.name, plan.name, "service"), service(job)),
      ScheduleFile(Self.unit(job.name, plan.name, "timer"), timer(job)),
    ]
    switch job {
    case .refreshUsage:
      files.append(ScheduleFile(Self.unit(job.name, plan.name, "path"), path(job)))
    case .windowReset:
      files += Self.providers.map { provider in
        ScheduleFile(
          Self.beforeReset(provider, plan.name, "service"), beforeResetService(provider))
      }
    default: break
    }
    return files
  }

  private func service(_ job: ScheduledJob) -> String {
    var unit = [
      ("Description", "jobrunner \(job.name): \(job.summary) (\(plan.workspace))")
    ]
    // A run that is triggered by both waits for the window to be closed.
    if job == .ledgerCheckpoint {
      unit.append(("After", Self.unit(ScheduledJob.windowReset.name, plan.name, "service")))
    }
    var service = run(plan.command(job), job)
    // Setting a timer of the system takes root, which the job itself is not.
    if job == .windowReset, plan.level == .system {
      let rearm = plan.command(["schedule", "rearm", "--systemd", "--system", "--quiet"])
      service.insert(
        ("ExecStartPost", "-+" + rearm.map(UnitText.argument).joined(separator: " ")), at: 2)
    }
    return text(unit: unit, service: service, job)
  }

  private func beforeResetService(_ provider: Provider) -> String {
    text(
      unit: [
        (
          "Description",
          "jobrunner window-reset: AFTER of \(provider.rawValue) before its reset "
            + "(\(plan.workspace))"
        )
      ], service: run(plan.beforeReset(provider), .windowReset), .windowReset)
  }

  private func run(_ command: [String], _ job: ScheduledJob) -> [(String, String)] {
    [
      ("Type", "oneshot"),
      ("ExecStart", command.map(UnitText.argument).joined(separator: " ")),
    ]
      + plan.environment.map { ("Environment", UnitText.word("\($0.name)=\($0.value)")) }
      + [
        ("TimeoutStartSec", "\(job.timeLimit)"),
        // Another program is in the way, and the next trigger tries again.
        ("SuccessExitStatus", "75"),
        // Below the level at which the starts of a unit are noted; what a job prints is a failure.
        ("SyslogLevel", "warning"), ("LogLevelMax", "notice"),
      ]
  }

  private func text(
    unit: [(String, String)], service: [(String, String)], _ job: ScheduledJob
  ) -> String {
    let common = [
      ("ConditionPathIsDirectory", UnitText.plain(plan.workspace.string)),
      ("OnFailure", Self.failure(plan.name)),
      // As often as it is triggered: a limit would turn the path unit off for good.
      ("StartLimitIntervalSec", "0"),
    ]
    return UnitText.sections([
      ("Unit", unit.map { ($0, UnitText.plain($1)) } + common),
      ("Service", service + SystemdHardening(plan, job).settings),
    ])
  }

  private var failureService: String {
    // systemd tells the service of a failure what has failed, and how.
    let command = #"""
      /bin/sh -c 'echo "$$MONITOR_UNIT failed: $$MONITOR_SERVICE_RESULT $$MONITOR_EXIT_STATUS"'
      """#
    return UnitText.sections([
      (
        "Unit",
        [
          (
            "Description",
            UnitText.plain("jobrunner: a job has failed (\(plan.workspace))")
          ),
          ("StartLimitIntervalSec", "0"),
        ]
      ),
      (
        "Service",
        [
          ("Type", "oneshot"), ("ExecStart", command), ("SyslogLevel", "err"),
          ("TimeoutStartSec", "60"),
        ] + SystemdHardening.ofShell(plan)
      ),
    ])
  }

  private func timer(_ job: ScheduledJob) -> String {
    UnitText.sections([
      (
        "Unit", [("Description", UnitText.plain("jobrunner \(job.name) (\(plan.workspace))"))]
      ),
      ("Timer", Self.trigger(job)),
      ("Install", [("WantedBy", "timers.target")]),
    ])
  }

  private static func trigger(_ job: ScheduledJob) -> [(String, String)] {
    let delays = [("RandomizedDelaySec", "\(job.randomDelay)")]
    switch job.cadence {
    case .everyMinute:
      // Counted from the end of a run, so that none is ever started on top of another.
      return [("OnActiveSec", "1s"), ("OnUnitInactiveSec", "15s"), ("AccuracySec", "1s")]
    case .everyMinutes(let count):
      return [
        ("OnCalendar", "*:0/\(count)"), ("AccuracySec", "5s"), ("Persistent", "true"),
      ] + delays
    case .hourly(let minute):
      return [
        ("OnCalendar", "*-*-* *:\(twoDigits(minute)):00"), ("AccuracySec", "1s"),
        ("Persistent", "true"),
      ] + delays
    case .daily(let hour, let minute):
      return [
        ("OnCalendar", "*-*-* \(twoDigits(hour)):\(twoDigits(minute)):00"),
        ("AccuracySec", "1min"), ("Persistent", "true"),
      ] + delays
    }
  }

  private func path(_ job: ScheduledJob) -> String {
    UnitText.sections([
      (
        "Unit",
        [
          (
            "Description",
            UnitText.plain("jobrunner \(job.name): an agent was started (\(plan.workspace))")
          ),
          ("StartLimitIntervalSec", "0"),
        ]
      ),
      ("Path", [("PathChanged", UnitText.plain(plan.registry.string))]),
      ("Install", [("WantedBy", "paths.target")]),
    ])
  }
}

private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
