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

/// `schedule` with the programs of other schedulers: systemd's own user manager where one can be
/// started, stand-ins for launchd and Kubernetes.
///
/// One after the other: managers beside each other share their control groups.
@Suite(.fewAtOnce, .serialized) struct ScheduleManagerTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder("manager")
    for name in ["my-app/.opencode-subagent", "my-app/data/week0/live/state/main", "home", "bin"] {
      try makeFolder(folder.at(name))
    }
  }

  private var workspace: FilePath { folder.at("my-app") }

  private func inUserManager(_ script: String) async throws -> Outcome? {
    let path = folder.at("script")
    try writeFile(path, "J='\(BuiltBinary.path)'; cd '\(workspace)'\n\(script)\n")
    let run = try await SpawnedProcess(
      Fixtures.path("bin/in_user_manager"), [folder.path.string, path.string],
      environment: [
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "SYSTEMD_PAGER": "cat",
      ]
    ).wait(atMost: .seconds(90))
    guard run.exit == 75 else { return run }
    print("skipped: \(run.stderr)")
    return nil
  }

  /// Waits for a change of the mark that a run leaves.
  private let ran = """
    mark=.jobrunner/last-success/refresh-usage
    ran() { # SINCE
      i=0
      until [ -e $mark ] && [ "$(stat -c %Y%y $mark)" != "$1" ]; do
        i=$((i + 1)); [ $i -lt 100 ] || { echo "no run" >&2; exit 1; }
        sleep 0.1
      done
      stat -c %Y%y $mark
    }
    """

  @Test("A real user manager runs the timers, and the path unit at once when the registry changes")
  func timersFire() async throws {
    let script = """
      \(ran)
      echo '{"version":5,"agents":{}}' >.opencode-subagent/registry.json
      $J schedule install --systemd
      first=$(ran none)
      echo '{"version":5,"agents":{},"updatedAt":"2026-11-05T10:00:00.000Z"}' >new
      mv new .opencode-subagent/registry.json
      ran "$first" >/dev/null
      systemctl --user is-active 'jobrunner-refresh-usage@*.path'
      $J schedule status --systemd --require
      $J schedule install --systemd | grep already
      $J schedule remove --systemd
      systemctl --user list-units --all --plain --no-legend 'jobrunner*'
      find "$HOME" -type f -o -type l
      """
    guard let run = try await inUserManager(script) else { return }
    #expect(run.exit == 0, "\(run)")
    let rest = lines(run.stdout).drop { !$0.contains("removed the schedule") }
    #expect(rest.count == 1, "no unit and no file is left: \(run)")
  }

  @Test("A second workspace has units of its own, and keeps them when the first goes")
  func second() async throws {
    try makeFolder(folder.at("other"))
    let script = """
      $J schedule install --systemd rotate-log
      $J schedule install --systemd rotate-log --workspace '\(folder.at("other"))'
      $J schedule remove --systemd
      systemctl --user list-timers --all --no-legend | grep -c jobrunner-rotate-log
      $J schedule status --systemd --require rotate-log --workspace '\(folder.at("other"))'
      """
    guard let run = try await inUserManager(script) else { return }
    #expect(run.exit == 0, "\(run)")
    #expect(lines(run.stdout).contains("1"))
  }

  @Test("The one-shot before a reset is armed by a run, replaced by the next, and fires")
  func oneShot() async throws {
    try writeFile(
      folder.at("bin/codex"),
      "#!/bin/sh\nexport CODEX_STANDIN_RESETS_AT=$(cat '\(folder.at("resets"))')\n"
        + "exec '\(Fixtures.path("bin/codex"))' \"$@\"\n",
      permissions: FilePermissions(rawValue: 0o755))
    try writeFile(workspace.appending("jobrunner.json5"), "{windows: {providers: ['codex']}}")
    let script = """
      export PATH='\(folder.at("bin"))':$PATH
      echo $(($(date +%s) + 7200)) >'\(folder.at("resets"))'
      $J schedule install --systemd window-reset
      $J window-reset --quiet
      timers() { systemctl --user list-timers --all --no-legend 'jobrunner-before-reset*' | wc -l; }
      echo "armed $(timers)"
      # As a later look finds it: nearer than it was said to be.
      end=$(($(date +%s) + 95))
      sed -i "s/\\"resets_at\\":[0-9]*/\\"resets_at\\":$end/" data/week0/live/state/main/codex.json
      echo $end >'\(folder.at("resets"))'
      $J schedule rearm
      echo "again $(timers)"
      i=0
      until grep -q '"phase":"after"' data/week0/live/snapshots.jsonl; do
        i=$((i + 1)); [ $i -lt 200 ] || { echo 'no AFTER' >&2; exit 1; }
        sleep 0.1
      done
      $J schedule remove --systemd >/dev/null
      echo "left $(timers)"
      """
    guard let run = try await inUserManager(script) else { return }
    #expect(run.exit == 0, "\(run)")
    for line in ["armed 1", "again 1", "left 0"] {
      #expect(lines(run.stdout).contains { $0 == line }, "\(run)")
    }
  }

  @Test("Jobs and clients start under what is left to them by the units of the machine")
  func hardened() async throws {
    guard requireTool("node") else { return }
    let codex = getenv("JOBRUNNER_TEST_CODEX").map { String(cString: $0) } ?? ""
    let script = """
      mount -t tmpfs tmpfs /srv
      mkdir -p /srv/app/.opencode-subagent
      cp "$J" /srv/jobrunner
      units=$HOME/.config/systemd/user
      $J schedule print --systemd --system --run-as root --workspace /srv/app \\
        --binary /srv/jobrunner --output "$units"
      cat >/srv/clients <<'END'
      #!/bin/sh
      node -e 'let s = 0; for (let i = 0; i < 1e7; i++) s += i; console.log("node", s)'
      [ ! -x "$1" ] || "$1" --version 2>/dev/null
      touch /usr/written 2>/dev/null && echo 'wrote to /usr'
      touch /srv/app/written && echo 'wrote to the workspace'
      END
      chmod +x /srv/clients
      sed -e 's|^ExecStart=.*|ExecStart=/srv/clients \(codex)|' \\
        "$units/jobrunner-window-reset@srv-app.service" >"$units/clients.service"
      # What this machine's kernel has no place for, which a whole one has.
      for setting in ProtectKernelLogs=yes ProtectKernelTunables=yes; do
        systemd-run --user --quiet --wait -p $setting /bin/true 2>/dev/null ||
          sed -i "/^$setting/d" "$units"/*.service
      done
      sed -i -e '/^LogLevelMax/d' -e '/^ExecStartPost/d' -e '/^OnFailure/d' \\
        -e 's|^Type=oneshot|&\\nStandardOutput=append:/srv/app/said|' "$units"/*.service
      systemctl --user daemon-reload
      for job in refresh-usage rotate-log ingest-telemetry cost-compare; do
        systemctl --user start "jobrunner-$job@srv-app.service" || {
          systemctl --user show -p ExecMainStatus -p Result "jobrunner-$job@srv-app.service"
          cat /srv/app/said
        }
      done
      systemctl --user start clients.service
      cat /srv/app/said
      """
    guard let run = try await inUserManager(script) else { return }
    #expect(run.exit == 0, "\(run)")
    #expect(run.stdout.contains("node 49999995000000\n"), "\(run)")
    #expect(codex.isEmpty || access(codex, X_OK) != 0 || run.stdout.contains("codex-cli"))
    #expect(run.stdout.contains("wrote to the workspace"))
    #expect(!run.stdout.contains("wrote to /usr"))
  }

  // MARK: Stand-ins

  /// A child writes it: a file that is open for writing here, or in what another test has just forked,
  /// cannot be run.
  private func standIn(_ name: String, _ body: String) async throws {
    let path = folder.at("bin/\(name)")
    let text = "#!/bin/sh\necho \"$*\" >>'\(folder.at("\(name).log"))'\n\(body)\n"
    let write = try SpawnedProcess(
      FilePath("/bin/sh"), ["-c", "cat >'\(path)' && chmod 755 '\(path)'"],
      environment: ["PATH": "/usr/bin:/bin"], stdin: .bytes(Array(text.utf8)))
    guard await write.wait().exit == 0 else { throw SystemFailure("write \(path)") }
  }

  private func run(_ arguments: String...) async throws -> Outcome {
    try await BuiltBinary.run(
      ["schedule"] + arguments,
      environment: [
        "PATH": "\(folder.at("bin")):/usr/bin:/bin", "HOME": folder.at("home").string,
      ], workingDirectory: workspace)
  }

  private func calls(_ name: String) -> [String] {
    (readText(folder.at("\(name).log")) ?? "").split(separator: "\n").map(String.init)
  }

  @Test("Without a manager nothing is written, and 69 says so")
  func noManager() async throws {
    try await standIn("systemctl", "echo 'Failed to connect to bus' >&2; exit 1")
    let run = try await run("install", "--systemd")
    #expect(run.exit == 69, "\(run)")
    #expect(run.stderr.contains("Failed to connect to bus"))
    #expect(listFolder(folder.at("home")).isEmpty)
    #expect(!listFolder(workspace).contains(".jobrunner"))
  }

  @Test(
    "Somebody without linger is told so; somebody with it is not", arguments: ["yes", "no", ""])
  func linger(answer: String) async throws {
    try await standIn("systemctl", "exit 0")
    try await standIn("loginctl", answer.isEmpty ? "exit 1" : "echo \(answer)")
    let run = try await run("install", "--systemd")
    #expect(run.exit == 0, "\(run)")
    #expect(run.stdout.contains("enable-linger") == (answer != "yes"))
  }

  @Test("launchd is given each list anew when it changed, and only then")
  func launchd() async throws {
    let loaded = folder.at("loaded")
    try makeFolder(loaded)
    try await standIn(
      "launchctl",
      """
      case $1 in
      print) test -e "\(loaded)/${2##*/}" ;;
      bootout) rm "\(loaded)/${2##*/}" ;;
      bootstrap) name=${3##*/}; : >"\(loaded)/${name%.plist}" ;;
      esac
      """)
    func count(_ action: String) -> Int {
      calls("launchctl").filter { $0.hasPrefix(action) }.count
    }
    let agents = folder.at("home/Library/LaunchAgents")
    #expect(try await run("install", "--launchd").exit == 0)
    #expect(listFolder(agents).count == 6)
    #expect(listFolder(loaded).map { $0 + ".plist" } == listFolder(agents))
    #expect(count("bootstrap gui/") == 6)
    #expect(try await run("install", "--launchd").stdout.contains("already"))
    #expect(count("bootstrap") == 6)
    #expect(try await run("install", "--launchd", "--path", "/bin", "rotate-log").exit == 0)
    #expect(count("bootout") == 1 && count("bootstrap") == 7)
    #expect(try await run("status", "--launchd", "--require").exit == 0)
    #expect(try await run("remove", "--launchd").exit == 0)
    #expect(listFolder(agents).isEmpty && listFolder(loaded).isEmpty)
  }

  @Test("A cluster is given all manifests, and keeps the volume when the schedule goes")
  func kubernetes() async throws {
    try await standIn("kubectl", "for f; do :; done; cat \"$f\" >>'\(folder.at("fed"))'; echo done")
    #expect(try await run("install", "--kubernetes").exit == 0)
    let fed = try #require(readText(folder.at("fed")))
    #expect(fed.contains("kind: PersistentVolumeClaim"))
    #expect(fed.components("kind: CronJob") == 6)
    try writeFile(folder.at("fed"), "")
    #expect(try await run("remove", "--kubernetes").exit == 0)
    let removed = try #require(readText(folder.at("fed")))
    #expect(removed.components("kind: CronJob") == 6)
    #expect(!removed.contains("PersistentVolumeClaim"))
    #expect(calls("kubectl").last?.hasPrefix("delete --ignore-not-found -f ") == true)
  }

  @Test("A window-reset whose schedule cannot be armed ends as it would without")
  func armingFails() async throws {
    try await standIn("systemctl", "exit 0")
    try await standIn("systemd-run", "exit 1")
    #expect(try await run("install", "--systemd", "window-reset").exit == 0)
    let end = Int64(4_102_444_800)
    try writeFile(
      workspace.appending("data/week0/live/state/main/codex.json"),
      """
      {"provider":"codex","current_window":"W0-CHN","identity":{"limit_id":"codex",\
      "window_minutes":300,"resets_at":\(end)}}
      """)
    try writeFile(workspace.appending("jobrunner.json5"), "{windows: {providers: []}}")
    let run = try await BuiltBinary.run(
      ["window-reset"],
      environment: ["PATH": "\(folder.at("bin")):/usr/bin:/bin", "HOME": "/nowhere"],
      workingDirectory: workspace)
    #expect(run.isSilentSuccess, "\(run)")
    #expect(calls("systemd-run").count == 1)
    #expect(calls("systemd-run").first?.contains("--on-calendar=@\(end - 90)") == true)
  }
}

extension String {
  /// How often a text is in it.
  fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}
