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
    version: "jobrunner \(Version.text)",
    subcommands: [StatusCommand.self, RefreshUsageCommand.self, RotateLogCommand.self])

  static func main() {
    StandardStreams.secure()
    let arguments = ArgumentOrder.normalised(Array(CommandLine.arguments.dropFirst()))
    do {
      var command = try parsed(arguments)
      try command.run()
    } catch let code as ExitCode {
      // Before the parser looks for a message in it, which there is not.
      endProcess(code.rawValue)
    } catch {
      endUnparsed(error, arguments)
    }
  }

  /// The command of the arguments.
  ///
  /// `status` runs in prompts and is parsed by itself: half of the time that the whole tree of
  /// commands takes. What does not parse goes through the tree, whose messages and help count.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    if arguments.first == StatusCommand.configuration.commandName,
      let status = try? StatusCommand.parseAsRoot(Array(arguments.dropFirst())) as? StatusCommand
    {
      return status
    }
    return try parseAsRoot(arguments)
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
