internal import Shared
internal import SystemPackage

/// One reading of stored rows.
final class StoredRowsRun {
  private let rows: StoredRows
  private let window: [UInt8]?
  private let longest = StoredRows.longestRow
  private let reader = StoredRow.reader()
  private var windows: AssignedWindows?
  /// Events that were read out of logs.
  private var seen = EventIDSet()
  /// Where rows with logs stand.
  private(set) var logs: [Int] = []
  /// How many lines were gone over.
  private(set) var lines = 0
  private(set) var pass = TelemetryPass()
  private let events = ProxyEventReader()
  private var judge: EventJudge
  /// Brings events that are not stored one by one into the form of those that are.
  private var writer = TelemetryRowWriter(
    stamp: RowStamp(toolVersion: "", host: ""), agent: "", ingestedAt: nil)
  private var written = RowBuffer(capacity: 1_024)

  init(_ rows: StoredRows) {
    self.rows = rows
    judge = EventJudge(rows.rules)
    window = rows.window.map { Array($0.utf8) }
  }

  // MARK: Rows

  /// A part of the source, from the beginning of a line on.
  enum Part: Sendable {
    case whole
    case before(Int)
    case from(Int)
  }

  func readRows<Sink: TelemetrySink>(_ part: Part, into sink: inout Sink) throws(Errno) {
    lines = try walk(
      part,
      row: { row, line throws(Errno) in try take(row, line, &sink) },
      other: { line throws(Errno) in try takeOther(line, &sink) })
  }

  /// Goes over all lines: those that are written as ours are, and those that are not.
  @inline(__always)
  private func walk(
    _ part: Part,
    row: (StoredRow, Line) throws(Errno) -> Void, other: (Line) throws(Errno) -> Void
  ) throws(Errno) -> Int {
    var blocks = blocks(of: part)
    var number = 0
    while let block = try blocks.next() {
      guard let base = block.baseAddress else { return number }
      var start = 0
      while start < block.count {
        number += 1
        let length = reader.read(base + start)
        let count = length ?? LineBlocks.length(ofLineAt: start, in: block)
        let line = Line(
          bytes: UnsafeBufferPointer(start: base + start, count: count),
          offset: blocks.offset + start, number: number,
          lacksEnd: blocks.lacksEnd && start + count == block.count)
        if length != nil {
          try row(StoredRow(bytes: base + start, values: reader.values), line)
        } else {
          try other(line)
        }
        start += count
      }
    }
    for _ in 0..<blocks.longLines { noteDamage(number) }
    return number
  }

  private func blocks(of part: Part) -> LineBlocks {
    switch (part, rows.source) {
    case (.before(let end), .file(let file, _)):
      LineBlocks(.file(file, size: end), longestLine: longest)
    case (.from(let start), _): LineBlocks(rows.source, from: start, longestLine: longest)
    default: LineBlocks(rows.source, longestLine: longest)
    }
  }

  /// Takes over what was met in a part, behind what was met before.
  func take(_ other: TelemetryPass, logs: [Int], lines: Int) {
    pass.events += other.events
    pass.damaged += other.damaged
    pass.corrections += other.corrections
    if pass.firstDamaged == nil { pass.firstDamaged = other.firstDamaged.map { $0 + self.lines } }
    self.logs += logs
    self.lines += lines
  }

  /// Takes a line that is not written as ours are.
  private func takeOther<Sink: TelemetrySink>(_ line: Line, _ sink: inout Sink) throws(Errno) {
    guard line.bytes.contains(where: { $0 > 0x20 }) else { return }
    if rows.takesEvents, !holdsRow(line.bytes) { return takeEvents(line, &sink) }
    var result: Result<Void, Errno> = .success(())
    var text = StoredRowText()
    let read = text.read(line.bytes) { row in
      do throws(Errno) { try take(row, line, &sink) } catch { result = .failure(error) }
    }
    // A last line that is still being written is nobody's fault.
    if !read.isWhole, !(line.lacksEnd && read.objects == 0) { noteDamage(line.number) }
    try result.get()
  }

  /// Whether a line that is not written as ours are is a row all the same.
  private func holdsRow(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
    var isRow = false
    LineBlocks.lines(of: line, with: "\"proxy-telemetry\"") { _ in isRow = true }
    return isRow
  }

  private func take<Sink: TelemetrySink>(
    _ row: StoredRow, _ line: Line, _ sink: inout Sink
  ) throws(Errno) {
    switch row.role {
    case .event:
      guard row.text(.window, is: "unassigned") else {
        return give(row, row.text(.window), &sink)
      }
      try giveUnassigned(row, from: line.offset, &sink)
    case .correction: pass.corrections += 1
    case .log: if logs.last != line.offset { logs.append(line.offset) }
    case .other:
      if rows.takesEvents, !row.text(.provider, is: "proxy-telemetry") {
        takeEvents(line, &sink)
      } else {
        noteDamage(line.number)
      }
    }
  }

