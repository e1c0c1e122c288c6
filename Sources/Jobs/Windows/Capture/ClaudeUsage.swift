package import Shared
package import SystemPackage

/// The limits of a Claude subscription, asked of Claude's client by the control request
/// `get_usage`.
///
/// Costs no quota and needs no terminal. The client marks the request as experimental, and gives an
/// old answer without a word when its server refuses a new one: see `freshEntry`.
package struct ClaudeUsage: Sendable {
  /// No tools, no session on disk, no settings of a project.
  static let arguments = [
    "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose",
    "--tools", "", "--no-session-persistence", "--setting-sources", "",
  ]

  private let executable: FilePath
  private let environment: [String: String]
  private let scratch: FilePath
  private let conversations: ConversationRunner
  private let clock: Clock
  private let deadline: Duration

  /// - Parameters:
  ///   - executable: The client, an absolute path.
  ///   - environment: All of its environment: `HOME`, `CLAUDE_CONFIG_DIR`, and a `PATH` for a client
  ///     that is a script.
  ///   - scratch: A folder for private files.
  ///   - deadline: How long the client may take to answer.
  package init(
    executable: FilePath, environment: [String: String], scratch: FilePath,
    conversations: ConversationRunner, clock: Clock, deadline: Duration = .seconds(10)
  ) {
    self.executable = executable
    self.environment = environment
    self.scratch = scratch
    self.conversations = conversations
    self.clock = clock
    self.deadline = deadline
  }

  /// Starts a client, asks it once and ends it.
  package func read() async -> Result<Reading, ReadingFailure> {
    let start = clock.now()
    let reply: Result<ClaudeUsageReply, ReadingFailure> = await conversations.ask(
      "claude", at: executable, Self.arguments, environment: environment, scratch: scratch
    ) { conversation in
      let end = ContinuousClock.now + deadline
      _ = await conversation.send(ClaudeUsageReply.request, end)
      do throws(ReadingFailure) {
        return .success(
          try await conversation.reply(of: "claude", until: end) { line throws(JSONError) in
            try ClaudeUsageReply(line: line)
          })
      } catch {
        return .failure(error)
      }
    }
    do throws(ReadingFailure) {
      return .success(try reading(of: try reply.get(), askedAt: start))
    } catch {
      return .failure(error)
    }
  }

  private func reading(
    of reply: ClaudeUsageReply, askedAt start: Timestamp
  ) throws(ReadingFailure) -> Reading {
    switch reply.content {
    case .notSignedIn:
      throw ReadingFailure(.notSignedIn, "claude is not signed in with a subscription")
    case .noLimits:
      // The client says no more: its server refused it (401) or was asked too often (429).
      throw ReadingFailure(.noData, "claude's server told it of no limits")
    case .refusal(let words):
      throw ReadingFailure(
        .malformedReply, "claude does not know get_usage: \(ReplyText.shown(words))")
    case .limits(let limits, let rawText):
      let (account, fetchedAt) = try freshEntry(since: start)
      guard limits.contains(where: \.isMain) else {
        throw ReadingFailure(.noData, "claude knows no limit of the subscription")
      }
      return Reading(
        provider: .claude, account: account, limits: limits, capturedAt: fetchedAt,
        method: .claudeUsage, errors: rawText == nil ? ["reply-too-long-to-keep"] : [],
        rawText: rawText ?? "")
    }
  }

  /// Whose numbers the answer holds and when the client got them; throws if that was not now.
  ///
  /// After a 429 the client answers "success" with the numbers of its cache, however old. Only the
  /// cache tells: it is written when the server has answered. Where it cannot be read or has no
  /// time, the answer may be of any age, and an old number as a new one is worse than none.
  private func freshEntry(
    since start: Timestamp
  ) throws(ReadingFailure) -> (account: String?, fetchedAt: Timestamp) {
    let entry: ClaudeCache.Entry
    do throws(ReadingFailure) {
      entry = try ClaudeCache(environment: environment).entry()
    } catch {
      throw ReadingFailure(.stale, "cannot tell how old claude's answer is: \(error.message)")
    }
    guard let fetchedAt = entry.fetchedAt else {
      throw ReadingFailure(.stale, "cannot tell how old claude's answer is: no time is kept")
    }
    guard fetchedAt > start else {
      throw ReadingFailure(.stale, "claude answered with what it heard at \(fetchedAt.text)")
    }
    return (entry.account, fetchedAt)
  }
}
