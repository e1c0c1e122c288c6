package import Shared

/// What a window changed in the code, as `churn.jsonl` or `Churn_Ledger.csv` says.
package struct ChurnEntry: Sendable, Equatable {
  package var window: String
  package var provider: String
  package var agent: String
  package var methodology: String?
  /// Empty where the range is not known.
  package var commitStart: String
  package var commitEnd: String
  package var files: Int
  /// Lines.
  package var insertions: Int
  package var deletions: Int
  package var features: Int
  /// Net lines a feature; nil where there is no feature.
  package var perFeature: Double?
  package var capturedAt: Timestamp?
  package var notes: String
  package var paths: [String]

  /// By how many lines the code grew.
  package var net: Int { insertions.addingSaturated(-deletions) }
  /// How many lines were worked on.
  package var gross: Int { insertions.addingSaturated(deletions) }
  /// Whether it only says that nothing could be measured.
  package var isSkipped: Bool {
    commitStart.isEmpty || commitEnd.isEmpty || notes.contains(Self.skipNote)
  }

  /// The note of a row without a range.
  static let skipNote = "missing-commit-range"
}

/// The rows of `churn.jsonl`.
struct ChurnRows {
  /// Every row, in the file's order.
  var rows: [ChurnEntry] = []

  static func read(_ bytes: [UInt8]) -> ChurnRows {
    ChurnRows(rows: RowLedger.lines(bytes).compactMap { read(line: Array($0)) })
  }

  /// Those that count: of one range of a window the row measured last, and no skipped one where the
  /// window was measured after all.
  var standing: [ChurnEntry] {
    var places: [[String]: Int] = [:]
    var result: [ChurnEntry] = []
    for row in rows {
      let key = row.key
      guard let place = places[key] else {
        places[key] = result.count
        result.append(row)
        continue
      }
      if (row.capturedAt?.milliseconds ?? .min) >= (result[place].capturedAt?.milliseconds ?? .min)
      {
        result[place] = row
      }
    }
    let measured = Set(result.filter { !$0.isSkipped }.map { [$0.window, $0.provider] })
    return result.filter { !$0.isSkipped || !measured.contains([$0.window, $0.provider]) }
  }

  private static func read(line: [UInt8]) -> ChurnEntry? {
    var texts: [String: String] = [:]
    var numbers: [String: Double] = [:]
    var paths: [String] = []
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        let key = scanner.text()
        switch try scanner.peekKind() {
        case .string: texts[key] = try scanner.nextString()
        case .number: numbers[key] = try scanner.nextDouble()
        case .array where key == "paths":
          guard try scanner.enterArray() else { continue }
          paths = []
          while try scanner.nextElement() {
            if let path = try scanner.nextString() { paths.append(path) }
          }
        default: try scanner.skipValue()
        }
      }
    } catch {
      return nil
    }
    guard let window = texts["window"], !window.isEmpty else { return nil }
    func count(_ name: String) -> Int { numbers[name].flatMap { Int(exactly: $0) } ?? 0 }
    return ChurnEntry(
      window: window, provider: texts["provider"] ?? "unknown",
      agent: texts["agent_id"] ?? AgentID.main, methodology: texts["methodology"],
      commitStart: texts["commit_start"] ?? "", commitEnd: texts["commit_end"] ?? "",
      files: count("files_changed"), insertions: count("insertions"),
      deletions: count("deletions"), features: count("features"),
      perFeature: numbers["normalized_churn"],
      capturedAt: texts["captured_at"].flatMap { Timestamp($0) }, notes: texts["notes"] ?? "",
      paths: paths)
  }
}

extension ChurnEntry {
  /// What makes it this measurement and no other.
  var key: [String] { [window, provider, commitStart, commitEnd] + paths.sorted() }
}
