internal import ArgumentParser
internal import Jobs
internal import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the scheduled jobs: what starts each, how it ended, whether it is overdue.",
    discussion: """
      Changes nothing; the schedulers are asked what they have. A job that neither ended well yet \
      nor is in a schedule is never overdue. With --require the status is 1 when a job is failing \
      or overdue.

      Examples:
        jobrunner list
        jobrunner list --json | jq -r '.jobs[] | select(.state != "ok") | .job'
      """)

  @OptionGroup var global: GlobalOptions

  @Flag(help: "End with 1 when a job is failing or overdue.")
  var require = false

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let isRequired = require
    harness.runToEnd { () async in
      await harness.showJobs("list") { jobs in
        let isWell = jobs.allSatisfy { $0.state == .ok || $0.state == .never }
        return isRequired && !isWell ? .negative : .success
      }
    }
  }
}

extension JobHarness {
  /// Looks at the jobs and shows them.
  ///
  /// - Parameter judge: Gives the status for what was found.
  func showJobs(
    _ command: String, judge: ([JobOverview]) -> ExitStatus = { _ in .success }
  ) async -> ExitStatus {
    do throws(JobError) {
      let jobs = try await JobOverview.all(
        in: workspace, world: world, scheduledBy: try? schedulePlan(), uid: geteuid())
      show(jobs)
      return outputStatus(judge(jobs))
    } catch {
      return finish(error, job: command)
    }
  }

  /// Prints the jobs as a table, or as an object with `--json`.
  private func show(_ jobs: [JobOverview]) {
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
