internal import Shared
internal import SystemPackage

/// The CronJobs of a workspace, through `kubectl` and the cluster that it is set to.
struct KubernetesScheduler: Sendable {
  let plan: SchedulePlan
  let tools: ScheduleTools
  let scratch: FilePath

  /// `kubectl` itself tells what is new and what is not.
  func install(dryRun: Bool) async throws(JobError) -> [String] {
    try await feed(dryRun ? ["diff"] : ["apply"], KubernetesManifests(plan).files, dryRun: dryRun)
  }

  /// The volume stays: the ledgers are on it.
  func remove(dryRun: Bool) async throws(JobError) -> [String] {
    let files = KubernetesManifests(plan).files.filter {
      $0.name != KubernetesManifests.volumeFile
    }
    let action = ["delete", "--ignore-not-found"] + (dryRun ? ["--dry-run=server"] : [])
    return try await feed(action, files, dryRun: false)
  }

  private func feed(
    _ action: [String], _ files: [ScheduleFile], dryRun: Bool
  ) async throws(JobError) -> [String] {
    let text = files.map(\.text).joined(separator: "---\n")
    let folder: NeutralFolder
    let file: FilePath
    do throws(FileError) {
      folder = try NeutralFolder(environment: ["TMPDIR": scratch.string])
      file = folder.path.appending("jobrunner.yaml")
      try AtomicReplace(durability: .off).write(Array(text.utf8), to: file)
    } catch {
      throw JobError(error)
    }
    defer {
      try? unlinkIfPresent(file)
      folder.remove()
    }
    let arguments = action + ["-f", file.string]
    let reply = try await tools.run("kubectl", arguments)
    // `kubectl diff` ends with 1 where there is a difference.
    guard reply.isGood || dryRun && reply.code == 1 else {
      throw JobError(.unavailable, "kubectl \(action[0]): \(reply.reason)")
    }
    return reply.lines
  }

  func triggers(
    at now: Timestamp, days: LocalTime
  ) async throws(JobError) -> [ScheduleStatus.Trigger] {
    let label = "app.kubernetes.io/instance=\(KubernetesManifests.instance(plan.name))"
    let reply = try await tools.require(
      "kubectl", ["get", "cronjobs", "--selector", label, "--output", "name"])
    return ScheduledJob.allCases.compactMap { job in
      guard reply.lines.contains(where: { $0.hasSuffix("-\(job.name)") }) else { return nil }
      return .init(
        job: job, scheduler: .kubernetes, level: .user, state: .active,
        nextDue: job.cadence.next(
          after: now, days: LocalTime(named: plan.timeZone) ?? .universal))
    }
  }
}
