internal import ArgumentParser
internal import Jobs
internal import Shared

extension CheckpointKind: ExpressibleByArgument {}

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
        jobrunner ledger-checkpoint --window W0-CHN --actual 176000 --features 2 --notes 'two done'
        jobrunner ledger-checkpoint --actual 175500 --commit-start v1.2 --commit-end HEAD --correct
      """)

  @OptionGroup var global: GlobalOptions

  @Option(
    help: ArgumentHelp(
      "The window's name.", discussion: "Default: the latest.", valueName: "name"))
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

  @Option(help: ArgumentHelp("Tokens used.", valueName: "n"))
  var actual: Int?

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

  @Flag(help: "Print the decision card, note its verdict and hand it over.")
  var decisionCard = false

  func validate() throws {
    for number in [plan, actual, features] where (number ?? 0) < 0 {
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
    if checkpoint == .plan, plan == nil {
      throw ValidationError("a plan checkpoint takes --plan")
    }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global))
    do throws(JobError) {
      let job = try job(harness)
      harness.runToEnd(LedgerCheckpointJob.name) { () async throws(JobError) in
        try await job.run()
      }
    } catch {
      endProcess(harness.finish(error, job: LedgerCheckpointJob.name).rawValue)
    }
  }

  private func job(_ harness: JobHarness) throws(JobError) -> LedgerCheckpointJob {
    var options = LedgerCheckpointJob.Options()
    options.window = window?.name
    options.kind = checkpoint
    options.provider = provider
    options.task = task
    options.planned = plan
    options.actual = actual
    options.features = features
    options.notes = notes
    options.commitStart = commitStart
    options.commitEnd = commitEnd
    options.paths = paths
    options.isCorrection = correct
    options.withCard = decisionCard
    let configuration = try harness.configuration()
    let ledgers = harness.ledgers(for: LedgerCheckpointJob.name)
    return LedgerCheckpointJob(
      options: options, settings: configuration.ledgers,
      views: CheckpointViews(configuration: configuration, ledgers: ledgers), ledgers: ledgers)
  }
}
