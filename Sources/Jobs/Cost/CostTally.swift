internal import Shared

/// Under what name the events of a comparison are added up.
package enum CostKey: String, Sendable, CaseIterable {
  /// The event's feature, else what the map says of its request, else the request.
  case feature
  case rid
  case model
}

/// Adds up the finished requests by name, model, lane and time of prices.
struct CostTally: TelemetrySink {
  private let by: CostKey
  /// Days on which a price changes, in order.
  private let days: [Int]
  /// The feature of a request, with room behind it.
  private let features: [String: [UInt8]]
  private var sums = CostCells()
  private var models = NameTable()
  /// Of all finished requests, baseline and GLM.
  private(set) var latencies = (baseline: LatencyCounts(), glm: LatencyCounts())

  init(by: CostKey, days: [Int], features: [String: String]) {
    self.by = by
    self.days = days
    self.features = features.mapValues {
      Array($0.utf8) + Array(repeating: 0, count: NameTable.padding)
    }
  }

  /// In the order in which they came first.
  var cells: [CostCell] { sums.cells }
  var keyCount: Int { sums.keys.count }
  func key(_ index: Int32) -> String { sums.keys.text(Int(index)) }
  func model(_ index: Int32) -> String { models.text(Int(index)) }

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
          add(row, under: UnsafeBufferPointer(rebasing: $0.dropLast(NameTable.padding)))
        }
      } else {
        add(row, under: row.text(.rid))
      }
    }
  }

  mutating func finish() { sums.settle() }

  mutating func merge(_ other: CostTally) {
    sums.merge(other.sums, models: models.indices(of: other.models))
    latencies.baseline.add(other.latencies.baseline)
    latencies.glm.add(other.latencies.glm)
  }

  private mutating func add(_ row: StoredRow, under key: UnsafeBufferPointer<UInt8>) {
    let isRouted = row.isRouted
    let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    sums.add(
      CostCounts(row), key: key, model: Int32(models.index(row.text(.model), nothing, nothing)),
      mark: Int32(truncatingIfNeeded: period(of: row) * 2 + (isRouted ? 1 : 0)))
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
