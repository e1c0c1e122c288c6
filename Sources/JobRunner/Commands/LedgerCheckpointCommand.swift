internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

extension CheckpointKind: ExpressibleByArgument {}

/// A number of tokens on the command line, or `auto`.
struct ActualArgument: ExpressibleByArgument, Sendable {
  let value: LedgerCheckpointJob.Options.Actual

  init?(argument: String) {
    if argument == "auto" {
      value = .auto
    } else if let tokens = Int(argument), tokens >= 0 {
      value = .tokens(tokens)
    } else {
      return nil
    }
  }
}

struct LedgerCheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: LedgerCheckpointJob.name,
    abstract: "Close a window's books: tokens, churn and the handoff, all of them or none.",
    discussion: """
      One row goes to Token_Churn_Ledger.csv, the window's commits to churn.jsonl and \
      Churn_Ledger.csv where its first commit is known (--commit-start, else that of 'complete'), \
      and a block of the handoff note is renewed; every other line of the note stays. A run that \
      is killed is finished by the next.

      A window has one plan and one final checkpoint for each provider, agent (AGENT_ID) and \
      task, and any number of mid ones. The same content again adds nothing; other content is \
      refused, unless --correct is given, which adds a row that supersedes the last. SESSION_ID \
      fills session_id. Without --plan the plan is that of the plan checkpoint.

      Examples:
        jobrunner ledger-checkpoint --window W0-CHN --checkpoint plan --plan 190000
        jobrunner ledger-checkpoint --actual 176000 --features 2 --notes 'two done'
        jobrunner ledger-checkpoint --actual auto --decision-card --dry-run
        jobrunner ledger-checkpoint --actual 175500 --commit-start v1.2 --correct
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var running: RunOptions

  @Option(
    help: ArgumentHelp(
      "The window's name.", discussion: "Default: the latest.", valueName: "name"),
    transform: WindowArgument.named)
  var window: WindowArgument?

  @Option(
    help: ArgumentHelp(
      "plan, mid or final.", discussion: "Default: plan for --plan alone, else final.",
      valueName: "kind"))
  var checkpoint: CheckpointKind?

  @Option(help: ArgumentHelp("Who did the work (default: codex).", valueName: "name"))
  var provider: String?

  @Option(help: ArgumentHelp("What the tokens were for.", valueName: "name"))
  var task = "session_checkpoint"

  @Option(help: ArgumentHelp("Tokens planned.", valueName: "n"))
  var plan: Int?

  @Option(
    help: ArgumentHelp(
      "Tokens used; auto adds up what the clients and the proxy left.", valueName: "n|auto"))
  var actual: ActualArgument?

  @Option(
    help: ArgumentHelp("Features delivered (default: those of the window).", valueName: "n"))
  var features: Int?

  @Option(help: ArgumentHelp("A note for the rows.", valueName: "text"))
  var notes = ""

  @Option(
    help: ArgumentHelp(
      "The commit the work began behind; any name git knows.", valueName: "commit"))
  var commitStart: String?

  @Option(help: ArgumentHelp("The commit the work ended with.", valueName: "commit"))
  var commitEnd: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Only these files and folders, from the workspace on.", valueName: "path"))
  var paths: [String] = []

  @Flag(help: "Add a row that supersedes the last, if it says otherwise.")
  var correct = false

  @Flag(
    help: """
      Take the latest window that has its AFTER, and that once: for schedules. Nothing to do is 0.
      """)
  var closed = false

  @Flag(help: "Print the decision card, note its verdict and hand it over.")
  var decisionCard = false

  @Option(
    defaultAsFlag: Self.defaultBundle,
    parsing: .next,
    help: ArgumentHelp(
      "Put what a reviewer looks at into a folder, complete or not at all.", valueName: "dir"),
    completion: .directory)
  var bundle: String?

  @Flag(help: "Print what would be written; write nothing.")
  var dryRun = false

  private static let defaultBundle = "~/Downloads/agentos_tmp_review"

  func validate() throws {
    for number in [plan, features] where (number ?? 0) < 0 {
      throw ValidationError("a number of tokens or features is 0 or more")
    }
    for (name, text) in [("--provider", provider), ("--task", task)] {
      guard let text else { continue }
      let isWord = !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x3B }
      guard isWord, text.first != " ", text.last != " " else {
        throw ValidationError("\(name) takes a name without ';' and control characters")
      }
    }
    for name in [commitStart, commitEnd] where name?.isEmpty == true {
      throw ValidationError("a commit has a name")
    }
    if closed, window != nil || correct || checkpoint == .plan {
      throw ValidationError("--closed goes without --window, --correct and a plan checkpoint")
    }
    if checkpoint == .plan, plan == nil {
      throw ValidationError("a plan checkpoint takes --plan")
    }
  }

  func run() throws {
    let harness = JobHarness(
      JobHarness.Options(global), keeping: dryRun ? nil : LedgerCheckpointJob.name,
      metrics: running.metrics)
    harness.runToEnd(
      LedgerCheckpointJob.name, hooks: running.hooks, writes: !dryRun,
      making: { () throws(JobError) in try job(harness) }
    ) { job async throws(JobError) in try await job.run() }
  }

  /// The folder of the bundle, `~` being the home folder: behind `=` no shell puts that in.
  private func bundleFolder(_ harness: JobHarness) throws(JobError) -> FilePath? {
    guard let bundle else { return nil }
    guard bundle.hasPrefix("~/") else {
      return harness.live.currentFolder.pushing(FilePath(bundle))
    }
    guard let home = harness.world.environment["HOME"], !home.isEmpty else {
      throw JobError(.usage, "--bundle: HOME is not set; name a folder with --bundle=DIR")
    }
    return harness.live.currentFolder.pushing(FilePath(home))
      .pushing(FilePath(String(bundle.dropFirst(2))))
  }

  private func job(_ harness: JobHarness) throws(JobError) -> LedgerCheckpointJob {
    var options = LedgerCheckpointJob.Options()
    options.window = window?.name
    options.kind = checkpoint
    options.provider = provider
    options.task = task
    options.planned = plan
    options.actual = actual?.value
    options.features = features
    options.notes = notes
    options.commitStart = commitStart
    options.commitEnd = commitEnd
    options.paths = paths
    options.isCorrection = correct
    options.onlyClosed = closed
    options.isDryRun = dryRun
    options.withCard = decisionCard
    options.bundle = try bundleFolder(harness)
    options.command = CommandLine.arguments
    let configuration = try harness.configuration()
    let ledgers = harness.ledgers(for: LedgerCheckpointJob.name)
    return LedgerCheckpointJob(
      options: options, settings: configuration.ledgers,
      views: CheckpointViews(configuration: configuration, ledgers: ledgers), ledgers: ledgers)
  }
}
