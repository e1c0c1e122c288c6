package import Shared
internal import SystemPackage

/// The one-shots that take the AFTER of an open window shortly before its reset: a transient timer
/// of systemd, else a job of `at`, one a provider, always the one of the window that is open now.
package struct BeforeReset: Sendable {
  /// A one-shot that was set.
  package struct Armed: Sendable, Equatable {
    package var provider: Provider
    package var moment: Timestamp
    /// Its number at `at`.
    package var atJob: String?
  }

  /// How long before the reset: a run and a client's answer take less, and usage of the last
  /// minutes is what is to be seen.
  package static let lead = Duration.seconds(90)

  private let plan: SchedulePlan
  private let workspace: Workspace
  private let world: World

  package init(plan: SchedulePlan, workspace: Workspace, world: World) {
    self.plan = plan
    self.workspace = workspace
    self.world = world
  }

  private var tools: ScheduleTools { ScheduleTools(world) }

  /// Whether a schedule is installed that has one-shots: one look at one file.
  ///
  /// - Parameter agent: AGENT_ID; nil where it is not set.
  package static func isWanted(in workspace: Workspace, agent: String?) -> Bool {
    ScheduleRecord.read(workspace, agent: agent) != nil
  }

  /// Sets the one-shots anew.
  ///
  /// What fails here fails nobody: the reading is then one of the session files, or a later one.
  package func rearm() async {
    guard var record = ScheduleRecord.read(workspace, agent: plan.agent) else { return }
    var armed: [Armed] = []
    for (provider, moment) in moments() {
      switch record.scheduler {
      case .systemd: armed.append(await armTimer(provider, moment))
      case .cron:
        let old = record.armed.first { $0.provider == provider }
        if let one = await armAt(provider, moment, replacing: old) { armed.append(one) }
      case .launchd, .kubernetes: break
      }
    }
    guard armed != record.armed else { return }
    record.armed = armed
    try? record.write(workspace, agent: plan.agent, isRoot: false)
  }

  /// The same for the units of the system, which only root may start.
  ///
  /// Nothing but two moments is taken out of the workspace, which is not root's.
  package func rearmSystem() async {
    for (provider, moment) in moments() { _ = await armTimer(provider, moment) }
  }

  /// Takes back what `rearm` has set with `at`; timers go with their services.
  package func disarm() async {
    for one in ScheduleRecord.read(workspace, agent: plan.agent)?.armed ?? [] {
      await removeAt(one)
    }
  }

  /// When each open window wants its AFTER; none that is over.
  private func moments() -> [(Provider, Timestamp)] {
    let agent = world.environment["AGENT_ID"]
    let now = world.clock.now()
    return SystemdUnits.providers.compactMap { provider in
      let file = PositionFile(
        provider: provider, agent: agent ?? AgentID.main, isNamed: agent != nil,
        workspace: workspace)
      guard case .resetsAt(let end) = file.read(provider)?.identity?.end else { return nil }
      let moment = end - Self.lead
      return moment > now ? (provider, moment) : nil
    }
  }

  // MARK: systemd

  /// A transient timer for the service that is installed; the one before is stopped first.
  private func armTimer(_ provider: Provider, _ moment: Timestamp) async -> Armed {
    let user = plan.level == .user ? ["--user"] : []
    let timer = SystemdUnits.beforeReset(provider, plan.name, "timer")
    let service = SystemdUnits.beforeReset(provider, plan.name, "service")
    do throws(JobError) {
      _ = try await tools.run("systemctl", user + ["stop", timer])
      _ = try await tools.run(
        "systemd-run",
        user + [
          "--quiet", "--no-ask-password", "--unit=\(service)",
          "--on-calendar=@\(moment.milliseconds / 1_000)", "--timer-property=AccuracySec=1s",
        ])
    } catch {}
    return Armed(provider: provider, moment: moment, atJob: nil)
  }

  // MARK: at

  /// How our jobs are known among those of others: numbers are given out again.
  private func mark(_ provider: Provider) -> String {
    "# jobrunner \(plan.name) before reset of \(provider.rawValue)"
  }

  /// The minute of `at` that ends before the moment.
  private func armAt(
    _ provider: Provider, _ moment: Timestamp, replacing old: Armed?
  ) async -> Armed? {
    guard tools.find("at") != nil else { return nil }
    if let old {
      if old.moment == moment, await isThere(old) { return old }
      await removeAt(old)
    }
    do throws(JobError) {
      let folder: NeutralFolder
      let file: FilePath
      do throws(FileError) {
        folder = try NeutralFolder(environment: world.environment)
        file = folder.path.appending("job")
        try AtomicReplace(durability: .off).write(Array(script(provider).utf8), to: file)
      } catch {
        throw JobError(error)
      }
      defer {
        try? unlinkIfPresent(file)
        folder.remove()
      }
      // `at` keeps the environment that it is called in: that of the job is in the script.
      let kept = world.environment.filter { ["HOME", "LOGNAME", "USER", "PATH"].contains($0.key) }
      let digits = moment.text.prefix(16).filter(\.isNumber)
      let reply = try await tools.run(
        "at", ["-t", digits, "-f", file.string], with: ["TZ": "UTC0"], only: kept)
      guard reply.isGood, let job = Self.number(in: reply.errors) else { return nil }
      return Armed(provider: provider, moment: moment, atJob: job)
    } catch {
      return nil
    }
  }

  /// Out of `job 5 at Sat Nov 21 14:00:00 2026`.
  private static func number(in text: String) -> String? {
    text.split(separator: "\n").compactMap { line -> String? in
      let words = line.split(separator: " ")
      guard words.count > 2, words[0] == "job", words[2] == "at" else { return nil }
      return String(words[1])
    }.first
  }

  private func script(_ provider: Provider) -> String {
    let words =
      ["env"] + plan.environment.map { "\($0.name)=\($0.value)" } + plan.beforeReset(provider)
    return """
      \(mark(provider))
      unset TZ
      exec \(words.map(ShellText.quoted).joined(separator: " "))

      """
  }

  private func isThere(_ one: Armed) async -> Bool {
    guard let job = one.atJob else { return false }
    do throws(JobError) {
      let reply = try await tools.run("at", ["-c", job])
      return reply.isGood && reply.lines.contains(mark(one.provider))
    } catch {
      return false
    }
  }

  private func removeAt(_ one: Armed) async {
    guard let job = one.atJob, await isThere(one) else { return }
    do throws(JobError) { _ = try await tools.run("atrm", [job]) } catch {}
  }
}
