internal import Shared
internal import SystemPackage

/// What was counted of the telemetry ledger up to a line's end, so that only what follows must be
/// read.
///
/// Kept are, of each window, lane and model together, the sums and how often each latency came: 20
/// bytes or so a cell, two to four a different latency.
struct TelemetryBook: Equatable {
  var cells = TelemetryCells([])
  var pass = TelemetryPass()
  /// Behind the last line that was counted.
  var end: Int64 = 0
  var identity: FileIdentity
  /// Of what is before the end.
  var samples: UInt64 = 0

  /// In bytes; what is longer is read from its beginning, on both cores.
  static let longestTail = 16 << 20

  /// Whether what follows may be counted by itself: a row that holds the log of a run may repeat any
  /// event, and a line that lacks its end may become another.
  private let canGoOn: Bool

  private init(identity: FileIdentity, canGoOn: Bool) {
    self.identity = identity
    self.canGoOn = canGoOn
  }

  // MARK: Counting

  /// Counts a ledger, from where `known` ends where that is of the same ledger.
  static func of(
    _ file: FileDescriptor, _ status: Stat, known: TelemetryBook?, rules: ProxyRules
  ) throws(Errno) -> TelemetryBook {
    if let known, let book = try known.going(on: file, status, rules) { return book }
    var cells = TelemetryCells([])
    let rows = StoredRows(source: .file(file, size: Int(status.size)), rules: rules)
    let pass = try rows.read(into: &cells)
    let last = try file.bytes(from: Int(max(0, status.size - 1)), upTo: 1)
    var book = TelemetryBook(
      identity: status.identity,
      canGoOn: pass.logs == 0 && last == [UInt8(ascii: "\n")])
    book.cells = cells
    book.pass = pass
    book.end = status.size
    book.samples = try samples(file, before: status.size)
    return book
  }

  /// The same with what follows; nil where that does not suffice.
  func going(
    on file: FileDescriptor, _ status: Stat, _ rules: ProxyRules
  ) throws(Errno) -> TelemetryBook? {
    guard canGoOn, identity == status.identity, end <= status.size,
      status.size - end <= Self.longestTail, try Self.samples(file, before: end) == samples
    else { return nil }
    let tail = try file.bytes(from: Int(end), upTo: Int(status.size - end))
    guard tail.count == Int(status.size - end),
      tail.last ?? UInt8(ascii: "\n") == UInt8(ascii: "\n")
    else { return nil }
    var result = self
    let pass = try StoredRows(source: .memory(tail), rules: rules).read(into: &result.cells)
    // These say something of rows before them, or are counted by their lines.
    guard pass.corrections == 0, pass.logs == 0, pass.damaged == 0 else { return nil }
    result.pass.events += pass.events
    result.end = status.size
    result.samples = try Self.samples(file, before: status.size)
    return result
  }

  /// A hash of stretches all over the file before an offset, its first and last among them.
  private static func samples(
    _ file: FileDescriptor, before end: Int64
  ) throws(Errno) -> UInt64 {
    let length = 4_096
    let count = 32
    var hash = ContentHash(seed: UInt64(end))
    for index in 0...count {
      let start = max(0, Int(end) - length) / count * index
      hash.add(PageFile.hash(try file.bytes(from: start, upTo: min(length, Int(end) - start))))
    }
    let tail = max(0, Int(end) - length)
    hash.add(PageFile.hash(try file.bytes(from: tail, upTo: Int(end) - tail)))
    return hash.value
  }

  // MARK: Pages

  /// The page of all windows under an empty name, and one of each.
  var pages: [(name: String, page: ProxyPage)] {
    var groups: [String: [TelemetryCells.Cell]] = [:]
    for cell in cells.cells { groups[cell.window, default: []].append(cell) }
    return [("", page(cells.cells, of: nil))]
      + cells.windows.filter { !$0.isEmpty }.map { ($0, page(groups[$0] ?? [], of: $0)) }
  }

  /// The page of one window, or of all.
  func page(_ window: String?) -> ProxyPage {
    page(
      window.map { name in cells.cells.filter { $0.window == name } } ?? cells.cells, of: window)
  }

  private func page(_ cells: [TelemetryCells.Cell], of window: String?) -> ProxyPage {
    var summary = TelemetryCells.summary(cells)
    summary.pass = pass
    return ProxyPage(summary, of: window)
  }
}

