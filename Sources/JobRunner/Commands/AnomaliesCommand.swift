internal import ArgumentParser
internal import Jobs
internal import Shared

struct AnomaliesCommand: ParsableCommand {
  enum Action: String, ExpressibleByArgument {
    case list
    case resolve
  }

  static let configuration = CommandConfiguration(
    commandName: AnomaliesJob.name,
    abstract: "List what speaks against the numbers, and say of one that it is settled.",
    discussion: """
      Examples:
        jobrunner anomalies
        jobrunner anomalies --window W0-CHN --json | jq '.anomalies[].type'
        jobrunner anomalies resolve 3f0c9a5d1b2e4f60 --notes 'pasted twice'
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("list (the default) or resolve.", valueName: "action"))
  var action = Action.list

  @Argument(help: ArgumentHelp("resolve: which anomaly.", valueName: "id"))
  var id: String?

  @Option(
    help: ArgumentHelp("Only those of this window.", valueName: "name"),
    transform: WindowArgument.named)
  var window: WindowArgument?

  @Flag(help: "Show those that are resolved as well.")
  var all = false

  @Option(help: ArgumentHelp("resolve: why it is settled.", valueName: "text"))
  var notes: String?

  func validate() throws {
    switch action {
    case .list: guard id == nil else { throw ValidationError("list takes no id") }
    case .resolve:
      guard id != nil else { throw ValidationError("resolve takes the id of an anomaly") }
      guard notes?.isEmpty == false else { throw ValidationError("resolve takes --notes") }
    }
  }

  func run() throws {
    let harness = JobHarness(
      JobHarness.Options(global), noting: action == .resolve ? AnomaliesJob.name : nil)
    let status = harness.end(AnomaliesJob.name) { () throws(JobError) in
      let job = AnomaliesJob(ledgers: harness.ledgers(for: AnomaliesJob.name))
      if let id, let notes {
        return harness.finish(try job.resolve(id, notes: notes), writes: true)
      }
      let rows = try job.list(window: window?.name, withResolved: all)
      if global.json {
        harness.live.out.write(AnomalyList.json(rows) + "\n")
      } else if !global.quiet {
        for line in AnomalyList.text(rows) { harness.live.out.write(line + "\n") }
      }
      return harness.outputStatus(.success)
    }
    endProcess(status.rawValue)
  }
}
