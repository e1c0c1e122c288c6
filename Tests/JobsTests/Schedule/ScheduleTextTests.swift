import Jobs
import Shared
import SystemPackage
import Testing

/// What the formats say.
@Suite struct ScheduleTextTests {
  @Test("Each crontab line stands by itself: no variable is set for the lines that follow")
  func crontabLines() throws {
    let lines = try fixedPlan().files(.cron)[0].text.split(separator: "\n")
    let commands = lines.filter { !$0.hasPrefix("#") }
    #expect(commands.count == ScheduledJob.allCases.count)
    for (line, job) in zip(commands, ScheduledJob.allCases) {
      #expect(line.hasPrefix("\(job.cadence.cron) env PATH="))
      #expect(line.contains(" JOBRUNNER_WORKSPACE=/srv/app /usr/local/bin/jobrunner \(job.name) "))
      #expect(line.hasSuffix(" --quiet"))
    }
  }

  @Test("What cron and the shell would take for theirs is quoted")
  func crontabQuotes() throws {
    let text = try fixedPlan("/srv/my app's 100%").files(.cron)[0].text
    #expect(text.contains(#"'JOBRUNNER_WORKSPACE=/srv/my app'\''s 100\%' "#))
    // cron takes a backslash away before '%', and some before another backslash.
    let odd = try fixedPlan(#"/srv/a\b\\c\%d"#).files(.cron)[0].text
    #expect(odd.contains(#"'JOBRUNNER_WORKSPACE=/srv/a\b\''\c\''\%d' "#))
  }

  @Test("A line that is longer than cron takes is an error that names the way out")
  func crontabLength() {
    var plan = fixedPlan()
    plan.searchPath = String(repeating: "/folder", count: 140)
    let error = #expect(throws: JobError.self) { try plan.files(.cron) }
    #expect(error?.status == .usage)
    #expect(error?.message.contains("--path") == true)
  }

  @Test(
    "A text that no format can hold is an error", arguments: ["/srv/a\nb", "/srv/a ", #"/srv/a\"#],
    SchedulerKind.allCases)
  func unprintable(workspace: String, kind: SchedulerKind) {
    let error = #expect(throws: JobError.self) { try fixedPlan(FilePath(workspace)).files(kind) }
    #expect(error?.status == .usage)
  }

  @Test("A file of /etc/cron.d names the user, and itself without what cron passes over")
  func systemCrontab() throws {
    var plan = fixedPlan("/srv/my-app.x", level: .system)
    plan.account = .init(name: "dev", home: "/home/dev")
    let file = try plan.files(.cron)[0]
    #expect(file.name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) })
    #expect(file.text.contains("\n6 * * * * dev env PATH="))
  }

  @Test("Each job has a service and a timer; a registry has a path unit")
  func unitNames() throws {
    let names = try fixedPlan(agent: "sub-1").files(.systemd).map(\.name)
    for job in ScheduledJob.allCases {
      for kind in ["service", "timer"] {
        #expect(names.contains(#"jobrunner-\#(job.name)@srv-app:sub\x2d1.\#(kind)"#))
      }
    }
    #expect(names.filter { $0.hasSuffix(".path") }.count == 1)
    #expect(Set(names).count == names.count)
  }

  @Test("A started agent is picked up at once, and often is never too often")
  func registryPath() throws {
    let path = try #require(try fixedPlan().text(.systemd, endingIn: ".path"))
    #expect(path.contains("PathChanged=/srv/app/.opencode-subagent/registry.json\n"))
    #expect(path.contains("StartLimitIntervalSec=0\n"))
    let plan = fixedPlan(jobs: [.refreshUsage])
    let service = try #require(try plan.text(.systemd, endingIn: "usage@srv-app.service"))
    #expect(service.contains("StartLimitIntervalSec=0\n"))
    #expect(service.contains("LogLevelMax=notice\n"))
    // What a job prints is at this level; below the limit it would be lost.
    #expect(service.contains("SyslogLevel=warning\n"))
    #expect(
      try plan.text(.systemd, endingIn: ".timer")?.contains("OnUnitInactiveSec=15s\n") == true)
  }

  @Test("Windows are looked at to the second, hourly, and a missed look is made up for")
  func windowTimer() throws {
    let plan = fixedPlan(jobs: [.windowReset])
    let timer = try #require(try plan.text(.systemd, endingIn: ".timer"))
    for line in [
      "OnCalendar=*-*-* *:06:00", "AccuracySec=1s", "RandomizedDelaySec=0", "Persistent=true",
    ] {
      #expect(timer.contains(line + "\n"))
    }
  }

  @Test(
    "Every service ends in time, tells of failure, and takes 75 for well",
    arguments: [
      SchedulePlan.Level.user, .system,
    ])
  func services(level: SchedulePlan.Level) throws {
    let services = try fixedPlan(level: level).files(.systemd)
      .filter { $0.name.hasSuffix(".service") && !$0.name.contains("failure") }
    #expect(services.count == ScheduledJob.allCases.count + 2)
    for service in services {
      #expect(service.text.contains("TimeoutStartSec="))
      #expect(service.text.contains("SuccessExitStatus=75\n"))
      #expect(service.text.contains("OnFailure=jobrunner-failure@srv-app.service\n"))
      #expect(service.text.contains("NoNewPrivileges=yes\n"))
      #expect(service.text.contains("User=jobrunner\n") == (level == .system))
    }
  }

  @Test("What proves a lock dead is not hidden from the jobs that need it")
  func processes() throws {
    for job in ScheduledJob.allCases {
      let plan = fixedPlan(level: .system, jobs: [job])
      let text = try #require(try plan.text(.systemd, endingIn: "\(job.name)@srv-app.service"))
      #expect(text.contains("PrivateUsers=yes") == !job.looksAtProcesses)
      #expect(text.contains("MemoryDenyWriteExecute=yes") == !job.startsClients)
      #expect(text.contains("PrivateNetwork=yes") == !job.startsClients)
    }
  }

  @Test("A folder that a variable names can be written as those at the usual places can")
  func writable() throws {
    var plan = fixedPlan(level: .system, jobs: [.windowReset])
    plan.set("CODEX_HOME", "/var/lib/codex")
    plan.set("TRACKER_DATA_DIR", "data/else")
    let text = try #require(try plan.text(.systemd, endingIn: "reset@srv-app.service"))
    let paths = try #require(text.split(separator: "\n").first { $0.hasPrefix("ReadWritePaths=") })
    #expect(paths.hasPrefix("ReadWritePaths=/srv/app -/var/lib/codex -/var/lib/jobrunner/.codex "))
  }

  @Test("A value with blanks, quotes, per cents and dollars is one word in a unit")
  func unitQuotes() throws {
    var plan = fixedPlan(#"/srv/a "b" 5%"#, jobs: [.rotateLog])
    plan.binary = "/opt/my $tools/jobrunner"
    let text = try #require(try plan.text(.systemd, endingIn: ".service"))
    #expect(text.contains(#"Environment="JOBRUNNER_WORKSPACE=/srv/a \"b\" 5%%""# + "\n"))
    #expect(text.contains(#"ExecStart="/opt/my $$tools/jobrunner" rotate-log --quiet"# + "\n"))
    #expect(text.contains(#"ConditionPathIsDirectory=/srv/a "b" 5%%"# + "\n"))
  }

  @Test("The volume comes first, and every job is forbidden to overlap and to run for ever")
  func manifests() throws {
    var plan = fixedPlan("/srv/A long workspace/of somebody")
    plan.timeZone = "Europe/Helsinki"
    let files = try plan.files(.kubernetes)
    #expect(files.map(\.name) == ["volume.yaml"] + ScheduledJob.allCases.map { "\($0.name).yaml" })
    for file in files.dropFirst() {
      #expect(file.text.contains("concurrencyPolicy: Forbid\n"))
      #expect(file.text.contains("activeDeadlineSeconds: "))
      #expect(file.text.contains("timeZone: \"Europe/Helsinki\"\n"))
      let name = file.text.split(separator: "\n").first { $0.hasPrefix("  name: ") } ?? ""
      #expect(name.utf8.count - 8 <= 52, "a CronJob's name takes 52")
    }
  }

  @Test("The environment of a schedule holds where things are, and no secret")
  func environment() {
    let workspace = Workspace(flag: "/srv/app", environment: [:], currentFolder: "/")
    let plan = SchedulePlan(
      probing: workspace, binary: "/bin/true", configuration: Configuration(),
      environment: [
        "PATH": "/usr/bin:/nowhere", "HOME": "/home/dev", "OPENAI_API_KEY": "sk-EXAMPLE",
        "AGENT_ID": "sub1", "CODEX_HOME": "/home/dev/.codex", "OPENCODE_PSA_DIR": "",
      ])
    #expect(
      plan.environment.map(\.name) == [
        "PATH", "JOBRUNNER_WORKSPACE", "AGENT_ID", "CODEX_HOME",
      ])
    #expect(plan.name == "srv-app:sub1")
    #expect(!plan.searchPath.contains("nowhere"))
  }
}
