internal import Shared

/// Settles which commits are charged to a window, and measures them.
///
/// Nothing is written: the row is for whoever commits it.
package struct ChurnMeasurement: Sendable {
  /// What was asked for; everything that is nil is taken from the window's latest finalized row.
  package struct Options: Sendable, Equatable {
    package var window: String
    package var provider: String?
    package var methodology: String?
    package var commitStart: String?
    package var commitEnd: String?
    /// As `git diff` takes them behind `--`; none is all.
    package var paths: [String]
    package var features: Int?
    package var notes: String
    /// Whether the row is only shown.
    package var isDryRun: Bool

    package init(
      window: String, provider: String?, methodology: String?, commitStart: String?,
      commitEnd: String?, paths: [String], features: Int?, notes: String, isDryRun: Bool = false
    ) {
      self.window = window
      self.provider = provider
      self.methodology = methodology
      self.commitStart = commitStart
      self.commitEnd = commitEnd
      self.paths = paths
      self.features = features
      self.notes = notes
      self.isDryRun = isDryRun
    }
  }

  private let options: Options
  private let ledgers: WindowLedgers

  package init(options: Options, ledgers: WindowLedgers) {
    self.options = options
    self.ledgers = ledgers
  }

  /// Why nothing could be measured, as it stands in a skipped row's notes.
  package static let missingRange = "decision=missing-commit-range"

  /// The row of the range, or one that says that its first commit is not known.
  ///
  /// - Throws: 66 for a window that is not finalized, unless its first commit was given; and what
  ///   git says against the commits.
  package func row() async throws(JobError) -> ChurnRow {
    let agent = try AgentID.current(ledgers.world.environment)
    let finalized = FinalizedWindow.latest(
      of: options.window, agent: agent,
      in: try ledgers.ledger(ledgers.workspace.windows).read())
    guard finalized != nil || options.commitStart != nil else {
      throw JobError(.noInput, "no window summary found for \(options.window)")
    }
    guard let start = options.commitStart ?? finalized?.commitStart else {
      let reason = "\(Self.missingRange)(commit_start)"
      let notes = options.notes.isEmpty ? reason : "\(options.notes); \(reason)"
      return row(agent, finalized, churn: nil, notes: notes)
    }
    let repository = try await GitRepository(
      holding: ledgers.workspace, world: ledgers.world, isDryRun: options.isDryRun)
    let first = try await repository.commit(start)
    let last = try await repository.commit(options.commitEnd ?? finalized?.commitEnd ?? "HEAD")
    let churn = try await repository.churn(from: first, to: last, paths: options.paths)
    return row(agent, finalized, churn: churn, notes: options.notes)
  }

  private func row(
    _ agent: String, _ finalized: FinalizedWindow?, churn: GitChurn?, notes: String
  ) -> ChurnRow {
    ChurnRow(
      window: options.window, agent: agent,
      provider: options.provider ?? finalized?.provider ?? FinalizedWindow.unknownProvider,
      methodology: options.methodology ?? finalized?.methodology, churn: churn,
      features: options.features ?? finalized?.featureCount ?? 0,
      capturedAt: ledgers.world.clock.now(), notes: notes, paths: options.paths)
  }
}
