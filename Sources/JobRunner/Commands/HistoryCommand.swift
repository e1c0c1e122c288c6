internal import ArgumentParser
internal import Jobs
internal import Shared

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show the runs that did something or failed, the newest last.",
    discussion: """
      A run with nothing to do leaves no row, only the mark that 'list' shows. What is done by \
      hand is there too: alias, complete, schedule install and the like. The history keeps itself \
      short: over 2 MiB its older half goes.

      Examples:
        jobrunner history
        jobrunner history refresh-usage --failed
        jobrunner history --since 24h --json | jq '.runs[] | {job, exit, duration_ms}'
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(
    help: ArgumentHelp("Only the runs of this job or command.", valueName: "job"),
    completion: .list(Self.commands))
  var job: String?

  @Option(help: ArgumentHelp("At most this many, the newest (default: 20).", valueName: "n"))
  var limit: Int?

  @Option(help: ArgumentHelp("Only runs of the last so long.", valueName: "duration"))
  var since: DurationArgument?

  @Flag(help: "Only runs that failed.")
  var failed = false

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit takes a number of 1 or more") }
    if let job, !Self.commands.contains(job) {
      throw ValidationError(
        "'\(job)' keeps no history; these do: \(Self.commands.joined(separator: ", "))")
    }
  }

  /// The jobs, and what writes by hand.
  private static let commands =
    Siblings.jobs + [
      AliasJob.name, IngestJob.name, OverrideJob.name, CompleteJob.name, ChurnJob.name,
      AnomaliesJob.name, IntentsView.name, ScheduleJob.name,
    ]

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let status = harness.end("history") { () throws(JobError) in
      let earliest = since.map { harness.world.clock.now() - $0.duration }
      let rows = try RunHistory(workspace: harness.workspace, world: harness.world).rows()
        .filter { row in
          (job == nil || row.job == job) && (!failed || row.outcome == .failed)
            && (earliest == nil || earliest.map { row.started >= $0 } == true)
        }
        .suffix(limit ?? 20)
      if global.json {
        harness.live.out.write(RunHistory.json(rows) + "\n")
      } else if !global.quiet {
        for line in RunHistory.lines(rows, coloured: harness.isColoured) {
          harness.live.out.write(line + "\n")
        }
      }
      return harness.outputStatus(.success)
    }
    endProcess(status.rawValue)
  }
}
