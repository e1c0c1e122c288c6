internal import Shared

/// How much of its context a session has used, from its latest finished answer.
package struct Usage: Sendable, Equatable {
  /// Messages in the session, as its version of opencode counts them.
  package var messageCount: Int
  /// Tokens of the prompt that was last sent: uncached input, cache reads and cache writes.
  package var dialogTokens: Int?
  /// `dialogTokens` as a fraction of the model's context window; above 1 when it ran over.
  package var contextFullPct: Double?
  /// Tokens that the next turn starts with: the figure opencode itself shows.
  package var contextTokens: Int?

  package init(
    messageCount: Int, dialogTokens: Int?, contextFullPct: Double?, contextTokens: Int?
  ) {
    self.messageCount = messageCount
    self.dialogTokens = dialogTokens
    self.contextFullPct = contextFullPct
    self.contextTokens = contextTokens
  }

  /// This usage, with the fraction of an older one where its own is unknown and both speak of the
  /// same answer.
  package func keepingFraction(of old: Usage?) -> Usage {
    guard contextFullPct == nil, let old, old.dialogTokens == dialogTokens,
      old.contextTokens == contextTokens
    else { return self }
    var usage = self
    usage.contextFullPct = old.contextFullPct
    return usage
  }

  /// The registry's `usage` block; what is not known is `null` there, never 0.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("messageCount", messageCount)
      writer.member("dialogTokens", dialogTokens)
      writer.member("contextFullPct", contextFullPct)
      writer.member("contextTokens", contextTokens)
    }
    return writer.bytes
  }

  /// Reads a `usage` block; nil when it is not an object with a message count.
  package init?(_ bytes: [UInt8], at range: Range<Int>) {
    self.init(messageCount: -1, dialogTokens: nil, contextFullPct: nil, contextTokens: nil)
    var scanner = JSONScanner(bytes, at: range.lowerBound)
    do {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() { try read(&scanner) }
    } catch {
      return nil
    }
    guard messageCount >= 0 else { return nil }
  }

  private mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
    if scanner.keyIs("messageCount") {
      messageCount = try scanner.nextInteger() ?? -1
    } else if scanner.keyIs("dialogTokens") {
      dialogTokens = try scanner.nextInteger()
    } else if scanner.keyIs("contextTokens") {
      contextTokens = try scanner.nextInteger()
    } else if scanner.keyIs("contextFullPct") {
      contextFullPct = try scanner.nextDouble()
    } else {
      try scanner.skipValue()
    }
  }
}

/// A model as a message names it.
package struct ModelReference: Sendable, Hashable {
  package let provider: String
  package let model: String

  package init(provider: String, model: String) {
    self.provider = provider
    self.model = model
  }

  /// `provider/model`, the key under which its context window is found.
  package var key: String { "\(provider)/\(model)" }
}
