internal import Shared

/// Reads rows of `snapshots.jsonl`: ours, and the tracker's with and without stamps.
struct SnapshotReader {
  /// How labels of panes become moments.
  let zone: LocalTime
  /// Whether the texts of panes are wanted.
  ///
  /// Otherwise a row without an id, which is worked out of the text, keeps a hash in its place: two
  /// panes can still be told apart.
  var keepsTexts = true

  /// The rows of one line; none for a line that is damaged, which no command may die of.
  ///
  /// A line holds more than one where another program appended to a file without a last line feed.
  func read(_ line: [UInt8]) -> [Snapshot] {
    var rows: [Snapshot] = []
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      while scanner.position < line.count {
        var fields = Fields(keepsTexts: keepsTexts)
        guard try scanner.enterObject() else { break }
        while try scanner.nextKey() {
          let key = scanner.text()
          try fields.read(key, &scanner)
        }
        let end = scanner.position
        if fields.texts["id"] == nil, let text = fields.passedText {
          scanner.restart(at: text.lowerBound)
          fields.texts["raw_text"] = try scanner.nextString()
        }
        if var row = snapshot(fields) {
          if !keepsTexts { row.forgetText() }
          rows.append(row)
        }
        scanner.restart(at: end)
      }
    } catch {
      // What came before the damage stands.
    }
    return rows
  }

  private func snapshot(_ fields: Fields) -> Snapshot? {
    guard let window = fields.texts["window"],
      let provider = fields.texts["provider"].flatMap(Provider.init(rawValue:)),
      let phase = fields.texts["phase"].flatMap(Phase.init(rawValue:)),
      let capturedAt = fields.texts["captured_at"].flatMap({ Timestamp($0) })
    else { return nil }
    let notes = fields.texts["notes"] ?? ""
    var result = Snapshot(
      id: fields.texts["id"], window: window, provider: provider, phase: phase,
      agent: fields.texts["agent_id"] ?? Self.agent(inNotes: notes), capturedAt: capturedAt,
      recordedAt: fields.texts["recorded_at"].flatMap { Timestamp($0) }, notes: notes,
      source: fields.texts["source"] ?? "",
      content: content(fields, provider: provider, capturedAt: capturedAt))
    result.state = fields.texts["state"].flatMap(Snapshot.WindowState.init(rawValue:))
    result.gap = fields.numbers["gap_s"].map { .milliseconds(Int64($0 * 1_000)) }
    result.late = fields.numbers["late_s"].map { .milliseconds(Int64($0 * 1_000)) }
    result.corrects = fields.texts["corrects"]
    result.tried = fields.tried
    return result
  }

  private func content(
    _ fields: Fields, provider: Provider, capturedAt: Timestamp
  ) -> Snapshot.Content {
    if let deleted = fields.texts["deletes"] { return .tombstone(of: deleted) }
    if let failure = fields.unavailable { return .unavailable(failure) }
    let method = fields.texts["method"].flatMap(Reading.Method.init(rawValue:))
    let isOverride = fields.texts["source"] == "override"
    return .reading(
      Reading(
        provider: provider, account: fields.texts["account"],
        limits: fields.limits ?? trackerLimits(fields, provider, capturedAt),
        capturedAt: capturedAt, method: method ?? (isOverride ? .override : .pane),
        clientVersion: fields.texts["client_version"], errors: fields.errors,
        rawText: fields.texts["raw_text"] ?? ""))
  }

  /// The limits of a row that has only the tracker's `parsed` object.
  private func trackerLimits(
    _ fields: Fields, _ provider: Provider, _ capturedAt: Timestamp
  ) -> [LimitReading] {
    PercentField.of(provider).compactMap { field in
      guard let percent = fields.parsed[field.percentKey] else { return nil }
      let label = fields.labels[field.resetsKey]
      return LimitReading(
        limitID: field.limitID, minutes: field.minutes, usedPercent: percent,
        resetsAt: label.flatMap(ResetLabel.init)?.resolve(
          capturedAt: capturedAt, minutes: field.minutes, zone: zone),
        resetsLabel: label, isMain: field.hasDelta)
    }
  }

  /// Wrappers of the tracker put the agent into the notes, and only where nobody else wrote any.
  private static func agent(inNotes notes: String) -> String {
    let mark = "AGENT_ID="
    guard notes.hasPrefix(mark) else { return AgentID.main }
    let name = notes.dropFirst(mark.count).prefix { !$0.isWhitespace && $0 != ";" && $0 != "," }
    return name.isEmpty ? AgentID.main : String(name)
  }
}

/// The members of a row that mean something, as they come.
private struct Fields {
  let keepsTexts: Bool
  /// Where the text of a pane stands that was not read.
  var passedText: Range<Int>?
  var texts: [String: String] = [:]
  var numbers: [String: Double] = [:]
  var parsed: [String: Double] = [:]
  var labels: [String: String] = [:]
  var errors: [String] = []
  var limits: [LimitReading]?
  var unavailable: ReadingFailure?
  var tried: [Snapshot.Attempt] = []

  init(keepsTexts: Bool) {
    self.keepsTexts = keepsTexts
  }

