internal import Shared

/// Finds out which events a stretch of `proxy_telemetry.jsonl` holds, whoever wrote it.
struct LedgerScan {
  /// Adds what the lines of some bytes hold; a last line without an end counts as well.
  static func read(_ bytes: [UInt8], into block: inout EventIndexBlock) {
    bytes.withUnsafeBufferPointer { all in
      var scanner = JSONScanner(bytes, window: 64 << 10)
      scanner.toleratesInvalidUTF8 = true
      var start = 0
      while start < all.count {
        let end = all.newline(from: start) ?? all.count
        if end > start { readLine(start..<end, &scanner, into: &block) }
        start = end + 1
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

  private static func readLine(
    _ line: Range<Int>, _ scanner: inout JSONScanner, into block: inout EventIndexBlock
  ) {
    scanner.restart(at: line.lowerBound)
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

  private static func readRow(_ scanner: inout JSONScanner) throws(JSONError) -> Row {
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
  private static func readLog(_ log: String, into block: inout EventIndexBlock) {
    let bytes = Array(log.utf8) + [UInt8(ascii: "\n")]
    _ = ProxyEventReader().scan(bytes) { fields, texts, _ in
      let id = fields.id(
        ridHash: ContentHash.of(texts[fields.rid]), laneHash: ContentHash.of(texts[fields.lane]),
        modelHash: ContentHash.of(texts[fields.model]))
      block.ids.append(id.bits)
    } fault: { _, _ in
    }
  }
}
