internal import Shared
internal import SystemPackage

extension Conversation {
  /// Reads lines until one is the reply that is waited for.
  ///
  /// Whatever else comes is passed over: notices, replies to nobody, and what a program around the
  /// client prints. `match` throws for a line that is no JSON.
  func reply<Reply>(
    of program: String, until deadline: ContinuousClock.Instant,
    _ match: ([UInt8]) throws(JSONError) -> Reply?
  ) async throws(ReadingFailure) -> Reply {
    var hasNoise = false
    while true {
      switch await nextLine(deadline) {
      case .line(let line):
        do throws(JSONError) {
          if let reply = try match(line) { return reply }
        } catch {
          hasNoise = hasNoise || !line.isEmpty
        }
      case .ended where hasNoise:
        throw ReadingFailure(.malformedReply, "\(program) ended; what it printed is no JSON")
      case .ended:
        throw ReadingFailure(.noReply, "\(program) ended before it answered")
      case .overdue:
        throw ReadingFailure(.deadline, "\(program) did not answer in time")
      case .tooLarge:
        throw ReadingFailure(.malformedReply, "\(program) printed more than a reply can be")
      case .interrupted:
        throw ReadingFailure(.noReply, "stopped before \(program) answered")
      }
    }
  }
}

extension ConversationRunner {
  /// Talks with an agent's client in a neutral folder and says what went wrong with the client
  /// itself.
  func ask<Answer: Sendable>(
    _ program: String, at executable: FilePath, _ arguments: [String],
    environment: [String: String], scratch: FilePath,
    body: @escaping @Sendable (Conversation) async -> Result<Answer, ReadingFailure>
  ) async -> Result<Answer, ReadingFailure> {
    do throws(FileError) {
      let folder = try NeutralFolder(environment: environment)
      defer { folder.remove() }
      let partner = ConversationPartner(
        executable: executable, arguments: arguments, environment: environment,
        workingDirectory: folder.path)
      let talk = try await self(partner, scratch: scratch, body: body)
      guard let answer = talk.result else {
        return .failure(ReadingFailure(.programMissing, "\(program) cannot be started"))
      }
      return answer.mapError { $0.adding(lastWordsOf: talk.end) }
    } catch {
      return .failure(ReadingFailure(.noReply, "cannot prepare to ask \(program): \(error)"))
    }
  }
}

extension ReadingFailure {
  /// A client that ended without an answer may have said why on standard error.
  fileprivate func adding(lastWordsOf end: ConversationEnd) -> ReadingFailure {
    guard reason == .noReply || reason == .malformedReply else { return self }
    let lines = String(decoding: end.errorTail, as: UTF8.self).split { $0.isNewline }
    guard let last = lines.last(where: { !$0.allSatisfy(\.isWhitespace) }) else { return self }
    return ReadingFailure(reason, "\(message): \(ReplyText.shown(String(last)))")
  }
}
