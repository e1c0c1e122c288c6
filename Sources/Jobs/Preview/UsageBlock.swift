internal import Shared

/// `ccusage:`, the newest report of each scope that can be read.
extension OldBlocks {
  static func ccusage(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let reports = windows.flatMap(\.reports)
    let chosen = [CcusageReport.Scope.weekly, .daily, .session].compactMap { scope in
      UsageReport.newest(scope, in: reports)
    }
    return PreviewBlock(.ccusage, PreviewBlock.list("ccusage", chosen.map(line))) { writer in
      writer.array { writer in
        for report in chosen { write(report, into: &writer) }
      }
    }
  }

  private static func line(_ entry: UsageReport) -> String {
    let report = entry.report
    let scope = report.scope.rawValue
    guard entry.isValid else {
      return "\(scope): n/a (\(report.errors.joined(separator: ", ").escapingControls))"
    }
    let text: String
    switch report.scope {
    case .weekly:
      text =
        "percent_used=\(PercentText.of(report.week?.percentUsed)) tokens=\(report.totalTokens) "
        + "reset=\(report.resetsAt ?? "unknown")"
    case .daily:
      let day = report.latestDay
      text =
        "latest=\(day?.date ?? "n/a") tokens=\(day?.tokens.map(String.init) ?? "n/a") "
        + "percent=\(PercentText.of(day?.percentUsed)) reset=\(report.resetsAt ?? "unknown")"
    case .session:
      text =
        "count=\(report.sessions.count) tokens=\(report.totalTokens) "
        + "latest=\(report.latestSession?.lastActivity ?? "n/a")"
    }
    return "\(scope): \(text)".escapingControls
  }

  private static func write(_ entry: UsageReport, into writer: inout JSONWriter) {
    let report = entry.report
    writer.object { writer in
      writer.member("scope", report.scope.rawValue)
      writer.member("window", entry.window)
      writer.member("agent_id", entry.agent)
      writer.member("captured_at", moment: entry.capturedAt)
      writer.member("errors", list: report.errors)
      guard entry.isValid else { return }
      switch report.scope {
      case .weekly:
        writer.member("percent_used", report.week?.percentUsed)
        writer.member("tokens", report.totalTokens)
        writer.member("reset_at", report.resetsAt)
      case .daily:
        writer.member("latest", report.latestDay?.date)
        writer.member("tokens", report.latestDay?.tokens)
        writer.member("percent_used", report.latestDay?.percentUsed)
        writer.member("reset_at", report.resetsAt)
      case .session:
        writer.member("count", report.sessions.count)
        writer.member("tokens", report.totalTokens)
        writer.member("latest", report.latestSession?.lastActivity)
      }
    }
  }
}

extension UsageReport {
  /// The newest report of a scope; one that cannot be read only where there is no other.
  ///
  /// - Parameter reports: Of one window, or of several, in whatever order.
  static func newest(_ scope: CcusageReport.Scope, in reports: [UsageReport]) -> UsageReport? {
    let own = reports.filter { $0.report.scope == scope }
    let valid = own.filter(\.isValid)
    return (valid.isEmpty ? own : valid).enumerated().max { left, right in
      (left.element.capturedAt?.milliseconds ?? .min, left.offset)
        < (right.element.capturedAt?.milliseconds ?? .min, right.offset)
    }?.element
  }
}
