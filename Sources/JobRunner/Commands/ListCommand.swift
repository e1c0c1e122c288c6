internal import ArgumentParser
internal import Jobs
internal import Shared

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the scheduled jobs: when each ran, how it ended, whether it is overdue.",
    discussion: """
      Only reads. A job without a recorded success is never overdue. With --require the status is \
      1 when a job is failing or overdue.

      Examples:
        jobrunner list
        jobrunner list --json | jq -r '.jobs[] | select(.state != "ok") | .job'
      """)

  @OptionGroup var global: GlobalOptions

  @Flag(help: "End with 1 when a job is failing or overdue.")
  var require = false

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let status = harness.end("list") { () throws(JobError) in
      let jobs = try JobOverview.all(in: harness.workspace, world: harness.world)
      harness.show(jobs)
      let isWell = jobs.allSatisfy { $0.state == .ok || $0.state == .never }
      return harness.outputStatus(require && !isWell ? .negative : .success)
    }
    endProcess(status.rawValue)
  }
}

extension JobHarness {
  /// Prints the jobs as a table, or as an object with `--json`.
  func show(_ jobs: [JobOverview]) {
    if options.json {
      live.out.write(JobOverview.json(jobs) + "\n")
    } else if !options.quiet {
      for line in JobOverview.lines(jobs, now: world.clock.now(), coloured: isColoured) {
        live.out.write(line + "\n")
      }
    }
  }

  /// Colour is for people at a terminal who did not decline it (no-color.org).
  var isColoured: Bool {
    world.terminal.outIsTerminal && (world.environment["NO_COLOR"] ?? "").isEmpty
      && world.environment["TERM"] != "dumb"
  }
}
