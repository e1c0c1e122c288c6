internal import ArgumentParser
internal import Jobs
internal import Shared
internal import SystemPackage

/// The command line.
@main
struct JobRunner: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobrunner",
    abstract: "Keep the books on AI coding agents: one-shot jobs for cron and systemd timers.",
    discussion: """
      A job wakes, does what is due, writes, exits; nothing stays resident. 'status' only reads \
      what the jobs cached.

      --workspace, --data-dir, --state-dir, --config, --json, --verbose and --quiet are taken \
      before the command's name or after it.

      Exit status: 0 done or nothing to do, 1 the answer is no, 64 usage, 65 damaged input, 66 \
      missing input, 69 a program or service is missing, 70 our defect, 73 no space, 74 I/O \
      error, 75 try later, 77 permission, 78 configuration, 124 deadline, 130/143 stopped.
      """,
    version: "jobrunner \(Version.withCommit)",
    subcommands: [
      StatusCommand.self, RefreshUsageCommand.self, RotateLogCommand.self, WindowResetCommand.self,
      IngestTelemetryCommand.self, CostCompareCommand.self, LedgerCheckpointCommand.self,
      PreviewCommand.self, WindowAuditCommand.self, DecisionCardCommand.self, ReportCommand.self,
      AnomaliesCommand.self, AliasCommand.self, IngestCommand.self, OverrideCommand.self,
      CompleteCommand.self, ChurnCommand.self, IntentsCommand.self, ListCommand.self,
      HistoryCommand.self, ScheduleCommand.self, DoctorCommand.self, ConfigCommand.self,
      MetricsCommand.self, TortureCommand.self,
    ])

  static func main() {
    StandardStreams.secure()
    guard !CommandLine.arguments.isEmpty else {
      // They are read from a file on Linux: without them the help page would be the answer.
      OutputStream(.standardError).write("jobrunner: no file can be opened; raise 'ulimit -n'\n")
      endProcess(ExitStatus.tryLater.rawValue)
    }
    let arguments = ArgumentOrder.normalised(Array(CommandLine.arguments.dropFirst()))
    if arguments.first == StatusCommand.configuration.commandName,
      let request = StatusRequest(plain: Array(arguments.dropFirst()))
    {
      endProcess(request.run().rawValue)
    }
    do {
      try checkCommand(arguments.first)
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      endUnparsed(error, arguments)
    }
  }

  /// The parser would call the first flag behind an unknown command unknown, not the command.
  private static func checkCommand(_ name: String?) throws {
    let names =
      configuration.subcommands.flatMap { [$0._commandName] + $0.configuration.aliases } + ["help"]
    guard let name, !name.hasPrefix("-"), !names.contains(name) else { return }
    throw ValidationError("Unknown command '\(name)'")
  }

  /// Ends with the parser's own message, or with a JSON object where JSON was asked for.
  private static func endUnparsed(_ error: any Error, _ arguments: [String]) -> Never {
    let status = exitCode(for: error)
    if status == .validationFailure, StatusCommand.wantsJSON(arguments) {
      OutputStream(.standardOutput).write(JobError(.usage, message(for: error)).json + "\n")
      endProcess(status.rawValue)
    }
    exit(withError: error)
  }
}
