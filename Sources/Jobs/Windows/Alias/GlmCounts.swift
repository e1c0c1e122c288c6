internal import Shared

/// The rows of `glm_counts.jsonl`: prompts that a window used.
struct GlmCounts: Sendable {
  struct Row: Sendable, Equatable {
    var id = ""
    var window = ""
    var agent = AgentID.main
    var capturedAt: Timestamp?
    /// nil where the count fell and cannot be told.
    var promptsUsed: Double?
    /// The count at the window's start; nil where the report itself is the window's.
    var baseline: Double?
    /// What the report said, as it is written.
    var parsed = ""
    var deletes: String?
  }

  /// Rows that count, oldest first.
  var rows: [Row] = []

  static func read(_ bytes: [UInt8]) -> GlmCounts {
    var written: [Row?] = []
    var places: [String: Int] = [:]
    for line in RowLedger.lines(bytes) {
      guard let row = read(line: Array(line)) else { continue }
      if let deleted = row.deletes {
        if let place = places.removeValue(forKey: deleted) { written[place] = nil }
      } else if places[row.id] == nil {
        places[row.id] = written.count
        written.append(row)
      }
    }
    return GlmCounts(rows: counting(written.compactMap { $0 }))
  }

  /// What was counted twice from one baseline is in the later count whole, as after a run that was
  /// killed before it moved the baseline.
  private static func counting(_ rows: [Row]) -> [Row] {
    var known: Set<[String]> = []
    return rows.reversed().filter { row in
      guard let baseline = row.baseline else { return true }
      return known.insert([row.agent, row.window, "\(baseline)"]).inserted
    }.reversed()
  }

  /// What the window used, all its rows together; nil where none was counted.
  func promptsUsed(window: String, agent: String) -> Double? {
    let counted = rows.filter { $0.window == window && $0.agent == agent }.compactMap(\.promptsUsed)
    return counted.isEmpty ? nil : counted.reduce(0, +)
  }

  private static func read(line: [UInt8]) -> Row? {
    var row = Row()
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        switch scanner.text() {
        case "id": row.id = try scanner.nextString() ?? ""
        case "window": row.window = try scanner.nextString() ?? ""
        case "agent_id": row.agent = try scanner.nextString() ?? AgentID.main
        case "captured_at": row.capturedAt = try scanner.nextMoment()
        case "prompts_used": row.promptsUsed = try scanner.nextDouble()
        case "baseline_prompts": row.baseline = try scanner.nextDouble()
        case "parsed":
          row.parsed = String(decoding: line[try scanner.skipValue()], as: UTF8.self)
        case "deletes": row.deletes = try scanner.nextString()
        default: try scanner.skipValue()
        }
      }
    } catch {
      return nil
    }
    guard !row.window.isEmpty else { return nil }
    if row.id.isEmpty { row.id = ContentID.of([String(decoding: line, as: UTF8.self)]) }
    return row
  }
}
