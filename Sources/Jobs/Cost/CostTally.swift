internal import Shared

/// Under what name the events of a comparison are added up.
package enum CostKey: String, Sendable, CaseIterable {
  /// The event's feature, else what the map says of its request, else the request.
  case feature
  case rid
  case model
}

/// Tokens of the events of one name, model, lane and time of prices.
struct CostCell: Sendable, Equatable {
  let key: String
  let model: String
  let isRouted: Bool
  /// How many changes of price came before: the price is the same for all events.
  let period: Int
  var requests = 0
  var errors = 0
  var withoutTokens = 0
  var input = 0
  /// Input that no cache held, and input that one did.
  var uncached = 0
  var cached = 0
  var output = 0

  init(key: String, model: String, isRouted: Bool, period: Int) {
    self.key = key
    self.model = model
    self.isRouted = isRouted
    self.period = period
  }

  var tokens: Int { input + output }
}

/// Adds up the finished requests by name, model, lane and time of prices.
struct CostTally: TelemetrySink {
  private let by: CostKey
  /// Days on which a price changes, in order.
  private let days: [Int]
  /// The feature of a request, with room behind it.
  private let features: [String: [UInt8]]
  private var names = NameTable()
  private(set) var cells: [CostCell] = []
  /// Of all finished requests, baseline and GLM.
  private(set) var latencies = (baseline: LatencyCounts(), glm: LatencyCounts())

  init(by: CostKey, days: [Int], features: [String: String]) {
    self.by = by
    self.days = days
    self.features = features.mapValues {
      Array($0.utf8) + Array(repeating: 0, count: LineBlocks.padding)
    }
  }

  mutating func add(_ row: StoredRow, window: UnsafeBufferPointer<UInt8>) {
    guard row.isFinished else { return }
    switch by {
    case .rid: add(row, under: row.text(.rid))
    case .model: add(row, under: row.text(.model))
    case .feature:
      let feature = row.text(.feature)
      if !feature.isEmpty {
        add(row, under: feature)
      } else if !features.isEmpty, let mapped = features[row.string(.rid)] {
        mapped.withUnsafeBufferPointer {
          add(row, under: UnsafeBufferPointer(rebasing: $0.dropLast(LineBlocks.padding)))
        }
      } else {
        add(row, under: row.text(.rid))
      }
    }
  }

  mutating func merge(_ other: CostTally) {
    for (index, cell) in zip(names.indices(of: other.names), other.cells) {
      if index == cells.count { cells.append(cell) } else { cells[index].add(cell) }
    }
    latencies.baseline.add(other.latencies.baseline)
    latencies.glm.add(other.latencies.glm)
  }

  private mutating func add(_ row: StoredRow, under key: UnsafeBufferPointer<UInt8>) {
    let period = self.period(of: row)
    let isRouted = row.isRouted
    let index = withUnsafeBytes(of: (UInt64(period * 2 + (isRouted ? 1 : 0)), UInt64(0))) { mark in
      names.index(
        key, row.text(.model),
        UnsafeBufferPointer(rebasing: mark.bindMemory(to: UInt8.self)[..<8]))
    }
    if index == cells.count {
      let parts = names.parts(index)
      cells.append(CostCell(key: parts[0], model: parts[1], isRouted: isRouted, period: period))
    }
    cells[index].add(row)
    guard let latency = row.number(.latency) else { return }
    if isRouted { latencies.glm.add(latency) } else { latencies.baseline.add(latency) }
  }

  /// How many changes of price came up to the day of the event.
  private func period(of row: StoredRow) -> Int {
    let day = row.day
    var period = days.count
    while period > 0, days[period - 1] > day { period -= 1 }
    return period
  }
}

extension CostCell {
  mutating func add(_ other: CostCell) {
    requests += other.requests
    errors += other.errors
    withoutTokens += other.withoutTokens
    input += other.input
    uncached += other.uncached
    cached += other.cached
    output += other.output
  }

  @inline(__always)
  mutating func add(_ row: StoredRow) {
    requests += 1
    if row.isFailed { errors += 1 }
    let input = row.count(.inputTokens)
    let output = row.count(.outputTokens)
    guard input != nil || output != nil else {
      withoutTokens += 1
      return
    }
    let prompt = input ?? 0
    let held = row.count(.cachedTokens) ?? 0
    self.input += prompt
    // Some clients count what a cache held as part of the prompt, some beside it.
    uncached += held <= prompt ? prompt - held : prompt
    cached += held
    self.output += output ?? 0
  }
}
