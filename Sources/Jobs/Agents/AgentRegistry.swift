package import Shared

/// The agents of a shared `registry.json`, as positions in its bytes.
///
/// The registry belongs to another program and may hold ten thousand records of which a run needs
/// a few fields each: one pass notes where every field stands, text is made only of what is used,
/// and what we write back is spliced between bytes that stay.
package struct AgentRegistry: Sendable {
  /// The fields of a record that some job reads, and a few that none does: in the order in which
  /// the writers put them, without a gap, the next field is easy to guess.
  ///
  /// All others are none of our business.
  package enum Field: Int, CaseIterable, Sendable {
    case name, pid, sessionId, status, exitCode, startedAt, updatedAt, finishedAt, usage
    case model, variant, resumeCount, prompt, cwd, error, stderr, children
    case usageUpdatedAt, usageRetryAt, usageAttempt, usageError, usageSessionId, usageStatus

    fileprivate var key: StaticString {
      switch self {
      case .name: "name"
      case .pid: "pid"
      case .sessionId: "sessionId"
      case .status: "status"
      case .exitCode: "exitCode"
      case .startedAt: "startedAt"
      case .updatedAt: "updatedAt"
      case .finishedAt: "finishedAt"
      case .usage: "usage"
      case .model: "model"
      case .variant: "variant"
      case .resumeCount: "resumeCount"
      case .prompt: "prompt"
      case .cwd: "cwd"
      case .error: "error"
      case .stderr: "stderr"
      case .children: "children"
      case .usageUpdatedAt: "usageUpdatedAt"
      case .usageRetryAt: "usageRetryAt"
      case .usageAttempt: "usageAttempt"
      case .usageError: "usageError"
      case .usageSessionId: "usageSessionId"
      case .usageStatus: "usageStatus"
      }
    }
  }

  /// One record: its key in `agents`, and where it stands.
  package struct Agent: Sendable {
    package let key: String
    package let object: Range<Int>
    fileprivate let index: Int
  }

  package let bytes: [UInt8]
  /// The records in the order of the file; of two with one key the later, as `JSON.parse` reads it.
  package private(set) var agents: [Agent] = []
  /// When a refresh last changed something here, from the root's `refresh.lastHeartbeatAt`.
  package private(set) var lastHeartbeat: Timestamp?
  /// Whether no white space stands outside of strings, as `JSON.stringify` writes.
  package private(set) var isCompact = false
  /// For each record the spans of all fields, flat; an empty span is an absent field.
  private var spans: [Span] = []

  private struct Span {
    var start: UInt32 = 0
    var end: UInt32 = 0
  }

  /// Notes every record's fields.
  ///
  /// No `agents` at the root is an empty registry, as its own program reads it.
  /// - Throws: `DamagedRegistry` for anything that is not a whole JSON object with an object of
  ///   `agents`: a damaged file is never taken for an empty one.
  package init(_ bytes: [UInt8]) throws(DamagedRegistry) {
    self.bytes = bytes
    guard bytes.count < UInt32.max else { throw .tooLarge }
    do {
      try readRoot()
    } catch let error as DamagedRegistry {
      throw error
    } catch {
      throw .malformed(error as? JSONError)
    }
  }

  // MARK: Fields

  /// Where a field's value stands; nil when absent.
  package func range(_ field: Field, of agent: Agent) -> Range<Int>? {
    let span = spans[agent.index * Field.allCases.count + field.rawValue]
    return span.end > span.start ? Int(span.start)..<Int(span.end) : nil
  }

  /// Where the usage block stands; nil where there is none, which some writers say by `null`.
  package func usageRange(of agent: Agent) -> Range<Int>? {
    range(.usage, of: agent).flatMap { bytes[$0.lowerBound] == UInt8(ascii: "{") ? $0 : nil }
  }

  /// A field's text; nil when absent or not a string.
  package func text(_ field: Field, of agent: Agent) -> String? {
    range(field, of: agent).flatMap { JSONValue.string(bytes, $0) }
  }

  /// A field's number; nil when absent or not a whole number.
  package func integer(_ field: Field, of agent: Agent) -> Int? {
    range(field, of: agent).flatMap { JSONValue.integer(bytes, $0) }
  }

  /// A field's moment; nil when absent or not one.
  package func timestamp(_ field: Field, of agent: Agent) -> Timestamp? {
    range(field, of: agent).flatMap { JSONValue.timestamp(bytes, $0) }
  }

  // MARK: Reading

  private mutating func readRoot() throws {
    var scanner = JSONScanner(bytes)
    guard try scanner.next() == .beginObject else { throw DamagedRegistry.notAnObject }
    while try scanner.nextKey() {
      if scanner.keyIs("agents") {
        guard try scanner.next() == .beginObject else { throw DamagedRegistry.agentsNotAnObject }
        try readAgents(&scanner)
      } else if scanner.keyIs("refresh") {
        try readRefresh(&scanner)
      } else {
        try scanner.skipValue()
      }
    }
    guard try scanner.next() == .end else { throw DamagedRegistry.notAnObject }
    isCompact = !scanner.hasWhiteSpace
  }

  private mutating func readAgents(_ scanner: inout JSONScanner) throws {
    agents = []
    spans = []
    // Records are seldom shorter: growing would copy what is there again and again.
    let likelyCount = bytes.count / 600
    spans.reserveCapacity(likelyCount * Field.allCases.count)
    agents.reserveCapacity(likelyCount)
    while try scanner.nextKey() {
      let key = scanner.text()
      guard try scanner.peekKind() == .object else {
        try scanner.skipValue()
        continue
      }
      agents.append(try readRecord(&scanner, key: key))
    }
    dropEarlierDuplicates()
  }

  /// Keeps the last of the records with one key.
  ///
  /// There are hardly ever any: equal hashes are looked for first, which takes a fraction of the
  /// time and memory of a dictionary of all keys.
  private mutating func dropEarlierDuplicates() {
    let hashes = agents.map(\.key.hashValue).sorted()
    guard zip(hashes, hashes.dropFirst()).contains(where: ==) else { return }
    var last: [String: Int] = [:]
    for agent in agents { last[agent.key] = agent.index }
    agents.removeAll { last[$0.key] != $0.index }
  }

  private mutating func readRecord(
    _ scanner: inout JSONScanner, key: String
  ) throws -> Agent {
    let count = Field.allCases.count
    let base = spans.count
    spans.append(contentsOf: repeatElement(Span(), count: count))
    _ = try scanner.next()
    let start = scanner.tokenRange.lowerBound
    var guess = 0
    while try scanner.nextKey() {
      let field = Self.field(of: scanner, guess: guess)
      let value = try scanner.skipValue()
      guard let field else { continue }
      spans[base + field] = Span(
        start: UInt32(value.lowerBound), end: UInt32(value.upperBound))
      guess = field + 1
    }
    return Agent(key: key, object: start..<scanner.position, index: base / count)
  }

  /// The field of the key just read, trying first the one that usually follows the last.
  private static func field(of scanner: borrowing JSONScanner, guess: Int) -> Int? {
    let count = keys.count
    for step in 0..<count {
      let index = (guess + step) % count
      if scanner.keyIs(keys[index]) { return index }
    }
    return nil
  }

  private static let keys = Field.allCases.map(\.key)

  private mutating func readRefresh(_ scanner: inout JSONScanner) throws {
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("lastHeartbeatAt") {
        lastHeartbeat = try scanner.nextString().flatMap { Timestamp($0) }
      } else {
        try scanner.skipValue()
      }
    }
  }
}

/// Why a registry cannot be read; it is then left exactly as it is.
package enum DamagedRegistry: Error, Equatable, Sendable {
  case notAnObject
  case agentsNotAnObject
  case tooLarge
  case malformed(JSONError?)

  /// What is wrong with it, for a message.
  package var reason: String {
    switch self {
    case .notAnObject: "it is not a JSON object"
    case .agentsNotAnObject: "its agents are not a JSON object"
    case .tooLarge: "it is larger than 4 GiB"
    case .malformed(let error): error.map { "\($0)" } ?? "it is not valid JSON"
    }
  }
}
