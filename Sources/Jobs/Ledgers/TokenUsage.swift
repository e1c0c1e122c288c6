/// The tokens that a window took, as far as anybody kept count of them.
///
/// A request's tokens are what its vendor calls the total: all that was sent, what a cache held
/// included, and all that came back, reasoning included. So ccusage counts them too. What a cache held
/// is mostly the same context sent once more with each request: it is kept apart for whoever compares
/// with the size of a context.
package struct TokenUsage: Sendable, Equatable {
  /// What each source told; one that could not be looked at is missing.
  package var parts: [Part]
  /// What could not be seen, a line each: the source, and why.
  package var unseen: [String]

  package init(parts: [Part], unseen: [String]) {
    self.parts = parts
    self.unseen = unseen
  }

  /// Who kept count.
  package enum Source: String, Sendable, CaseIterable {
    case codexRollouts = "codex-rollouts"
    case claudeProjects = "claude-projects"
    case proxyTelemetry = "proxy-telemetry"
  }

  /// What one source told.
  package struct Part: Sendable, Equatable {
    package let source: Source
    package var counts: Counts
    /// Requests that came to an end, each once.
    package var requests: Int
    /// Requests left out because another source told them already.
    package var told: Int

    package init(_ source: Source, counts: Counts = Counts(), requests: Int = 0, told: Int = 0) {
      self.source = source
      self.counts = counts
      self.requests = requests
      self.told = told
    }
  }

  /// Tokens of each class, none of them in two.
  package struct Counts: Sendable, Equatable {
    /// Sent, and held by no cache; what was written into one is here.
    package var input: Int
    /// Sent, and held by a cache.
    package var cachedInput: Int
    /// Answered, reasoning included.
    package var output: Int

    package init(input: Int = 0, cachedInput: Int = 0, output: Int = 0) {
      self.input = input
      self.cachedInput = cachedInput
      self.output = output
    }

    package var total: Int { input + cachedInput + output }
    /// Without what a cache held: what Codex itself shows as "tokens used".
    package var fresh: Int { input + output }

    package func tokens(_ counted: Configuration.Ledgers.CountedTokens) -> Int {
      switch counted {
      case .all: total
      case .fresh: fresh
      }
    }

    package static func += (left: inout Counts, right: Counts) {
      left.input += right.input
      left.cachedInput += right.cachedInput
      left.output += right.output
    }
  }

  /// The sum over all sources; nil where none could be looked at, which is not 0.
  package var counts: Counts? {
    guard !parts.isEmpty else { return nil }
    return parts.reduce(into: Counts()) { $0 += $1.counts }
  }

  /// The tokens that count; nil where no source could be looked at.
  package func tokens(_ counted: Configuration.Ledgers.CountedTokens) -> Int? {
    counts?.tokens(counted)
  }
}
