import Jobs
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The files that show a schedule.
@Suite(.fewAtOnce) struct ScheduleFilesTests {
  private let units = Fixtures.packageRoot.appending("docs/System/scheduler")

  @Test("The files in the tree are those that the binary prints, byte for byte")
  func generated() async throws {
    let folder = try TemporaryFolder("generated")
    for name in ["docs/System/scheduler", "deploy/kubernetes"] { try makeFolder(folder.at(name)) }
    let run = try await SpawnedProcess(
      Fixtures.packageRoot.appending("scripts/schedule_files.sh"),
      [BuiltBinary.path.string, folder.path.string], environment: ["PATH": "/usr/bin:/bin"]
    ).wait()
    #expect(run.exit == 0, "\(run)")
    for place in [
      "crontab.example", "docs/System/scheduler", "docs/System/scheduler/system",
      "deploy/kubernetes",
    ] {
      let here = Fixtures.packageRoot.appending(place)
      let there = folder.at(place)
      let names = listFolder(there)
      #expect(names == listFolder(here), "run 'make schedule-files'")
      for name in names.isEmpty ? [""] : names where name != "system" {
        let mine = readBytes(name.isEmpty ? there : there.appending(name))
        #expect(
          mine != nil && mine == readBytes(name.isEmpty ? here : here.appending(name)),
          "\(place)/\(name) differs: run 'make schedule-files'")
      }
    }
  }

  private func tool(_ name: String, _ arguments: [String]) async throws -> Outcome {
    let folder = try TemporaryFolder("runtime")
    return try await SpawnedProcess(
      try #require(findTool(name)), arguments,
      environment: [
        "PATH": "/usr/bin:/bin:/usr/sbin", "XDG_RUNTIME_DIR": folder.path.string,
        "HOME": folder.path.string, "SYSTEMD_COLORS": "0",
      ]
    ).wait()
  }

  @Test(
    "systemd finds nothing to say of the units, also of a workspace with an odd name",
    .enabled(if: requireTool("systemd-analyze")), arguments: ["/srv/app", "/srv/my app's 5% $x-ü"],
    ["--user", "--system"])
  func verified(workspace: String, level: String) async throws {
    let folder = try TemporaryFolder("units")
    let printed = try await BuiltBinary.run(
      ["schedule", "print", "--systemd", "--workspace", workspace, "--binary", "/bin/true"]
        + ["--output", folder.path.string] + (level == "--system" ? [level] : []))
    #expect(printed.exit == 0, "\(printed)")
    let files = listFolder(folder.path).map { folder.at($0).string }
    #expect(files.count == 16)
    let run = try await tool("systemd-analyze", [level, "verify", "--man=no"] + files)
    #expect(run.exit == 0 && run.stderr.isEmpty, "\(run)")
  }

  @Test(
    "What runs for the machine can do hardly anything besides its work",
    .enabled(if: requireTool("systemd-analyze")))
  func hardened() async throws {
    let folder = units.appending("system")
    let services = listFolder(folder).filter { $0.hasSuffix(".service") }
    #expect(services.count == 9)
    for name in services {
      let run = try await tool(
        "systemd-analyze",
        [
          "security", "--offline=true", "--no-pager", "--threshold=15",
          folder.appending(name).string,
        ])
      #expect(run.exit == 0, "\(name): \(lines(run.stdout).last ?? "")")
    }
  }

  @Test(
    "Calendars say what the crontab says", .enabled(if: requireTool("systemd-analyze")),
    arguments: [
      ("rotate-log", "*-*-* 03:17:00"), ("window-reset", "*-*-* *:06:00"),
      ("ledger-checkpoint", "*-*-* *:08:00"), ("ingest-telemetry", "*-*-* *:00/5:00"),
      ("cost-compare", "*-*-* 03:27:00"),
    ])
  func calendars(job: String, normalised: String) async throws {
    let timer = try #require(readText(units.appending("jobrunner-\(job)@srv-app.timer")))
    let line = try #require(lines(timer).first { $0.hasPrefix("OnCalendar=") })
    let run = try await tool("systemd-analyze", ["calendar", String(line.dropFirst(11))])
    #expect(run.exit == 0)
    #expect(run.stdout.contains("Normalized form: \(normalised)\n"), "\(run)")
  }

  @Test("launchd's property lists are such", .enabled(if: requireTool("python3")))
  func propertyLists() async throws {
    let folder = try TemporaryFolder("plists")
    let printed = try await BuiltBinary.run([
      "schedule", "print", "--launchd", "--workspace", "/srv/a & <b>", "--binary", "/bin/true",
      "--output", folder.path.string,
    ])
    #expect(printed.exit == 0, "\(printed)")
    let script = """
      import plistlib, sys
      for path in sys.argv[1:]:
          made = plistlib.load(open(path, "rb"))
          assert made["Label"] and made["ProgramArguments"][0] == "/bin/true", path
          assert made["EnvironmentVariables"]["JOBRUNNER_WORKSPACE"] == "/srv/a & <b>", path
          assert "StartInterval" in made or "StartCalendarInterval" in made, path
      """
    let run = try await tool(
      "python3", ["-c", script] + listFolder(folder.path).map { folder.at($0).string })
    #expect(run.exit == 0, "\(run)")
    #expect(listFolder(folder.path).count == 6)
  }

  @Test("The workflow offers every job, and its triggers are those of the table")
  func workflow() throws {
    let text = try #require(
      readText(Fixtures.packageRoot.appending("deploy/ci/jobrunner.yml")))
    for job in ScheduledJob.allCases { #expect(text.contains("\n          - \(job.name)\n")) }
    let triggers = lines(text).filter { $0.contains("- cron: ") }
    #expect(triggers.count == 4)
    for line in triggers {
      let job = try #require(
        ScheduledJob.allCases.first { line.hasSuffix("# \($0.name)") }, "\(line)")
      #expect(line.contains("\"\(job.cadence.cron)\""))
    }
  }

  @Test("The image runs as nobody's user, the one that the manifests name")
  func image() throws {
    let text = try #require(readText(Fixtures.packageRoot.appending("Containerfile")))
    #expect(text.contains("\nUSER 65532:65532\n"))
    let manifest = try #require(
      readText(Fixtures.packageRoot.appending("deploy/kubernetes/rotate-log.yaml")))
    #expect(manifest.contains("runAsUser: 65532\n"))
  }
}