  @inline(__always)
  private func give<Sink: TelemetrySink>(
    _ row: StoredRow, _ name: UnsafeBufferPointer<UInt8>, _ sink: inout Sink
  ) {
    if let window, !window.withUnsafeBufferPointer({ name.isSame(as: $0) }) { return }
    pass.events += 1
    sink.add(row, window: name)
  }

  /// Gives an event that came while no window was open, under the window it was put into since.
  private func giveUnassigned<Sink: TelemetrySink>(
    _ row: StoredRow, from offset: Int, _ sink: inout Sink
  ) throws(Errno) {
    if windows == nil { windows = try AssignedWindows(rows.source, from: offset, longest) }
    guard let name = windows?[row.string(.id)] else {
      return give(row, row.text(.window), &sink)
    }
    name.withUnsafeBufferPointer { padded in
      give(row, UnsafeBufferPointer(rebasing: padded.dropLast(LineBlocks.padding)), &sink)
    }
  }

  /// A line where it stands.
  private struct Line {
    let bytes: UnsafeBufferPointer<UInt8>
    let offset: Int
    let number: Int
    let lacksEnd: Bool
  }

  private func noteDamage(_ number: Int) {
    pass.damaged += 1
    if pass.firstDamaged == nil { pass.firstDamaged = number }
  }

  // MARK: Logs

  /// Takes a line of a proxy's own log.
  private func takeEvents<Sink: TelemetrySink>(
    _ line: Line, _ sink: inout Sink
  ) {
    let window = rows.window ?? TelemetryRowWriter.unassigned
    _ = events.scan(
      Array(line.bytes),
      event: { fields, texts, _ in giveOnce(fields, texts, window: window, &sink) },
      fault: { fault, _ in if fault.losesEvent { noteDamage(line.number) } })
  }

  /// Reads out the rows that hold the log of a run, after all that are stored one by one.
  func readLogs<Sink: TelemetrySink>(into sink: inout Sink) throws(Errno) {
    guard !logs.isEmpty else { return }
    pass.logs = logs.count
    var candidates = EventIDSet()
    for offset in logs {
      try expand(offset) { fields, texts, _ in
        _ = candidates.insert(judge.judge(fields, texts).id)
      }
    }
    try readRowsAgain { id in if candidates.contains(id) { _ = seen.insert(id) } }
    for offset in logs {
      try expand(offset) { fields, texts, window in
        giveOnce(fields, texts, window: window, &sink)
      }
    }
  }

  private func readRowsAgain(_ found: (EventID) -> Void) throws(Errno) {
    func look(at row: StoredRow) {
      guard row.role == .event, let id = EventID(utf8: row.text(.id)) else { return }
      found(id)
    }
    _ = try walk(
      .whole,
      row: { row, _ in look(at: row) },
      other: { line in
        var text = StoredRowText()
        _ = text.read(line.bytes, row: look)
      })
  }

  /// Reads the events of the rows with logs that stand on one line.
  private func expand(
    _ offset: Int, _ found: (EventFields, EventTexts, String) -> Void
  ) throws(Errno) {
    var blocks = LineBlocks(rows.source, from: offset, longestLine: longest)
    guard let block = try blocks.next() else { return }
    let length = LineBlocks.length(ofLineAt: 0, in: block)
    var text = StoredRowText()
    _ = text.read(UnsafeBufferPointer(rebasing: block[..<length])) { row in
      guard row.role == .log else { return }
      let window = row.string(.window)
      _ = events.scan(
        Array(row.text(.rawText)) + [UInt8(ascii: "\n")],
        event: { fields, texts, _ in found(fields, texts, window) }, fault: { _, _ in })
    }
  }

  private func giveOnce<Sink: TelemetrySink>(
    _ fields: EventFields, _ texts: EventTexts, window: String, _ sink: inout Sink
  ) {
    let judgement = judge.judge(fields, texts)
    guard seen.insert(judgement.id) else {
      pass.repeated += 1
      return
    }
    written.removeAll()
    writer.write(fields, texts, judgement, window: window, to: &written)
    var text = StoredRowText()
    _ = text.read(written.bytes.bindMemory(to: UInt8.self)) { row in
      give(row, row.text(.window), &sink)
    }
  }
}

extension ProxyEventReader.Fault {
  /// Whether there is no event where this was found.
  fileprivate var losesEvent: Bool {
    switch self {
    case .malformed, .notAnObject, .tooLong: true
    case .torn, .notAnEvent: true
    default: false
    }
  }
}
