internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

extension CostKey: ExpressibleByArgument {}

struct CostCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: CostCompareJob.name,
    abstract: "Compare what the same work took on GLM and on the baseline, in tokens and money.",
    discussion: """
      Pairs the finished requests of both sides by feature: the event's own, else that of the \
      --features file (lines of rid,feature), else the request. Money is at the price of the \
      event's own day; what has no known price is n/a, and the totals say how much they leave \
      out. 'prices' in jobrunner.json5 adds prices. Errors and p95 of the gates are over all \
      finished requests, the saving over matched features.

      A run on the ledger appends one row to cost_compare.jsonl if the content changed.

      Examples:
        jobrunner cost-compare --window W0-CHN
        jobrunner cost-compare --features rids.csv --reprice glm-4.6
        tail -n +1 logs/usage.jsonl | jobrunner cost-compare --file - --csv
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var running: RunOptions

  @Option(
    help: ArgumentHelp("Only this window.", valueName: "name"), transform: WindowArgument.named)
  var window: WindowArgument?

  @Option(help: ArgumentHelp("feature (the default), rid or model.", valueName: "key"))
  var by = CostKey.feature

  @Option(help: ArgumentHelp("Lines of rid,feature.", valueName: "file"), completion: .file())
  var features: String?

  @Option(help: ArgumentHelp("How many matches a comparison takes.", valueName: "n"))
  var minMatched = 3

  @Option(
    help: ArgumentHelp(
      "How many rows of a section are shown (default: 3 in CSV, 20 in the table).",
      valueName: "n"))
  var min: Int?

  @Flag(help: "End with 1 when fewer are matched than --min-matched.")
  var require = false

  @Option(
    help: ArgumentHelp("What the baseline would cost on another model.", valueName: "model"))
  var reprice: String?

  @Flag(help: "rid,baseline_tokens,glm_tokens,delta_glm_minus_base and a line of totals.")
  var csv = false

  @Option(
    help: ArgumentHelp(
      "Read a proxy's log or a ledger from a file, or from standard input with '-'.",
      valueName: "file"), completion: .file())
  var file: String?

  @Flag(help: "Append nothing.")
  var dryRun = false

  func validate() throws {
    guard minMatched >= 0, (min ?? 0) >= 0 else { throw ValidationError("a number is 0 or more") }
    guard !(csv && global.json) else { throw ValidationError("choose one of --csv and --json") }
  }

  func run() throws {
    // What is asked of a window or a what-if is no run of the daily job; of another file it is a
    // view.
    let isJob = window == nil && file == nil && reprice == nil && !dryRun
    let isView = file != nil || dryRun
    let harness = JobHarness(
      JobHarness.Options(global), keeping: isJob ? CostCompareJob.name : nil,
      noting: isJob || isView ? nil : CostCompareJob.name, metrics: running.metrics)
    let command = self
    harness.runToEnd(
      CostCompareJob.name, hooks: running.hooks,
      printing: { () throws(JobError) in
        let result = try command.job(harness).run()
        harness.keep(Self.report(result))
        return try command.show(result.text, harness)
      })
  }

  private static func report(_ result: CostCompareJob.Result) -> JobReport {
    let matched = result.text?.compare.matched.count ?? 0
    return JobReport(
      job: CostCompareJob.name, outcome: result.isKept ? .done : .idle,
      summary: "\(matched) matched", counts: [.init("matched", matched)])
  }

  private func job(_ harness: JobHarness) throws(JobError) -> CostCompareJob {
    var options = CostCompareJob.Options()
    options.window = window?.name
    options.by = by
    options.reprice = reprice
    options.limit = min
    options.minimumMatched = minMatched
    options.isDryRun = dryRun
    if let features {
      options.features = try FeatureMap.read(
        try harness.text(fromFile: features), name: features)
    }
    let configuration = try harness.configuration()
    let rules = configuration.telemetry.rules
    return CostCompareJob(
      options: options, log: try log(harness, rules),
      prices: PriceBook(configuration.prices), rules: rules,
      ledgers: harness.ledgers(for: CostCompareJob.name))
  }

  private func log(_ harness: JobHarness, _ rules: ProxyRules) throws(JobError) -> TelemetryLog {
    switch file {
    case nil: TelemetryLog(ledger: harness.workspace.proxyTelemetry, rules: rules)
    case "-":
      TelemetryLog(text: try harness.text(fromFile: nil, upTo: Self.longestLog), rules: rules)
    case let file?:
      TelemetryLog(file: harness.live.currentFolder.pushing(FilePath(file)), rules: rules)
    }
  }

  /// In bytes: what is piped in is held in memory; a larger log is a file.
  private static let longestLog = 1 << 30

  private func show(
    _ text: CostCompareText?, _ harness: JobHarness
  ) throws(JobError) -> ExitStatus {
    guard let text else {
      if global.json {
        harness.live.out.write("{\"ok\":true,\"matched_count\":0,\"events\":0}\n")
      } else if csv {
        harness.live.err.write("no matched features (rid) found\n")
      } else if !global.quiet {
        harness.live.out.write("no proxy telemetry\(window.map { " for \($0.name)" } ?? "")\n")
      }
      return harness.outputStatus(require ? .negative : .success)
    }
    if global.json {
      harness.live.out.write(text.json + "\n")
    } else if !global.quiet {
      for line in csv ? text.csv : text.lines {
        harness.live.out.write(line.escapingControls + "\n")
      }
      // The form for scripts stays as they know it.
      if csv, let tooFew = text.tooFew { harness.live.err.write(tooFew + "\n") }
    }
    return harness.outputStatus(require && text.tooFew != nil ? .negative : .success)
  }
}
