package import Shared

/// What became of one export: to be merged into the record it belongs to.
package struct ExportResult: Sendable {
  /// The record's key in the registry.
  package var agent: String
  /// The record's `sessionId` when the export was started; if it has changed since, the result
  /// is dropped.
  package var agentSessionID: String
  /// The exported session: the agent's own, or a sub-task's below it.
  package var sessionID: String
  /// When the export was started; what happened later may not be in it.
  package var startedAt: Timestamp
  /// The computed status of the session when it was started.
  package var status: AgentStatus?
  package var outcome: Outcome

  /// Usage and sub-tasks, or why there are none.
  package enum Outcome: Sendable, Equatable {
    case usage(Usage, children: [ChildSession])
    case failure(ExportFailure, attempt: Int, retryAt: Timestamp)
  }

  package init(
    agent: String, agentSessionID: String, sessionID: String, startedAt: Timestamp,
    status: AgentStatus?, outcome: Outcome
  ) {
    self.agent = agent
    self.agentSessionID = agentSessionID
    self.sessionID = sessionID
    self.startedAt = startedAt
    self.status = status
    self.outcome = outcome
  }
}

/// Merges export results into the registry's bytes, field by field.
///
/// Other programs write the same file: only the usage fields, `children` and the root's `refresh`
/// are touched, in the text as it is now; every other byte stays.
package enum RegistryMerge {
  /// The registry with the results in it; nil when nothing changes.
  package static func merged(
    _ results: [ExportResult], into registry: AgentRegistry, heartbeat: Heartbeat
  ) throws(JSONError) -> [UInt8]? {
    let byAgent = Dictionary(grouping: results, by: \.agent)
    var patch = JSONPatch(registry.bytes)
    for agent in registry.agents {
      guard let own = byAgent[agent.key] else { continue }
      let sessionID = registry.text(.sessionId, of: agent)
      let current = own.filter { $0.agentSessionID == sessionID }
      guard !current.isEmpty else { continue }
      let record = try JSONObjectLayout(of: registry.bytes, at: agent.object.lowerBound)
      let session = SessionNode(sessionID: sessionID ?? "", ancestors: [], depth: 0)
      try session.merge(current, into: record, of: registry.bytes, patch: &patch)
    }
    guard !patch.isEmpty else { return nil }
    let root = try JSONObjectLayout(of: registry.bytes)
    patch.set("refresh", to: heartbeat.json, in: root)
    return patch.applied()
  }
}

/// The mark of a run that changed something: the root's `refresh`.
package struct Heartbeat: Sendable {
  package var pid: Int32
  package var startedAt: Timestamp
  package var lastHeartbeatAt: Timestamp

  package init(pid: Int32, startedAt: Timestamp, lastHeartbeatAt: Timestamp) {
    self.pid = pid
    self.startedAt = startedAt
    self.lastHeartbeatAt = lastHeartbeatAt
  }

  var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("pid", Int(pid))
      writer.member("startedAt", startedAt.text)
      writer.member("lastHeartbeatAt", lastHeartbeatAt.text)
    }
    return writer.bytes
  }
}

/// One session's object, an agent's record or a child below it, with its way up.
struct SessionNode {
  /// How deep sub-tasks of sub-tasks are followed.
  static let maximumDepth = 3

  let sessionID: String
  let ancestors: Set<String>
  let depth: Int

  /// Merges the results for this session and for those below it.
  func merge(
    _ results: [ExportResult], into object: JSONObjectLayout, of bytes: [UInt8],
    patch: inout JSONPatch
  ) throws(JSONError) {
    var found: [ChildSession] = []
    // Of several results the last: no member can be set twice.
    if let result = results.last(where: { $0.sessionID == sessionID }) {
      set(result, in: object, of: bytes, patch: &patch)
      if case .usage(_, let children) = result.outcome { found = children }
    }
    let below = results.filter { $0.sessionID != sessionID }
    guard !found.isEmpty || !below.isEmpty else { return }
    guard let children = try mergedChildren(found, below, in: object, of: bytes) else { return }
    patch.set("children", to: children, in: object)
  }

  // MARK: This session's own fields

  private func set(
    _ result: ExportResult, in object: JSONObjectLayout, of bytes: [UInt8],
    patch: inout JSONPatch
  ) {
    switch result.outcome {
    case .usage(let usage, _):
      let known = keepingKnownFraction(usage, in: object, of: bytes)
      patch.set("usage", to: known.json, in: object)
      patch.set("usageUpdatedAt", to: JSONWriter.quoted(result.startedAt.text), in: object)
      for key in ["usageRetryAt", "usageAttempt", "usageError"]
      where object.member(key) != nil {
        patch.set(key, to: JSONWriter.null, in: object)
      }
    case .failure(let failure, let attempt, let retryAt):
      dropUsageOfAnotherSession(in: object, of: bytes, patch: &patch)
      patch.set("usageRetryAt", to: JSONWriter.quoted(retryAt.text), in: object)
      patch.set("usageAttempt", to: JSONWriter.integer(attempt), in: object)
      patch.set("usageError", to: JSONWriter.quoted(failure.message), in: object)
    }
    if depth == 0 { patch.set("usageSessionId", to: JSONWriter.quoted(sessionID), in: object) }
    if case .usage = result.outcome, let status = result.status {
      patch.set("usageStatus", to: JSONWriter.quoted(status.rawValue), in: object)
    }
  }

