internal import Shared

extension ChurnRow {
  /// All rows of a file that can be read, in its order; those of the tracker too.
  package static func read(_ bytes: [UInt8]) -> [ChurnRow] {
    RowLedger.lines(bytes).compactMap { ChurnRow(line: Array($0)) }
  }

  /// Reads a line of `churn.jsonl`; nil when it is none.
  package init?(line: [UInt8]) {
    self.init(
      window: "", agent: AgentID.main, provider: FinalizedWindow.unknownProvider,
      methodology: nil, churn: nil, features: 0, capturedAt: Timestamp(milliseconds: 0),
      notes: "", paths: [])
    var id: String?
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        let key = scanner.text()
        if key == "id" { id = try scanner.nextString() } else { try take(key, &scanner) }
      }
      guard try scanner.next() == .end else { return nil }
    } catch {
      return nil
    }
    if window.isEmpty { return nil }
    writtenID = id ?? ContentID.of([String(decoding: line, as: UTF8.self)])
  }

  private mutating func take(
    _ key: String, _ scanner: inout JSONScanner
  ) throws(JSONError) {
    switch key {
    case "window": window = try scanner.nextString() ?? ""
    case "agent_id": agent = try scanner.nextString() ?? agent
    case "provider": provider = try scanner.nextString() ?? provider
    case "methodology": methodology = try scanner.nextString()
    case "commit_start": commitStart = try scanner.nextString() ?? ""
    case "commit_end": commitEnd = try scanner.nextString() ?? ""
    case "files_changed": files = try scanner.nextInteger() ?? 0
    case "insertions": insertions = try scanner.nextInteger() ?? 0
    case "deletions": deletions = try scanner.nextInteger() ?? 0
    case "features": features = try scanner.reportedCount() ?? 0
    case "captured_at":
      capturedAt = try scanner.nextString().flatMap { Timestamp($0) } ?? capturedAt
    case "notes": notes = try scanner.nextString() ?? ""
    case "paths": paths = try Self.names(&scanner)
    case "commits": commits = try scanner.nextInteger()
    case "authors": authors = try scanner.nextInteger()
    case "tests_touched": testsTouched = try scanner.nextInteger()
    case "corrects": corrects = try scanner.nextString()
    default: try scanner.skipValue()
    }
  }

  private static func names(_ scanner: inout JSONScanner) throws(JSONError) -> [String] {
    var result: [String] = []
    guard try scanner.enterArray() else { return [] }
    while try scanner.nextElement() {
      if let name = try scanner.nextString() { result.append(name) }
    }
    return result
  }
}
