internal import Shared

/// Whether the scheduled jobs run, and what starts them.
extension Doctor {
  func jobsFindings() async -> (jobs: Finding, timers: Finding) {
    let overview: [JobOverview]
    do throws(JobError) {
      overview = try JobOverview.all(in: workspace, world: world)
    } catch {
      return (Finding("jobs", .failed, error.message), await timersFinding(runs: false))
    }
    let jobs = JobsLook.finding(overview, now: world.clock.now())
    return (jobs, await timersFinding(runs: overview.contains { $0.state == .ok }))
  }

  /// The user's schedule and the machine's.
  private func timersFinding(runs: Bool) async -> Finding {
    guard let plan = schedule else {
      return Finding(
        "timers", .warning, "cannot be told", advice: "see 'jobrunner schedule status'")
    }
    do throws(JobError) {
      let status = try await ScheduleStatus.found(
        plan: plan, workspace: workspace, world: world, uid: uid)
      return JobsLook.timers(status, runs: runs)
    } catch {
      return Finding("timers", .warning, error.message)
    }
  }
}

/// What the marks and the history of the jobs, and their schedulers, tell.
enum JobsLook {
  static func finding(_ jobs: [JobOverview], now: Timestamp) -> Finding {
    let parts = jobs.compactMap { job -> Finding.Part? in
      switch job.state {
      case .ok, .never: return nil
      case .failing:
        return .init(
          .failed, "\(job.job) fails with \(job.lastRun?.exit ?? 0): \(job.lastRun?.error ?? "")",
          advice: "see 'jobrunner history --failed'")
      case .overdue:
        let age = job.lastSuccess.map { "\(DurationText.brief(now - $0)) ago" } ?? "never"
        return .init(
          .failed, "\(job.job) last ended well \(age)",
          advice: "its timer does not fire; see 'jobrunner schedule status'")
      }
    }
    let running = jobs.filter { $0.state == .ok }.map(\.job)
    if parts.isEmpty, running.isEmpty {
      return Finding("jobs", .warning, "none has ended well here yet")
    }
    let text = "\(running.joined(separator: ", ")) run as they should"
    return Finding("jobs", parts, otherwise: text)
  }

  /// - Parameter runs: Whether something starts a job of the workspace.
  static func timers(_ status: ScheduleStatus, runs: Bool) -> Finding {
    guard !status.triggers.isEmpty else {
      let text = "none of 'jobrunner schedule'"
      if runs { return Finding("timers", .ok, "\(text); something else starts the jobs") }
      return Finding("timers", .warning, text, advice: "'jobrunner schedule install'")
    }
    var parts = status.triggers.compactMap { trigger -> Finding.Part? in
      let name = "\(trigger.job.name) of \(trigger.scheduler.rawValue)"
      switch trigger.state {
      case .active: return nil
      case .inactive:
        return .init(
          .failed, "\(name) is installed and does not fire",
          advice: "'jobrunner schedule install' puts it right")
      case .differs:
        return .init(
          .warning, "\(name) is not as this version installs it",
          advice: "'jobrunner schedule install' puts it right")
      }
    }
    parts += status.warnings.map { .init(.warning, $0) }
    if !status.missing.isEmpty {
      parts.append(
        .init(
          .warning, "nothing starts \(status.missing.map(\.name).joined(separator: ", "))",
          advice: "'jobrunner schedule install'"))
    }
    let schedulers = Set(status.triggers.map(\.scheduler.rawValue)).sorted()
    return Finding("timers", parts, otherwise: "all jobs, by \(schedulers.joined(separator: ", "))")
  }
}