// MARK: - The file's form

extension TelemetryBook {
  private static let magic: UInt64 = 0x3153_4C4C_4543_524A  // "JRCELLS1"

  /// nil where what follows cannot be counted by itself.
  func cached(salt: UInt64) -> [UInt8]? {
    guard canGoOn else { return nil }
    var writer = CacheWriter()
    for word in [
      Self.magic, salt, identity.device, identity.inode, UInt64(bitPattern: end), samples,
    ] {
      writer.word(word)
    }
    for number in [
      pass.events, pass.damaged, pass.firstDamaged ?? 0, pass.corrections, cells.cells.count,
    ] {
      writer.number(number)
    }
    for cell in cells.cells { cell.write(into: &writer) }
    writer.word(PageFile.hash(writer.bytes))
    return writer.bytes
  }

  /// nil when it is none of ours, or damaged.
  init?(cached bytes: [UInt8], salt: UInt64) {
    guard bytes.count > 8 else { return nil }
    var tail = CacheReader(Array(bytes.suffix(8)))
    let body = Array(bytes.dropLast(8))
    guard tail.word() == PageFile.hash(body) else { return nil }
    var reader = CacheReader(body)
    guard reader.word() == Self.magic, reader.word() == salt, let device = reader.word(),
      let inode = reader.word(), let end = reader.word(), let samples = reader.word(),
      let events = reader.number(), let damaged = reader.number(),
      let firstDamaged = reader.number(), let corrections = reader.number(),
      let count = reader.number(), let last = Int64(exactly: end)
    else { return nil }
    var cells: [TelemetryCells.Cell] = []
    for _ in 0..<max(0, count) {
      guard let cell = TelemetryCells.Cell(&reader) else { return nil }
      cells.append(cell)
    }
    guard reader.isAtEnd else { return nil }
    self.init(identity: FileIdentity(device: device, inode: inode), canGoOn: true)
    self.cells = TelemetryCells(cells)
    self.end = last
    self.samples = samples
    pass.events = events
    pass.damaged = damaged
    pass.firstDamaged = firstDamaged > 0 ? firstDamaged : nil
    pass.corrections = corrections
  }
}

extension TelemetryCells.Cell {
  fileprivate func write(into writer: inout CacheWriter) {
    for text in [window, lane, model] { writer.text(text) }
    for number in [
      figures.events, figures.requests, figures.routed, figures.errors, figures.inputTokens,
      figures.outputTokens, figures.withoutTokens,
    ] {
      writer.number(number)
    }
    let whole = latencies.filter { Self.isWhole($0.key) }.sorted { $0.key < $1.key }
    writer.number(whole.count)
    var last = 0
    for (latency, times) in whole {
      writer.number(Int(latency) - last)
      writer.number(times)
      last = Int(latency)
    }
    let others = latencies.filter { !Self.isWhole($0.key) }.sorted { $0.key < $1.key }
    writer.number(others.count)
    for (latency, times) in others {
      writer.word(latency.bitPattern)
      writer.number(times)
    }
  }

  private static func isWhole(_ latency: Double) -> Bool {
    latency < 1e15 && latency == latency.rounded()
  }

  fileprivate init?(_ reader: inout CacheReader) {
    guard let window = reader.text(), let lane = reader.text(), let model = reader.text() else {
      return nil
    }
    self.init(window: window, lane: lane, model: model)
    var numbers: [Int] = []
    for _ in 0..<7 {
      guard let number = reader.number() else { return nil }
      numbers.append(number)
    }
    figures.events = numbers[0]
    figures.requests = numbers[1]
    figures.routed = numbers[2]
    figures.errors = numbers[3]
    figures.inputTokens = numbers[4]
    figures.outputTokens = numbers[5]
    figures.withoutTokens = numbers[6]
    guard let whole = reader.number() else { return nil }
    var last = 0
    for _ in 0..<max(0, whole) {
      guard let step = reader.number(), let times = reader.number() else { return nil }
      last += step
      latencies[Double(last)] = times
    }
    guard let others = reader.number() else { return nil }
    for _ in 0..<max(0, others) {
      guard let bits = reader.word(), let times = reader.number() else { return nil }
      latencies[Double(bitPattern: bits)] = times
    }
  }
}
