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
    /// The event's moment where it has no window yet, ``EventIndexBlock/noMoment`` for none.
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
struct EventBatchReader: ~Copyable {
  private let reader = ProxyEventReader()
  private var maker: EventRowMaker
  private(set) var counts = IngestCounts()
  /// From the lines that were read to the numbers they have in their file.
  private var lineShift = 0

  /// - Parameter window: That of all events, where one was named.
  init(
    rules: ProxyRules, writer: TelemetryRowWriter, window: String?, segments: WindowSegments
  ) {
    maker = EventRowMaker(
      judge: EventJudge(rules), writer: writer, window: window, segments: segments)
  }

  /// Goes on with a file of which so many lines were read before.
  mutating func begin(linesBefore: Int) { lineShift = linesBefore - counts.lines }

  /// Adds the rows of whole lines to the batch.
  ///
  /// - Parameters:
  ///   - block: Has ``LineBlocks/padding`` behind it.
  ///   - longLines: How many lines before it were passed over since they are too long.
  ///   - isTorn: Whether its last line had no end of its own.
  mutating func read(
    _ block: UnsafeBufferPointer<UInt8>, longLines: Int, isTorn: Bool,
    into batch: inout EventBatch
  ) {
    for _ in 0..<longLines {
      counts.lines += 1
      counts.note(.tooLong, line: lineShift + counts.lines)
    }
    let base = lineShift + counts.lines + 1
    var noted: [(fault: ProxyEventReader.Fault, line: Int)] = []
    let lines = reader.scan(block: block) { fields, texts, _ in
      maker.add(fields, texts, to: &batch, &counts)
    } fault: { fault, line in
      noted.append((fault, line))
    }
    counts.lines += lines
    for (fault, line) in noted {
      let isEnd = isTorn && line == lines - 1 && fault == .malformed
      counts.note(isEnd ? .torn : fault, line: base + line)
    }
  }
}

private struct EventRowMaker {
  var judge: EventJudge
  var writer: TelemetryRowWriter
  let window: String?
  let segments: WindowSegments

  @inline(__always)
  mutating func add(
    _ fields: EventFields, _ texts: EventTexts, to batch: inout EventBatch,
    _ counts: inout IngestCounts
  ) {
    let judgement = judge.judge(fields, texts)
    counts.events += 1
    if fields.isFinished {
      counts.requests += 1
      if judgement.isRouted { counts.routed += 1 }
    }
    let found = window ?? fields.time.flatMap { segments.window(at: $0) }
    writer.write(
      fields, texts, judgement, window: found ?? TelemetryRowWriter.unassigned, to: &batch.rows)
    batch.entries.append(
      EventBatch.Entry(
        id: judgement.id, end: batch.rows.count,
        unassignedAt: found == nil ? fields.time ?? EventIndexBlock.noMoment : nil,
        isFinished: fields.isFinished))
  }
}
