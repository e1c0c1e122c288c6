package import Shared
package import SystemPackage

/// Asks opencode for exports and for its list of models.
///
/// 1.x answers `opencode export ID`. 2.x answers that with a help page and exit status 0, and
/// exports by `opencode session export ID`. Nothing is asked beforehand: the reply tells, and what
/// it told is remembered for as long as the program file stays the same.
package struct OpencodeClient: Sendable {
  /// The two ways to ask.
  package enum ExportCommand: String, Sendable, CaseIterable {
    case export
    case sessionExport = "session export"

    func arguments(_ session: String) -> [String] {
      switch self {
      case .export: ["export", session]
      case .sessionExport: ["session", "export", session]
      }
    }

    var other: ExportCommand { self == .export ? .sessionExport : .export }
  }

  /// An export, and by which command it was had.
  package struct Reply: Sendable, Equatable {
    package var export: SessionExport
    package var command: ExportCommand
  }

  /// Why there is neither an export nor a failure of the session.
  package enum Interruption: Error, Equatable, Sendable {
    /// The run's end came first; no attempt is counted.
    case cut
    /// opencode itself could not be started; the reason in words.
    case notStarted(String)
  }

  package let executable: FilePath
  package let extraArguments: [String]
  package let environment: [String: String]
  /// Time for one reply.
  package let timeout: Duration
  /// Time left to the end of the run, which ends a reply as well.
  package let timeLeft: @Sendable () -> Duration
  package let outputLimit: Int
  /// Folder for the nameless files that replies are written to.
  package let scratch: FilePath
  package let children: CommandRunner

  package init(
    executable: FilePath, extraArguments: [String], environment: [String: String],
    timeout: Duration, timeLeft: @escaping @Sendable () -> Duration, outputLimit: Int,
    scratch: FilePath, children: CommandRunner
  ) {
    self.executable = executable
    self.extraArguments = extraArguments
    self.environment = environment
    self.timeout = timeout
    self.timeLeft = timeLeft
    self.outputLimit = outputLimit
    self.scratch = scratch
    self.children = children
  }

  /// Exports one session.
  ///
  /// When the reply shows that the command is not known to this opencode, the other one is tried.
  /// So it is when a remembered command fails in a way that does not speak of the session: the
  /// program may have been exchanged. A real "not found" is never hidden by a second question.
  /// - Throws: `ExportFailure` of the session, or `Interruption`.
  package func export(
    _ session: String, in folder: FilePath, first command: ExportCommand
  ) async throws -> Reply {
    guard Self.isSessionID(session) else { throw ExportFailure.badSessionID }
    do {
      return Reply(export: try await ask(command, session, in: folder), command: command)
    } catch Answer.unknownCommand {
      return try await exportByOther(command, session, in: folder, instead: .noExportCommand)
    } catch let failure as ExportFailure where command != .export && failure.isAboutTheProgram {
      return try await exportByOther(command, session, in: folder, instead: failure)
    }
  }

  private func exportByOther(
    _ command: ExportCommand, _ session: String, in folder: FilePath, instead: ExportFailure
  ) async throws -> Reply {
    do {
      return Reply(
        export: try await ask(command.other, session, in: folder), command: command.other)
    } catch Answer.unknownCommand {
      throw instead
    }
  }

  /// Lists context windows; nil when the listing could not be had.
  package func contextWindows(in folder: FilePath) async throws -> ContextWindows? {
    let command = self.command(["models", "--verbose"], in: folder)
    return try await children(command, scratch: scratch) { reply -> ContextWindows? in
      guard reply.ending == .exited(0) else { return nil }
      let size = reply.output.currentSize
      return ContextWindows(listing: try reply.output.bytes(from: 0, upTo: size))
    }
  }

  /// Ids reach the command line of another program: only the form that opencode makes is passed.
  package static func isSessionID(_ text: String) -> Bool {
    guard text.hasPrefix("ses_"), text.utf8.count > 4, text.utf8.count <= 128 else { return false }
    return text.utf8.dropFirst(4).allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  // MARK: One question

  private enum Answer: Error { case unknownCommand }

  private func ask(
    _ command: ExportCommand, _ session: String, in folder: FilePath
  ) async throws -> SessionExport {
    let question = self.command(command.arguments(session) + extraArguments, in: folder)
    let limit = question.deadline
    return try await children(question, scratch: scratch) { reply in
      let errors = String(decoding: reply.errorTail, as: UTF8.self)
      switch reply.ending {
      case .exited(0): return try read(reply, errors)
      case .exited(let status): throw failure(status, errors, reply)
      case .signalled(let signal): throw ExportFailure.signalled(signal)
      case .overdue where limit < timeout: throw Interruption.cut
      case .overdue: throw ExportFailure.timedOut(timeout)
      case .outputTooLarge: throw ExportFailure.tooLarge(limit: outputLimit)
      case .interrupted: throw Interruption.cut
      case .notStarted(let reason): throw Interruption.notStarted(reason)
      }
    }
  }

  private func read(_ reply: CommandReply, _ errors: String) throws -> SessionExport {
    do throws(ExportFailure) {
      return try ExportReader.read(reply.output, size: reply.output.currentSize)
    } catch {
      if case .wrongShape = error, isHelpPage(reply, errors) { throw Answer.unknownCommand }
      throw error
    }
  }

  private func failure(_ status: Int32, _ errors: String, _ reply: CommandReply) -> any Error {
    let plain = errors.strippingEscapeSequences
    if plain.contains("Session not found") { return ExportFailure.notFound }
    if isHelpPage(reply, plain) { return Answer.unknownCommand }
    return ExportFailure.exited(
      status, ExportErrorLog.summary(ofErrorOutput: reply.errorTail))
  }

  /// Whether the reply is the text that a command line prints for a command it does not have.
  private func isHelpPage(_ reply: CommandReply, _ errors: String) -> Bool {
    let start = (try? reply.output.bytes(from: 0, upTo: 4 << 10)) ?? []
    return [String(decoding: start, as: UTF8.self), errors].contains(where: Self.isHelpPage)
  }

  /// Goes by headings, not by words: an error may well speak of a usage limit or of commands, and
  /// to take it for a help page would put the session off for hours.
  package static func isHelpPage(_ text: String) -> Bool {
    text.strippingEscapeSequences.lowercased().split(whereSeparator: \.isNewline).contains { line in
      let words = line.split(separator: " ")
      return switch words.first {
      case "usage", "commands", "subcommands", "commands:", "subcommands:": words.count == 1
      case "usage:": words.count == 1 || words[1] == "opencode"
      default: line.contains("unknown command") || line.contains("opencode <subcommand>")
      }
    }
  }

  private func command(_ arguments: [String], in folder: FilePath) -> Command {
    Command(
      executable: executable, arguments: arguments, environment: environment,
      workingDirectory: folder, deadline: max(.zero, min(timeout, timeLeft())),
      outputLimit: outputLimit)
  }
}
