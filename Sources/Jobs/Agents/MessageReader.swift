internal import Shared

/// Walks an export's messages and keeps what the latest answer that counts says.
///
/// 1.x wraps a message as `{info: {role, tokens, …}, parts: […]}`; 2.x writes
/// `{type, tokens, content: […]}`.
struct MessageReader {
  private(set) var children: [ChildSession] = []
  private var messages = 0
  private var dialogMessages = 0
  private var isSecondForm = false
  private var sessionModel: ModelReference?
  private var anyOutputKey = false
  /// The latest answer with output, and the latest with a prompt, which counts only where no
  /// message says how much output it had.
  private var latestWithOutput: Answer?
  private var latestWithPrompt: Answer?

  private struct Answer {
    var tokens: TokenCounts
    var model: ModelReference?
  }

  var export: SessionExport {
    var export = SessionExport()
    export.messageCount = isSecondForm ? dialogMessages : messages
    let answer = anyOutputKey ? latestWithOutput : latestWithPrompt
    export.tokens = answer?.tokens
    export.model = answer.flatMap { $0.model ?? sessionModel }
    export.children = children
    return export
  }

  mutating func readSessionInfo(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("model") {
        sessionModel = try scanner.readModel()
      } else {
        try scanner.skipValue()
      }
    }
  }

  mutating func readMessages(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterArray() else { return }
    while try scanner.nextElement() {
      messages += 1
      try readMessage(&scanner)
    }
  }

  private mutating func readMessage(_ scanner: inout JSONScanner) throws(JSONError) {
    var message = MessageFacts()
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("info") {
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() { try message.read(&scanner) }
      } else if scanner.keyIs("parts") || scanner.keyIs("content") {
        try readParts(&scanner)
      } else {
        try message.read(&scanner)
      }
    }
    weigh(message)
  }

  /// Decides whether this message is the latest that counts so far.
  private mutating func weigh(_ message: MessageFacts) {
    if message.hasType && message.role == nil { isSecondForm = true }
    let kind = message.role ?? message.type
    if kind == "user" || kind == "assistant" { dialogMessages += 1 }
    anyOutputKey = anyOutputKey || message.hasOutputKey
    guard kind == "assistant", !message.hasError, !message.isSummary, let tokens = message.tokens
    else { return }
    let answer = Answer(tokens: tokens, model: message.modelReference)
    if let output = tokens.output, output > 0 { latestWithOutput = answer }
    if let prompt = tokens.prompt, prompt > 0 { latestWithPrompt = answer }
  }

  private mutating func readParts(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterArray() else { return }
    while try scanner.nextElement() {
      if let child = try TaskPart.read(&scanner) { note(child) }
    }
  }

  /// A task may be taken up again under its session; the later call has the newer state.
  private mutating func note(_ child: ChildSession) {
    guard let index = children.firstIndex(where: { $0.sessionID == child.sessionID }) else {
      return children.append(child)
    }
    let started = children[index].startedAt ?? child.startedAt
    children[index] = child
    children[index].startedAt = started
  }
}

/// What one message says of itself.
struct MessageFacts {
  var role: String?
  var type: String?
  var hasType = false
  var hasError = false
  /// An answer that only sums up what was cut off; its size is not the dialog's.
  var isSummary = false
  var hasOutputKey = false
  var tokens: TokenCounts?
  private var model: ModelReference?
  private var modelID: String?
  private var providerID: String?

  var modelReference: ModelReference? {
    if let providerID, let modelID { return ModelReference(provider: providerID, model: modelID) }
    return model
  }

  /// Reads the value of the key just read.
  mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
    if scanner.keyIs("role") {
      role = try scanner.nextString()
    } else if scanner.keyIs("type") {
      hasType = true
      type = try scanner.nextString()
    } else if scanner.keyIs("tokens") {
      try readTokens(&scanner)
    } else if scanner.keyIs("modelID") {
      modelID = try scanner.nextString()
    } else if scanner.keyIs("providerID") {
      providerID = try scanner.nextString()
    } else if scanner.keyIs("model") {
      model = try scanner.readModel()
    } else if scanner.keyIs("error") {
      hasError = try scanner.peekKind() != .null
      try scanner.skipValue()
    } else if scanner.keyIs("summary") {
      isSummary = try scanner.nextBool() == true
    } else {
      try scanner.skipValue()
    }
  }

  private mutating func readTokens(_ scanner: inout JSONScanner) throws(JSONError) {
    // A count that is absent is none at all where the provider has no such thing.
    var counts = TokenCounts(reasoning: 0, cacheRead: 0, cacheWrite: 0)
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("input") {
        counts.input = try scanner.readCount()
      } else if scanner.keyIs("output") {
        hasOutputKey = true
        counts.output = try scanner.readCount()
      } else if scanner.keyIs("reasoning") {
        counts.reasoning = try scanner.readCount()
      } else if scanner.keyIs("total") {
        counts.total = try scanner.readCount()
      } else if scanner.keyIs("cache") {
        try readCache(&scanner, into: &counts)
      } else {
        try scanner.skipValue()
      }
    }
    tokens = counts
  }

  private func readCache(
    _ scanner: inout JSONScanner, into counts: inout TokenCounts
  ) throws(JSONError) {
    // Present but not readable is unknown, except for an explicit nothing.
    if try scanner.peekKind() == .null {
      try scanner.skipValue()
      return
    }
    guard try scanner.enterObject() else {
      (counts.cacheRead, counts.cacheWrite) = (nil, nil)
      return
    }
    while try scanner.nextKey() {
      if scanner.keyIs("read") {
        counts.cacheRead = try scanner.readCount()
      } else if scanner.keyIs("write") {
        counts.cacheWrite = try scanner.readCount()
      } else {
        try scanner.skipValue()
      }
    }
  }
}
