internal import Shared

/// Puts the book together out of the files.
struct WindowBookReader {
  private var windows: [String: WindowBook.Window] = [:]

  init() {}

  /// Makes the book of what the files hold.
  static func read(_ files: Files, zone: LocalTime) -> WindowBook {
    let reader = SnapshotReader(zone: zone, keepsTexts: false)
    let history = SnapshotHistory(
      RowLedger.lines(files.snapshots).flatMap { reader.read(Array($0)) })
    var result = WindowBookReader()
    result.take(history)
    result.take(WindowResultRow.read(files.windows), history, zone)
    result.take(AnomalyRow.read(files.anomalies))
    result.takeChurn(ChurnRow.read(files.churn))
    result.take(GlmCounts.read(files.glmCounts))
    for report in UsageReports.read(files.ccusage) {
      result.windows[report.window, default: .init(name: report.window)].reports.append(report)
    }
    for name in MonitorRows.windows(files.monitor) {
      result.windows[name, default: .init(name: name)].monitorRows += 1
    }
    result.noteFoundAnomalies()
    var book = WindowBook()
    book.windows = result.windows.values.sorted { $0.name < $1.name }
    return book
  }

  /// The bytes of the ledgers.
  struct Files: Sendable {
    var snapshots: [UInt8] = []
    var windows: [UInt8] = []
    var anomalies: [UInt8] = []
    var churn: [UInt8] = []
    var glmCounts: [UInt8] = []
    var ccusage: [UInt8] = []
    var monitor: [UInt8] = []
  }

  private mutating func take(_ history: SnapshotHistory) {
    for row in history.rows {
      windows[row.window, default: .init(name: row.window)].readings.append(WindowReading(row))
    }
    let agents = Set(history.rows.map(\.agent))
    for span in agents.flatMap({ history.spans(of: $0) }) {
      let known = windows[span.window]?.span
      windows[span.window]?.span = known?.joined(with: span) ?? span
    }
  }

  private mutating func take(
    _ groups: [String: WindowResultRow.Group], _ history: SnapshotHistory, _ zone: LocalTime
  ) {
    // Only rows of the tracker are judged again, and few ledgers still have any.
    let needsVerdict = groups.values.contains { $0.newest.contains(where: \.isOfTracker) }
    let verdict = needsVerdict ? WindowVerdict(history, zone: zone) : nil
    for (name, group) in groups {
      let rows = group.newest.map { row in
        row.isOfTracker ? verdict?.judge(row) ?? row.content : row.content
      }
      windows[name, default: .init(name: name)].finalizeRows = group.count
      windows[name]?.finalized = rows.sorted {
        ($0.finalizedAt?.milliseconds ?? .min, $0.agent)
          < ($1.finalizedAt?.milliseconds ?? .min, $1.agent)
      }
    }
  }

  private mutating func take(_ anomalies: [AnomalyRow]) {
    for row in anomalies {
      windows[row.window, default: .init(name: row.window)].anomalies.append(row)
    }
  }

  private mutating func takeChurn(_ rows: [ChurnRow]) {
    for row in rows { windows[row.window, default: .init(name: row.window)].churnRows.append(row) }
    for row in ChurnRow.standing(rows) { windows[row.window]?.churn.append(row) }
  }

  private mutating func take(_ counts: GlmCounts) {
    for row in counts.rows {
      windows[row.window, default: .init(name: row.window)].promptRows += 1
      if let used = row.promptsUsed { windows[row.window]?.prompts[row.agent, default: 0] += used }
    }
    for name in windows.keys { windows[name]?.takePrompts() }
  }

  /// A row that no run of ours has written has had nobody to note what is wrong with it.
  private mutating func noteFoundAnomalies() {
    for (name, window) in windows {
      for row in window.finalized {
        for use in row.providers {
          for delta in use.deltas {
            guard let fault = delta.fault, let at = use.capturedAfter ?? row.finalizedAt
            else { continue }
            windows[name]?.note(fault, row, use.provider, at)
          }
        }
      }
    }
  }
}

extension WindowSpan {
  fileprivate func joined(with other: WindowSpan) -> WindowSpan {
    let end = to.flatMap { mine in other.to.map { max(mine, $0) } }
    return WindowSpan(window: window, from: min(from, other.from), to: end)
  }
}

extension WindowBook.Window {
  /// The prompts of a finalized window are those that were counted, up to now.
  fileprivate mutating func takePrompts() {
    for index in finalized.indices {
      guard let used = prompts[finalized[index].agent] else { continue }
      finalized[index].providers.removeAll { $0.provider == .glm }
      var use = ProviderUse(provider: .glm)
      use.deltas = [.init(field: "prompts_used", points: used, fault: nil)]
      finalized[index].providers.append(use)
    }
  }

  fileprivate mutating func note(
    _ fault: String, _ row: WindowResult, _ provider: Provider, _ at: Timestamp
  ) {
    let isKnown = (anomalies + foundAnomalies).contains {
      $0.type == fault && $0.provider == provider.rawValue && $0.agent == row.agent
    }
    guard !isKnown else { return }
    var anomaly = AnomalyRow()
    anomaly.id = ContentID.of([fault, name, provider.rawValue, row.agent])
    anomaly.type = fault
    anomaly.window = name
    anomaly.provider = provider.rawValue
    anomaly.agent = row.agent
    anomaly.capturedAt = at
    anomaly.isInformational = Anomaly.Kind(rawValue: fault)?.isInformational ?? false
    foundAnomalies.append(anomaly)
  }
}
