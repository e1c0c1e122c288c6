internal import Shared

/// The readings that programs gave of one limit of one account, in the order of their moments.
///
/// Panes are left out: they show whole numbers, and may be old.
struct LimitSeries {
  struct Entry {
    let limit: DatedLimit
    let row: Snapshot

    var percent: Double { limit.limit.usedPercent }

    /// Whether a later reading is of the same window, and it has not ended.
    func isStillOpen(at later: Entry) -> Bool {
      guard let end = limit.limit.resetsAt, end > later.limit.at else { return false }
      return limit.relation(to: later.limit) == .same
    }
  }

  let name: String
  private(set) var entries: [Entry] = []

  /// How far two sources may differ without either being wrong.
  static let rounding = 1.0

  /// The series of rows, by name.
  static func of(_ rows: [Snapshot]) -> [LimitSeries] {
    let live = rows.filter { row in
      row.reading.map { $0.method != .pane && $0.method != .override } == true
    }
    // A source that does not tell the account goes with the only one there is.
    let accounts = Set(live.compactMap(\.reading?.account))
    let only = accounts.count == 1 ? accounts.first : nil
    var series: [String: LimitSeries] = [:]
    for row in live.inOrder {
      for limit in row.reading?.limits ?? [] where limit.isMain {
        let account = row.reading?.account ?? only ?? ""
        let name = "\(limit.limitID)/\(limit.minutes ?? 0)"
        series["\(name)/\(account)", default: LimitSeries(name: name)].append(limit, row)
      }
    }
    return series.sorted { $0.key < $1.key }.map(\.value)
  }

  /// One reading may be in two rows, as the end of a window and the start of the next.
  private mutating func append(_ limit: LimitReading, _ row: Snapshot) {
    if let last = entries.last, last.limit.at == row.capturedAt, last.limit.limit == limit {
      return
    }
    entries.append(Entry(limit: DatedLimit(limit: limit, at: row.capturedAt), row: row))
  }
}

// MARK: - Live readings

extension LimitSeries {
  /// Readings that fell and came back although no reset lay between; one for each fall.
  func glitches() -> [Anomaly] {
    guard var high = entries.first else { return [] }
    var low: Entry?
    // What was highest before the window that was taken for a later one.
    var left: Entry?
    var found: [Anomaly] = []
    for entry in entries.dropFirst() {
      switch high.limit.relation(to: entry.limit) {
      case .same where entry.percent >= high.percent:
        if let low { found.append(glitch(high: high, low: low, back: entry)) }
        (high, low) = (entry, nil)
      case .same where entry.percent + Self.rounding < high.percent: low = low ?? entry
      case .later, .firstAfter: (left, high, low) = (high, entry, nil)
      case .earlier:
        guard let old = left, old.isStillOpen(at: entry), entry.percent >= old.percent else {
          continue
        }
        found.append(glitch(high: old, low: high, back: entry))
        (left, high, low) = (nil, entry, nil)
      case .same, .unknown: break
      }
    }
    return found
  }

  private func glitch(high: Entry, low: Entry, back: Entry) -> Anomaly {
    low.row.anomaly(
      .glitch,
      evidence: [
        .init("limit", name), .init("high", high.row.id), .init("low", low.row.id),
        .init("back", back.row.id),
      ], subject: [name, low.row.id])
  }

  /// Windows that gave way to another before their end, as two readings in a row agree.
  func surpriseResets() -> [Anomaly] {
    zip(entries, zip(entries.dropFirst(), entries.dropFirst(2))).compactMap { old, pair in
      let (new, next) = pair
      guard let end = old.limit.limit.resetsAt, !old.limit.limit.isNotStarted(at: old.limit.at),
        end > next.limit.at, new.percent < old.percent,
        old.limit.relation(to: new.limit) == .later,
        [.same, .firstAfter].contains(new.limit.relation(to: next.limit))
      else { return nil }
      return new.row.anomaly(
        .surpriseReset,
        evidence: [
          .init("limit", name), .init("old", old.row.id), .init("new", new.row.id),
          .init("confirmed", next.row.id), .init("old_resets_at", end.text),
        ], subject: [name, end.text])
    }
  }
}

// MARK: - Panes

extension LimitSeries {
  /// Panes that show less of a window than an earlier reading did, by whatever agent.
  static func stalePanes(_ rows: [Snapshot]) -> [Anomaly] {
    var windows: [String: [KnownWindow]] = [:]
    var found: [Anomaly] = []
    for row in rows.inOrder {
      let isPane = row.reading?.method == .pane
      var newer: Snapshot?
      for limit in row.reading?.limits ?? [] where limit.isMain {
        let dated = DatedLimit(limit: limit, at: row.capturedAt)
        let key = "\(limit.limitID)/\(limit.minutes ?? 0)/\(row.reading?.account ?? "")"
        let others = windows.filter { isOfAccount($0.key, like: key) }
        if isPane {
          newer = newer ?? others.values.joined().lazy.compactMap { $0.newer(than: dated) }.first
        }
        KnownWindow.add(dated, row, to: &windows[key, default: []])
      }
      if let newer { found.append(row.stalePane(newer: newer)) }
    }
    return found
  }

  /// Whether two keys are of one limit, and of one account as far as both tell it.
  private static func isOfAccount(_ key: String, like other: String) -> Bool {
    key == other || key.hasPrefix(other) && other.hasSuffix("/")
      || other.hasPrefix(key) && key.hasSuffix("/")
  }
}

/// What is known of one window of a limit: the readings that showed most of it.
private struct KnownWindow {
  private let first: DatedLimit
  private var pane: (limit: DatedLimit, row: Snapshot)?
  private var exact: (limit: DatedLimit, row: Snapshot)?

  /// How many windows can be open or just closed; readings of older ones come as stale panes.
  private static let kept = 8

  private init(_ first: DatedLimit) {
    self.first = first
  }

  /// Files a reading under its window.
  static func add(_ limit: DatedLimit, _ row: Snapshot, to windows: inout [KnownWindow]) {
    var index = windows.lastIndex { $0.first.relation(to: limit) == .same }
    if index == nil {
      windows.append(KnownWindow(limit))
      if windows.count > kept { windows.removeFirst() }
      index = windows.count - 1
    }
    guard let index else { return }
    let isPane = row.reading?.method == .pane
    let highest = isPane ? windows[index].pane : windows[index].exact
    guard (highest?.limit.limit.usedPercent ?? -1) < limit.limit.usedPercent else { return }
    if isPane { windows[index].pane = (limit, row) } else { windows[index].exact = (limit, row) }
  }

  /// The reading of this window that shows more than a later pane; nil where none does.
  ///
  /// Whole numbers of panes are held against exact ones with a point to spare.
  func newer(than later: DatedLimit) -> Snapshot? {
    for (highest, spare) in [(pane, 0), (exact, LimitSeries.rounding)] {
      guard let highest, highest.limit.at < later.at,
        highest.limit.limit.usedPercent > later.limit.usedPercent + spare,
        highest.limit.relation(to: later) == .same
      else { continue }
      return highest.row
    }
    return nil
  }
}

extension [Snapshot] {
  /// In the order of their moments; those of one moment as they were written.
  fileprivate var inOrder: [Snapshot] {
    indices.sorted { (self[$0].capturedAt, $0) < (self[$1].capturedAt, $1) }.map { self[$0] }
  }
}
