internal import Shared
internal import SystemPackage

/// One row of `codex_ccusage.jsonl` or `claude_monitor.jsonl`.
struct ReportRow {
  let provider: String
  let window: String
  let agent: String
  let capturedAt: Timestamp
  let notes: String
  /// Of ccusage: `session`, `daily` or `weekly`.
  let scope: String?
  let rawText: String
  let writeParsed: (inout JSONWriter) -> Void

  /// The same report for the same window is the same fact.
  var id: String { ContentID.of([provider, window, agent, scope ?? "", rawText]) }

  func line(stamp: RowStamp) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", window)
      writer.member("provider", provider)
      writer.member("captured_at", capturedAt.text)
      writer.member("notes", notes.redactingAddresses)
      writer.member("raw_text", rawText)
      writer.key("parsed")
      writeParsed(&writer)
      writer.member("source", IngestJob.name)
      if let scope { writer.member("scope", scope) }
      stamp.write(into: &writer, id: id, agent: agent)
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}

extension WindowLedgers {
  /// Appends a report unless it is there; returns whether it was new.
  func append(_ row: ReportRow, to path: FilePath) throws(JobError) -> Bool {
    let id = row.id
    return try ledger(path).append { bytes throws(JobError) in
      let isKnown = RowLedger.lines(bytes).contains { RowID.read(Array($0)) == id }
      return (isKnown ? [] : row.line(stamp: stamp), !isKnown)
    }
  }
}

/// The id of a row of any ledger.
enum RowID {
  /// nil for a row without one, or for a line that is none.
  static func read(_ line: [UInt8]) -> String? {
    var id: String?
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        if scanner.keyIs("id") {
          id = try scanner.nextString()
        } else {
          try scanner.skipValue()
        }
      }
    } catch {
      return nil
    }
    return id
  }
}
