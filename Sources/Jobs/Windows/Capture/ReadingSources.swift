internal import Shared
package import SystemPackage

/// The live sources of readings, asked in the order in which they are to be trusted.
package struct ReadingSources: Sendable {
  private let workspace: Workspace
  private let configuration: Configuration
  private let world: World
  private let version: String

  package init(
    workspace: Workspace, configuration: Configuration, world: World, version: String
  ) {
    self.workspace = workspace
    self.configuration = configuration
    self.world = world
    self.version = version
  }

  /// Where each provider's readings come from, best first.
  package static func methods(of provider: Provider) -> [Reading.Method] {
    switch provider {
    case .codex: [.appServer, .rollouts]
    case .claude: [.claudeUsage, .claudeCache]
    case .glm: []
    }
  }

  /// Asks the sources until one answers.
  ///
  /// - Parameter only: The one source to ask; nil for all of the provider's.
  package func answer(
    _ provider: Provider, only: Reading.Method?
  ) async -> ResetDecision.Answer {
    var tried: [Snapshot.Attempt] = []
    for method in only.map({ [$0] }) ?? Self.methods(of: provider) {
      switch await ask(method) {
      case .success(let reading):
        return ResetDecision.Answer(result: .success(reading), tried: tried)
      case .failure(let failure): tried.append(.init(method: method, failure: failure))
      }
    }
    // The best source's own words say the most about what to do.
    let first =
      tried.first?.failure ?? ReadingFailure(.noData, "\(provider.rawValue) has no live source")
    return ResetDecision.Answer(result: .failure(first), tried: tried)
  }

  private func ask(_ method: Reading.Method) async -> Result<Reading, ReadingFailure> {
    switch method {
    case .appServer: await askAppServer()
    case .rollouts: newestRollout()
    case .claudeUsage: await askClaude()
    case .claudeCache: cachedUsage()
    case .pane, .override:
      .failure(ReadingFailure(.noData, "a \(method.rawValue) is given by hand"))
    }
  }

  /// The program of a provider; nil where it is not found.
  package func program(of provider: Provider) -> FilePath? {
    let path =
      switch provider {
      case .codex: configuration.codex.path
      case .claude: configuration.claude.path
      case .glm: ""
      }
    return ExecutableSearch.find(
      path, searchPath: world.environment["PATH"] ?? "", from: workspace.root)
  }

  private func missing(_ provider: Provider) -> ReadingFailure {
    ReadingFailure(
      .programMissing,
      "\(provider.rawValue) is not on PATH; install it or set \(provider.rawValue).path")
  }

  // MARK: Sources

  private func askAppServer() async -> Result<Reading, ReadingFailure> {
    guard let program = program(of: .codex) else { return .failure(missing(.codex)) }
    return await withScratch { scratch in
      await CodexAppServer(
        executable: program, environment: world.environment, scratch: scratch, version: version,
        conversations: world.conversations, clock: world.clock
      ).read()
    }
  }

  private func askClaude() async -> Result<Reading, ReadingFailure> {
    guard let program = program(of: .claude) else { return .failure(missing(.claude)) }
    return await withScratch { scratch in
      await ClaudeUsage(
        executable: program, environment: world.environment, scratch: scratch,
        conversations: world.conversations, clock: world.clock
      ).read()
    }
  }

  private func withScratch(
    _ ask: (FilePath) async -> Result<Reading, ReadingFailure>
  ) async -> Result<Reading, ReadingFailure> {
    do throws(JobError) {
      try StateFile.makeFolder(workspace.state)
    } catch {
      return .failure(ReadingFailure(.noReply, error.message))
    }
    return await ask(workspace.state)
  }

  private func newestRollout() -> Result<Reading, ReadingFailure> {
    current { () throws(ReadingFailure) in
      guard let findings = rollouts() else {
        throw ReadingFailure(.noData, "neither CODEX_HOME nor HOME is set")
      }
      return try findings.newest()
    }
  }

  private func cachedUsage() -> Result<Reading, ReadingFailure> {
    current { () throws(ReadingFailure) in
      try ClaudeCache(environment: world.environment).read().get()
    }
  }

  /// What session files say; nil where no folder of Codex is known.
  package func rollouts() -> RolloutFindings? {
    CodexRollouts.home(environment: world.environment).map {
      CodexRollouts(home: $0, memory: workspace.rolloutMemory).read(now: world.clock.now())
    }
  }

  /// A reading kept by a file says nothing of now once its leading window is over.
  private func current(
    _ read: () throws(ReadingFailure) -> Reading
  ) -> Result<Reading, ReadingFailure> {
    do throws(ReadingFailure) {
      let reading = try read()
      guard let end = reading.leadingLimit?.resetsAt, end <= world.clock.now() else {
        return .success(reading)
      }
      throw ReadingFailure(
        .stale, "the newest is of \(reading.capturedAt.text), and its window ended \(end.text)")
    } catch {
      return .failure(error)
    }
  }
}
