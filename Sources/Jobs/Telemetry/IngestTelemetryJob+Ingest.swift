internal import Shared
internal import SystemPackage

/// A stretch of a file, or a pipe, that holds events.
struct LogPart {
  var source: LineBlocks.Source
  let path: FilePath
  /// Where to begin in a file.
  private(set) var start = 0
  /// How many lines are before that.
  private(set) var linesBefore = 0
  /// Whether a last line without an end will never get one.
  let takesTornLine: Bool

  /// A place between two lines of a log.
  struct Place {
    let offset: Int64
    /// How many lines are before it.
    let lines: Int
  }

  init(
    source: LineBlocks.Source, path: FilePath, start: Int = 0, linesBefore: Int = 0,
    takesTornLine: Bool
  ) {
    self.source = source
    self.path = path
    self.start = start
    self.linesBefore = linesBefore
    self.takesTornLine = takesTornLine
  }

  var beginning: Place { Place(offset: Int64(start), lines: linesBefore) }

  mutating func begin(at place: Place) {
    start = Int(place.offset)
    linesBefore = place.lines
  }

  /// How much there is to read; nil of a pipe.
  var length: Int64? {
    switch source {
    case .file(_, let size): Int64(size - start)
    case .memory(let bytes): Int64(bytes.count - start)
    case .pipe: nil
    }
  }
}

/// What became of an input.
struct IngestResult {
  var counts = IngestCounts()
  /// Events that were not stored before.
  var new = 0
  var newRequests = 0
  /// Events that were given a window now.
  var assigned = 0
  /// Behind the last whole line that was read of each part.
  var ends: [LogPart.Place] = []
}

extension IngestTelemetryJob {
  /// Stores the events of some parts of a log.
  func ingest(_ parts: [LogPart]) throws(JobError) -> IngestResult {
    let agent = try AgentID.current(world.environment)
    // What is called unassigned by hand waits for a window like the rest.
    let window = options.window == TelemetryRowWriter.unassigned ? nil : options.window
    let segments = WindowSegments(options.window == nil ? try spans(agent) : [])
    var writer = TelemetryRowWriter(stamp: stamp, agent: agent, ingestedAt: world.clock.now())
    var parts = parts
    if options.isStrict { try refuseOdd(&parts, writer) }
    var run = IngestRun(
      ledger: TelemetryLedger(
        workspace: workspace, world: world, job: Self.name,
        keepsRepeated: window != nil),
      reader: EventBatchReader(
        rules: settings.rules, writer: writer, window: window, segments: segments),
      dryRun: options.dryRun)
    let total = parts.reduce(Int64?.some(0)) { sum, part in
      part.length.flatMap { length in sum.map { $0 + length } }
    }
    try run.ledger.load(expecting: Int((total ?? 0) / 400))
    var before: Int64 = 0
    for part in parts {
      run.result.ends.append(try run.read(part) { progress(before + $0, total) })
      before += part.length ?? 0
    }
    try run.flush()
    let outcome = run.outcome
    if options.source != .log, outcome.counts.events == 0, outcome.counts.hasContent,
      let part = parts.last
    {
      throw outcome.nothingUsable(part.path)
    }
    if options.dryRun { return outcome }
    if let window {
      run.result.assigned = try run.ledger.assignRepeated(to: window, writer: &writer)
    } else {
      run.result.assigned = try run.ledger.assign(segments, writer: &writer)
    }
    try run.ledger.sync()
    return run.outcome
  }

  /// Looks at all before anything is stored; a pipe, which can be read once only, is kept.
  private func refuseOdd(
    _ parts: inout [LogPart], _ writer: TelemetryRowWriter
  ) throws(JobError) {
    for index in parts.indices {
      if case .pipe(let file) = parts[index].source {
        parts[index].source = .memory(try readAll(file, parts[index].path))
      }
      var check = IngestRun(
        ledger: TelemetryLedger(workspace: workspace, world: world, job: Self.name),
        reader: EventBatchReader(
          rules: settings.rules, writer: writer, window: options.window,
          segments: WindowSegments([])),
        dryRun: true)
      _ = try check.read(parts[index]) { _ in }
      guard !check.outcome.counts.isRefusedWhenStrict else {
        throw JobError(
          .badData,
          "\(parts[index].path): refused: \(check.outcome.counts.faultText); nothing was stored")
      }
    }
  }

  private func readAll(_ file: FileDescriptor, _ path: FilePath) throws(JobError) -> [UInt8] {
    var blocks = LineBlocks(.pipe(file), longestLine: .max)
    var bytes: [UInt8] = []
    try reading(path) { () throws(Errno) in
      while let block = try blocks.next() { bytes += block.dropLast(blocks.lacksEnd ? 1 : 0) }
    }
    return bytes
  }
}

/// The state of one run: what is stored, and what is being read.
private struct IngestRun: ~Copyable {
  var ledger: TelemetryLedger
  var reader: EventBatchReader
  let dryRun: Bool
  var result = IngestResult()
  private var batch = EventBatch()
  private var seen = EventIDSet()

