internal import Shared

/// Whether the scheduled jobs run.
extension Doctor {
  func jobsFinding() -> Finding {
    do throws(JobError) {
      return JobsLook.finding(
        try JobOverview.all(in: workspace, world: world), now: world.clock.now())
    } catch {
      return Finding("jobs", .failed, error.message)
    }
  }
}

/// What the marks and the history of the jobs tell of their timers.
enum JobsLook {
  static func finding(_ jobs: [JobOverview], now: Timestamp) -> Finding {
    func age(_ moment: Timestamp?) -> String {
      moment.map { "\(DurationText.brief(now - $0)) ago" } ?? "never"
    }
    let parts = jobs.compactMap { job -> Finding.Part? in
      switch job.state {
      case .ok, .never: nil
      case .failing:
        .init(
          .failed, "\(job.job) fails with \(job.lastRun?.exit ?? 0): \(job.lastRun?.error ?? "")",
          advice: "see 'jobrunner history --failed'")
      case .overdue:
        .init(
          .failed, "\(job.job) last ended well \(age(job.lastSuccess))",
          advice: "its timer does not fire; see docs/System/scheduler/standing_jobs.md")
      }
    }
    let running = jobs.filter { $0.state == .ok }.map(\.job)
    if parts.isEmpty, running.isEmpty {
      return Finding(
        "jobs", .warning, "none has ended well here yet",
        advice: "schedule them; see docs/System/scheduler/standing_jobs.md")
    }
    return Finding("jobs", parts, otherwise: "\(running.joined(separator: ", ")) run as they should")
  }
}
