package import Shared
package import SystemPackage

/// Where an agent stands at a provider: which window is open, and what is known of it.
///
/// Written in the tracker's form with our members behind; every one of them can be worked out of the
/// ledger again, at the price of another look.
package struct WindowPosition: Sendable, Equatable {
  package var provider: Provider
  package var window: String?
  /// The end last recorded of that window.
  package var lastPhase: Phase?
  /// Of GLM: the cumulative prompt count at the window's start.
  package var baselinePrompts: Double?
  package var updatedAt: Timestamp?

  /// The open window's identity; nil while it has not started or cannot be told.
  package var identity: WindowIdentity?
  /// Whether a second reading has agreed that the window is a new one.
  package var isConfirmed = true
  /// When the clients were last asked.
  package var lookedAt: Timestamp?
  /// An identity seen once before the open window's end: a reset that surprises, or a glitch.
  package var candidate: Candidate?
  /// The reading that shows the most of the open window, of those that looks took and no row has.
  package var best: Reading?
  /// The ledger row that this was written after.
  package var lastRow: String?
  /// Whether the whole ledger up to that row was seen to lack no reading.
  package var isWhole = false

  package struct Candidate: Sendable, Equatable {
    package var identity: WindowIdentity?
    package var seenAt: Timestamp

    package init(identity: WindowIdentity?, seenAt: Timestamp) {
      self.identity = identity
      self.seenAt = seenAt
    }
  }

  package init(provider: Provider) {
    self.provider = provider
  }
}

/// The file of a position, `<state>/<agent>/<provider>.json`.
package struct PositionFile: Sendable {
  package let path: FilePath
  /// Where the tracker kept it when no agent was named; read on while there is no other.
  private let legacy: FilePath?

  package init(provider: Provider, agent: String, isNamed: Bool, workspace: Workspace) {
    let name = "\(provider.rawValue).json"
    path = workspace.state(ofAgent: agent).appending(name)
    legacy = isNamed ? nil : workspace.agentStates.appending(name)
  }

  /// The position; nil where none was written or it cannot be read, which the ledger makes good.
  package func read(_ provider: Provider) -> WindowPosition? {
    WindowPosition(provider: provider, json: StateFile.read(path))
      ?? legacy.flatMap { WindowPosition(provider: provider, json: StateFile.read($0)) }
  }

  package func write(_ position: WindowPosition) throws(JobError) {
    try StateFile.write(position.json, to: path)
  }

  /// Removes what a killed run has left beside it.
  func sweep(_ processes: ProcessTable) {
    StateFile.sweep(path, processes: processes)
  }
}

// MARK: - The file's form

extension WindowPosition {
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("provider", provider.rawValue)
      writer.member("current_window", window)
      writer.member("last_phase", lastPhase?.rawValue)
      writer.member("baseline_prompts", baselinePrompts)
      writer.member("updated_at", updatedAt?.text)
      writer.member("row", lastRow)
      if let identity {
        writer.key("identity")
        identity.write(into: &writer)
      }
      if !isConfirmed { writer.member("confirmed", false) }
      if isWhole { writer.member("whole", true) }
      if let lookedAt { writer.member("looked_at", lookedAt.text) }
      if let candidate {
        writer.key("candidate")
        writer.object { writer in
          if let identity = candidate.identity {
            writer.key("identity")
            identity.write(into: &writer)
          }
          writer.member("seen_at", candidate.seenAt.text)
        }
      }
      if let best {
        writer.key("best")
        best.write(into: &writer)
      }
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  package init?(provider: Provider, json: [UInt8]) {
    self.init(provider: provider)
    var scanner = JSONScanner(json)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        let key = scanner.text()
        try read(key, &scanner)
      }
    } catch {
      return nil
    }
  }

  private mutating func read(_ key: String, _ scanner: inout JSONScanner) throws(JSONError) {
    switch key {
    case "current_window": window = try scanner.nextString()
    case "last_phase": lastPhase = try scanner.nextString().flatMap(Phase.init(rawValue:))
    case "baseline_prompts": baselinePrompts = try scanner.nextDouble()
    case "updated_at": updatedAt = try scanner.nextMoment()
    case "row": lastRow = try scanner.nextString()
    case "identity": identity = try WindowIdentity.read(&scanner)
    case "confirmed": isConfirmed = try scanner.nextBool() ?? true
    case "whole": isWhole = try scanner.nextBool() ?? false
    case "looked_at": lookedAt = try scanner.nextMoment()
    case "candidate":
      guard try scanner.enterObject() else { return }
      var found = Candidate(identity: nil, seenAt: Timestamp(milliseconds: 0))
      while try scanner.nextKey() {
        if scanner.keyIs("identity") {
          found.identity = try WindowIdentity.read(&scanner)
        } else if scanner.keyIs("seen_at") {
          found.seenAt = try scanner.nextMoment() ?? found.seenAt
        } else {
          try scanner.skipValue()
        }
      }
      candidate = found
    case "best": best = try Reading.read(&scanner, provider)
    default: try scanner.skipValue()
    }
  }
}

