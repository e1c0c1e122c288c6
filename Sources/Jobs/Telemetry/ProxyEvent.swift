package import Shared

/// One line of a proxy's log: what was decided about a request, or how it ended.
package struct ProxyEvent: Sendable, Equatable {
  package var at: Timestamp?
  /// The request; several events may bear one.
  package var rid = ""
  package var lane = ""
  package var model = ""
  package var kind = Kind.completion
  package var status = Status.none
  package var reason = ""
  /// Tokens of the prompt; nil where the proxy saw no count, which is not 0.
  package var inputTokens: Int?
  package var outputTokens: Int?
  /// The part of the prompt that came out of a cache.
  package var cachedTokens: Int?
  /// Milliseconds from the request to its end.
  package var latency: Double?
  /// The feature the request was made for, where the proxy was told.
  package var feature: String?

  package init() {}

  package enum Kind: String, Sendable, CaseIterable {
    /// Where a request is to go; no request by itself.
    case decision
    case completion
    case error
  }

  package enum Status: Sendable, Equatable {
    case none
    case code(Int)
    case word(String)
  }

  /// Whether a request ended with this event.
  package var isFinished: Bool { kind != .decision }

  /// What can be a count of tokens: of millions of events the sum is still a number.
  static let tokenCounts = 0..<1_000_000_000_000
}

/// How events are judged; the defaults fit every log that is known.
package struct ProxyRules: Sendable, Equatable {
  /// A model or lane that names one of these was routed.
  package var routedNames = ["glm", "z.ai"]
  /// So was a lane that is called just this.
  package var routedLanes = ["zai"]
  /// Words of a status or reason that mean the request went well; any 2xx does as well.
  package var healthyWords = ["ok", "success", "routed", "cached"]

  package init() {}

  /// Whether the event went to the cheaper model.
  package func isRouted(_ event: ProxyEvent) -> Bool {
    isRouted(lane: event.lane) || isRouted(model: event.model)
  }

  func isRouted(lane: String) -> Bool {
    let lane = Self.plain(lane)
    return routedLanes.contains(lane) || routedNames.contains { lane.contains($0) }
  }

  /// A model of the vendor's own, `z.` and something, counts in any case.
  func isRouted(model: String) -> Bool {
    let model = Self.plain(model)
    return model.hasPrefix("z.") || routedNames.contains { model.contains($0) }
  }

  /// Whether a finished request failed.
  ///
  /// A number speaks for itself. A word that is not known to be healthy is weighed with the reason,
  /// and no status at all is no failure.
  package func isFailed(_ event: ProxyEvent) -> Bool {
    if event.kind == .error { return true }
    switch event.status {
    case .code(let code): return !(200..<300).contains(code)
    case .word(let word):
      return !Self.plain(word).isEmpty && !isHealthy(word) && !isHealthy(event.reason)
    case .none: return false
    }
  }

  func isHealthy(_ word: String) -> Bool { healthyWords.contains(Self.plain(word)) }

  /// How words are compared: without regard to case and white space.
  static func plain(_ word: String) -> String {
    word.lowercased().filter { !$0.isWhitespace }
  }
}
