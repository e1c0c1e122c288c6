internal import Shared

extension AgentRegistry {
  /// What the record says of the agent's own session.
  func sessionState(
    of agent: Agent, id: String, now: Timestamp, processes: ProcessTable
  ) -> SessionState {
    var state = SessionState(
      sessionID: id, status: status(of: agent, now: now, processes: processes))
    state.hasUsage = usageRange(of: agent) != nil
    state.finishedAt = timestamp(.finishedAt, of: agent)
    state.updatedAt = timestamp(.updatedAt, of: agent)
    state.usageUpdatedAt = timestamp(.usageUpdatedAt, of: agent)
    state.retryAt = timestamp(.usageRetryAt, of: agent)
    state.attempt = integer(.usageAttempt, of: agent)
    state.error = text(.usageError, of: agent)
    state.usageSessionID = text(.usageSessionId, of: agent)
    state.usageStatus = text(.usageStatus, of: agent).flatMap(AgentStatus.init(rawValue:))
    return state
  }

  /// A sub-task's session with its place below the agent.
  struct ChildState {
    var state: SessionState
    var depth: Int
    var lineage: Set<String>
  }

  /// The sub-tasks that the record lists, and those below them, without circles.
  func children(of agent: Agent, id: String, agentStatus: AgentStatus?) -> [ChildState] {
    guard let range = range(.children, of: agent), bytes[range.lowerBound] == UInt8(ascii: "[")
    else { return [] }
    var found: [ChildState] = []
    var scanner = JSONScanner(bytes, at: range.lowerBound)
    // The registry was read whole before: its children cannot fail to scan.
    try? collect(&scanner, depth: 1, lineage: [id], agentStatus: agentStatus, into: &found)
    return found
  }

  private func collect(
    _ scanner: inout JSONScanner, depth: Int, lineage: Set<String>, agentStatus: AgentStatus?,
    into found: inout [ChildState]
  ) throws(JSONError) {
    guard try scanner.enterArray() else { return }
    while try scanner.nextElement() {
      var below: Range<Int>?
      let state = try childState(&scanner, agentStatus: agentStatus, children: &below)
      guard let id = state.sessionID, depth <= SessionNode.maximumDepth, !lineage.contains(id)
      else { continue }
      let line = lineage.union([id])
      found.append(ChildState(state: state, depth: depth, lineage: line))
      guard let below else { continue }
      var nested = JSONScanner(bytes, at: below.lowerBound)
      try collect(
        &nested, depth: depth + 1, lineage: line, agentStatus: agentStatus, into: &found)
    }
  }

  private func childState(
    _ scanner: inout JSONScanner, agentStatus: AgentStatus?, children: inout Range<Int>?
  ) throws(JSONError) -> SessionState {
    var state = SessionState(sessionID: nil, status: .unknown)
    var recorded: String?
    guard try scanner.enterObject() else { return state }
    while try scanner.nextKey() {
      if scanner.keyIs("sessionId") {
        state.sessionID = try scanner.nextString()
      } else if scanner.keyIs("status") {
        recorded = try scanner.nextString()
      } else if scanner.keyIs("finishedAt") {
        state.finishedAt = try scanner.readMoment()
      } else if scanner.keyIs("usage") {
        state.hasUsage = try scanner.peekKind() == .object
        try scanner.skipValue()
      } else if scanner.keyIs("usageUpdatedAt") {
        state.usageUpdatedAt = try scanner.readMoment()
      } else if scanner.keyIs("usageRetryAt") {
        state.retryAt = try scanner.readMoment()
      } else if scanner.keyIs("usageAttempt") {
        state.attempt = try scanner.readCount()
      } else if scanner.keyIs("usageError") {
        state.error = try scanner.nextString()
      } else if scanner.keyIs("usageStatus") {
        state.usageStatus = try scanner.nextString().flatMap(AgentStatus.init(rawValue:))
      } else if scanner.keyIs("children") {
        children = try scanner.skipValue()
      } else {
        try scanner.skipValue()
      }
    }
    state.status = ChildStatus.computed(recorded, agentStatus: agentStatus)
    return state
  }
}
