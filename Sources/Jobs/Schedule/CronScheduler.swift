internal import Shared
internal import SystemPackage

/// A crontab: the user's, through the `crontab` program alone, for where it is kept differs; or a
/// file of our own in `/etc/cron.d`.
struct CronScheduler: Sendable {
  let plan: SchedulePlan
  let tools: ScheduleTools
  /// For the file that `crontab` is fed.
  let scratch: FilePath

  private var block: CrontabBlock { CrontabBlock(name: plan.name) }

  /// The file of the system's level; nil at the user's.
  private var systemFile: (folder: ScheduleFolder, name: String)? {
    guard plan.level == .system else { return nil }
    let name = CrontabText.systemFileName(plan.name)
    return (ScheduleFolder(path: "/etc/cron.d") { $0 == name }, name)
  }

  private var place: String {
    systemFile.map { $0.folder.path.appending($0.name).string } ?? "crontab"
  }

  /// The crontab; nil where there is none.
  ///
  /// - Throws: 69 or 77 where it cannot be told: to take that for an empty one would erase it.
  private func read() async throws(JobError) -> [UInt8]? {
    if let systemFile { return try systemFile.folder.read(systemFile.name) }
    let reply = try await tools.run("crontab", ["-l"])
    if reply.isGood { return reply.output }
    let said = reply.errors.lowercased()
    if reply.code == 1, said.contains("no crontab for") || said.contains("no such file") {
      return nil
    }
    let status: ExitStatus = said.contains("not allowed") ? .noPermission : .unavailable
    throw JobError(status, "crontab -l: \(reply.reason); nothing is changed")
  }

  /// What makes the crontab have these jobs beside those it has.
  func installing() async throws(JobError) -> ScheduleChange {
    let old = try await read()
    let parts = try block.find(in: old ?? [])
    let known = CrontabBlock.jobs(in: parts.lines ?? [])
    var lines: [String] = []
    for job in ScheduledJob.allCases {
      lines += plan.jobs.contains(job) ? try CrontabText(plan).lines(job) : known[job] ?? []
    }
    return ScheduleChange(
      place: place, old: old, new: block.replacing(parts, with: lines))
  }

  /// What takes these jobs out; with the last of them goes the block.
  func removing() async throws(JobError) -> ScheduleChange {
    let old = try await read()
    let parts = try block.find(in: old ?? [])
    guard let lines = parts.lines else {
      return ScheduleChange(place: place, old: old, new: old)
    }
    let known = CrontabBlock.jobs(in: lines)
    let kept = ScheduledJob.allCases.filter { !plan.jobs.contains($0) }
      .flatMap { known[$0] ?? [] }
    let new = block.replacing(parts, with: kept)
    return ScheduleChange(place: place, old: old, new: new.isEmpty ? nil : new)
  }

  /// Carries a change out, and looks whether it is there.
  ///
  /// - Throws: 75 when somebody else has changed the crontab at the same moment.
  func apply(_ change: ScheduleChange) async throws(JobError) {
    if let systemFile { return try systemFile.folder.apply([change]) }
    if let new = change.new {
      try await write(new)
    } else {
      try await tools.require("crontab", ["-r"])
    }
    let found = try await read()
    guard found == change.new || found == change.new.map(Self.ended) else {
      throw JobError(.tryLater, "the crontab was changed by another program meanwhile; run again")
    }
  }

  private static func ended(_ crontab: [UInt8]) -> [UInt8] {
    crontab.last == UInt8(ascii: "\n") ? crontab : crontab + [UInt8(ascii: "\n")]
  }

  /// Some programs take no last line without an end, as that of a person may have been.
  private func write(_ new: [UInt8]) async throws(JobError) {
    do throws(JobError) {
      try await feed(new)
    } catch {
      let ended = Self.ended(new)
      guard ended != new else { throw error }
      try await feed(ended)
    }
  }

  private func feed(_ new: [UInt8]) async throws(JobError) {
    let folder: NeutralFolder
    let file: FilePath
    do throws(FileError) {
      folder = try NeutralFolder(environment: ["TMPDIR": scratch.string])
      file = folder.path.appending("crontab")
      try AtomicReplace(durability: .off).write(new, to: file)
    } catch {
      throw JobError(error)
    }
    defer {
      try? unlinkIfPresent(file)
      folder.remove()
    }
    try await tools.require("crontab", [file.string])
  }

  /// The jobs that the crontab has.
  func triggers(
    at now: Timestamp, days: LocalTime
  ) async throws(JobError) -> [ScheduleStatus.Trigger] {
    guard let lines = try block.find(in: try await read() ?? []).lines else { return [] }
    let known = CrontabBlock.jobs(in: lines)
    var triggers: [ScheduleStatus.Trigger] = []
    for job in ScheduledJob.allCases {
      guard let lines = known[job] else { continue }
      let isCurrent = try lines == CrontabText(plan).lines(job)
      triggers.append(
        .init(
          job: job, scheduler: .cron, level: plan.level, state: isCurrent ? .active : .differs,
          nextDue: job.cadence.next(after: now, days: days)))
    }
    return triggers
  }
}
