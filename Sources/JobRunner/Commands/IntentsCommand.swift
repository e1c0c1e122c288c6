internal import ArgumentParser
internal import Jobs
internal import Shared

struct IntentsCommand: ParsableCommand {
  enum Action: String, ExpressibleByArgument {
    case list, show, retry, drop
  }

  static let configuration = CommandConfiguration(
    commandName: IntentsView.name,
    abstract: "List runs that were interrupted while changing several files, and decide on them.",
    discussion: """
      A run that is killed is finished by the next one by itself. It stops, with status 75, only \
      where somebody edited one of the files in between and the run's row is not in it.

      retry adds what is missing to the end of the files as they are now. drop forgets the run; \
      what it has changed so far stays.

      Examples:
        jobrunner intents
        jobrunner intents show churn:W0-CHN:main
        jobrunner intents retry churn:W0-CHN:main
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("list (the default), show, retry or drop.", valueName: "action"))
  var action = Action.list

  @Argument(help: ArgumentHelp("show, retry, drop: which run.", valueName: "key"))
  var key: String?

  func validate() throws {
    if action == .list, key != nil { throw ValidationError("list takes no key") }
    if action != .list, key == nil { throw ValidationError("\(action.rawValue) takes a key") }
  }

  func run() throws {
    let isView = action == .list || action == .show
    let harness = JobHarness(
      JobHarness.Options(global), noting: isView ? nil : IntentsView.name)
    let status = harness.end(IntentsView.name) { () throws(JobError) in
      let intents = Intents(
        workspace: harness.workspace, world: harness.world, job: IntentsView.name)
      switch (action, key) {
      case (.retry, let key?):
        try intents.retry(key)
        return harness.finish(report("intent '\(key)' is done"), writes: true)
      case (.drop, let key?):
        try intents.drop(key)
        return harness.finish(report("intent '\(key)' is dropped"))
      case (_, let key):
        let runs = try intents.open()
        let chosen = runs.filter { key == nil || key == $0.key || key == $0.name }
        if let key, chosen.isEmpty { throw Intents.unknown(key) }
        return show(chosen, harness)
      }
    }
    endProcess(status.rawValue)
  }

  private func report(_ line: String) -> JobReport {
    var report = JobReport(job: IntentsView.name, outcome: .done, summary: line)
    report.answer = [line]
    return report
  }

  private func show(_ runs: [IntentJournal.Open], _ harness: JobHarness) -> ExitStatus {
    if global.json {
      harness.live.out.write(IntentsView.json(runs) + "\n")
    } else if !global.quiet {
      let lines =
        action == .show
        ? runs.flatMap(IntentsView.show) : IntentsView.list(runs, now: harness.world.clock.now())
      for line in lines { harness.live.out.write(line.escapingControls + "\n") }
    }
    return harness.outputStatus(.success)
  }
}
