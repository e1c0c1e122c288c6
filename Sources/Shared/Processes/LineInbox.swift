/// The lines in a child's output, as far as it may go.
struct LineInbox {
  private var rest: [UInt8] = []
  /// Where in `rest` the next line starts, and how far it is known to hold no line feed.
  private var start = 0
  private var searched = 0
  private var total = 0

  /// Whether the child said more than it may.
  private(set) var isOver = false

  mutating func append(_ bytes: [UInt8]) {
    if start > 0 {
      rest.removeFirst(start)
      searched -= start
      start = 0
    }
    rest += bytes
    total += bytes.count
    if total > Conversation.outputLimit { isOver = true }
  }

  /// The next whole line without its line feed; nil if there is none yet.
  mutating func next() -> [UInt8]? {
    guard !isOver else { return nil }
    guard let end = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = rest.count
      if searched - start > Conversation.longestLine { isOver = true }
      return nil
    }
    guard end - start <= Conversation.longestLine else {
      isOver = true
      return nil
    }
    let line = Array(rest[start..<end])
    start = end + 1
    searched = start
    return line
  }
}
