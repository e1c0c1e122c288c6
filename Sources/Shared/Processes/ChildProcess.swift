internal import Subprocess
internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension CommandRunner {
  /// Real children, each in a process group of its own.
  ///
  /// Standard output and standard error go to nameless 0600 files. opencode cuts its output at
  /// 64 KiB when it is a pipe and still exits 0 (its issue 29330); and a file never fills up, so
  /// ten megabytes on standard error block nobody, and a grandchild that keeps it open delays
  /// nobody: the reply is there when the child itself has exited.
  package static let live = CommandRunner { command, scratch async throws(FileError) in
    let output = try PrivateFile.nameless(in: scratch)
    do throws(FileError) {
      let errors = try PrivateFile.nameless(in: scratch)
      defer { try? errors.close() }
      let ending = await ChildProcess.run(command, output: output, errors: errors)
      return CommandReply(ending: ending, output: output, errorTail: PrivateFile.tail(of: errors))
    } catch {
      try? output.close()
      throw error
    }
  }
}

/// One child under a deadline.
private enum ChildProcess {
  /// How long a child may take to obey TERM before KILL.
  static let grace = Duration.seconds(1)
  /// How often its output's size is looked at.
  static let watchInterval = Duration.milliseconds(200)

  private enum Event: Sendable {
    case ended(CommandEnding)
    case stopped(CommandEnding)
  }

  /// Runs the child and the watch beside it; the first to finish decides how it ended.
  static func run(
    _ command: Command, output: FileDescriptor, errors: FileDescriptor
  ) async -> CommandEnding {
    await withTaskGroup(of: Event.self) { group in
      group.addTask { .ended(await spawn(command, output: output, errors: errors)) }
      group.addTask { .stopped(await watch(command, [output, errors])) }
      let first = await group.next()
      group.cancelAll()
      await group.waitForAll()
      switch first {
      case .ended(let ending):
        if Task.isCancelled { return .interrupted }
        // A fast child ends between two looks.
        return isOver(command.outputLimit, [output, errors]) ? .outputTooLarge : ending
      case .stopped(let reason): return reason
      case nil: return .interrupted
      }
    }
  }

  /// Cancelling this task ends the child's group: TERM, a grace, KILL.
  private static func spawn(
    _ command: Command, output: FileDescriptor, errors: FileDescriptor
  ) async -> CommandEnding {
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)
    ]
    let environment = command.environment.map { (Environment.Key(stringLiteral: $0), $1) }
    do {
      let result = try await Subprocess.run(
        .path(command.executable), arguments: Arguments(command.arguments),
        environment: .custom(Dictionary(environment) { $1 }),
        workingDirectory: command.workingDirectory, platformOptions: options, input: .none,
        output: .fileDescriptor(output, closeAfterSpawningProcess: false),
        error: .fileDescriptor(errors, closeAfterSpawningProcess: false)
      ) { execution in execution.processIdentifier.value }
      endGroup(result.closureResult)
      switch result.terminationStatus {
      case .exited(let code): return .exited(code)
      case .signaled(let signal): return .signalled(signal)
      }
    } catch {
      return .notStarted("\(command.executable): \(error)")
    }
  }

  /// A grandchild may have ignored TERM or outlived a child that exited in time; nothing that we
  /// started stays.
  ///
  /// Without members left the call finds no such group, which is the usual case.
  private static func endGroup(_ group: pid_t) {
    guard group > 1 else { return }
    _ = kill(-group, SIGKILL)
  }

  /// Returns when the child must be ended: its time or its output is over the limit.
  private static func watch(_ command: Command, _ files: [FileDescriptor]) async -> CommandEnding {
    let end = ContinuousClock.now + command.deadline
    while ContinuousClock.now < end {
      do {
        let rest = end - ContinuousClock.now
        try await Task.sleep(for: min(rest, watchInterval))
      } catch {
        return .interrupted
      }
      if isOver(command.outputLimit, files) { return .outputTooLarge }
    }
    return .overdue
  }

  private static func isOver(_ limit: Int, _ files: [FileDescriptor]) -> Bool {
    files.contains { $0.currentSize > limit }
  }
}
