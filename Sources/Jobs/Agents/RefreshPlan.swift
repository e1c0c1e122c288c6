package import Shared

/// One export that a run will make.
package struct PlannedExport: Sendable, Equatable {
  /// The record's key in the registry.
  package var agent: String
  /// The record's `sessionId`.
  package var agentSessionID: String
  /// The session to export: the agent's own, or a sub-task's.
  package var session: SessionState
  /// How many sub-tasks down from the agent.
  package var depth: Int
  /// The sessions above this one, and itself: a child among them would be a circle.
  package var lineage: Set<String>
  /// The agent's own folder, where the record names one.
  package var folder: String?
  package var reason: DueReason
}

/// Which sessions of a registry are exported now, oldest first.
package enum RefreshPlan {
  /// Every due session of the agents, or of the one named.
  ///
  /// What has never been tried comes first, then by the time of the last try, so that neither a
  /// name nor a session that keeps failing holds others back.
  package static func exports(
    of registry: AgentRegistry, only name: String?, policy: RefreshPolicy, now: Timestamp,
    processes: ProcessTable
  ) -> [PlannedExport] {
    var plan: [PlannedExport] = []
    for agent in registry.agents where name == nil || agent.key == name {
      guard let id = registry.text(.sessionId, of: agent), !id.isEmpty else { continue }
      let state = registry.sessionState(of: agent, id: id, now: now, processes: processes)
      let folder = registry.text(.cwd, of: agent)
      if let reason = policy.reason(for: state, now: now) {
        plan.append(
          PlannedExport(
            agent: agent.key, agentSessionID: id, session: state, depth: 0, lineage: [id],
            folder: folder, reason: reason))
      }
      var planned: Set<String?> = []
      for child in registry.children(of: agent, id: id, agentStatus: state.status) {
        guard planned.insert(child.state.sessionID).inserted,
          let reason = policy.reason(for: child.state, now: now)
        else { continue }
        plan.append(
          PlannedExport(
            agent: agent.key, agentSessionID: id, session: child.state, depth: child.depth,
            lineage: child.lineage, folder: folder, reason: reason))
      }
    }
    return plan.sorted(by: isBefore)
  }

  private static func isBefore(_ left: PlannedExport, _ right: PlannedExport) -> Bool {
    let oldest = Timestamp(milliseconds: .min)
    let (a, b) = (left.session.lastTouched ?? oldest, right.session.lastTouched ?? oldest)
    return a != b ? a < b : left.depth < right.depth
  }

  /// The sessions that the registry lists for each of these agents, due or not.
  package static func knownSessions(
    of registry: AgentRegistry, below agents: Set<String>
  ) -> [String: Set<String>] {
    var known: [String: Set<String>] = [:]
    for agent in registry.agents where agents.contains(agent.key) {
      guard let id = registry.text(.sessionId, of: agent), !id.isEmpty else { continue }
      let children = registry.children(of: agent, id: id, agentStatus: nil)
      known[agent.key] = Set(children.compactMap(\.state.sessionID)).union([id])
    }
    return known
  }

  /// The exports that the sub-tasks found in an export call for.
  ///
  /// Known sub-tasks were planned from the registry; only those that it does not list are new.
  package static func exports(
    ofChildren children: [ChildSession], foundBy parent: PlannedExport, known: Set<String>
  ) -> [PlannedExport] {
    guard parent.depth < SessionNode.maximumDepth else { return [] }
    return children.compactMap { child in
      let id = child.sessionID
      guard !known.contains(id), !parent.lineage.contains(id) else { return nil }
      let status = ChildStatus.computed(child.status, agentStatus: parent.session.status)
      var export = parent
      export.session = SessionState(sessionID: id, status: status)
      export.depth += 1
      export.lineage.insert(id)
      export.reason = .neverExported
      return export
    }
  }
}

/// The status of a sub-task, in the words of an agent's.
enum ChildStatus {
  /// A sub-task runs in its agent's process: when that is gone, nothing in it is running.
  static func computed(_ recorded: String?, agentStatus: AgentStatus?) -> AgentStatus {
    switch recorded {
    case "completed", "error": .done
    case "pending", "running": agentStatus == .running ? .running : .unknown
    default: .unknown
    }
  }
}
