internal import Shared
internal import SystemPackage

/// Adds up the tokens of a window from what the clients and the proxy left on this machine.
///
/// Files are gone through in a block of memory; what is kept is one small entry for each request in
/// files that were written to since the window began.
package struct TokenUsageReader: Sendable {
  private let ledgers: WindowLedgers
  private let rules: ProxyRules

  package init(ledgers: WindowLedgers, rules: ProxyRules) {
    self.ledgers = ledgers
    self.rules = rules
  }

  /// The tokens of a window of this agent.
  ///
  /// When a window was open at a provider is told by its readings there; else by those at the other
  /// provider; else by its finalized row.
  package func read(window: String) throws(JobError) -> TokenUsage {
    let agent = try AgentID.current(ledgers.world.environment)
    let history = try ledgers.history()
    let codex = history.spans(of: agent, at: .codex).filter { $0.window == window }
    let claude = history.spans(of: agent, at: .claude).filter { $0.window == window }
    var known = codex + claude
    if known.isEmpty { known = try finalizedSpans(window, agent) }
    return try read(
      window: window, codex: codex.isEmpty ? known : codex, claude: claude.isEmpty ? known : claude)
  }

  /// The tokens of a window that was open at these times; no times are not known ones.
  package func read(
    window: String, codex: [WindowSpan], claude: [WindowSpan]
  ) throws(JobError) -> TokenUsage {
    var usage = TokenUsage(parts: [], unseen: [])
    var requests = SeenRequests()
    read(.codexRollouts, codex, into: &usage, &requests) { spans throws(Unseen) in
      try CodexTokens.read(environment: ledgers.world.environment, spans)
    }
    read(.claudeProjects, claude, into: &usage, &requests) { spans throws(Unseen) in
      try ClaudeTokens.read(
        environment: ledgers.world.environment, spans, now: ledgers.world.clock.now())
    }
    try readTelemetry(window, into: &usage, requests)
    return usage
  }

  private func finalizedSpans(
    _ window: String, _ agent: String
  ) throws(JobError) -> [WindowSpan] {
    let bytes = try ledgers.ledger(ledgers.workspace.windows).read()
    let row = FinalizedWindow.latest(of: window, agent: agent, in: bytes)
    return (row?.spans ?? []).filter { span in span.to.map { $0 > span.from } ?? true }
  }

  // MARK: Sources

  /// Why a source could not be looked at.
  struct Unseen: Error {
    let reason: String
  }

  /// What a source told: requests by what names them, and what could not be read.
  struct Findings {
    var requests: [RequestTokens] = []
    var gaps: [String] = []
  }

  private func read(
    _ source: TokenUsage.Source, _ spans: [WindowSpan], into usage: inout TokenUsage,
    _ seen: inout SeenRequests, from look: ([WindowSpan]) throws(Unseen) -> Findings
  ) {
    guard !spans.isEmpty else {
      usage.unseen.append("\(source.rawValue): no reading tells when the window was open")
      return
    }
    do throws(Unseen) {
      let found = try look(spans)
      var part = TokenUsage.Part(source)
      for request in found.requests {
        part.counts += request.counts
        part.requests += 1
        seen.add(request)
      }
      usage.parts.append(part)
      usage.unseen += found.gaps.map { "\(source.rawValue): \($0)" }
    } catch {
      usage.unseen.append("\(source.rawValue): \(error.reason)")
    }
  }

  private func readTelemetry(
    _ window: String, into usage: inout TokenUsage, _ seen: SeenRequests
  ) throws(JobError) {
    let source = TokenUsage.Source.proxyTelemetry
    var tally = ProxyTokens(seen: seen)
    let log = TelemetryLog(ledger: ledgers.workspace.proxyTelemetry, rules: rules)
    guard let pass = try log.read(window: window, into: &tally) else {
      usage.unseen.append("\(source.rawValue): nothing was ingested")
      return
    }
    usage.parts.append(tally.part)
    if tally.withoutTokens > 0 {
      usage.unseen.append(
        "\(source.rawValue): \(tally.withoutTokens) of \(tally.finished) requests tell no tokens")
    }
    if pass.damaged > 0 {
      usage.unseen.append("\(source.rawValue): \(pass.damaged) lines cannot be read")
    }
  }
}

/// One request, its tokens, and when it was answered.
struct RequestTokens: Sendable, Equatable {
  var at: Timestamp
  var counts: TokenUsage.Counts
  /// All that was sent as the client names it; a proxy tells the same number.
  var sent: Int
}

extension [WindowSpan] {
  /// Whether a moment is in one of them: the first is, the end is not.
  func contains(_ moment: Timestamp) -> Bool {
    contains { span in moment >= span.from && (span.to.map { moment < $0 } ?? true) }
  }

  /// Before this nothing matters, in nanoseconds since 1970.
  var startNanoseconds: Int64 { (map(\.from.milliseconds).min() ?? 0) * 1_000_000 }
}
