internal import ArgumentParser
internal import Jobs
internal import Shared

struct CompleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: CompleteJob.name,
    abstract: "Finalize a window: pair its readings and write what it cost and brought.",
    discussion: """
      Pairs the BEFORE and the AFTER of this agent (AGENT_ID) and account, works out what was \
      used, and appends one row to windows.jsonl. The same content again adds nothing; other \
      content adds a row that replaces it in every report. What cannot be told is null, with its \
      reason in delta_errors and in 'jobrunner anomalies'.

      Examples:
        jobrunner complete --window W0-CHN --codex-features 2 --outcome pass
        jobrunner complete --window W0-CHN --commit-start v1.2 --methodology m1
      """,
    aliases: ["window-finalize"])

  @OptionGroup var global: GlobalOptions

  @Option(
    help: ArgumentHelp("The window's name.", valueName: "name"), transform: WindowArgument.named)
  var window: WindowArgument

  @Option(help: ArgumentHelp("Features delivered with codex.", valueName: "n"))
  var codexFeatures = 0

  @Option(help: ArgumentHelp("Features delivered with Claude.", valueName: "n"))
  var claudeFeatures = 0

  @Option(help: ArgumentHelp("Features delivered with GLM.", valueName: "n"))
  var glmFeatures = 0

  @Option(
    name: [.long, .customLong("quality-score")],
    help: ArgumentHelp("How good the result is (default: 1.0).", valueName: "score"))
  var quality = 1.0

  @Option(help: ArgumentHelp("pass, partial, fail or any word.", valueName: "text"))
  var outcome = "unknown"

  @Option(help: ArgumentHelp("How the work was done.", valueName: "text"))
  var methodology: String?

  @Option(
    help: ArgumentHelp("The commit the work began at; any name git knows.", valueName: "commit"))
  var commitStart: String?

  @Option(help: ArgumentHelp("The commit the work ended at.", valueName: "commit"))
  var commitEnd: String?

  @Option(help: ArgumentHelp("The id of the specification.", valueName: "id"))
  var specId: String?

  @Option(help: ArgumentHelp("Its version.", valueName: "version"))
  var specVersion: String?

  @Option(help: ArgumentHelp("A note for the row.", valueName: "text"))
  var notes = ""

  func validate() throws {
    guard [codexFeatures, claudeFeatures, glmFeatures].allSatisfy({ $0 >= 0 }) else {
      throw ValidationError("a number of features is 0 or more")
    }
    guard quality.isFinite else { throw ValidationError("--quality takes a number") }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global), noting: CompleteJob.name)
    let job = CompleteJob(
      options: .init(
        window: window.name,
        features: [(.codex, codexFeatures), (.claude, claudeFeatures), (.glm, glmFeatures)],
        qualityScore: quality, outcome: outcome, notes: notes, specID: specId,
        specVersion: specVersion, methodology: methodology, commitStart: commitStart,
        commitEnd: commitEnd),
      ledgers: harness.ledgers(for: CompleteJob.name))
    harness.runToEnd(CompleteJob.name, writes: true) { () async throws(JobError) in
      try await job.run()
    }
  }
}
