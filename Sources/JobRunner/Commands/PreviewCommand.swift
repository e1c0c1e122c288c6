internal import ArgumentParser
internal import Jobs
internal import Shared

struct PreviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Preview.name,
    abstract: "Show what the ledgers say of a window, or of all.",
    discussion: """
      Subagent Proxy: routed and errors are shares of the finished requests; a decision of the \
      proxy is an event, not a request. Latencies are exact. --json has them for each window, \
      lane and model as well. Nothing is written.

      Examples:
        jobrunner preview --window W0-CHN
        jobrunner preview --json | jq '.proxy.lanes[] | {name, latency_p95_ms}'
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: ArgumentHelp("Only this window.", valueName: "name"))
  var window: WindowArgument?

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let status = harness.end(Preview.name) { () throws(JobError) in
      let preview = Preview(
        workspace: harness.workspace, rules: try harness.configuration().telemetry.rules,
        window: window?.name)
      let blocks = try preview.blocks()
      if global.json {
        harness.live.out.write(preview.json(blocks) + "\n")
      } else if !global.quiet {
        for line in preview.text(blocks) {
          harness.live.out.write(line.escapingControls + "\n")
        }
      }
      return harness.outputStatus(.success)
    }
    endProcess(status.rawValue)
  }
}
