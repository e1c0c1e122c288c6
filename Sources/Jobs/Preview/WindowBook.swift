package import Shared

/// Everything the ledgers say of windows, each row chosen once for all views.
///
/// Of several rows that say the same thing the latest counts; deleted and replaced readings are gone;
/// numbers that were rejected are kept with their reason and count for nothing.
package struct WindowBook: Sendable {
  /// Sorted by name.
  package internal(set) var windows: [Window] = []

  /// One window, of all agents that bear its name.
  package struct Window: Sendable {
    package let name: String
    /// When it was open, as far as readings tell: from the first of all agents to the last.
    package internal(set) var span: WindowSpan?
    /// One for each agent that finalized it, the latest last.
    package internal(set) var finalized: [WindowResult] = []
    /// How many rows of `windows.jsonl` it has.
    package internal(set) var finalizeRows = 0
    /// Readings that count, in the order they were written.
    package internal(set) var readings: [WindowReading] = []
    package internal(set) var anomalies: [AnomalyRow] = []
    /// Anomalies that only the reading of the tracker's rows brought up, and no file has.
    package internal(set) var foundAnomalies: [AnomalyRow] = []
    /// Rows of `churn.jsonl` that count.
    package internal(set) var churn: [ChurnRow] = []
    /// All of them, in the file's order.
    package internal(set) var churnRows: [ChurnRow] = []
    /// Prompts of GLM by agent.
    package internal(set) var prompts: [String: Double] = [:]
    /// Rows of `glm_counts.jsonl` that count.
    package internal(set) var promptRows = 0
    package internal(set) var reports: [UsageReport] = []
    /// Rows of `claude_monitor.jsonl`.
    package internal(set) var monitorRows = 0

    /// The row finalized last, whoever did it; nil while the window is not finalized.
    package var latest: WindowResult? { finalized.last }
  }

  /// The window of a name; nil where no ledger has it.
  package subscript(name: String) -> Window? {
    var low = 0
    var high = windows.count
    while low < high {
      let middle = (low + high) / 2
      if windows[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low < windows.count && windows[low].name == name ? windows[low] : nil
  }

  /// The names of the windows that are finalized.
  package var finalizedNames: [String] {
    windows.filter { !$0.finalized.isEmpty }.map(\.name)
  }

  /// The name of the window whose rows came last; nil where there is none.
  package var latestName: String? { windows.max { $0.lastRow < $1.lastRow }?.name }

  /// The same with the one window alone, or with none where there is no such.
  package func only(_ name: String?) -> WindowBook {
    guard let name else { return self }
    var book = WindowBook()
    book.windows = self[name].map { [$0] } ?? []
    return book
  }
}

extension WindowBook.Window {
  /// The moment of its newest reading or finalized row.
  fileprivate var lastRow: Timestamp {
    let moments = readings.map(\.capturedAt) + finalized.compactMap(\.finalizedAt)
    return moments.max() ?? Timestamp(milliseconds: .min)
  }

  /// The anomalies that are not settled and speak against the numbers.
  ///
  /// A pane that is older than it looks mostly makes the difference negative as well: that is one
  /// thing found twice, and counts once.
  package var openAnomalies: [AnomalyRow] {
    let open = (anomalies + foundAnomalies).filter { $0.resolution == nil && !$0.isInformational }
    let negative = open.filter { $0.type == Anomaly.Kind.negativeDelta.rawValue }
    guard !negative.isEmpty else { return open }
    return open.filter { row in
      row.type != Anomaly.Kind.stalePane.rawValue || !negative.contains { $0.isOfReading(of: row) }
    }
  }

  /// The anomalies that are not settled and only explain why a number is missing.
  package var informationalAnomalies: [AnomalyRow] {
    (anomalies + foundAnomalies).filter { $0.resolution == nil && $0.isInformational }
  }
}

extension AnomalyRow {
  /// Whether both were found on one reading of one agent.
  fileprivate func isOfReading(of other: AnomalyRow) -> Bool {
    (provider, agent) == (other.provider, other.agent) && capturedAt == other.capturedAt
  }
}

/// A reading, or the news that there was none, in plain values and without its text.
package struct WindowReading: Sendable, Equatable {
  package var id: String
  package var window: String
  package var provider: Provider
  package var phase: Phase
  package var agent: String
  /// When the numbers were true.
  package var capturedAt: Timestamp
  /// What took it: `alias`, `automation`, `ingest`, `override`, `window-reset`.
  package var source: String
  /// How it was come by; nil where there was none.
  package var method: Reading.Method?
  package var limits: [LimitReading]
  package var notes: String
  package var errors: [String]
  /// Why there is no reading.
  package var unavailable: String?

  init(_ row: Snapshot) {
    id = row.id
    window = row.window
    provider = row.provider
    phase = row.phase
    agent = row.agent
    capturedAt = row.capturedAt
    source = row.source
    method = row.reading?.method
    limits = row.reading?.limits ?? []
    notes = row.notes
    errors = row.errors
    unavailable = row.failure?.reason.rawValue
  }

  /// Whether it is a reading at all, if perhaps one that nobody can read.
  package var isReading: Bool { unavailable == nil }

  /// The limits that the tracker has a name for, with that name: `fiveh`, `weekly`.
  package var namedLimits: [(name: String, limit: LimitReading)] {
    PercentField.of(provider).compactMap { field in
      field.limit(in: limits).map { (field.name, $0) }
    }
  }
}

/// A report of ccusage, with when and for whom it was ingested.
package struct UsageReport: Sendable, Equatable {
  package var window: String
  package var agent: String
  package var capturedAt: Timestamp?
  package var report: CcusageReport

  /// Whether it says anything: an error of form leaves an earlier report standing.
  package var isValid: Bool { report.errors.isEmpty }
}
