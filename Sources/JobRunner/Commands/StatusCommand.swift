internal import ArgumentParser
internal import Jobs
internal import Shared

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the agents and how full their contexts are, from what refresh-usage cached.",
    discussion: """
      Only reads: no lock, no file, no other program (--jobs asks the schedulers). The default is one line of JSON; --diagram \
      is a table, --line a short line for a prompt or tmux.

      Examples:
        jobrunner status --diagram
        jobrunner status --diagram --wide --watch 2
        jobrunner status --name build/feature-x | jq .agents[0].usage
        tmux set -g status-right '#(jobrunner --workspace /srv/app status --line)'
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: ArgumentHelp("Show this agent only.", valueName: "name"))
  var name: String?

  @Flag(help: "Print a table: NAME STATUS PID MSG DIALOG FULL.")
  var diagram = false

  @Flag(help: "Add AGE MODEL STARTED RUNTIME and sub-tasks to the table.")
  var wide = false

  @Flag(help: "Print one short line.")
  var line = false

  @Flag(help: "Show the scheduled jobs in place of the agents, as 'list' does.")
  var jobs = false

  @Option(
    help: ArgumentHelp(
      "Show the table again every so often, until stopped.", valueName: "duration"))
  var watch: DurationArgument?

  func validate() throws {
    if let watch, watch.duration <= .zero {
      throw ValidationError("--watch takes a time above 0")
    }
    if jobs, name != nil || diagram || wide || line || watch != nil {
      throw ValidationError("--jobs goes with none of the flags that show agents")
    }
    if global.json, diagram || wide || line || watch != nil {
      throw ValidationError("--json goes with none of --diagram, --wide, --line and --watch")
    }
    if line, diagram || wide { throw ValidationError("--line goes without --diagram and --wide") }
  }

  /// Whether an error on this command line is to be an object: with `--json`, and for `status`
  /// where no text was asked for.
  static func wantsJSON(_ arguments: [String]) -> Bool {
    if arguments.contains("--json") { return true }
    let textFlags: Set<String> = ["--jobs", "--diagram", "--wide", "--line", "--watch"]
    return arguments.first == configuration.commandName
      && textFlags.isDisjoint(with: arguments)
  }

  func run() throws {
    guard !jobs else {
      let harness = JobHarness(JobHarness.Options(global))
      harness.runToEnd { () async in await harness.showJobs("status") }
    }
    endProcess(request.run().rawValue)
  }

  var request: StatusRequest {
    var request = StatusRequest()
    request.options = JobHarness.Options(global)
    request.name = name
    request.watch = watch?.duration
    request.form = line ? .line : wide ? .wideDiagram : diagram || watch != nil ? .diagram : .json
    return request
  }
}
