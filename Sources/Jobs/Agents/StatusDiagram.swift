package import Shared

/// The agents as a table of plain text.
package struct StatusDiagram: Sendable {
  private let view: StatusView
  private let isColoured: Bool

  package init(_ view: StatusView, isColoured: Bool) {
    self.view = view
    self.isColoured = isColoured
  }

  /// The plan's table: NAME STATUS PID MSG DIALOG FULL, one line an agent.
  package var lines: [String] {
    var table = TextTable(columns: Self.columns)
    for entry in view.entries { table.append(cells(of: entry)) }
    return table.lines(coloured: isColoured)
  }

  /// The same with AGE MODEL STARTED RUNTIME, and the sub-tasks below their agents.
  package var wideLines: [String] {
    var table = TextTable(columns: Self.columns + Self.wideColumns)
    for entry in view.entries {
      table.append(cells(of: entry) + wideCells(of: entry))
      guard let range = view.registry.range(.children, of: entry.agent),
        view.registry.bytes[range.lowerBound] == UInt8(ascii: "[")
      else { continue }
      append(
        ChildView.all(in: view.registry.bytes, at: range), depth: 1,
        agentRuns: entry.status == .running, to: &table)
    }
    return table.lines(coloured: isColoured)
  }

  private static let columns: [TextTable.Column] = [
    .init("NAME", minimumWidth: 24), .init("STATUS", minimumWidth: 7),
    .init("PID", minimumWidth: 6), .init("MSG"), .init("DIALOG"), .init("FULL"),
  ]
  private static let wideColumns: [TextTable.Column] = [
    .init("AGE"), .init("MODEL"), .init("STARTED"), .init("RUNTIME"),
  ]

  // MARK: Agents

  private func cells(of entry: StatusView.Entry) -> [TextTable.Cell] {
    let registry = view.registry
    let status = entry.status?.rawValue ?? registry.text(.status, of: entry.agent) ?? "-"
    return [
      .init(registry.text(.name, of: entry.agent) ?? entry.agent.key),
      .init(status, Self.style(of: entry.status)),
      .init(registry.integer(.pid, of: entry.agent).map(String.init) ?? "-"),
    ] + cells(of: view.usage(of: entry))
  }

  private func cells(of usage: Usage?) -> [TextTable.Cell] {
    let fraction = usage?.contextFullPct
    return [
      .init(usage.map { String($0.messageCount) } ?? "-"),
      .init(usage?.dialogTokens.map(String.init) ?? "-"),
      .init(fraction.map(Percent.text) ?? "-", Self.style(ofFullness: fraction ?? 0)),
    ]
  }

  private static func style(of status: AgentStatus?) -> TextTable.Style {
    switch status {
    case .running: .green
    case .done: .dim
    case .unknown: .yellow
    case .scheduled, nil: .plain
    }
  }

  /// opencode compacts a session near its limit: yellow is the time to look, red to act.
  private static func style(ofFullness fraction: Double) -> TextTable.Style {
    fraction >= 0.9 ? .red : fraction >= 0.75 ? .yellow : .plain
  }

  private func wideCells(of entry: StatusView.Entry) -> [TextTable.Cell] {
    let registry = view.registry
    let started = registry.timestamp(.startedAt, of: entry.agent)
    let finished = registry.timestamp(.finishedAt, of: entry.agent)
    let variant = registry.text(.variant, of: entry.agent).map { "-\($0)" } ?? ""
    return [
      .init(view.usageUpdatedAt(of: entry).map { DurationText.brief(view.now - $0) } ?? "-"),
      .init(registry.text(.model, of: entry.agent).map { $0 + variant } ?? "-"),
      .init(started?.tableText ?? "-"),
      .init(runtime(from: started, to: finished, isLive: entry.status == .running)),
    ]
  }

  /// Until the finish, or until now while it runs; unknown when neither is known.
  private func runtime(from start: Timestamp?, to end: Timestamp?, isLive: Bool) -> String {
    guard let start, let end = isLive ? view.now : end else { return "-" }
    return DurationText.clock(end - start)
  }

  // MARK: Sub-tasks

  /// A sub-task runs in its agent's process; when that is gone, nobody knows how it ended.
  private func append(
    _ children: [ChildView], depth: Int, agentRuns: Bool, to table: inout TextTable
  ) {
    let bytes = view.registry.bytes
    for child in children {
      let indent = String(repeating: "  ", count: depth)
      let title = (child.title(bytes) ?? "-").truncated(toWidth: 20)
      let started = child.startedAt(bytes)
      let recorded = child.status(bytes)
      let isLive = recorded == "running" || recorded == "pending"
      let status = isLive && !agentRuns ? AgentStatus.unknown.rawValue : recorded
      table.append(
        [.init("\(indent)- task:\(title)"), .init(status ?? "-"), "-"]
          + cells(of: child.usage(bytes)) + [
            "-", .init(child.model(bytes) ?? "-"), .init(started?.tableText ?? "-"),
            .init(
              runtime(from: started, to: child.finishedAt(bytes), isLive: isLive && agentRuns)),
          ])
      append(child.children, depth: depth + 1, agentRuns: agentRuns, to: &table)
    }
  }
}

/// The agents in one short line, for a prompt or a status bar.
package enum StatusLine {
  /// `3 running, 7 done, fullest build/x 84.2%`; agents in no state are left out.
  package static func text(_ view: StatusView) -> String {
    guard !view.entries.isEmpty else { return "no agents" }
    let counts = AgentStatus.lineOrder.compactMap { status -> String? in
      let count = view.entries.count { $0.status == status }
      return count > 0 ? "\(count) \(status.rawValue)" : nil
    }
    let fullest = view.entries
      .compactMap { entry in
        view.usage(of: entry)?.contextFullPct.map { (entry.agent.key, $0) }
      }
      .max { $0.1 < $1.1 }
    let full = fullest.map { name, fraction in
      "fullest \(name.escapingControls.truncated(toWidth: 24)) \(Percent.text(fraction))"
    }
    return (counts + [full].compactMap { $0 }).joined(separator: ", ")
  }
}

extension AgentStatus {
  fileprivate static let lineOrder: [AgentStatus] = [.running, .scheduled, .done, .unknown]
}

/// Whether anything keeps the usage fresh.
package enum RefreshHealth {
  /// The line below a diagram when something runs and no refresh has come for too long.
  ///
  /// Where none has ever come, the wait starts with the first of the running agents.
  package static func warning(
    _ view: StatusView, lastRun: Timestamp?, staleAfter: Duration
  ) -> String? {
    let running = view.entries.filter { $0.status == .running }
    guard !running.isEmpty else { return nil }
    let lastRefresh = [lastRun, view.registry.lastHeartbeat].compactMap { $0 }.max()
    let firstStart =
      running
      .compactMap { view.registry.timestamp(.startedAt, of: $0.agent) }.min()
    guard let since = lastRefresh ?? firstStart, view.now - since > staleAfter
    else { return nil }
    let how =
      lastRefresh.map { "no refresh for \(DurationText.brief(view.now - $0))" }
      ?? "never refreshed"
    return
      "! \(how): the timer of 'jobrunner refresh-usage' is missing or fails; see crontab.example"
  }
}
