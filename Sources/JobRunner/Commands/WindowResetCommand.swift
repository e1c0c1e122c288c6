internal import ArgumentParser
internal import Jobs
internal import Shared

struct WindowResetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: WindowResetJob.name,
    abstract: "Take the AFTER of a window that has reset and the BEFORE of the next.",
    discussion: """
      A trigger only means "look": what is due is told by the ledger. A window that has not reset \
      costs a few milliseconds and starts no client; one that has is closed exactly once, however \
      late. Names come from --window and --next, else from windows.sequence, else by counting.

      Examples:
        jobrunner window-reset --verbose
        jobrunner window-reset --window W0-CHN --next W0-CHP
        jobrunner window-reset --phase after          (shortly before the reset)
        6 0 * * * jobrunner --workspace /srv/app window-reset --quiet      (crontab)
        6 1-23 * * * jobrunner --workspace /srv/app window-reset --quiet   (crontab)
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var running: RunOptions

  @Option(
    help: ArgumentHelp("The name of the closing window.", valueName: "name"),
    transform: WindowArgument.named)
  var window: WindowArgument?

  @Option(
    help: ArgumentHelp("The name of the window after it.", valueName: "name"),
    transform: WindowArgument.named)
  var next: WindowArgument?

  @Option(
    help: ArgumentHelp(
      "The names of windows in their order, comma-separated (default: windows.sequence).",
      valueName: "names"))
  var sequence: String?

  @Option(
    help: ArgumentHelp("'after' takes the AFTER of the open window now.", valueName: "phase"))
  var phase: Phase?

  @Option(help: ArgumentHelp("Look at this provider only.", valueName: "provider"))
  var provider: Provider?

  @Option(help: ArgumentHelp("Ask this source only.", valueName: "source"))
  var from: Reading.Method?

  @Flag(help: "Print what is due; touch nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Wait this long for another run to end (default: 0, leave at once).",
      valueName: "duration"))
  var lockWait: DurationArgument?

  func validate() throws {
    if phase == .before { throw ValidationError("--phase takes 'after'; a BEFORE comes by itself") }
    if provider == .glm { throw ValidationError("glm is recorded by hand: jobrunner alias … glm") }
    if let window, let next, window.name == next.name {
      throw ValidationError("--window and --next are the same")
    }
    if let from, provider.map({ ReadingSources.methods(of: $0).contains(from) }) != true {
      throw ValidationError("--from takes a source of the --provider that is given with it")
    }
    if let names, Set(names).count < names.count {
      throw ValidationError("a name is in --sequence twice")
    }
    for name in names ?? [] {
      if let fault = WindowName.fault(in: name) {
        throw ValidationError("'\(name)' cannot be a window's name: \(fault)")
      }
    }
  }

  private var names: [String]? {
    sequence?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  func run() throws {
    let harness = JobHarness(
      JobHarness.Options(global), keeping: dryRun ? nil : WindowResetJob.name,
      metrics: running.metrics)
    let setsOneShots = !dryRun && phase != .after
    harness.runToEnd(
      WindowResetJob.name, hooks: running.hooks, writes: !dryRun,
      making: { () throws(JobError) in try makeJob(harness) }
    ) { job async throws(JobError) in
      let report: JobReport
      do throws(JobError) {
        report = try await job.run()
      } catch {
        // Also behind a client that did not answer: the other's window goes on.
        if setsOneShots { await harness.rearmBeforeResets() }
        throw error
      }
      if setsOneShots { await harness.rearmBeforeResets() }
      return report
    }
  }

  private func makeJob(_ harness: JobHarness) throws(JobError) -> WindowResetJob {
    var configuration = try harness.configuration()
    if let names { configuration.windows.sequence = names }
    return WindowResetJob(
      options: .init(
        window: window?.name, next: next?.name, onlyAfter: phase == .after, provider: provider,
        only: from, dryRun: dryRun, lockWait: lockWait?.duration ?? .zero),
      configuration: configuration, ledgers: harness.ledgers(for: WindowResetJob.name),
      sources: harness.sources(configuration))
  }
}
