internal import Shared

/// `alias` for GLM, which is fed a cumulative count of prompts: the baseline at a window's start is
/// kept in the position, and the end writes what came since.
struct GlmAlias {
  let job: AliasJob
  let agent: String
  let file: PositionFile

  private var options: AliasJob.Options { job.options }
  private var ledgers: WindowLedgers { job.ledgers }
  private var ledger: RowLedger { ledgers.ledger(ledgers.workspace.glmCounts) }
  private var now: Timestamp { job.world.clock.now() }

  func run() throws(JobError) -> JobReport {
    switch options.action {
    case .start: try start()
    case .end: try end(crossing: false)
    case .cross: try end(crossing: true)
    case .delete: try delete()
    }
  }

  // MARK: Actions

  private func start() throws(JobError) -> JobReport {
    let total = try total()
    var position = try position()
    let window = options.window ?? startWindow(position)
    if let baseline = position.baselinePrompts, position.window == window,
      position.lastPhase == .before, baseline != total, !options.force
    {
      throw JobError(
        .badData,
        "\(window) has a baseline of \(number(baseline)) prompts; end it first (jobrunner alias "
          + "end glm), or set another with --force")
    }
    position.window = window
    position.lastPhase = .before
    position.baselinePrompts = total
    try write(position)
    return report("stored glm baseline for \(window) (prompts=\(number(total)))", window)
  }

  private func end(crossing: Bool) throws(JobError) -> JobReport {
    let total = try total()
    var position = try position()
    let window = options.window ?? position.window ?? WindowName.first
    if try isRecorded(window, position, crossing: crossing) { return already(window) }
    guard let baseline = position.baselinePrompts, position.lastPhase == .before,
      position.window == window
    else {
      throw JobError(
        .badData,
        "no glm baseline found for \(window); run start first: jobrunner alias start glm "
          + "--window \(window)")
    }
    // A count that fell was begun anew by its keeper: what was used in between nobody knows.
    let used = total >= baseline ? total - baseline : nil
    let row = GlmRow(
      window: window, agent: agent, capturedAt: now,
      notes: options.notes ?? (crossing ? "alias:cross-end" : "alias:end"),
      source: options.source, report: try prompts(), promptsUsed: used, baseline: baseline,
      errors: used == nil ? [Anomaly.Kind.negativeDelta.rawValue] : [])
    try ledger.append { bytes throws(JobError) in
      let isKnown = GlmCounts.read(bytes).rows.contains { $0.id == row.id }
      return (isKnown ? [] : row.line(stamp: ledgers.stamp), ())
    }
    let next =
      crossing
      ? WindowName.next(after: window, sequence: job.sequence, taken: try taken()) : nil
    position.window = next ?? window
    position.lastPhase = crossing ? .before : .after
    position.baselinePrompts = total
    try write(position)
    if used == nil { try ledgers.append([fallen(row, to: total)]) }
    let delta = used.map(number) ?? "n/a"
    guard let next else {
      return report(
        "stored glm delta for \(window) (baseline=\(number(baseline)), prompts=\(delta))", window)
    }
    return report(
      "stored glm delta for \(window) and seeded baseline for \(next) (delta=\(delta))", next)
  }

  /// Deletes a delta; the window of the newest is open again, with the baseline it had.
  private func delete() throws(JobError) -> JobReport {
    // Nothing is made, not even a folder, where there is nothing to delete.
    _ = try condemned(try ledger.read())
    let (removed, isNewest) = try ledger.append { bytes throws(JobError) in
      let (row, isNewest) = try condemned(bytes)
      return (tombstone(of: row), (row, isNewest))
    }
    var position = try position()
    if isNewest, let baseline = removed.baseline, position.lastPhase == .after {
      position.window = removed.window
      position.lastPhase = .before
      position.baselinePrompts = baseline
      try write(position)
    }
    let moment = removed.capturedAt?.text ?? "unknown"
    return report(
      "removed glm delta for \(removed.window) (captured_at=\(moment))", removed.window)
  }

  private func condemned(
    _ bytes: [UInt8]
  ) throws(JobError) -> (row: GlmCounts.Row, isNewest: Bool) {
    let own = GlmCounts.read(bytes).rows.filter { $0.agent == agent }
    let matching = own.filter { row in options.window.map { $0 == row.window } != false }
    try options.checkIndex(among: matching.count)
    let row = matching[matching.count - options.index]
    return (row, row.id == own.last?.id)
  }

  // MARK: Parts

  private func prompts() throws(JobError) -> GlmPrompts {
    guard case .text(let text) = options.input else {
      throw JobError(.usage, "provide --stdin or --file")
    }
    guard !text.allSatisfy(\.isWhitespace) else { throw JobError(.noInput, "no content received") }
    return GlmPrompts.read(json: Array(text.utf8))
  }