  /// So many bytes of rows are appended at a time, which takes milliseconds.
  private static let batchSize = 4 << 20

  init(
    ledger: consuming TelemetryLedger, reader: consuming EventBatchReader, dryRun: Bool
  ) {
    self.ledger = ledger
    self.reader = reader
    self.dryRun = dryRun
  }

  var outcome: IngestResult {
    var result = result
    result.counts = reader.counts
    return result
  }

  /// Stores the events of a part.
  ///
  /// - Returns: Behind its last whole line.
  mutating func read(
    _ part: LogPart, progress: (Int64) -> Void
  ) throws(JobError) -> LogPart.Place {
    var blocks = LineBlocks(
      part.source, from: part.start, longestLine: ProxyEventReader.longestLine)
    var end = part.start
    var longLines = 0
    let firstLine = reader.counts.lines
    reader.begin(linesBefore: part.linesBefore)
    while var block = try next(&blocks, part) {
      if blocks.lacksEnd, !part.takesTornLine {
        let last = block.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        block = UnsafeBufferPointer(rebasing: block[..<last])
      }
      reader.read(
        block, longLines: blocks.longLines - longLines, isTorn: blocks.lacksEnd, into: &batch)
      longLines = blocks.longLines
      if !block.isEmpty { end = blocks.offset + block.count }
      if batch.rows.count >= Self.batchSize { try flush() }
      progress(Int64(end - part.start))
    }
    // A line that is too long and ends the input has no block behind it.
    if blocks.longLines > longLines, part.takesTornLine {
      reader.read(
        UnsafeBufferPointer(start: nil, count: 0), longLines: blocks.longLines - longLines,
        isTorn: false, into: &batch)
    }
    return LogPart.Place(
      offset: Int64(end), lines: part.linesBefore + reader.counts.lines - firstLine)
  }

  private func next(
    _ blocks: inout LineBlocks, _ part: LogPart
  ) throws(JobError) -> UnsafeBufferPointer<UInt8>? {
    do throws(Errno) {
      return try blocks.next()
    } catch {
      throw JobError(FileError(operation: "read", path: part.path, errno: error))
    }
  }

  /// Appends what is new of the batch.
  mutating func flush() throws(JobError) {
    defer { batch.removeAll() }
    guard !dryRun else {
      for entry in batch.entries where !ledger.ids.contains(entry.id) && seen.insert(entry.id) {
        result.new += 1
        if entry.isFinished { result.newRequests += 1 }
      }
      return
    }
    let added = try ledger.append(&batch)
    result.new += added.events
    result.newRequests += added.requests
  }
}

// MARK: - Reporting

extension IngestResult {
  func nothingUsable(_ path: FilePath) -> JobError {
    JobError(.badData, "\(path): nothing in it is an event: \(counts.faultText)")
  }

  func report(_ options: IngestTelemetryJob.Options) -> JobReport {
    let isIdle = new == 0 && assigned == 0
    var parts = ["\(counts.events) events read, \(new) new, \(newRequests) of them requests"]
    if assigned > 0 { parts.append("\(assigned) given a window") }
    if !counts.faults.isEmpty { parts.append(counts.faultText) }
    if options.dryRun { parts.append("nothing stored") }
    var report = JobReport(
      job: IngestTelemetryJob.name, outcome: isIdle || options.dryRun ? .idle : .done,
      summary: parts.joined(separator: "; "),
      counts: [
        .init("events", counts.events), .init("requests", counts.requests),
        .init("routed", counts.routed), .init("new", new), .init("assigned", assigned),
        .init("lines", counts.lines),
      ])
    if let window = options.window { report.facts = [.init("window", window)] }
    // Of the scheduled log only what is a fault of its writer, once, as it comes.
    if counts.isRefusedWhenStrict || options.source != .log && !counts.faults.isEmpty {
      report.warnings = [counts.faultText]
    }
    report.values = [.init("faults", json: counts.faultJSON)]
    return report
  }
}

extension IngestCounts {
  private var sortedFaults: [(kind: ProxyEventReader.Fault, count: Int, firstLine: Int)] {
    ProxyEventReader.Fault.allCases.compactMap { kind in
      faults[kind].map { (kind, $0.count, $0.firstLine) }
    }
  }

  /// `2 malformed (first on line 7), 1 blank-line (line 9)`.
  var faultText: String {
    sortedFaults.map { fault in
      let place = fault.count == 1 ? "line" : "first on line"
      return "\(fault.count) \(fault.kind.rawValue) (\(place) \(fault.firstLine))"
    }.joined(separator: ", ")
  }

  var faultJSON: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      for fault in sortedFaults {
        writer.key(fault.kind.rawValue)
        writer.object { writer in
          writer.member("count", fault.count)
          writer.member("first_line", fault.firstLine)
        }
      }
    }
    return writer.bytes
  }
}
