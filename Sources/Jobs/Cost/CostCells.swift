internal import Shared

/// Tokens of the requests of one name, model, lane and time of prices.
struct CostCell: Sendable {
  /// The name, as ``CostTally/key(_:)`` tells it; so with the model.
  let key: Int32
  let model: Int32
  /// Twice the number of changes of price that came before, so that one price is that of all the
  /// requests; and 1 for routed ones.
  let mark: Int32
  /// The next one of the same key that shares its place; -1 of none.
  fileprivate var next: Int32 = -1
  fileprivate(set) var counts = CostCounts()

  var isRouted: Bool { mark & 1 == 1 }
  var period: Int { Int(mark >> 1) }
}

/// The sums of a cell.
///
/// Counts of requests are half as wide as those of tokens: a cell is as large as what a cache holds
/// in one piece.
struct CostCounts: Sendable, Equatable {
  var requests: UInt32 = 0
  var errors: UInt32 = 0
  var withoutTokens: UInt32 = 0
  /// Those among them that went well, and so cost something.
  var unmetered: UInt32 = 0
  /// Input that no cache held, and input that one did.
  var uncached = 0
  var cached = 0
  var output = 0
  /// All input as the proxy counts it, and output.
  var tokens = 0

  init() {}

  /// One request.
  @inline(__always)
  init(_ row: StoredRow) {
    requests = 1
    errors = row.isFailed ? 1 : 0
    let input = row.count(.inputTokens)
    let output = row.count(.outputTokens)
    guard input != nil || output != nil else {
      withoutTokens = 1
      unmetered = row.isFailed ? 0 : 1
      return
    }
    let prompt = input ?? 0
    let held = row.count(.cachedTokens) ?? 0
    // Some clients count what a cache held as part of the prompt, some beside it.
    uncached = held <= prompt ? prompt - held : prompt
    cached = held
    self.output = output ?? 0
    tokens = prompt + self.output
  }

  @inline(__always)
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

/// Cells by key, model and mark, in the order in which they came first.
///
/// There may be more keys than a cache holds. Requests are therefore taken in batches, one step of
/// the search for all of them after the other: what one waits for from memory, the next do as well.
struct CostCells: Sendable {
  private(set) var keys = NameTable()
  private(set) var cells: [CostCell] = []
  /// The first cell in each of the four places of a key; -1 of none.
  private var first: [SIMD4<Int32>] = []
  private var batch: [Request] = []
  private var names: [UInt8] = []

  private struct Request: Sendable {
    /// In `names`.
    let name: Range<Int32>
    let model: Int32
    let mark: Int32
    let counts: CostCounts
    var hash: UInt64 = 0
    var key: Int32 = -1
    var cell: Int32 = -1

    /// Which of its key's places it belongs to: the models of a side have different ones.
    var place: Int { Int((model &* 2 &+ mark) & 3) }

    func name(in names: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
      UnsafeBufferPointer(rebasing: names[Int(name.lowerBound)..<Int(name.upperBound)])
    }
  }

  private static let batchSize = 128

  mutating func add(
    _ counts: CostCounts, key: UnsafeBufferPointer<UInt8>, model: Int32, mark: Int32
  ) {
    if batch.count == Self.batchSize { settle() }
    let start = Int32(names.count)
    names.append(contentsOf: key)
    batch.append(
      Request(name: start..<Int32(names.count), model: model, mark: mark, counts: counts))
  }

  /// Adds what is still in the batch.
  mutating func settle() {
    names.append(contentsOf: repeatElement(0, count: NameTable.padding))
    guessKeys()
    findKeys()
    while first.count < keys.count { first.append(SIMD4(repeating: -1)) }
    guessCells()
    for request in batch {
      let cell = request.cell >= 0 ? Int(request.cell) : self.cell(of: request)
      cells[cell].counts.add(request.counts)
    }
    batch.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
  }

  /// The numbers that their names most likely have.
  private mutating func guessKeys() {
    names.withUnsafeBufferPointer { names in
      for index in batch.indices {
        batch[index].hash = NameTable.hash(batch[index].name(in: names))
        batch[index].key = keys.guess(batch[index].hash)
      }
    }
  }

  private mutating func findKeys() {
    names.withUnsafeBufferPointer { names in
      for index in batch.indices {
        batch[index].key = Int32(
          keys.index(
            batch[index].name(in: names), hash: batch[index].hash, guess: batch[index].key))
      }
    }
  }

  /// The cells of most requests; -1 where it is another than the first in its place.
  private mutating func guessCells() {
    for index in batch.indices {
      batch[index].cell = first[Int(batch[index].key)][batch[index].place]
    }
    for index in batch.indices where batch[index].cell >= 0 {
      let cell = cells[Int(batch[index].cell)]
      let isOther = (cell.model ^ batch[index].model) | (cell.mark ^ batch[index].mark) != 0
      batch[index].cell = isOther ? -1 : batch[index].cell
    }
  }

  /// Which cell it is; a new one where there is none yet.
  private mutating func cell(of request: Request) -> Int {
    var next = first[Int(request.key)][request.place]
    var last: Int32 = -1
    while next >= 0 {
      let cell = cells[Int(next)]
      if cell.model == request.model, cell.mark == request.mark { return Int(next) }
      last = next
      next = cell.next
    }
    let new = Int32(cells.count)
    cells.append(CostCell(key: request.key, model: request.model, mark: request.mark))
    if last >= 0 {
      cells[Int(last)].next = new
    } else {
      first[Int(request.key)][request.place] = new
    }
    return Int(new)
  }

  /// Adds the sums of others, both settled.
  ///
  /// - Parameter models: What their models are called here.
  mutating func merge(_ other: CostCells, models: [Int]) {
    let keyPlaces = keys.indices(of: other.keys)
    while first.count < keys.count { first.append(SIMD4(repeating: -1)) }
    for theirs in other.cells {
      let request = Request(
        name: 0..<0, model: Int32(models[Int(theirs.model)]), mark: theirs.mark,
        counts: theirs.counts, key: Int32(keyPlaces[Int(theirs.key)]))
      let cell = self.cell(of: request)
      cells[cell].counts.add(request.counts)
    }
  }
}