  /// A report without a count is damaged, not a count of 0: the next delta would be overstated.
  private func total() throws(JobError) -> Double {
    let prompts = try prompts()
    guard prompts.errors.isEmpty else {
      throw JobError(
        .badData,
        "no prompt count in the text (\(prompts.errors.joined(separator: ", "))); nothing was "
          + "recorded")
    }
    return prompts.promptsUsed
  }

  /// Whether this report was the end of the window already, or a crossing began it.
  private func isRecorded(
    _ window: String, _ position: WindowPosition, crossing: Bool
  ) throws(JobError) -> Bool {
    guard position.window == window else { return false }
    let last = GlmCounts.read(try ledger.read()).rows.last { $0.agent == agent }
    guard let last, last.parsed == (try prompts()).parsed else { return false }
    return crossing && position.lastPhase == .before
      ? last.window != window : last.window == window && position.lastPhase == .after
  }

  private func already(_ window: String) -> JobReport {
    var report = report(
      "glm delta of this report is recorded already; nothing was added", window)
    report.outcome = .idle
    return report
  }

  /// Without a position there may be rows of the window that was counted last.
  private func position() throws(JobError) -> WindowPosition {
    if let stored = file.read(.glm) { return stored }
    var position = WindowPosition(provider: .glm)
    let rows = GlmCounts.read(try ledger.read()).rows.filter { $0.agent == agent }
    if let last = rows.last {
      position.window = last.window
      position.lastPhase = .after
    }
    return position
  }

  private func startWindow(_ position: WindowPosition) -> String {
    guard let window = position.window else {
      return WindowName.next(after: nil, sequence: job.sequence, taken: [])
    }
    return position.lastPhase == .after
      ? WindowName.next(after: window, sequence: job.sequence, taken: []) : window
  }

  private func taken() throws(JobError) -> Set<String> {
    Set(GlmCounts.read(try ledger.read()).rows.filter { $0.agent == agent }.map(\.window))
  }

  private func write(_ position: WindowPosition) throws(JobError) {
    var position = position
    position.updatedAt = now
    try file.write(position)
  }

  private func fallen(_ row: GlmRow, to total: Double) -> Anomaly {
    Anomaly(
      .negativeDelta, window: row.window, provider: .glm, agent: agent, capturedAt: now,
      evidence: [
        .init("after", row.id),
        .init("prompts", "\(number(row.baseline ?? 0)) -> \(number(total))"),
      ])
  }

  private func tombstone(of row: GlmCounts.Row) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", row.window)
      writer.member("provider", Provider.glm.rawValue)
      writer.member("captured_at", now.text)
      writer.member("notes", options.notes?.redactingAddresses ?? "alias:delete")
      writer.member("source", options.source)
      ledgers.stamp.write(
        into: &writer, id: ContentID.of(["tombstone", row.id, now.text]), agent: agent)
      writer.member("deletes", row.id)
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  private func number(_ value: Double) -> String { JSONWriter.text(of: value) }

  private func report(_ line: String, _ window: String) -> JobReport {
    var report = JobReport(job: AliasJob.name, outcome: .done, summary: line)
    report.answer = [line]
    report.facts = [
      .init("action", options.action.rawValue), .init("provider", Provider.glm.rawValue),
      .init("window", window), .init("agent_id", agent),
    ]
    return report
  }
}

/// One row of `glm_counts.jsonl`.
struct GlmRow {
  let window: String
  let agent: String
  let capturedAt: Timestamp
  let notes: String
  let source: String
  let report: GlmPrompts
  /// nil where the count fell and cannot be told.
  let promptsUsed: Double?
  /// The count at the window's start; nil where the report itself is the window's.
  let baseline: Double?
  let errors: [String]

  /// The same report for the same start of the same window is the same fact.
  var id: String {
    ContentID.of(
      [
        Provider.glm.rawValue, window, agent, baseline.map { "\($0)" } ?? "", report.parsed,
      ])
  }

  func line(stamp: RowStamp) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", window)
      writer.member("provider", Provider.glm.rawValue)
      writer.member("captured_at", capturedAt.text)
      writer.member("notes", notes.redactingAddresses)
      // What it says is in `parsed`; the text itself may hold an account's name.
      writer.member("raw_text", "")
      writer.key("parsed")
      report.writeParsed(into: &writer)
      writer.member("source", source)
      writer.member("prompts_used", promptsUsed)
      stamp.write(into: &writer, id: id, agent: agent)
      if let baseline { writer.member("baseline_prompts", baseline) }
      if !errors.isEmpty {
        writer.key("errors")
        writer.array { writer in
          for error in errors { writer.string(error) }
        }
      }
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}

extension GlmPrompts {
  /// The report as a row holds it.
  var parsed: String {
    var writer = JSONWriter()
    writeParsed(into: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
