internal import Shared
internal import SystemPackage

/// A stretch of a file, or a pipe, that holds events.
struct LogPart {
  let file: FileDescriptor
  let path: FilePath
  /// nil of a pipe.
  let range: Range<Int64>?
  /// Whether a last line without an end will never get one.
  let takesTornLine: Bool
}

/// What became of an input.
struct IngestResult {
  var counts = IngestCounts()
  /// Events that were not stored before.
  var new = 0
  var newRequests = 0
  /// Events that were given a window now.
  var assigned = 0
  /// Behind the last whole line that was read of the last part.
  var lineEnd: Int64 = 0
}

extension IngestTelemetryJob {
  /// Stores the events of some parts of a log.
  func ingest(_ parts: [LogPart]) throws(JobError) -> IngestResult {
    let agent = try AgentID.current(world.environment)
    let segments = WindowSegments(options.window == nil ? try spans(agent) : [])
    var writer = TelemetryRowWriter(stamp: stamp, agent: agent, ingestedAt: world.clock.now())
    let reader = EventBatchReader(
      rules: settings.rules, writer: writer, window: options.window, segments: segments)
    var run = IngestRun(
      ledger: TelemetryLedger(workspace: workspace, world: world, job: Self.name), reader: reader,
      dryRun: options.dryRun)
    let total = parts.contains { $0.range == nil } ? nil : parts.reduce(0) { $0 + $1.length }
    try run.ledger.load(expecting: Int((total ?? 0) / 400))
    if options.isStrict {
      try ingestStrictly(parts, &run, reader)
    } else {
      var before: Int64 = 0
      for part in parts {
        var chunks = part.chunks()
        while let chunk = try next(&chunks, part) {
          try run.take(chunk)
          progress(before + chunks.bytesRead, total)
        }
        before += chunks.bytesRead
        run.result.lineEnd = chunks.lineEnd
      }
    }
    let counts = run.counts
    if options.source != .log, counts.events == 0, counts.hasContent, let part = parts.last {
      throw run.outcome.nothingUsable(part.path)
    }
    if !options.dryRun {
      run.result.assigned = try run.ledger.assign(segments, writer: &writer)
      try run.ledger.sync()
    }
    return run.outcome
  }

  /// Looks at all before anything is stored.
  private func ingestStrictly(
    _ parts: [LogPart], _ run: inout IngestRun, _ reader: EventBatchReader
  ) throws(JobError) {
    var checker = reader
    var batch = EventBatch()
    // A pipe can be read once only.
    var kept: [LineChunk] = []
    for part in parts {
      var chunks = part.chunks()
      while let chunk = try next(&chunks, part) {
        checker.read(chunk, into: &batch)
        if part.range == nil { kept.append(chunk) }
      }
      if checker.counts.isRefusedWhenStrict {
        throw JobError(
          .badData, "\(part.path): refused: \(checker.counts.faultText); nothing was stored")
      }
    }
    for part in parts where part.range != nil {
      var chunks = part.chunks()
      while let chunk = try next(&chunks, part) { try run.take(chunk) }
      run.result.lineEnd = chunks.lineEnd
    }
    for chunk in kept { try run.take(chunk) }
  }

  private func next(
    _ chunks: inout LineChunks, _ part: LogPart
  ) throws(JobError) -> LineChunk? {
    do throws(Errno) {
      return try chunks.next()
    } catch {
      throw JobError(FileError(operation: "read", path: part.path, errno: error))
    }
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

  init(ledger: consuming TelemetryLedger, reader: EventBatchReader, dryRun: Bool) {
    self.ledger = ledger
    self.reader = reader
    self.dryRun = dryRun
  }

  var counts: IngestCounts { reader.counts }

  var outcome: IngestResult {
    var result = result
    result.counts = reader.counts
    return result
  }

  mutating func take(_ chunk: LineChunk) throws(JobError) {
    reader.read(chunk, into: &batch)
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

extension LogPart {
  fileprivate var length: Int64 { range.map { $0.upperBound - $0.lowerBound } ?? 0 }

  fileprivate func chunks() -> LineChunks {
    LineChunks(file, range: range, takesTornLine: takesTornLine)
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
