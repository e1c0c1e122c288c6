package import Shared

/// Something about the readings that a person should know before trusting a number.
package struct Anomaly: Sendable, Equatable {
  /// A function of the content: the same anomaly found twice is one row.
  package let id: String
  package let type: Kind
  package let window: String
  /// A ``Provider``'s name; of a ledger's row what stands there, `multi` for one.
  package let provider: String
  package let agent: String
  /// The moment of the reading or row it was found on.
  package let capturedAt: Timestamp
  /// What it was found by: names and values, in order.
  package let evidence: [Evidence]

  package enum Kind: String, Sendable, CaseIterable {
    case negativeDelta = "negative-delta"
    case lateAfter = "late-after"
    case resetCrossed = "reset-crossed"
    case stalePane = "stale-pane"
    case duplicatePane = "duplicate-pane"
    case surpriseReset = "surprise-reset"
    case glitch
    case ccusageDivergence = "ccusage-divergence"
    case secondBefore = "second-before"
    case rangeReused = "range-reused"
    case emptyRange = "empty-range"

    /// Whether it only explains a missing number and speaks against no decision.
    package var isInformational: Bool { self == .resetCrossed }
  }

  package struct Evidence: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// - Parameter subject: The rows it is about, so that it stays the same anomaly when more rows
  ///   give other evidence of it; nil where all of the evidence is.
  package init(
    _ type: Kind, window: String, provider: Provider, agent: String, capturedAt: Timestamp,
    evidence: [Evidence], subject: [String]? = nil
  ) {
    self.init(
      type, window: window, providerName: provider.rawValue, agent: agent,
      capturedAt: capturedAt, evidence: evidence, subject: subject)
  }

  /// The same of a row whose provider is whatever was written there.
  package init(
    _ type: Kind, window: String, providerName provider: String, agent: String,
    capturedAt: Timestamp, evidence: [Evidence], subject: [String]? = nil
  ) {
    self.type = type
    self.window = window
    self.provider = provider
    self.agent = agent
    self.capturedAt = capturedAt
    self.evidence = evidence
    id = ContentID.of(
      [type.rawValue, window, provider, agent]
        + (subject ?? evidence.flatMap { [$0.name, $0.value] }))
  }

  /// One line of `anomalies.jsonl`, with its line feed.
  package func line(stamp: RowStamp, source: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", window)
      writer.member("provider", provider)
      writer.member("captured_at", capturedAt.text)
      writer.member("notes", "\(type.rawValue)-detected")
      writer.member("source", source)
      writer.member("type", type.rawValue)
      writer.member("informational", type.isInformational)
      writer.key("evidence")
      writer.object { writer in
        for fact in evidence { writer.member(fact.name, fact.value) }
      }
      stamp.write(into: &writer, id: id, agent: agent)
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}

/// A row of `anomalies.jsonl` as the views show it.
package struct AnomalyRow: Sendable, Equatable {
  package var id = ""
  package var type = ""
  package var window = ""
  package var provider = ""
  package var agent = AgentID.main
  package var capturedAt: Timestamp?
  package var isInformational = false
  package var notes = ""
  package var evidence: [Anomaly.Evidence] = []
  /// Why it no longer counts; nil while it does.
  package var resolution: String?
  /// The row that put right what it was found on; nil while it counts, and where a person settled it.
  package var correctedBy: String?

  /// The anomalies of a file, oldest first, each with its resolution.
  ///
  /// What a person settled stays so. What a row put right counts again where it is found again behind
  /// that. Rows of the tracker have no type; they are negative deltas, the only kind it knew.
  package static func read(_ bytes: [UInt8]) -> [AnomalyRow] {
    var rows: [AnomalyRow] = []
    var known: Set<String> = []
    var resolutions: [String: AnomalyRow] = [:]
    for line in RowLedger.lines(bytes) {
      guard let (row, resolved) = read(line: Array(line)) else { continue }
      if let resolved {
        if resolutions[resolved]?.isByPerson != true { resolutions[resolved] = row }
        continue
      }
      if known.insert(row.id).inserted { rows.append(row) }
      if resolutions[row.id]?.isByPerson == false { resolutions[row.id] = nil }
    }
    for index in rows.indices {
      let resolution = resolutions[rows[index].id]
      rows[index].resolution = resolution?.notes
      rows[index].correctedBy = resolution?.correctedBy
    }
    return rows
  }

  /// Of a row that settles another.
  private var isByPerson: Bool { correctedBy == nil }

  /// The line that says that this anomaly is settled, and why, with its line feed.
  ///
  /// - Parameter correctedBy: The row that put it right; nil where a person says so.
  package func resolution(
    notes: String, correctedBy: String? = nil, agent: String, now: Timestamp, stamp: RowStamp,
    source: String
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", window)
      writer.member("provider", provider)
      writer.member("captured_at", now.text)
      writer.member("notes", notes.redactingAddresses)
      writer.member("source", source)
      writer.member("type", "resolution")
      writer.member("resolves", id)
      if let correctedBy { writer.member("corrected_by", correctedBy) }
      stamp.write(
        into: &writer, id: ContentID.of(["resolution", id, notes, correctedBy ?? ""]),
        agent: agent)
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  private static func read(line: [UInt8]) -> (row: AnomalyRow, resolves: String?)? {
    var row = AnomalyRow()
    var resolved: String?
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        switch scanner.text() {
        case "id": row.id = try scanner.nextString() ?? ""
        case "type": row.type = try scanner.nextString() ?? ""
        case "window": row.window = try scanner.nextString() ?? ""
        case "provider": row.provider = try scanner.nextString() ?? ""
        case "agent_id": row.agent = try scanner.nextString() ?? AgentID.main
        case "captured_at": row.capturedAt = try scanner.nextMoment()
        case "informational": row.isInformational = try scanner.nextBool() ?? false
        case "notes": row.notes = try scanner.nextString() ?? ""
        case "resolves": resolved = try scanner.nextString()
        case "corrected_by": row.correctedBy = try scanner.nextString()
        case "evidence": row.evidence = try readEvidence(&scanner)
        default: try scanner.skipValue()
        }
      }
    } catch {
      return nil
    }
    guard !row.window.isEmpty || resolved != nil else { return nil }
    if row.type.isEmpty { row.type = Anomaly.Kind.negativeDelta.rawValue }
    if row.id.isEmpty { row.id = ContentID.of([String(decoding: line, as: UTF8.self)]) }
    return (row, resolved)
  }

  private static func readEvidence(
    _ scanner: inout JSONScanner
  ) throws(JSONError) -> [Anomaly.Evidence] {
    var result: [Anomaly.Evidence] = []
    guard try scanner.enterObject() else { return [] }
    while try scanner.nextKey() {
      let name = scanner.text()
      if let value = try scanner.nextString() { result.append(.init(name, value)) }
    }
    return result
  }
}
