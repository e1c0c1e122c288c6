internal import Shared

/// `ingest`: a text that somebody has, stored as one row of the ledger of its source.
///
/// What cannot be read of it is stored too, with flags that say so: a person may still read it.
package struct IngestJob: Sendable {
  package static let name = "ingest"

  package enum Source: String, Sendable, CaseIterable {
    case codex
    case claude
    case claudeMonitor = "claude-monitor"
    case codexCcusage = "codex-ccusage"
    case glm
  }

  private let source: Source
  private let window: String
  private let phase: Phase?
  private let scope: CcusageReport.Scope
  private let text: [UInt8]
  private let notes: String
  private let ledgers: WindowLedgers

  package init(
    source: Source, window: String, phase: Phase?, scope: CcusageReport.Scope, text: [UInt8],
    notes: String, ledgers: WindowLedgers
  ) {
    self.source = source
    self.window = window
    self.phase = phase
    self.scope = scope
    self.text = text
    self.notes = notes
    self.ledgers = ledgers
  }

  private var now: Timestamp { ledgers.world.clock.now() }
  private var shownText: String { String(decoding: text, as: UTF8.self).withoutNulls }

  /// Stores the text once; the same text for the same window again adds nothing.
  ///
  /// - Throws: 66 for an empty text.
  package func run() throws(JobError) -> JobReport {
    let agent = try AgentID.current(ledgers.world.environment)
    guard !shownText.allSatisfy(\.isWhitespace) else {
      throw JobError(.noInput, "no content received")
    }
    switch source {
    case .codex: return try ingestPane(.codex, agent)
    case .claude: return try ingestPane(.claude, agent)
    case .glm: return try ingestGlm(agent)
    case .codexCcusage: return try ingestCcusage(agent)
    case .claudeMonitor: return try ingestMonitor(agent)
    }
  }

  // MARK: Sources

  private func ingestPane(_ provider: Provider, _ agent: String) throws(JobError) -> JobReport {
    guard let phase else { throw JobError(.usage, "codex/claude ingest requires --phase") }
    let reading = PaneInput.reading(shownText, of: provider, capturedAt: now, zone: ledgers.days)
    let isNew = try ledgers.append { history throws(JobError) in
      var row = Snapshot(
        window: window, provider: provider, phase: phase, agent: agent, capturedAt: now,
        recordedAt: now, notes: notes, source: Self.name, content: .reading(reading))
      row.state = reading.leadingLimit.map { $0.isNotStarted(at: now) ? .notStarted : .started }
      let isNew = !history.rows.contains { $0.id == row.id }
      return (isNew ? [row] : [], isNew)
    }
    // Also where the row was there: the run that wrote it may have been killed before this.
    try ledgers.noteAnomalies(around: window, agent: agent, provider)
    let errors = reading.errors.map { "'\($0)'" }.joined(separator: ", ")
    return report(
      "stored \(provider.rawValue) \(phase.rawValue) snapshot for \(window) (errors=[\(errors)])",
      isNew: isNew)
  }

  private func ingestGlm(_ agent: String) throws(JobError) -> JobReport {
    let prompts = GlmPrompts.read(json: text)
    let isCounted = prompts.errors.isEmpty
    let row = GlmRow(
      window: window, agent: agent, capturedAt: now, notes: notes, source: Self.name,
      report: prompts, promptsUsed: isCounted ? prompts.promptsUsed : nil, baseline: nil,
      errors: prompts.errors)
    let isNew = try ledgers.ledger(ledgers.workspace.glmCounts).append { bytes throws(JobError) in
      let isNew = !GlmCounts.read(bytes).rows.contains { $0.id == row.id }
      return (isNew ? row.line(stamp: ledgers.stamp) : [], isNew)
    }
    return report(
      "stored glm prompts for \(window) (prompts=\(JSONWriter.text(of: prompts.promptsUsed)))",
      isNew: isNew)
  }

  private func ingestCcusage(_ agent: String) throws(JobError) -> JobReport {
    let read = CcusageReport.read(json: text, scope: scope)
    let row = ReportRow(
      provider: source.rawValue, window: window, agent: agent, capturedAt: now, notes: notes,
      scope: scope.rawValue, rawText: shownText.redactingAddresses.trimmedAtEnd
    ) { read.writeParsed(into: &$0) }
    let isNew = try ledgers.append(row, to: ledgers.workspace.codexCcusage)
    return report(
      "stored codex ccusage \(scope.rawValue) summary for \(window) (tokens=\(read.totalTokens))",
      isNew: isNew)
  }

  private func ingestMonitor(_ agent: String) throws(JobError) -> JobReport {
    let read = ClaudeMonitorText.read(shownText)
    let row = ReportRow(
      provider: source.rawValue, window: window, agent: agent, capturedAt: now, notes: notes,
      scope: nil, rawText: shownText.redactingAddresses.trimmedAtEnd
    ) { read.writeParsed(into: &$0) }
    let isNew = try ledgers.append(row, to: ledgers.workspace.claudeMonitor)
    let usage = read.tokenUsagePercent.map { "\(JSONWriter.text(of: $0))%" } ?? "n/a"
    return report("stored claude monitor summary for \(window) (usage=\(usage))", isNew: isNew)
  }

  private func report(_ line: String, isNew: Bool) -> JobReport {
    var report = JobReport(job: Self.name, outcome: isNew ? .done : .idle, summary: line)
    report.answer = [isNew ? line : line + "; it was there already, nothing was added"]
    report.facts = [.init("source", source.rawValue), .init("window", window)]
    return report
  }
}
