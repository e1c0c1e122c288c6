internal import Shared

/// Telemetry by window, lane and model, in a form that can be kept and gone on with.
///
/// Percentiles are exact, so what is kept of latencies is how often each came.
struct TelemetryCells: TelemetrySink, Equatable {
  private(set) var cells: [Cell] = []
  private var names = NameTable()

  struct Cell: Sendable, Equatable {
    var window: String
    var lane: String
    var model: String
    var figures = TelemetrySummary.Figures()
    /// Milliseconds, and how often they came.
    var latencies: [Double: Int] = [:]
  }

  static func == (left: TelemetryCells, right: TelemetryCells) -> Bool {
    left.cells == right.cells
  }

  mutating func add(_ row: StoredRow, window: UnsafeBufferPointer<UInt8>) {
    let index = names.index(window, row.text(.lane), row.text(.model))
    if index == cells.count {
      cells.append(
        Cell(
          window: String(decoding: window, as: UTF8.self), lane: row.string(.lane),
          model: row.string(.model)))
    }
    cells[index].add(row)
  }

  mutating func finish() {}

  mutating func merge(_ other: TelemetryCells) {
    for (index, cell) in zip(names.indices(of: other.names), other.cells) {
      if index == cells.count {
        cells.append(cell)
      } else {
        cells[index].add(cell)
      }
    }
  }

  /// Cells that were kept; more rows may be added to them.
  init(_ kept: [Cell]) {
    for cell in kept {
      let texts = [cell.window, cell.lane, cell.model].map { Array($0.utf8) }
      let padding = Array(repeating: UInt8(0), count: LineBlocks.padding)
      let bytes = texts[0] + texts[1] + texts[2] + padding
      _ = bytes.withUnsafeBufferPointer { bytes in
        let second = texts[0].count
        let third = second + texts[1].count
        return names.index(
          UnsafeBufferPointer(rebasing: bytes[..<second]),
          UnsafeBufferPointer(rebasing: bytes[second..<third]),
          UnsafeBufferPointer(rebasing: bytes[third..<third + texts[2].count]))
      }
    }
    cells = kept
  }

  // MARK: Summary

  /// The names of all windows, in the order in which they came first.
  var windows: [String] {
    var known: Set<String> = []
    return cells.map(\.window).filter { known.insert($0).inserted }
  }

  /// The summary of these cells.
  static func summary(_ cells: [Cell]) -> TelemetrySummary {
    var result = TelemetrySummary()
    result.windows = figures(cells, by: \.window)
    result.lanes = figures(cells, by: \.lane)
    result.models = figures(cells, by: \.model)
    result.total = settled(cells)
    return result
  }

  private static func figures(
    _ cells: [Cell], by name: (Cell) -> String
  ) -> [TelemetrySummary.Part] {
    var order: [String] = []
    var groups: [String: [Cell]] = [:]
    for cell in cells {
      let name = name(cell)
      if groups[name] == nil { order.append(name) }
      groups[name, default: []].append(cell)
    }
    return order.map { .init(name: $0, figures: settled(groups[$0] ?? [])) }
  }

  private static func settled(_ cells: [Cell]) -> TelemetrySummary.Figures {
    var figures = TelemetrySummary.Figures()
    var latencies = LatencyCounts()
    for cell in cells {
      figures.add(cell.figures)
      for (latency, times) in cell.latencies {
        for _ in 0..<times { latencies.add(latency) }
      }
    }
    let found = latencies.percentiles([50, 95])
    (figures.p50, figures.p95) = (found[0], found[1])
    return figures
  }
}

extension TelemetryCells.Cell {
  @inline(__always)
  fileprivate mutating func add(_ row: StoredRow) {
    figures.events += 1
    guard row.isFinished else { return }
    figures.requests += 1
    if row.isRouted { figures.routed += 1 }
    if row.isFailed { figures.errors += 1 }
    let input = row.count(.inputTokens)
    let output = row.count(.outputTokens)
    figures.inputTokens += input ?? 0
    figures.outputTokens += output ?? 0
    if input == nil, output == nil { figures.withoutTokens += 1 }
    if let latency = row.number(.latency) { latencies[latency, default: 0] += 1 }
  }

  fileprivate mutating func add(_ other: TelemetryCells.Cell) {
    figures.add(other.figures)
    latencies.merge(other.latencies) { $0 + $1 }
  }
}

extension TelemetrySummary.Figures {
  fileprivate mutating func add(_ other: TelemetrySummary.Figures) {
    events += other.events
    requests += other.requests
    routed += other.routed
    errors += other.errors
    inputTokens += other.inputTokens
    outputTokens += other.outputTokens
    withoutTokens += other.withoutTokens
  }
}