  /// The failure is noted as this session's: the numbers of an earlier one under the same name
  /// would then pass for this one's, and keep it from being due.
  private func dropUsageOfAnotherSession(
    in object: JSONObjectLayout, of bytes: [UInt8], patch: inout JSONPatch
  ) {
    guard let noted = object.member("usageSessionId"),
      let session = JSONValue.string(bytes, noted.valueRange), session != sessionID
    else { return }
    for key in ["usage", "usageUpdatedAt"] where object.member(key) != nil {
      patch.set(key, to: JSONWriter.null, in: object)
    }
  }

  /// The same answer keeps its fraction when its model's window cannot be had any more.
  private func keepingKnownFraction(
    _ usage: Usage, in object: JSONObjectLayout, of bytes: [UInt8]
  ) -> Usage {
    usage.keepingFraction(
      of: object.member("usage").flatMap { Usage(bytes, at: $0.valueRange) })
  }

  // MARK: The sessions below

  /// The array of children with what is new in it; nil when there is nothing to write.
  private func mergedChildren(
    _ found: [ChildSession], _ results: [ExportResult], in object: JSONObjectLayout,
    of bytes: [UInt8]
  ) throws(JSONError) -> [UInt8]? {
    let lineage = ancestors.union([sessionID])
    var newer = found.filter { !lineage.contains($0.sessionID) && depth < Self.maximumDepth }
    let ranges = try elements(of: object.member("children"), in: bytes)
    var texts: [[UInt8]] = []
    for range in ranges {
      let text = Array(bytes[range])
      guard let child = try? JSONObjectLayout(of: text),
        let id = child.member("sessionId").flatMap({ JSONValue.string(text, $0.valueRange) })
      else {
        texts.append(text)
        continue
      }
      let index = newer.firstIndex { $0.sessionID == id }
      let facts = index.map { newer.remove(at: $0) }
      texts.append(try childText(text, child, id: id, facts: facts, results, lineage))
    }
    for facts in newer {
      let text = facts.json
      let child = try JSONObjectLayout(of: text)
      texts.append(
        try childText(text, child, id: facts.sessionID, facts: nil, results, lineage))
    }
    guard let whole = object.member("children")?.valueRange, !ranges.isEmpty else {
      return texts.isEmpty ? nil : JSONWriter.array(of: texts)
    }
    return Self.array(of: texts, inPlaceOf: ranges, of: bytes, whole)
  }

  /// The array with its first elements in the places of those there, white space between them kept,
  /// and the others behind the last.
  private static func array(
    of texts: [[UInt8]], inPlaceOf ranges: [Range<Int>], of bytes: [UInt8], _ whole: Range<Int>
  ) -> [UInt8] {
    var result: [UInt8] = []
    var end = whole.lowerBound
    for (text, range) in zip(texts, ranges) {
      result += bytes[end..<range.lowerBound] + text
      end = range.upperBound
    }
    for text in texts.dropFirst(ranges.count) { result += [UInt8(ascii: ",")] + text }
    return result + bytes[end..<whole.upperBound]
  }

  private func childText(
    _ text: [UInt8], _ layout: JSONObjectLayout, id: String, facts: ChildSession?,
    _ results: [ExportResult], _ lineage: Set<String>
  ) throws(JSONError) -> [UInt8] {
    var patch = JSONPatch(text)
    facts?.set(in: layout, patch: &patch)
    if depth < Self.maximumDepth, !lineage.contains(id) {
      let node = SessionNode(sessionID: id, ancestors: lineage, depth: depth + 1)
      try node.merge(results, into: layout, of: text, patch: &patch)
    }
    return patch.isEmpty ? text : patch.applied()
  }

  private func elements(
    of member: JSONMember?, in bytes: [UInt8]
  ) throws(JSONError) -> [Range<Int>] {
    guard let member else { return [] }
    var ranges: [Range<Int>] = []
    var scanner = JSONScanner(bytes, at: member.valueRange.lowerBound)
    guard try scanner.enterArray() else { return [] }
    while try scanner.nextElement() { ranges.append(try scanner.skipValue()) }
    return ranges
  }
}

extension ChildSession {
  private var values: [(key: String, value: [UInt8])] {
    [
      ("status", status.map(JSONWriter.quoted) ?? JSONWriter.null),
      ("title", title.map(JSONWriter.quoted) ?? JSONWriter.null),
      ("model", model.map { JSONWriter.quoted($0.key) } ?? JSONWriter.null),
      ("startedAt", startedAt.map { JSONWriter.quoted($0.text) } ?? JSONWriter.null),
      ("finishedAt", finishedAt.map { JSONWriter.quoted($0.text) } ?? JSONWriter.null),
    ]
  }

  /// The registry's object for a child: its seven fields, the usage still unknown.
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("sessionId", sessionID)
      for (key, value) in values {
        writer.key(key)
        writer.raw(value)
      }
      writer.member("usage", nil as Int?)
    }
    return writer.bytes
  }

  /// Brings an existing object up to date; what the export does not say stays.
  func set(in object: JSONObjectLayout, patch: inout JSONPatch) {
    for (key, value) in values where value != JSONWriter.null || object.member(key) == nil {
      patch.set(key, to: value, in: object)
    }
  }
}
