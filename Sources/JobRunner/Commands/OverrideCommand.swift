internal import ArgumentParser
internal import Jobs
internal import Shared

struct OverrideCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: OverrideJob.name,
    abstract: "Put the numbers of a BEFORE or AFTER right by hand.",
    discussion: """
      The row replaces what was read for that end of the window in every report; what no flag \
      gives is kept. Nothing is rewritten.

      Examples:
        jobrunner override codex --window W0-CHN --phase after --weekly-pct 41
        jobrunner override claude --window W0-CHN --phase before --session-pct 0
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("codex or claude.", valueName: "provider"))
  var provider: Provider

  @Option(
    help: ArgumentHelp("The window's name.", valueName: "name"), transform: WindowArgument.named)
  var window: WindowArgument

  @Option(help: ArgumentHelp("before or after.", valueName: "phase"))
  var phase: Phase

  @Option(help: ArgumentHelp("codex: percent used of 5 hours.", valueName: "percent"))
  var fivehPct: Int?

  @Option(help: ArgumentHelp("codex: when they reset, as a pane says it.", valueName: "label"))
  var fivehResets: String?

  @Option(help: ArgumentHelp("codex: percent used of the week.", valueName: "percent"))
  var weeklyPct: Int?

  @Option(help: ArgumentHelp("codex: when it resets.", valueName: "label"))
  var weeklyResets: String?

  @Option(help: ArgumentHelp("claude: percent used of the session.", valueName: "percent"))
  var sessionPct: Int?

  @Option(help: ArgumentHelp("claude: when it resets.", valueName: "label"))
  var sessionResets: String?

  @Option(help: ArgumentHelp("claude: percent used of the week.", valueName: "percent"))
  var allModelsPct: Int?

  @Option(help: ArgumentHelp("claude: when it resets.", valueName: "label"))
  var allModelsResets: String?

  @Option(help: ArgumentHelp("A note for the row.", valueName: "text"))
  var notes = "manual override"

  private var values: [OverrideJob.Value] {
    switch provider {
    case .codex:
      [
        .init(field: "fiveh", percent: fivehPct, resets: fivehResets),
        .init(field: "weekly", percent: weeklyPct, resets: weeklyResets),
      ]
    case .claude:
      [
        .init(field: "session", percent: sessionPct, resets: sessionResets),
        .init(field: "all_models", percent: allModelsPct, resets: allModelsResets),
      ]
    case .glm: []
    }
  }

  func validate() throws {
    switch provider {
    case .glm:
      throw ValidationError("glm has no percentages; use alias delete glm and alias end glm")
    case .codex:
      guard fivehPct != nil || weeklyPct != nil else {
        throw ValidationError("codex override requires --fiveh-pct and/or --weekly-pct")
      }
      guard [sessionPct, allModelsPct].allSatisfy({ $0 == nil }) else {
        throw ValidationError("--session-pct and --all-models-pct are of claude")
      }
    case .claude:
      guard sessionPct != nil || allModelsPct != nil else {
        throw ValidationError("claude override requires at least one percentage flag")
      }
      guard [fivehPct, weeklyPct].allSatisfy({ $0 == nil }) else {
        throw ValidationError("--fiveh-pct and --weekly-pct are of codex")
      }
    }
    for value in values {
      guard value.percent.map({ (0...100).contains($0) }) ?? true else {
        throw ValidationError("a percentage is 0 to 100")
      }
      if value.resets != nil, value.percent == nil {
        throw ValidationError("a reset goes with its percentage")
      }
    }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global), noting: OverrideJob.name)
    let status = harness.end(OverrideJob.name) { () throws(JobError) in
      harness.finish(
        try OverrideJob(
          provider: provider, window: window.name, phase: phase, values: values, notes: notes,
          ledgers: harness.ledgers(for: OverrideJob.name)
        ).run(), writes: true)
    }
    endProcess(status.rawValue)
  }
}
