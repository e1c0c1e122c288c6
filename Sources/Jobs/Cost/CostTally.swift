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
  let counts: CostCounts
}

/// The sums of a cell.
struct CostCounts: Sendable, Equatable {
  var requests = 0
  var errors = 0
  var withoutTokens = 0
  /// Those among them that went well, and so cost something.
  var unmetered = 0
  /// Input that no cache held, and input that one did.
  var uncached = 0
  var cached = 0
  var output = 0
  /// All input as the proxy counts it, and output.
  var tokens = 0

  @inline(__always)
  mutating func add(_ row: StoredRow) {
    requests += 1
    if row.isFailed { errors += 1 }
    let input = row.count(.inputTokens)
    let output = row.count(.outputTokens)
    guard input != nil || output != nil else {
      withoutTokens += 1
      if !row.isFailed { unmetered += 1 }
      return
    }
    let prompt = input ?? 0
    let held = row.count(.cachedTokens) ?? 0
    // Some clients count what a cache held as part of the prompt, some beside it.
    uncached += held <= prompt ? prompt - held : prompt
    cached += held
    self.output += output ?? 0
    tokens += prompt + (output ?? 0)
  }

  mutating func add(_ other: CostCounts) {
    requests += other.requests
    errors += other.errors
    withoutTokens += other.withoutTokens
    unmetered += other.unmetered
    uncached += other.uncached
    cached += other.cached
    output += other.output
    tokens += other.tokens
  }
}

/// Adds up the finished requests by name, model, lane and time of prices.
struct CostTally: TelemetrySink {
  private let by: CostKey
  /// Days on which a price changes, in order.
  private let days: [Int]
  /// The feature of a request, with room behind it.
  private let features: [String: [UInt8]]
  private var keys = NameTable()
  private var models = NameTable()
  /// The first cell of each key; the cells of a key are a list, most often of two.
  private var first: [Int32] = []
  private var links: [Link] = []
  private var counts: [CostCounts] = []
  /// Of all finished requests, baseline and GLM.
  private(set) var latencies = (baseline: LatencyCounts(), glm: LatencyCounts())

  /// What tells a cell from the others of its key, and which comes next.
  private struct Link: Sendable {
    let model: Int32
    /// Twice the period, and 1 for a routed one.
    let mark: Int32
    let key: Int32
    var next: Int32
  }

  init(by: CostKey, days: [Int], features: [String: String]) {
    self.by = by
    self.days = days
    self.features = features.mapValues {
      Array($0.utf8) + Array(repeating: 0, count: LineBlocks.padding)
    }
  }

  /// What was added up, in the order in which it came first.
  var cells: [CostCell] {
    zip(links, counts).map { link, counts in
      CostCell(
        key: keys.parts(Int(link.key))[0], model: models.parts(Int(link.model))[0],
        isRouted: link.mark & 1 == 1, period: Int(link.mark >> 1), counts: counts)
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
    let keyPlaces = keys.indices(of: other.keys)
    let modelPlaces = models.indices(of: other.models)
    for (link, sums) in zip(other.links, other.counts) {
      let cell = cell(
        key: keyPlaces[Int(link.key)], model: modelPlaces[Int(link.model)], mark: link.mark)
      counts[cell].add(sums)
    }
    latencies.baseline.add(other.latencies.baseline)
    latencies.glm.add(other.latencies.glm)
  }

  private mutating func add(_ row: StoredRow, under key: UnsafeBufferPointer<UInt8>) {
    let isRouted = row.isRouted
    let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    let cell = cell(
      key: keys.index(key, nothing, nothing),
      model: models.index(row.text(.model), nothing, nothing),
      mark: Int32(truncatingIfNeeded: period(of: row) * 2 + (isRouted ? 1 : 0)))
    counts[cell].add(row)
    guard let latency = row.number(.latency) else { return }
    if isRouted { latencies.glm.add(latency) } else { latencies.baseline.add(latency) }
  }

  /// Which cell it is; a new one where there is none yet.
  private mutating func cell(key: Int, model: Int, mark: Int32) -> Int {
    while first.count <= key { first.append(-1) }
    let model = Int32(truncatingIfNeeded: model)
    var last: Int32 = -1
    var next = first[key]
    while next >= 0 {
      let link = links[Int(next)]
      if link.model == model, link.mark == mark { return Int(next) }
      last = next
      next = link.next
    }
    let new = Int32(truncatingIfNeeded: links.count)
    links.append(Link(model: model, mark: mark, key: Int32(truncatingIfNeeded: key), next: -1))
    counts.append(CostCounts())
    if last < 0 { first[key] = new } else { links[Int(last)].next = new }
    return Int(new)
  }

  /// How many changes of price came up to the day of the event.
  private func period(of row: StoredRow) -> Int {
    let day = row.day
    var period = days.count
    while period > 0, days[period - 1] > day { period -= 1 }
    return period
  }
}
