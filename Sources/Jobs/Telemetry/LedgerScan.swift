internal import Shared

/// Finds out which events a stretch of `proxy_telemetry.jsonl` holds, whoever wrote it.
struct LedgerScan: ~Copyable {
  private let events = ProxyEventReader()
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
        var text = StoredRowText()
        _ = text.read(UnsafeBufferPointer(rebasing: lines[start..<end])) { row in
          take(row, into: &block)
        }
        start = end + 1
      }
    }
  }

  private func take(_ row: StoredRow, into block: inout EventIndexBlock) {
    switch row.role {
    case .event:
      guard let id = EventID(utf8: row.text(.id)) else { return }
      block.ids.append(id.bits)
      guard row.text(.window, is: "unassigned") else { return }
      let at = Timestamp(utf8: row.text(.ts))?.milliseconds ?? EventIndexBlock.noMoment
      block.unassigned.append((id.bits, at))
    case .correction:
      if let event = EventID(utf8: row.text(.assigns)) { block.assigned.append(event.bits) }
    case .log: readLog(row.text(.rawText), into: &block)
    case .other: return
    }
  }

  /// A row of the tracker is of a whole log, which it holds as one text.
  private func readLog(_ log: UnsafeBufferPointer<UInt8>, into block: inout EventIndexBlock) {
    _ = events.scan(Array(log) + [UInt8(ascii: "\n")]) { fields, texts, _ in
      let id = fields.id(
        ridHash: ContentHash.of(texts[fields.rid]), laneHash: ContentHash.of(texts[fields.lane]),
        modelHash: ContentHash.of(texts[fields.model]))
      block.ids.append(id.bits)
    } fault: { _, _ in
    }
  }
}
