import Jobs
import Shared
import SystemPackage

/// A plan with fixed values.
func fixedPlan(
  _ workspace: FilePath = "/srv/app", level: SchedulePlan.Level = .user, agent: String? = nil,
  jobs: [ScheduledJob] = ScheduledJob.allCases
) -> SchedulePlan {
  var plan = SchedulePlan(fixed: workspace, binary: "/usr/local/bin/jobrunner")
  plan.level = level
  plan.jobs = jobs
  if let agent { plan.set("AGENT_ID", agent) }
  return plan
}

extension SchedulePlan {
  /// The text of the file whose name ends so.
  func text(_ kind: SchedulerKind, endingIn suffix: String) throws -> String? {
    try files(kind).first { $0.name.hasSuffix(suffix) }?.text
  }
}
