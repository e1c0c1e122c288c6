internal import ArgumentParser
internal import Jobs
internal import Shared

extension AliasJob.Action: ExpressibleByArgument {}

struct AliasCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: AliasJob.name,
    abstract: "Record the BEFORE or AFTER of a window by hand, from a pane or live.",
    discussion: """
      start records a BEFORE, end an AFTER, cross ends the open window and starts the next with \
      one reading, delete takes a row out of every report. Each agent (AGENT_ID) has windows of \
      its own. The window is --window, else the agent's open one.

      --stdin with nothing on it takes a live reading instead, since clients print no pane \
      without a terminal. glm is fed the JSON of ccusage with its cumulative prompt count.

      Examples:
        jobrunner alias start codex --window W0-CHN --stdin < pane.txt
        codex /status | jobrunner alias end codex --stdin
        jobrunner alias cross claude --from claude-usage
        AGENT_ID=sub1 jobrunner alias start codex --from app-server
        jobrunner alias delete codex --window W0-CHN --phase before
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var text: TextOptions

  @Argument(help: ArgumentHelp("start, end, cross or delete.", valueName: "action"))
  var action: AliasJob.Action

  @Argument(help: ArgumentHelp("codex, claude or glm.", valueName: "provider"))
  var provider: Provider

  @Option(
    help: ArgumentHelp("The window's name.", valueName: "name"), transform: WindowArgument.named)
  var window: WindowArgument?

  @Option(
    help: ArgumentHelp(
      "Ask this source only: app-server, rollouts, claude-usage, claude-cache; pane means the text.",
      valueName: "source"))
  var from: Reading.Method?

  @Flag(help: "Take no live reading where the text is empty.")
  var noLive = false

  @Option(help: ArgumentHelp("A note for the row.", valueName: "text"))
  var notes: String?

  @Option(help: ArgumentHelp("Who records, as the row says it.", valueName: "name"))
  var source = AliasJob.name

  @Flag(help: "Record a second BEFORE, and an anomaly with it.")
  var force = false

  @Option(help: ArgumentHelp("delete: which row, 1 being the newest.", valueName: "n"))
  var index = 1

  @Option(help: ArgumentHelp("delete: before or after.", valueName: "phase"))
  var phase: Phase?

  func validate() throws {
    guard index >= 1 else { throw ValidationError("index must be >= 1") }
    if let from, !Reading.Method.askable.contains(from) {
      throw ValidationError("--from takes \(Reading.Method.askable.map(\.rawValue))")
    }
    if from == .pane, !text.isGiven { throw ValidationError("--from pane takes --stdin or --file") }
    if let from, from != .pane, text.isGiven {
      throw ValidationError("--from \(from.rawValue) goes without --stdin and --file")
    }
    if let from, from != .pane, !ReadingSources.methods(of: provider).contains(from) {
      throw ValidationError("\(from.rawValue) is no source of \(provider.rawValue)")
    }
    if action != .delete, !text.isGiven, from == nil {
      throw ValidationError("provide --stdin, --file or --from")
    }
    if provider == .glm, action != .delete, !text.isGiven {
      throw ValidationError("glm has no live source; provide --stdin or --file")
    }
  }

  func run() throws {
    let harness = JobHarness(JobHarness.Options(global), noting: AliasJob.name)
    do throws(JobError) {
      let configuration = try harness.configuration()
      let job = AliasJob(
        options: try options(harness), ledgers: harness.ledgers(for: AliasJob.name),
        sources: harness.sources(configuration), sequence: configuration.windows.sequence)
      harness.runToEnd(AliasJob.name, writes: true) { () async throws(JobError) in
        try await job.run()
      }
    } catch {
      endProcess(harness.finish(error, job: AliasJob.name).rawValue)
    }
  }

  private func options(_ harness: JobHarness) throws(JobError) -> AliasJob.Options {
    var input: AliasJob.Input?
    if action != .delete {
      input =
        text.isGiven
        ? .text(String(decoding: try text.read(harness), as: UTF8.self)) : .live(from)
    }
    return AliasJob.Options(
      action: action, provider: provider, window: window?.name, input: input,
      allowsLive: !noLive && from != .pane, notes: notes, source: source, force: force,
      index: index, phase: phase)
  }
}
