/// What a proxy's events say: how much was routed, how fast it was, how often it failed.
package struct TelemetrySummary: Sendable, Equatable {
  /// The numbers of some events.
  package struct Figures: Sendable, Equatable {
    /// Lines of the log, decisions too.
    package var events = 0
    /// Requests that came to an end, well or not; a retry is one more.
    package var requests = 0
    package var routed = 0
    package var errors = 0
    package var inputTokens = 0
    package var outputTokens = 0
    /// Requests of whose tokens nothing is known.
    package var withoutTokens = 0
    /// Milliseconds; nil where no request had any.
    package var p50: Double?
    package var p95: Double?

    /// 0 to 100, of the finished requests; nil where there is none.
    package var routedPercent: Double? { percent(routed) }
    package var errorPercent: Double? { percent(errors) }

    private func percent(_ part: Int) -> Double? {
      requests > 0 ? Double(part) * 100 / Double(requests) : nil
    }
  }

  /// The figures of one window, lane or model.
  package struct Part: Sendable, Equatable {
    package let name: String
    package let figures: Figures
  }

  package var total = Figures()
  /// In the order in which they came first.
  package var windows: [Part] = []
  package var lanes: [Part] = []
  package var models: [Part] = []
  package var pass = TelemetryPass()

  package init() {}
}

/// Counts events by window, lane and model, in memory that does not grow with their number.
struct TelemetryTally: TelemetrySink {
  private var names = NameTable()
  private var cells: [Cell] = []

  /// What is known of one window, lane and model together.
  private struct Cell: Sendable {
    var figures = TelemetrySummary.Figures()
    var latencies = LatencyCounts()

    @inline(__always)
    mutating func add(_ row: StoredRow) {
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
      if let latency = row.number(.latency) { latencies.add(latency) }
    }

    mutating func add(_ other: Cell) {
      figures.events += other.figures.events
      figures.requests += other.figures.requests
      figures.routed += other.figures.routed
      figures.errors += other.figures.errors
      figures.inputTokens += other.figures.inputTokens
      figures.outputTokens += other.figures.outputTokens
      figures.withoutTokens += other.figures.withoutTokens
      latencies.add(other.latencies)
    }

    var settled: TelemetrySummary.Figures {
      var result = figures
      let found = latencies.percentiles([50, 95])
      (result.p50, result.p95) = (found[0], found[1])
      return result
    }
  }

  mutating func add(_ row: StoredRow, window: UnsafeBufferPointer<UInt8>) {
    let index = names.index(window, row.text(.lane), row.text(.model))
    if index == cells.count { cells.append(Cell()) }
    cells[index].add(row)
  }

  mutating func finish() {}

  mutating func merge(_ other: TelemetryTally) {
    for (index, cell) in zip(names.indices(of: other.names), other.cells) {
      if index == cells.count { cells.append(Cell()) }
      cells[index].add(cell)
    }
  }

  var summary: TelemetrySummary {
    var result = TelemetrySummary()
    let parts = cells.indices.map { names.parts($0) }
    result.windows = figures(by: parts.map { $0[0] })
    result.lanes = figures(by: parts.map { $0[1] })
    result.models = figures(by: parts.map { $0[2] })
    result.total = figures(by: parts.map { _ in "" }).first?.figures ?? .init()
    return result
  }

  /// The cells added up under names of their own.
  private func figures(by names: [String]) -> [TelemetrySummary.Part] {
    var order: [String] = []
    var sums: [String: Cell] = [:]
    for (name, cell) in zip(names, cells) {
      if sums[name] == nil { order.append(name) }
      sums[name, default: Cell()].add(cell)
    }
    return order.map { .init(name: $0, figures: (sums[$0] ?? Cell()).settled) }
  }
}
