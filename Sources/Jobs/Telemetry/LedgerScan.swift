internal import Shared

/// Finds out which events a stretch of `proxy_telemetry.jsonl` holds, whoever wrote it.
struct LedgerScan: ~Copyable {
  private var reader = ProxyEventReader()
  private let rows = StoredRow.reader()

  /// Adds what the lines of a block hold.
  mutating func read(_ lines: UnsafeBufferPointer<UInt8>, into block: inout EventIndexBlock) {
    guard let base = lines.baseAddress else { return }
    var start = 0
    while start < lines.count {
      if let length = rows.read(base + start) {
        take(StoredRow(bytes: base + start, values: rows.values), into: &block)
        start += length
      } else {
        let end = lines.newline(from: start) ?? lines.count
        let line = Array(UnsafeBufferPointer(start: base + start, count: end - start))
        var scanner = JSONScanner(line, window: 64 << 10)
        scanner.toleratesInvalidUTF8 = true
        readLine(line.indices, &scanner, into: &block)
        start = end + 1
      }
    }
  }

  /// Takes a row that is written as ours are.
  private func take(_ row: StoredRow, into block: inout EventIndexBlock) {
    if row.has(.assigns) {
      if let event = EventID(utf8: row.text(.assigns)) { block.assigned.append(event.bits) }
    } else if let id = EventID(utf8: row.text(.id)), row.has(.kind) {
      block.ids.append(id.bits)
      guard row.text(.window, is: "unassigned") else { return }
      if let at = Timestamp(utf8: row.text(.ts)) {
        block.unassigned.append((id.bits, at.milliseconds))
      }
    }
  }

  private struct Row {
    var id: EventID?
    var assigns: EventID?
    var at: Timestamp?
    var isUnassigned = false
    var log: String?
  }

  private mutating func readLine(
    _ line: Range<Int>, _ scanner: inout JSONScanner, into block: inout EventIndexBlock
  ) {
    guard let row = try? readRow(&scanner), scanner.position <= line.upperBound else { return }
    if let log = row.log, row.id == nil {
      readLog(log, into: &block)
    } else if let event = row.assigns {
      block.assigned.append(event.bits)
    } else if let id = row.id {
      block.ids.append(id.bits)
      if row.isUnassigned, let at = row.at { block.unassigned.append((id.bits, at.milliseconds)) }
    }
  }

  private func readRow(_ scanner: inout JSONScanner) throws(JSONError) -> Row {
    var row = Row()
    guard try scanner.enterObject() else { return row }
    while try scanner.nextKey() {
      if scanner.keyIs("id") {
        row.id = try scanner.nextString().flatMap { EventID(text: $0) }
      } else if scanner.keyIs("ts") {
        row.at = try scanner.nextString().flatMap { Timestamp($0) }
      } else if scanner.keyIs("window") {
        row.isUnassigned = try scanner.nextString() == TelemetryRowWriter.unassigned
      } else if scanner.keyIs("assigns") {
        row.assigns = try scanner.nextString().flatMap { EventID(text: $0) }
      } else if scanner.keyIs("raw_text") {
        row.log = try scanner.nextString()
      } else {
        try scanner.skipValue()
      }
    }
    return row
  }

  /// A row of the tracker is of a whole log, which it holds as one text.
  private mutating func readLog(_ log: String, into block: inout EventIndexBlock) {
    let bytes = Array(log.utf8) + [UInt8(ascii: "\n")]
    _ = reader.scan(bytes) { fields, texts, _ in
      let id = fields.id(
        ridHash: ContentHash.of(texts[fields.rid]), laneHash: ContentHash.of(texts[fields.lane]),
        modelHash: ContentHash.of(texts[fields.model]))
      block.ids.append(id.bits)
    } fault: { _, _ in
    }
  }
}
