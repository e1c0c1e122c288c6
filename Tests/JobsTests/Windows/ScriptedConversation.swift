import Shared
import Synchronization
import SystemPackage

/// A child that exists only in a test: answers each request with prepared lines.
final class ScriptedConversation: Sendable {
  /// What was asked for and said.
  struct Record: Sendable {
    var partner: ConversationPartner?
    var sent: [String] = []
    fileprivate var waiting: [Conversation.Event] = []
  }

  private let state = Mutex(Record())
  private let answer: @Sendable (_ request: String) -> [Conversation.Event]
  private let end: ConversationEnd

  /// What happened so far.
  var record: Record { state.withLock { $0 } }

  /// - Parameter answer: What comes after a request; nothing more is a passed deadline.
  init(
    end: ConversationEnd = ConversationEnd(ending: .exited(0), errorTail: []),
    answer: @escaping @Sendable (_ request: String) -> [Conversation.Event]
  ) {
    self.end = end
    self.answer = answer
  }

  var runner: ConversationRunner {
    ConversationRunner { partner, _, body async throws(FileError) in
      self.state.withLock { $0.partner = partner }
      if case .notStarted = self.end.ending { return self.end }
      await body(Conversation(send: { line, _ in self.take(line) }, nextLine: { _ in self.next() }))
      return self.end
    }
  }

  private func take(_ line: [UInt8]) -> Bool {
    let request = String(decoding: line, as: UTF8.self)
    let events = answer(request)
    state.withLock { state in
      state.sent.append(request)
      state.waiting += events
    }
    return true
  }

  private func next() -> Conversation.Event {
    state.withLock { $0.waiting.isEmpty ? .overdue : $0.waiting.removeFirst() }
  }
}
