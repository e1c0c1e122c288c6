internal import Shared
package import SystemPackage

/// `ledger-checkpoint`: closes the books of a window, in all ledgers and the handoff or in none.
package struct LedgerCheckpointJob: Sendable {
  package static let name = "ledger-checkpoint"

  /// What was asked for.
  package struct Options: Sendable, Equatable {
    /// nil for the latest.
    package var window: String?
    package var kind: CheckpointKind?
    /// nil for codex.
    package var provider: String?
    package var task = "session_checkpoint"
    package var planned: Int?
    package var actual: Actual?
    package var features: Int?
    package var notes = ""
    package var commitStart: String?
    package var commitEnd: String?
    package var paths: [String] = []
    package var isCorrection = false
    /// Whether only the latest window with an AFTER is meant, and that once: for schedules, which
    /// come again while the numbers go on.
    package var onlyClosed = false
    /// Whether nothing is written, and what would be is said.
    package var isDryRun = false
    /// Whether the decision card is printed, noted and handed over.
    package var withCard = false

    /// Where everything that a reviewer looks at is put; nil for nowhere.
    package var bundle: FilePath?
    /// The command line, for the bundle's log.
    package var command: [String] = []

    package init() {}

    /// Tokens that were used.
    package enum Actual: Sendable, Equatable {
      case tokens(Int)
      /// As many as can be seen on this machine.
      case auto
    }

    /// A plan alone is a plan; anything else closes the window.
    var settledKind: CheckpointKind { kind ?? (planned != nil && actual == nil ? .plan : .final) }
    var settledProvider: String { provider ?? Provider.codex.rawValue }
  }

  let options: Options
  let settings: Configuration.Ledgers
  private let views: CheckpointViews
  let ledgers: WindowLedgers
  private let books: CheckpointBooks

  package init(
    options: Options, settings: Configuration.Ledgers, views: CheckpointViews,
    ledgers: WindowLedgers
  ) {
    self.options = options
    self.settings = settings
    self.views = views
    self.ledgers = ledgers
    books = CheckpointBooks(
      workspace: ledgers.workspace, settings: settings, stamp: ledgers.stamp)
  }

  var workspace: Workspace { ledgers.workspace }
  var world: World { ledgers.world }
  private var intents: Intents { Intents(workspace: workspace, world: world, job: Self.name) }

  /// Measures and looks first, with no lock held, then writes everything together.
  ///
  /// - Throws: 64 for other content than was recorded, 65 for a foreign ledger, 66 where no window
  ///   is known, 75 while an interrupted run awaits a decision, and what git says.
  package func run() async throws(JobError) -> JobReport {
    // What a killed run left belongs to what is read now.
    if !options.isDryRun { _ = try intents.recover() }
    if options.onlyClosed, let report = try idleReport() { return report }
    let window = try window()
    return try record(window, churn: try await churn(of: window))
  }

  /// Writes the checkpoint of a window whose churn was measured; nil where no commits are known.
  package func record(_ window: String, churn: ChurnRow?) throws(JobError) -> JobReport {
    if let folder = options.bundle { try ReviewBundle.check(folder) }
    let usage = options.actual == .auto ? try views.usage(of: window) : nil
    var entry = try entry(window, churn, usage)
    let look = try views.look(
      at: window, coming: try coming(churn), withCard: options.withCard)
    if let card = look.card { entry.row.notes.remarks.append("decision=\(card.status.rawValue)") }
    let handoff = handoff(for: entry, look)
    let decided = entry
    func steps(
      _ contents: IntentTargets
    ) throws(JobError) -> (steps: [IntentStep], outcome: CheckpointBooks.Outcome) {
      let outcome = try books.decide(decided, on: contents)
      guard outcome.isNew else { return ([], outcome) }
      return (
        outcome.steps + [.block(path: books.handoff, handoff(outcome).block)], outcome
      )
    }
    if options.isDryRun {
      let (steps, outcome) = try steps(.looking(at: books.targets))
      return try dryRun(steps, report(outcome, look.card, usage))
    }
    let outcome = try intents.commit(key(entry), targets: books.targets, deciding: steps)
    try noteAnomalies(entry)
    if let folder = options.bundle {
      try views.bundle(of: window, books, commands: commands(for: window))
        .write(to: folder, world: world)
    }
    return report(outcome, look.card, usage)
  }

  // MARK: Reading

  /// Why there is nothing to do for a schedule; nil where there is a window to close.
  private func idleReport() throws(JobError) -> JobReport? {
    guard let window = try closedWindow() else {
      return JobReport(job: Self.name, outcome: .idle, summary: "no window has closed yet")
    }
    let notes = CheckpointNotes(
      window: window, provider: options.settledProvider, kind: options.settledKind,
      agent: try AgentID.current(world.environment), remarks: [])
    guard try books.holds(notes, task: options.task) else { return nil }
    return JobReport(
      job: Self.name, outcome: .idle,
      summary: "\(window) has its \(notes.kind.rawValue) checkpoint already")
  }

  private func closedWindow() throws(JobError) -> String? {
    LatestWindow.findClosed(
      agent: try AgentID.current(world.environment), provider: options.settledProvider,
      history: try ledgers.history())
  }

  private func window() throws(JobError) -> String {
    if let window = options.window { return window }
    if options.onlyClosed, let window = try closedWindow() { return window }
    let latest = LatestWindow.find(
      agent: try AgentID.current(world.environment), provider: options.settledProvider,
      kind: options.settledKind,
      history: try ledgers.history(), windows: try ledgers.ledger(workspace.windows).read())
    guard let latest else {
      throw JobError(.noInput, "no window is known yet; name one with --window")
    }
    return latest
  }

  /// What the window's latest row says; nil while it is not finalized.
  private func finalized(_ window: String) throws(JobError) -> FinalizedWindow? {
    FinalizedWindow.latest(
      of: window, agent: try AgentID.current(world.environment),
      in: try ledgers.ledger(workspace.windows).read())
  }

  private func entry(
    _ window: String, _ churn: ChurnRow?, _ usage: TokenUsage?
  ) throws(JobError) -> CheckpointBooks.Entry {
    var remarks = options.notes.isEmpty ? [] : [options.notes]
    var actual: Int?
    switch options.actual {
    case nil: break
    case .tokens(let tokens): actual = tokens
    case .auto:
      actual = usage?.tokens(settings.tokens)
      remarks.append(CheckpointText.basis(of: actual, settings.tokens))
    }
    let kind = options.settledKind
    let now = world.clock.now()
    let session = world.environment["SESSION_ID"] ?? ""
    // Before the work there is nothing; after it what nobody counted is not known.
    let unknown = kind == .plan ? 0 : nil
    let told = try finalized(window)?.featureCount
    let row = TokenLedger.Row(
      date: LocalTime.universal.day(at: now),
      session: session.isEmpty ? TokenLedger.noSession : session,
      task: options.task, planned: options.planned, actual: actual,
      commits: churn?.commits ?? unknown, linesAdded: churn?.insertions ?? unknown,
      linesDeleted: churn?.deletions ?? unknown,
      features: options.features ?? (kind == .plan ? 0 : told),
      tests: churn?.testsTouched ?? unknown,
      notes: CheckpointNotes(
        window: window, provider: options.settledProvider, kind: kind,
        agent: try AgentID.current(world.environment),
        remarks: remarks))
    return CheckpointBooks.Entry(
      row: row, churn: churn, isCorrection: options.isCorrection,
      usage: usage)
  }

  /// What the window's commits changed; nil where its first commit is not known.
  ///
  /// A plan is made before them, and has some only where they are named.
  private func churn(of window: String) async throws(JobError) -> ChurnRow? {
    let finalized = try finalized(window)
    let isKnown = finalized?.commitStart != nil && options.settledKind != .plan
    guard options.commitStart != nil || isKnown else {
      guard options.commitEnd == nil else {
        throw JobError(.usage, "--commit-end needs --commit-start: \(window) has none of its own")
      }
      return nil
    }
    // A provider that nobody named is not put over the one that the window tells of.
    let told = finalized?.provider ?? FinalizedWindow.unknownProvider
    let isTold = options.provider == nil && told != FinalizedWindow.unknownProvider
    return try await ChurnMeasurement(
      options: .init(
        window: window, provider: isTold ? nil : options.settledProvider, methodology: nil,
        commitStart: options.commitStart, commitEnd: options.commitEnd, paths: options.paths,
        features: options.features, notes: options.notes, isDryRun: options.isDryRun),
      ledgers: ledgers
    ).row()
  }

  /// What a run would say and do, and which interrupted ones it would finish first.
  private func dryRun(_ steps: [IntentStep], _ told: JobReport) throws(JobError) -> JobReport {
    var report = told
    report.outcome = .idle
    report.warnings += try intents.open().map {
      "the interrupted run '\($0.key)' would be finished first; 'jobrunner intents' shows it"
    }
    report.answer = report.answer.filter { $0 != report.summary || steps.isEmpty }
    report.answer += DryRun(root: workspace.root).lines(of: steps)
    if let folder = options.bundle {
      report.answer.append("would renew the review bundle \(folder)")
    }
    report.answer.append("dry run: nothing was written")
    return report
  }

  private func key(_ entry: CheckpointBooks.Entry) -> String {
    let notes = entry.row.notes
    return [
      Self.name, notes.window, notes.provider, notes.agent, entry.row.task, notes.kind.rawValue,
    ].joined(separator: ":")
  }

  // MARK: Writing

  /// The note, ready but for what is decided on the ledgers.
  private func handoff(
    for entry: CheckpointBooks.Entry, _ look: CheckpointViews.Look
  ) -> @Sendable (CheckpointBooks.Outcome) -> SessionHandoff {
    let artifacts = artifacts(with: entry)
    let now = world.clock.now()
    let settings = settings
    let usage = entry.usage
    return { outcome in
      SessionHandoff(
        notes: outcome.row.notes, writtenAt: now,
        summary: CheckpointText.summary(outcome, usage: usage, settings),
        artifacts: artifacts,
        sections: look.sections)
    }
  }

  /// What this checkpoint is going to add to ledgers that views read: the churn, and what speaks
  /// against that.
  private func coming(_ churn: ChurnRow?) throws(JobError) -> [FilePath: [UInt8]] {
    guard let churn else { return [:] }
    var coming = try books.coming(churn)
    let rows = try ledgers.ledger(workspace.churn).read() + [UInt8(ascii: "\n")]
    let lines = ChurnAnomalies.lines(
      of: churn.window, agent: churn.agent,
      in: ChurnRow.read(rows + (coming[workspace.churn] ?? [])),
      known: try ledgers.ledger(workspace.anomalies).read(), now: world.clock.now(),
      stamp: ledgers.stamp, source: Self.name)
    if !lines.isEmpty { coming[workspace.anomalies] = lines }
    return coming
  }

  /// The files that are there, or will be with this checkpoint.
  private func artifacts(with entry: CheckpointBooks.Entry) -> [String] {
    var coming = [books.tokens]
    if entry.churn != nil { coming += books.churn.targets }
    let others = [
      workspace.windows, workspace.snapshots, workspace.anomalies, workspace.proxyTelemetry,
      workspace.costCompare,
    ].filter { (try? Stat($0))?.type == .regular }
    return (coming + others).map { path in
      var rest = path
      return rest.removePrefix(workspace.root) ? rest.string : path.string
    }
  }

  /// Not part of the checkpoint itself: they follow from the ledger, and the next run finds them as
  /// well.
  private func noteAnomalies(_ entry: CheckpointBooks.Entry) throws(JobError) {
    guard let churn = entry.churn else { return }
    try ledgers.noteChurnAnomalies(of: churn.window, agent: churn.agent)
  }
}