  private static let textKeys: Set<String> = [
    "window", "provider", "phase", "captured_at", "notes", "raw_text", "source", "id", "agent_id",
    "recorded_at", "account", "method", "client_version", "state", "corrects", "deletes",
  ]

  mutating func read(_ key: String, _ scanner: inout JSONScanner) throws(JSONError) {
    switch key {
    case "parsed": try readParsed(&scanner)
    case "raw_text" where !keepsTexts: passedText = try scanner.skipValue()
    case "limits": limits = try LimitReading.readAll(&scanner)
    case "unavailable": try readUnavailable(&scanner)
    case "tried": try readTried(&scanner)
    case "gap_s", "late_s": numbers[key] = try scanner.nextDouble().flatMap(Self.seconds)
    case _ where Self.textKeys.contains(key): texts[key] = try scanner.nextString()
    default: try scanner.skipValue()
    }
  }

  /// A number of seconds that a duration can hold.
  private static func seconds(_ value: Double) -> Double? {
    value.isFinite && value.magnitude < 1e12 ? value : nil
  }

  private mutating func readParsed(_ scanner: inout JSONScanner) throws(JSONError) {
    // Of two members with one key the last one counts, as everywhere.
    (parsed, labels, errors) = ([:], [:], [])
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      let key = scanner.text()
      if key == "errors" {
        guard try scanner.enterArray() else { continue }
        while try scanner.nextElement() {
          if let error = try scanner.nextString() { errors.append(error) }
        }
      } else if key.hasSuffix("_pct") {
        parsed[key] = try scanner.nextDouble().flatMap(LimitReading.percent)
      } else {
        labels[key] = try scanner.nextString()
      }
    }
  }

  /// News of no reading is that whatever its reason: a later version may know more of them.
  private mutating func readUnavailable(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.peekKind() == .object else {
      unavailable = nil
      _ = try scanner.skipValue()
      return
    }
    let (_, failure, message) = try Self.readFailure(&scanner)
    unavailable = failure ?? ReadingFailure(.noData, message)
  }

  private mutating func readTried(_ scanner: inout JSONScanner) throws(JSONError) {
    tried = []
    guard try scanner.enterArray() else { return }
    while try scanner.nextElement() {
      let (method, failure, _) = try Self.readFailure(&scanner)
      if let method, let failure { tried.append(.init(method: method, failure: failure)) }
    }
  }

  private static func readFailure(
    _ scanner: inout JSONScanner
  ) throws(JSONError) -> (method: Reading.Method?, failure: ReadingFailure?, message: String) {
    var texts: [String: String] = [:]
    guard try scanner.enterObject() else { return (nil, nil, "") }
    while try scanner.nextKey() {
      let key = scanner.text()
      texts[key] = try scanner.nextString()
    }
    let reason = texts["reason"].flatMap(ReadingFailure.Reason.init(rawValue:))
    let message = texts["message"] ?? ""
    return (
      texts["method"].flatMap(Reading.Method.init(rawValue:)),
      reason.map { ReadingFailure($0, message) }, message
    )
  }
}

extension Snapshot {
  /// Puts a hash in the place of the text of a pane.
  fileprivate mutating func forgetText() {
    guard var reading, !reading.rawText.isEmpty else { return }
    reading.rawText = EventID(bits: ContentHash.of(reading.rawText)).text
    content = .reading(reading)
  }
}

extension Timestamp {
  /// A moment as vendors write it; nil for a number that is no moment of these centuries.
  package init?(epochSeconds seconds: Int) {
    guard (0...253_402_300_799).contains(seconds) else { return nil }
    self.init(milliseconds: Int64(seconds) * 1_000)
  }
}

extension LimitReading {
  /// A percentage that can be one.
  fileprivate static func percent(_ value: Double) -> Double? {
    value >= 0 && value < 1_000_000 ? value : nil
  }

  /// The limits of an array; nil where the next value is none.
  static func readAll(_ scanner: inout JSONScanner) throws(JSONError) -> [LimitReading]? {
    guard try scanner.enterArray() else { return nil }
    var result: [LimitReading] = []
    while try scanner.nextElement() {
      guard try scanner.enterObject() else { continue }
      if let limit = try read(&scanner) { result.append(limit) }
    }
    return result
  }

  private static func read(_ scanner: inout JSONScanner) throws(JSONError) -> LimitReading? {
    var limitID: String?
    var percent: Double?
    var result = LimitReading(limitID: "", minutes: nil, usedPercent: 0, resetsAt: nil)
    while try scanner.nextKey() {
      if scanner.keyIs("limit_id") {
        limitID = try scanner.nextString()
      } else if scanner.keyIs("window_minutes") {
        result.minutes = try scanner.nextInteger()
      } else if scanner.keyIs("used_percent") {
        percent = try scanner.nextDouble().flatMap(Self.percent)
      } else if scanner.keyIs("resets_at") {
        result.resetsAt = try scanner.nextInteger().flatMap(Timestamp.init(epochSeconds:))
      } else if scanner.keyIs("resets_label") {
        result.resetsLabel = try scanner.nextString()
      } else if scanner.keyIs("main") {
        result.isMain = try scanner.nextBool() ?? false
      } else {
        try scanner.skipValue()
      }
    }
    guard let limitID, let percent else { return nil }
    result.limitID = limitID
    result.usedPercent = percent
    return result
  }
}
