internal import Shared

/// The rows of `windows.jsonl`, ours and the tracker's.
struct WindowResultRow {
  var content: WindowResult
  /// Whether the row was worked out by rules that take no reading for a fall: those of the tracker.
  var isOfTracker = true
  /// The two ends of each provider as they are written.
  var ends: [Provider: Ends] = [:]

  struct Ends {
    var before: [UInt8]?
    var after: [UInt8]?
    /// As they are written; nil where the row does not tell.
    var capturedBefore: String?
    var capturedAfter: String?
  }

  /// How many rows a window has, and the one that counts for each agent.
  struct Group {
    var newest: [WindowResultRow] = []
    var count = 0
  }

  /// The rows of a file by window: of each agent the one finalized last, of two at one moment the one
  /// written last.
  static func read(_ bytes: [UInt8]) -> [String: Group] {
    var groups: [String: Group] = [:]
    for line in RowLedger.lines(bytes) {
      for row in read(line: Array(line)) { groups[row.content.window, default: Group()].add(row) }
    }
    return groups
  }

  /// The rows of one line; none where it is damaged.
  private static func read(line: [UInt8]) -> [WindowResultRow] {
    var rows: [WindowResultRow] = []
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      while scanner.position < line.count {
        var reader = WindowResultReader(line: line)
        guard try scanner.enterObject() else { break }
        while try scanner.nextKey() { try reader.readMember(&scanner) }
        if let row = reader.row { rows.append(row) }
        scanner.restart(at: scanner.position)
      }
    } catch {
      // What came before the damage stands.
    }
    return rows
  }
}

extension WindowResultRow.Group {
  fileprivate mutating func add(_ row: WindowResultRow) {
    count += 1
    guard let place = newest.firstIndex(where: { $0.content.agent == row.content.agent }) else {
      newest.append(row)
      return
    }
    let old = newest[place].content.finalizedAt
    if let old, (row.content.finalizedAt ?? Timestamp(milliseconds: .min)) < old { return }
    newest[place] = row
  }
}

/// Puts one row together, member by member.
private struct WindowResultReader {
  let line: [UInt8]
  private var texts: [String: String] = [:]
  private var numbers: [String: Double] = [:]
  private var features: [Provider: Int] = [:]
  private var uses: [Provider: ProviderUse] = [:]
  private var ends: [Provider: WindowResultRow.Ends] = [:]

  init(line: [UInt8]) {
    self.line = line
  }

  /// nil where the row names no window.
  var row: WindowResultRow? {
    guard let window = texts["window"], !window.isEmpty else { return nil }
    let content = WindowResult(
      window: window, agent: texts["agent_id"] ?? AgentID.main,
      finalizedAt: texts["finalized_at"].flatMap { Timestamp($0) }, features: features,
      quality: numbers["quality_score"] ?? numbers["quality"], outcome: texts["outcome"] ?? "",
      notes: texts["notes"] ?? "", methodology: texts["methodology"],
      commitStart: texts["commit_start"] ?? texts["commit_start_sha"],
      commitEnd: texts["commit_end"] ?? texts["commit_end_sha"],
      providers: uses.values.sorted { $0.provider.rawValue < $1.provider.rawValue })
    return WindowResultRow(content: content, isOfTracker: texts["id"] == nil, ends: ends)
  }

  private static let textKeys: Set<String> = [
    "window", "agent_id", "id", "finalized_at", "outcome", "notes", "methodology",
    "commit_start", "commit_end", "commit_start_sha", "commit_end_sha",
  ]

  mutating func readMember(_ scanner: inout JSONScanner) throws(JSONError) {
    let key = scanner.text()
    switch key {
    case "features":
      features = [:]
      guard try scanner.enterObject() else { return }
      while try scanner.nextKey() {
        let name = scanner.text()
        let count = try scanner.nextDouble().flatMap { Int(exactly: $0.rounded()) }
        if let provider = Provider(rawValue: name), let count { features[provider] = count }
      }
    case "quality", "quality_score": numbers[key] = try scanner.nextDouble()
    case "providers": try readProviders(&scanner)
    case _ where Self.textKeys.contains(key): texts[key] = try scanner.nextString()
    default: try scanner.skipValue()
    }
  }

  private mutating func readProviders(_ scanner: inout JSONScanner) throws(JSONError) {
    (uses, ends) = ([:], [:])
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      guard let provider = Provider(rawValue: scanner.text()) else {
        try scanner.skipValue()
        continue
      }
      try readUse(of: provider, &scanner)
    }
  }

  private mutating func readUse(
    of provider: Provider, _ scanner: inout JSONScanner
  ) throws(JSONError) {
    var use = ProviderUse(provider: provider)
    var ends = WindowResultRow.Ends()
    var points: [(field: String, value: Double?)] = []
    var faults: [String: String] = [:]
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      switch scanner.text() {
      case "before": ends.before = Array(line[try scanner.skipValue()])
      case "after": ends.after = Array(line[try scanner.skipValue()])
      case "captured_at":
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() {
          let phase = scanner.text()
          let text = try scanner.nextString()
          if phase == Phase.before.rawValue { ends.capturedBefore = text }
          if phase == Phase.after.rawValue { ends.capturedAfter = text }
        }
      case "delta":
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() {
          let field = scanner.text()
          points.append((field, try scanner.nextDouble()))
        }
      case "delta_errors":
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() {
          let field = scanner.text()
          faults[field] = try scanner.nextString()
        }
      case "errors":
        guard try scanner.enterArray() else { continue }
        while try scanner.nextElement() {
          if let error = try scanner.nextString() { use.errors.append(error) }
        }
      default: try scanner.skipValue()
      }
    }
    use.usedBefore = Self.percents(ends.before)
    use.usedAfter = Self.percents(ends.after)
    use.deltas = points.map { field, value in Self.delta(field, value, faults[field]) }
    use.capturedBefore = ends.capturedBefore.flatMap { Timestamp($0) }
    use.capturedAfter = ends.capturedAfter.flatMap { Timestamp($0) }
    uses[provider] = use
    self.ends[provider] = ends
  }

  /// The percentages of an end, by field.
  private static func percents(_ parsed: [UInt8]?) -> [String: Double] {
    var result: [String: Double] = [:]
    var scanner = JSONScanner(parsed ?? JSONWriter.null)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return [:] }
      while try scanner.nextKey() {
        let field = scanner.text()
        let value = try scanner.nextDouble()
        if field.hasSuffix("_pct") { result[field] = value }
      }
    } catch {
      return [:]
    }
    return result
  }

  /// A number below zero is none, whoever wrote it: nothing is used up backwards.
  private static func delta(
    _ field: String, _ value: Double?, _ fault: String?
  ) -> ProviderUse.Delta {
    guard let value, value.isFinite, value >= 0 else {
      let isNegative = (value ?? 0) < 0
      return .init(
        field: field, points: nil,
        fault: fault ?? (isNegative ? Anomaly.Kind.negativeDelta.rawValue : nil))
    }
    return .init(field: field, points: value, fault: fault)
  }
}
