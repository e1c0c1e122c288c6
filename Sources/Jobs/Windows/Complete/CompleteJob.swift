internal import Shared
internal import SystemPackage

/// `complete`: pairs a window's readings and writes what it cost and brought.
package struct CompleteJob: Sendable {
  package static let name = "complete"

  package struct Options: Sendable {
    package var window: String
    package var features: [(provider: Provider, count: Int)]
    package var qualityScore: Double
    package var outcome: String
    package var notes: String
    package var specID: String?
    package var specVersion: String?
    package var methodology: String?
    package var commitStart: String?
    package var commitEnd: String?

    package init(
      window: String, features: [(provider: Provider, count: Int)], qualityScore: Double,
      outcome: String, notes: String, specID: String?, specVersion: String?,
      methodology: String?, commitStart: String?, commitEnd: String?
    ) {
      self.window = window
      self.features = features
      self.qualityScore = qualityScore
      self.outcome = outcome
      self.notes = notes
      self.specID = specID
      self.specVersion = specVersion
      self.methodology = methodology
      self.commitStart = commitStart
      self.commitEnd = commitEnd
    }
  }

  private let options: Options
  private let ledgers: WindowLedgers

  package init(options: Options, ledgers: WindowLedgers) {
    self.options = options
    self.ledgers = ledgers
  }

  private var world: World { ledgers.world }
  private var workspace: Workspace { ledgers.workspace }

  /// Writes the window's row, or nothing where the same row is there.
  ///
  /// - Throws: 65 when an end is missing or a commit is unknown, 66 when the window has no readings.
  package func run() async throws(JobError) -> JobReport {
    let agent = try AgentID.current(world.environment)
    let history = try ledgers.history()
    let pairs = try pairs(of: agent, history)
    let prompts = try GlmCounts.read(ledgers.ledger(workspace.glmCounts).read())
      .promptsUsed(window: options.window, agent: agent)
    guard !pairs.isEmpty || prompts != nil else {
      throw JobError(.noInput, "no snapshots found for window \(options.window)")
    }
    var summary = WindowSummary(
      window: options.window, agent: agent, finalizedAt: world.clock.now(),
      features: options.features, qualityScore: options.qualityScore, outcome: options.outcome,
      notes: options.notes, pairs: pairs, glmPrompts: prompts, extras: try await extras())
    let divergence = try divergence(pairs)
    if divergence != nil { summary.remarks.append("divergent:ccusage") }
    let isNew = try write(summary)
    for pair in pairs {
      try ledgers.noteAnomalies(
        around: options.window, agent: agent, pair.before.provider)
    }
    try ledgers.append([divergence].compactMap { $0 })
    return report(summary, isNew: isNew)
  }

  private func pairs(
    of agent: String, _ history: SnapshotHistory
  ) throws(JobError) -> [WindowPair] {
    var pairs: [WindowPair] = []
    var missing: [String] = []
    for provider in Provider.allCases {
      let own = history.rows(of: agent, provider)
      guard own.contains(where: { $0.window == options.window && $0.reading != nil }) else {
        continue
      }
      let known = history.rows.filter { $0.provider == provider && $0.isUsable }
      if let pair = WindowPair(of: options.window, in: own, known: near(own, known)) {
        pairs.append(pair)
      } else {
        missing.append(provider.rawValue)
      }
    }
    guard missing.isEmpty else {
      throw JobError(
        .badData,
        "missing before/after snapshots for providers: \(missing.joined(separator: ", "))")
    }
    return pairs
  }

  private func near(_ own: [Snapshot], _ known: [Snapshot]) -> [Snapshot] {
    guard let last = own.last(where: { $0.window == options.window }) else { return known }
    return known.filter { ($0.capturedAt - last.capturedAt).magnitude <= WindowLedgers.reach }
  }

  /// Whether tokens counted by ccusage tell of another share of the week than the client does.
  private func divergence(_ pairs: [WindowPair]) throws(JobError) -> Anomaly? {
    guard let pair = pairs.first(where: { $0.before.provider == .codex }) else { return nil }
    let rows = try ledgers.ledger(workspace.codexCcusage).read()
    return CcusageDivergence.find(in: pair, rows: rows)
  }

  // MARK: Writing

  /// Appends unless the window's last row says the same; returns whether it did.
  private func write(_ summary: WindowSummary) throws(JobError) -> Bool {
    try ledgers.ledger(workspace.windows).append { bytes throws(JobError) in
      let last = SummaryRow.last(of: summary.window, agent: summary.agent, in: bytes)
      if last?.id == summary.id { return ([], false) }
      return (summary.line(stamp: ledgers.stamp, corrects: last?.id), true)
    }
  }

  private func report(_ summary: WindowSummary, isNew: Bool) -> JobReport {
    let names = summary.providerNames.joined(separator: ", ")
    let line =
      isNew
      ? "finalized window \(summary.window) with providers: \(names)"
      : "window \(summary.window) is finalized with the same content already; nothing was added"
    var report = JobReport(
      job: Self.name, outcome: isNew ? .done : .idle, summary: line)
    report.answer = [line]
    report.facts = [
      .init("window", summary.window), .init("agent_id", summary.agent), .init("id", summary.id),
    ]
    return report
  }

  // MARK: Commits

  private func extras() async throws(JobError) -> [(name: String, value: String)] {
    var result: [(name: String, value: String)] = []
    for (name, value) in [
      ("spec_id", options.specID), ("spec_version", options.specVersion),
      ("methodology", options.methodology),
    ] {
      if let value { result.append((name, value)) }
    }
    let commits = [("commit_start", options.commitStart), ("commit_end", options.commitEnd)]
      .compactMap { name, value in value.map { (name, $0) } }
    guard !commits.isEmpty else { return result }
    let repository = try await GitRepository(holding: workspace, world: world)
    for (name, value) in commits {
      result.append((name, try await repository.commit(value)))
    }
    return result
  }
}

/// A row of `windows.jsonl` as far as it is needed to tell whether another says something new.
struct SummaryRow {
  var id: String

  /// The newest row of a window; rows of the tracker have no id and get one by their text.
  static func last(of window: String, agent: String, in bytes: [UInt8]) -> SummaryRow? {
    for line in RowLedger.lines(bytes).reversed() {
      let line = Array(line)
      var names: [String: String] = [:]
      var scanner = JSONScanner(line)
      do throws(JSONError) {
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() {
          let key = scanner.text()
          if ["window", "agent_id", "id"].contains(key) {
            names[key] = try scanner.nextString()
          } else {
            try scanner.skipValue()
          }
        }
      } catch {
        continue
      }
      guard names["window"] == window, names["agent_id"] ?? AgentID.main == agent else { continue }
      return SummaryRow(
        id: names["id"] ?? ContentID.of([String(decoding: line, as: UTF8.self)]))
    }
    return nil
  }
}
