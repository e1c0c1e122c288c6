internal import ArgumentParser
internal import Jobs
internal import Shared

struct MetricsCommand: ParsableCommand {
  enum Action: String, ExpressibleByArgument {
    case print
  }

  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Print what the jobs have cached as metrics for Prometheus.",
    discussion: """
      Only reads. Every scheduled job writes the same with --metrics FILE, in one step and \
      readable by all, for the textfile collector of node_exporter. What is not known is absent. \
      Of a telemetry ledger over 8 MiB the routed share is left out.

      Examples:
        jobrunner metrics print | promtool check metrics
        jobrunner refresh-usage --metrics /var/lib/node_exporter/jobs.prom
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("print.", valueName: "action"))
  var action: Action

  func validate() throws {
    if global.json { throw ValidationError("metrics are in Prometheus' format, not JSON") }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    for line in harness.metricsReport.lines() { harness.live.out.write(line + "\n") }
    endProcess(harness.outputStatus(.success).rawValue)
  }
}
