internal import ArgumentParser
internal import Jobs
internal import Shared

struct PreviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Preview.name,
    abstract: "Show what the ledgers say of a window, or of all.",
    discussion: """
      Of each window the row finalized last counts. What was rejected is left out of capacity and \
      listed under 'Left out'; windows that are not finalized show their readings, telemetry and \
      anomalies. Efficiency is features for a percentage point of the week (GLM: for a prompt), \
      its interval is that of 95 %, its power the chance to see a difference of 0.10; the block \
      Efficiency adds lines of code worked on (gross) and grown by (net).

      Subagent Proxy: routed and errors are shares of the finished requests; a decision of the \
      proxy is an event, not a request. Latencies are exact. --json has them for each window, \
      lane and model as well. Nothing is written.

      Examples:
        jobrunner preview --window W0-CHN
        jobrunner preview --wide
        jobrunner preview --json | jq '.providers[] | {provider, efficiency, ci}'
        jobrunner preview --json | jq '.proxy.lanes[] | {name, latency_p95_ms}'
      """)

  @OptionGroup var global: GlobalOptions

  @Option(
    help: ArgumentHelp("Only this window.", valueName: "name"), transform: WindowArgument.named)
  var window: WindowArgument?

  @Flag(help: "Show notes in full.")
  var wide = false

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    let status = harness.end(Preview.name) { () throws(JobError) in
      let preview = try harness.previewCache(try harness.configuration())
        .preview(window: window?.name)
      let now = harness.world.clock.now()
      harness.show(
        preview.lines(now: now, isWide: wide),
        json: String(decoding: preview.json(now: now), as: UTF8.self))
      return harness.outputStatus(.success)
    }
    endProcess(status.rawValue)
  }
}
