internal import Shared

/// `alias`: a reading for one end of a window, from a pasted pane or live, as the operator says it.
package struct AliasJob: Sendable {
  package static let name = "alias"

  package enum Action: String, Sendable, CaseIterable {
    case start
    case end
    case cross
    case delete
  }

  /// Where the reading comes from.
  package enum Input: Sendable, Equatable {
    /// A pasted pane, or nothing, which is what a client without a terminal prints.
    case text(String)
    /// A source that answers by itself; nil for the first that does.
    case live(Reading.Method?)
  }

  package struct Options: Sendable {
    package var action: Action
    package var provider: Provider
    package var window: String?
    package var input: Input?
    /// Whether an empty text is replaced by a live reading.
    package var allowsLive: Bool
    package var notes: String?
    package var source: String
    /// Whether a second BEFORE is recorded.
    package var force: Bool
    /// Of `delete`: which row, 1 being the newest.
    package var index: Int
    package var phase: Phase?

    package init(
      action: Action, provider: Provider, window: String?, input: Input?, allowsLive: Bool,
      notes: String?, source: String, force: Bool, index: Int, phase: Phase?
    ) {
      self.action = action
      self.provider = provider
      self.window = window
      self.input = input
      self.allowsLive = allowsLive
      self.notes = notes
      self.source = source
      self.force = force
      self.index = index
      self.phase = phase
    }
  }

  let options: Options
  let ledgers: WindowLedgers
  let sources: ReadingSources
  let sequence: [String]

  package init(
    options: Options, ledgers: WindowLedgers, sources: ReadingSources, sequence: [String]
  ) {
    self.options = options
    self.ledgers = ledgers
    self.sources = sources
    self.sequence = sequence
  }

  var world: World { ledgers.world }
  var provider: Provider { options.provider }

  /// Records or deletes, and says so in one line.
  ///
  /// - Throws: 64 without input, 65 when the order of things forbids it or the text is no pane, 66
  ///   for an empty text where no live reading is wanted, 69 when no source answers.
  package func run() async throws(JobError) -> JobReport {
    let agent = try AgentID.current(world.environment)
    let file = PositionFile(
      provider: provider, agent: agent, isNamed: world.environment["AGENT_ID"] != nil,
      workspace: ledgers.workspace)
    let session = AliasSession(job: self, agent: agent, file: file)
    if provider == .glm { return try GlmAlias(job: self, agent: agent, file: file).run() }
    // A pane that starts a window may be the one that is recorded: that is told with it in hand.
    if options.action != .start || isLive { try session.checkOrder() }
    if options.action == .delete { return try session.delete() }
    return try session.record(try await takeReading())
  }

  // MARK: Input

  private var isLive: Bool {
    switch options.input {
    case .live: true
    case .text(let text): text.allSatisfy(\.isWhitespace) && options.allowsLive
    case nil: false
    }
  }

  /// The reading that is asked for, and what was tried for it.
  private func takeReading() async throws(JobError) -> ResetDecision.Answer {
    switch options.input {
    case nil: throw JobError(.usage, "provide --stdin, --file or --from")
    case .live(let method): return await sources.answer(provider, only: method)
    case .text(let text):
      guard text.allSatisfy(\.isWhitespace) else {
        return .init(result: .success(try pane(text)), tried: [])
      }
      guard options.allowsLive else {
        throw JobError(.noInput, "no content received; paste a pane, or leave out --no-live")
      }
      var answer = await sources.answer(provider, only: nil)
      if case .success(var reading) = answer.result {
        reading.errors.append("pane-empty")
        answer.result = .success(reading)
      }
      return answer
    }
  }

  private func pane(_ text: String) throws(JobError) -> Reading {
    let reading = PaneInput.reading(
      text, of: provider, capturedAt: world.clock.now(), zone: ledgers.days)
    guard reading.limits.contains(where: \.isMain) else {
      throw JobError(
        .badData,
        "no \(provider.rawValue) limits in the text (\(reading.errors.joined(separator: ", "))); "
          + "nothing was recorded")
    }
    return reading
  }
}
