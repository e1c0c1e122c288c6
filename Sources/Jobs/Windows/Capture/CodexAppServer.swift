package import Shared
package import SystemPackage

/// The limits of a Codex subscription, asked of `codex app-server` over its standard streams.
///
/// Costs no quota and needs no terminal. The protocol is JSON-RPC, one message a line, without the
/// `jsonrpc` member (codex-rs/app-server/README.md).
package struct CodexAppServer: Sendable {
  /// How long it may take; the server has no limits of its own.
  package struct Timing: Sendable {
    /// From the start to the answer of `initialize`.
    package var initialize: Duration
    /// For all questions after that.
    package var read: Duration

    package init(initialize: Duration = .seconds(8), read: Duration = .seconds(10)) {
      self.initialize = initialize
      self.read = read
    }
  }

  private let executable: FilePath
  private let environment: [String: String]
  private let scratch: FilePath
  private let version: String
  private let conversations: ConversationRunner
  private let clock: Clock
  private let timing: Timing

  /// - Parameters:
  ///   - executable: The client, an absolute path.
  ///   - environment: All of its environment: `HOME`, `CODEX_HOME`, and a `PATH` for a client that
  ///     is a script.
  ///   - scratch: A folder for private files.
  ///   - version: Ours, by which the server knows us.
  package init(
    executable: FilePath, environment: [String: String], scratch: FilePath, version: String,
    conversations: ConversationRunner, clock: Clock, timing: Timing = Timing()
  ) {
    self.executable = executable
    self.environment = environment
    self.scratch = scratch
    self.version = version
    self.conversations = conversations
    self.clock = clock
    self.timing = timing
  }

  /// Starts a client, asks it once and ends it.
  package func read() async -> Result<Reading, ReadingFailure> {
    // Further arguments drift from release to release.
    await conversations.ask(
      "codex", at: executable, ["app-server"], environment: environment, scratch: scratch
    ) { conversation in
      do throws(ReadingFailure) {
        return .success(try await read(Dialog(conversation: conversation, version: version)))
      } catch {
        return .failure(error)
      }
    }
  }

  private func read(_ dialog: Dialog) async throws(ReadingFailure) -> Reading {
    let greeting = ContinuousClock.now + timing.initialize
    let hello = try await dialog.ask(.initialize, id: 1, until: greeting).result()
    await dialog.say(.initialized, until: greeting)
    let result = try await rateLimits(dialog, until: .now + timing.read)
    return try CodexRateLimits.reading(
      of: result, clientVersion: CodexRateLimits.clientVersion(inInitializeResult: hello),
      capturedAt: clock.now())
  }

  /// Asks for the limits; once more if the server first had to renew its token.
  private func rateLimits(
    _ dialog: Dialog, until deadline: ContinuousClock.Instant
  ) async throws(ReadingFailure) -> [UInt8] {
    let first = try await dialog.ask(.rateLimitsRead, id: 3, until: deadline)
    do throws(ReadingFailure) {
      return try first.result()
    } catch {
      guard error.reason == .unauthorized else { throw error }
      // The sign-in is the server's: it is asked to renew it, and whether it says that it did
      // matters less than whether it can read now. Without an answer the 401 stands.
      guard (try? await dialog.ask(.accountRead, id: 4, until: deadline)) != nil,
        let second = try? await dialog.ask(.rateLimitsRead, id: 5, until: deadline)
      else { throw error }
      return try second.result()
    }
  }
}

/// The only way in which something is said to the server: by a method of the table.
private struct Dialog: Sendable {
  let conversation: Conversation
  let version: String

  func say(_ method: CodexMethod, until deadline: ContinuousClock.Instant) async {
    _ = await conversation.send(method.line(id: nil, version: version), deadline)
  }

  /// Asks and waits for the reply with the same id; replies come in any order.
  func ask(
    _ method: CodexMethod, id: Int, until deadline: ContinuousClock.Instant
  ) async throws(ReadingFailure) -> CodexReply {
    // One that does not listen does not answer either: the reading says which way it failed.
    _ = await conversation.send(method.line(id: id, version: version), deadline)
    return try await conversation.reply(of: "codex", until: deadline) { line throws(JSONError) in
      let reply = try CodexReply(line: line)
      return reply?.id == id ? reply : nil
    }
  }
}
