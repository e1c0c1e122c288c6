internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

struct ChurnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: ChurnJob.name,
    abstract: "Charge a range of commits to a window: lines, files, commits, authors, tests.",
    discussion: """
      Lines are those that differ between the two commits, as 'git diff --numstat' counts them, \
      whatever is set in git. What is not given is taken from the window's latest finalized row; \
      the last commit is else HEAD. Without a first commit the row says so and has zeros. One \
      row goes to churn.jsonl and to Churn_Ledger.csv, or to neither. The same range again adds \
      nothing; other features, provider or methodology add a row that replaces the last.

      Commits that another window is charged with already, and ranges without a commit, are \
      listed by 'jobrunner anomalies'.

      Examples:
        jobrunner churn --window W0-CHN --dry-run
        jobrunner churn --window W0-CHN --commit-start v1.2 --features 3
        jobrunner churn --window W0-CHN --commit-start HEAD~3 --paths Sources Tests
      """)

  @OptionGroup var global: GlobalOptions

  @Option(
    help: ArgumentHelp("The window's name.", valueName: "name"), transform: WindowArgument.named)
  var window: WindowArgument

  @Option(
    help: ArgumentHelp(
      "Who did the work.",
      discussion: "Default: the one provider with features, else multi or unknown.",
      valueName: "name"))
  var provider: String?

  @Option(help: ArgumentHelp("How the work was done.", valueName: "text"))
  var methodology: String?

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

  @Option(
    help: ArgumentHelp("Features delivered (default: those of the window).", valueName: "n"))
  var features: Int?

  @Option(help: ArgumentHelp("A note for the row.", valueName: "text"))
  var notes = ""

  @Option(
    help: ArgumentHelp(
      "The CSV ledger.", discussion: "Default: docs/Ledgers/Churn_Ledger.csv.",
      valueName: "file"), completion: .file())
  var ledgerPath: String?

  @Flag(help: "Print what would be written; write nothing.")
  var dryRun = false

  func validate() throws {
    guard (features ?? 0) >= 0 else {
      throw ValidationError("a number of features is 0 or more")
    }
    guard provider?.isEmpty != true else { throw ValidationError("--provider takes a name") }
    for name in [commitStart, commitEnd] where name?.isEmpty == true {
      throw ValidationError("a commit has a name")
    }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global), noting: dryRun ? nil : ChurnJob.name)
    let ledgers = harness.ledgers(for: ChurnJob.name)
    let options = ChurnMeasurement.Options(
      window: window.name, provider: provider, methodology: methodology,
      commitStart: commitStart, commitEnd: commitEnd, paths: paths, features: features,
      notes: notes, isDryRun: dryRun)
    do throws(JobError) {
      let table = try harness.churnTable(ledgerPath)
      let job = ChurnJob(
        options: options,
        ledger: ChurnLedger(rows: harness.workspace.churn, table: table, stamp: ledgers.stamp),
        ledgers: ledgers)
      harness.runToEnd(ChurnJob.name, writes: !dryRun) { () async throws(JobError) in
        try await job.run()
      }
    } catch {
      endProcess(harness.finish(error, job: ChurnJob.name).rawValue)
    }
  }
}

extension JobHarness {
  /// The CSV ledger of churn: the one that was named, else that of the workspace.
  func churnTable(_ path: String?) throws(JobError) -> FilePath {
    if let path { return live.currentFolder.pushing(FilePath(path)) }
    return workspace.path(try configuration().ledgers.folder)
      .appending(ChurnLedger.fileName)
  }
}
