internal import Shared

/// What was seen in an input, whether it was new or not.
struct IngestCounts: Sendable, Equatable {
  var events = 0
  /// Events that ended a request.
  var requests = 0
  var routed = 0
  /// What is odd, by kind: how often, and the first line, from 1.
  var faults: [ProxyEventReader.Fault: (count: Int, firstLine: Int)] = [:]
  var lines = 0
  var isRefusedWhenStrict: Bool { faults.keys.contains(where: \.isRefused) }
  /// Whether there was anything but white space.
  var hasContent: Bool { events > 0 || faults.keys.contains { $0.isRefused } }

  static func == (left: IngestCounts, right: IngestCounts) -> Bool {
    left.events == right.events && left.requests == right.requests && left.routed == right.routed
      && left.lines == right.lines
      && left.faults.mapValues { [$0.count, $0.firstLine] }
        == right.faults.mapValues { [$0.count, $0.firstLine] }
  }

  mutating func note(_ fault: ProxyEventReader.Fault, line: Int) {
    faults[fault, default: (0, line)].count += 1
  }
}

/// The events of one piece of a log, as rows that wait to be told which of them are new.
struct EventBatch: ~Copyable {
  /// One row and what the ledger must know of it.
  struct Entry {
    let id: EventID
    /// Behind the row's line feed.
    let end: Int
    /// The event's moment where it has no window yet.
    let unassignedAt: Int64?
    let isFinished: Bool
  }

  var rows = RowBuffer(capacity: 6 << 20)
  var entries: [Entry] = []

  mutating func removeAll() {
    rows.removeAll()
    entries.removeAll(keepingCapacity: true)
  }

  /// Drops the rows whose events are known, closing the gaps.
  ///
  /// - Parameter isNew: Asked once of each entry, in order.
  mutating func keep(where isNew: (Entry) -> Bool) {
    var kept = 0
    var length = 0
    var start = 0
    for index in entries.indices {
      let entry = entries[index]
      if isNew(entry) {
        rows.move(start..<entry.end, to: length)
        length += entry.end - start
        entries[kept] = Entry(
          id: entry.id, end: length, unassignedAt: entry.unassignedAt, isFinished: entry.isFinished)
        kept += 1
      }
      start = entry.end
    }
    entries.removeSubrange(kept...)
    rows.shorten(to: length)
  }
}

/// Makes rows of the lines of a log.
struct EventBatchReader {
  private let reader = ProxyEventReader()
  private var judge: EventJudge
  private var writer: TelemetryRowWriter
  private let segments: WindowSegments
  /// The window of all events, where one was named.
  private let window: String?
  private(set) var counts = IngestCounts()

  init(
    rules: ProxyRules, writer: TelemetryRowWriter, window: String?, segments: WindowSegments
  ) {
    judge = EventJudge(rules)
    self.writer = writer
    self.window = window
    self.segments = segments
  }

  /// Replaces what is in the batch.
  mutating func read(_ chunk: LineChunk, into batch: inout EventBatch) {
    batch.removeAll()
    if chunk.endsLongLine {
      counts.lines += 1
      counts.note(.tooLong, line: counts.lines)
    }
    let base = counts.lines + 1
    let isTorn = chunk.isTorn
    // Copied out and back in, so that two closures may change parts of us.
    var seen = counts
    var noted: [(ProxyEventReader.Fault, Int)] = []
    let (lines, _) = reader.scan(chunk.bytes) { fields, texts, _ in
      seen.events += 1
      add(fields, texts, to: &batch, &seen)
    } fault: { fault, line in
      noted.append((fault == .malformed && isTorn ? .torn : fault, base + line))
    }
    seen.lines += lines
    for (fault, line) in noted { seen.note(fault, line: line) }
    counts = seen
  }

  private mutating func add(
    _ fields: EventFields, _ texts: EventTexts, to batch: inout EventBatch,
    _ seen: inout IngestCounts
  ) {
    let judgement = judge.judge(fields, texts)
    if fields.isFinished {
      seen.requests += 1
      if judgement.isRouted { seen.routed += 1 }
    }
    let found = window ?? fields.time.flatMap { segments.window(at: $0) }
    writer.write(
      fields, texts, judgement, window: found ?? TelemetryRowWriter.unassigned, to: &batch.rows)
    batch.entries.append(
      EventBatch.Entry(
        id: judgement.id, end: batch.rows.count, unassignedAt: found == nil ? fields.time : nil,
        isFinished: fields.isFinished))
  }
}