extension WindowIdentity {
  func write(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("limit_id", limitID)
      writer.member("window_minutes", minutes)
      switch end {
      case .resetsAt(let moment): writer.member("resets_at", Int(moment.milliseconds / 1_000))
      case .day(let day): writer.member("day", day.text)
      }
    }
  }

  static func read(_ scanner: inout JSONScanner) throws(JSONError) -> WindowIdentity? {
    guard try scanner.enterObject() else { return nil }
    var limitID: String?
    var minutes: Int?
    var end: End?
    while try scanner.nextKey() {
      if scanner.keyIs("limit_id") {
        limitID = try scanner.nextString()
      } else if scanner.keyIs("window_minutes") {
        minutes = try scanner.nextInteger()
      } else if scanner.keyIs("resets_at") {
        end = try scanner.nextInteger().flatMap(Timestamp.init(epochSeconds:)).map(End.resetsAt)
      } else if scanner.keyIs("day") {
        end = try scanner.nextString().flatMap { LocalDay($0) }.map(End.day)
      } else {
        try scanner.skipValue()
      }
    }
    guard let limitID, let end else { return nil }
    return WindowIdentity(limitID: limitID, minutes: minutes, end: end)
  }
}

extension Reading {
  fileprivate func write(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("captured_at", capturedAt.text)
      writer.member("method", method.rawValue)
      writer.member("account", account)
      writer.member("client_version", clientVersion)
      writer.member("raw_text", rawText)
      writer.key("limits")
      writer.array { writer in
        for limit in limits { limit.write(into: &writer) }
      }
    }
  }

  /// The next value if it is a reading; otherwise nil.
  fileprivate static func read(
    _ scanner: inout JSONScanner, _ provider: Provider
  ) throws(JSONError) -> Reading? {
    guard try scanner.enterObject() else { return nil }
    var texts: [String: String] = [:]
    var limits: [LimitReading] = []
    while try scanner.nextKey() {
      let key = scanner.text()
      if key == "limits" {
        limits = try LimitReading.readAll(&scanner) ?? []
      } else {
        texts[key] = try scanner.nextString()
      }
    }
    guard let capturedAt = Timestamp(texts["captured_at"] ?? ""),
      let method = texts["method"].flatMap(Method.init(rawValue:)), !limits.isEmpty
    else { return nil }
    return Reading(
      provider: provider, account: texts["account"], limits: limits, capturedAt: capturedAt,
      method: method, clientVersion: texts["client_version"], rawText: texts["raw_text"] ?? "")
  }
}

extension JSONScanner {
  /// The next value if it is a moment of RFC 3339; otherwise nil, and the value is skipped whole.
  mutating func nextMoment() throws(JSONError) -> Timestamp? {
    try nextString().flatMap { Timestamp($0) }
  }
}
