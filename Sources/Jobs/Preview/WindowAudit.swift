internal import Shared

/// `window-audit`: how many rows each ledger has of a window, and which of them counts.
package struct WindowAudit: Sendable {
  package static let name = "window-audit"

  /// nil where none was asked for and there is none.
  private let window: String?
  private let entry: WindowBook.Window?
  private let telemetry: TelemetrySummary.Figures

  init(window: String?, book: WindowBook, telemetry: TelemetrySummary?) {
    self.window = window
    entry = window.flatMap { book[$0] }
    self.telemetry = telemetry?.total ?? TelemetrySummary.Figures()
  }

  /// Whether no ledger has anything of the window.
  private var isEmpty: Bool { entry == nil && telemetry.events == 0 }

  // MARK: Parts

  /// Rows for one end of a window.
  private struct End {
    let provider: Provider
    let phase: Phase
    /// In the order they were written.
    let rows: [WindowReading]

    /// The one captured last, one that can be read before any other.
    var canonical: WindowReading? { rows.canonical }
    var agents: [String] { Set(rows.map(\.agent)).sorted() }
    /// Rows beside one for each agent.
    var duplicates: Int { rows.count - agents.count }
  }

  private var ends: [End] {
    var groups: [String: [WindowReading]] = [:]
    for row in entry?.readings ?? [] {
      groups["\(row.provider.rawValue)/\(row.phase.rawValue)", default: []].append(row)
    }
    return groups.sorted { $0.key < $1.key }.compactMap { _, rows in
      rows.first.map { End(provider: $0.provider, phase: $0.phase, rows: rows) }
    }
  }

  /// Reports of one scope of ccusage.
  private var scopes: [(scope: CcusageReport.Scope, reports: [UsageReport])] {
    CcusageReport.Scope.allCases.compactMap { scope in
      let reports = (entry?.reports ?? []).filter { $0.report.scope == scope }
      return reports.isEmpty ? nil : (scope, reports)
    }
  }

  private var prompts: Double? {
    guard let used = entry?.prompts.values, !used.isEmpty else { return nil }
    return used.reduce(0, +)
  }

  private var open: [AnomalyRow] { entry?.openAnomalies ?? [] }

  /// Rows of `churn.jsonl` that another replaced.
  private var churnDuplicates: Int {
    (entry?.churnRows.count ?? 0) - (entry?.churn.count ?? 0)
  }

  // MARK: Text

  /// The tracker's lines, then those of the ledgers that it leaves out.
  package var lines: [String] {
    guard let window else { return ["no windows recorded"] }
    guard !isEmpty else { return ["no records found for \(window)"] }
    var lines = ["Window Audit: \(window)"]
    let ends = ends
    if !ends.isEmpty { lines.append("Snapshots:") }
    for end in ends {
      let row = end.canonical
      lines.append(
        "  - \(end.provider.rawValue)/\(end.phase.rawValue): entries=\(end.rows.count), "
          + "duplicates=\(end.duplicates), canonical=\(row?.capturedAt.text ?? "n/a"), "
          + "source=\(shown(row?.source, "unknown")), notes=\(shown(row?.notes, "n/a"))"
          + (end.agents.count > 1 ? ", agents=\(end.agents.joined(separator: "/"))" : ""))
    }
    if let entry, let latest = entry.latest {
      lines.append(
        "Finalize rows: entries=\(entry.finalizeRows), duplicates=\(duplicates(entry)), "
          + "canonical=\(latest.finalizedAt?.text ?? "n/a"), "
          + "methodology=\(shown(latest.methodology, "n/a"))")
    }
    lines.append("Anomalies: \(open.count)")
    lines.append("Churn rows: \(entry?.churnRows.count ?? 0)")
    return lines + moreLines
  }

  private var moreLines: [String] {
    var lines: [String] = []
    if churnDuplicates > 0 { lines.append("Churn duplicates: \(churnDuplicates)") }
    if telemetry.events > 0 { lines.append("Telemetry: \(ProxyBlock.text(telemetry))") }
    if let entry, entry.promptRows > 0 {
      lines.append(
        "GLM counts: entries=\(entry.promptRows), "
          + "prompts=\(prompts.map(PreviewNumber.text) ?? "n/a")")
    }
    for (scope, reports) in scopes {
      let newest = UsageReport.newest(scope, in: reports)
      lines.append(
        "ccusage \(scope.rawValue): entries=\(reports.count), "
          + "invalid=\(reports.count { !$0.isValid }), "
          + "canonical=\(newest?.capturedAt?.text ?? "n/a")")
    }
    if let entry, entry.monitorRows > 0 {
      lines.append("Claude monitor: entries=\(entry.monitorRows)")
    }
    return lines
  }

  /// Rows of `windows.jsonl` that count for nobody.
  private func duplicates(_ entry: WindowBook.Window) -> Int {
    entry.finalizeRows - entry.finalized.count
  }

  private func shown(_ text: String?, _ other: String) -> String {
    text.flatMap { $0.isEmpty ? nil : $0 } ?? other
  }

  // MARK: JSON

  /// The tracker's members, then those of the ledgers that it leaves out; valid where there is
  /// nothing.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", window)
      writer.key("snapshots")
      writer.array { writer in
        for end in ends { write(end, into: &writer) }
      }
      writer.key("finalize")
      writeFinalize(into: &writer)
      writer.key("anomalies")
      writer.object { writer in
        writer.member("count", open.count)
        writer.member("informational", entry?.informationalAnomalies.count ?? 0)
        writer.key("records")
        writer.array { writer in
          for row in open { row.write(into: &writer) }
        }
      }
      writer.key("churn")
      writeChurn(into: &writer)
      writer.key("telemetry")
      writer.object { telemetry.writeMembers(into: &$0) }
      writer.key("glm_counts")
      writer.object { writer in
        writer.member("entries", entry?.promptRows ?? 0)
        writer.member("prompts_used", prompts)
      }
      writer.key("ccusage")
      writer.array { writer in
        for (scope, reports) in scopes { write(scope, reports, into: &writer) }
      }
      writer.key("claude_monitor")
      writer.object { $0.member("entries", entry?.monitorRows ?? 0) }
      writer.member("ok", true)
      writer.member("found", !isEmpty)
    }
    return writer.bytes
  }

  private func write(_ end: End, into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("provider", end.provider.rawValue)
      writer.member("phase", end.phase.rawValue)
      writer.member("entries", end.rows.count)
      writer.member("duplicates", end.duplicates)
      writer.member("canonical_captured_at", end.canonical?.capturedAt.text)
      writer.member("source", end.canonical?.source)
      writer.member("notes", end.canonical?.notes)
      writer.member("canonical_id", end.canonical?.id)
      writer.member("agents", list: end.agents)
      writer.key("readings")
      writer.array { writer in
        for row in end.rows {
          writer.object { writer in
            writer.member("id", row.id)
            writer.member("captured_at", row.capturedAt.text)
            writer.member("agent_id", row.agent)
            writer.member("method", row.method?.rawValue)
            for (name, limit) in row.namedLimits {
              writer.member("\(name)_pct", limit.usedPercent)
            }
            writer.member("errors", list: row.errors)
          }
        }
      }
    }
  }

  private func writeFinalize(into writer: inout JSONWriter) {
    guard let entry, let latest = entry.latest else {
      writer.null()
      return
    }
    writer.object { writer in
      writer.member("entries", entry.finalizeRows)
      writer.member("duplicates", duplicates(entry))
      writer.member("canonical_finalized_at", latest.finalizedAt?.text)
      writer.member("methodology", latest.methodology)
      writer.member("agents", list: entry.finalized.map(\.agent).sorted())
    }
  }

  private func writeChurn(into writer: inout JSONWriter) {
    let rows = entry?.churnRows ?? []
    writer.object { writer in
      writer.member("count", rows.count)
      writer.member("duplicates", churnDuplicates)
      writer.key("records")
      writer.array { writer in
        for row in rows {
          writer.object { row.writeFigures(into: &$0) }
        }
      }
    }
  }

  private func write(
    _ scope: CcusageReport.Scope, _ reports: [UsageReport], into writer: inout JSONWriter
  ) {
    writer.object { writer in
      writer.member("scope", scope.rawValue)
      writer.member("entries", reports.count)
      writer.member("invalid", reports.count { !$0.isValid })
      writer.member(
        "canonical_captured_at", UsageReport.newest(scope, in: reports)?.capturedAt?.text)
    }
  }
}

extension WindowAudit {
  /// Reads the ledgers; makes none.
  ///
  /// - Parameter window: nil for the latest.
  package static func read(
    _ ledgers: BookLedgers, rules: ProxyRules, window: String?
  ) throws(JobError) -> WindowAudit {
    let log = TelemetryLog(ledger: ledgers.workspace.proxyTelemetry, rules: rules)
    let book = try ledgers.book()
    let name = window ?? book.latestName
    // Without a window there are no events of it either.
    let telemetry = name == nil ? nil : try log.summary(window: name)
    return WindowAudit(window: name, book: book, telemetry: telemetry)
  }
}

extension [WindowReading] {
  /// The one that counts among rows for one end: captured last, one that can be read before any other.
  fileprivate var canonical: WindowReading? {
    WindowReading.newest(self).max {
      ($0.isUsable ? 1 : 0, $0.capturedAt) < ($1.isUsable ? 1 : 0, $1.capturedAt)
    } ?? last
  }
}
