package import Shared

/// What a session's export says: how long the dialog is, how full the context, who worked for it.
package struct SessionExport: Sendable, Equatable {
  /// Messages in the session: all of them in the form of 1.x, only those of users and assistants
  /// in the form of 2.x, which also lists switches, idles and compactions.
  package var messageCount = 0
  /// The tokens of the latest answer that counts; nil when there is none.
  package var tokens: TokenCounts?
  /// The model of that answer, else the session's.
  package var model: ModelReference?
  /// The sub-tasks, each once, in the order in which they were first started.
  package var children: [ChildSession] = []

  package init() {}
}

/// The tokens of one answer.
///
/// nil is "not known", which is not zero.
package struct TokenCounts: Sendable, Equatable {
  /// The uncached part of the prompt only.
  package var input: Int?
  package var output: Int?
  package var reasoning: Int?
  package var cacheRead: Int?
  package var cacheWrite: Int?
  /// Everything together, where opencode (1.2.0 and later) says it.
  package var total: Int?

  package init(
    input: Int? = nil, output: Int? = nil, reasoning: Int? = nil, cacheRead: Int? = nil,
    cacheWrite: Int? = nil, total: Int? = nil
  ) {
    self.input = input
    self.output = output
    self.reasoning = reasoning
    self.cacheRead = cacheRead
    self.cacheWrite = cacheWrite
    self.total = total
  }

  /// The prompt that was sent: `input` alone is only what no cache held.
  package var prompt: Int? {
    guard let input, let cacheRead, let cacheWrite else { return nil }
    return Self.sum(input, cacheRead, cacheWrite)
  }

  /// What the next turn starts with.
  package var context: Int? {
    if let total, total > 0 { return total }
    guard let prompt, let output, let reasoning else { return nil }
    return Self.sum(prompt, output, reasoning)
  }

  private static func sum(_ numbers: Int...) -> Int? {
    var sum = 0
    for number in numbers {
      let (next, overflow) = sum.addingReportingOverflow(number)
      guard !overflow else { return nil }
      sum = next
    }
    return sum
  }
}

/// A session that a `task` tool call started.
package struct ChildSession: Sendable, Equatable {
  package var sessionID: String
  /// The tool call's status: pending, running, completed or error.
  package var status: String?
  package var title: String?
  package var model: ModelReference?
  package var startedAt: Timestamp?
  package var finishedAt: Timestamp?

  package init(
    sessionID: String, status: String? = nil, title: String? = nil, model: ModelReference? = nil,
    startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil
  ) {
    self.sessionID = sessionID
    self.status = status
    self.title = title
    self.model = model
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }
}
