package import Shared

/// The words of a record's `status`.
package enum AgentStatus: String, Sendable, CaseIterable {
  case scheduled
  case running
  case done
  /// It was running and its process is gone, or nothing is known of it any more.
  case unknown
}

/// What a record says about its process.
package struct ProcessClaim: Sendable, Equatable {
  package var status: AgentStatus?
  package var pid: Int?
  package var startedAt: Timestamp?
  package var updatedAt: Timestamp?

  package init(status: AgentStatus?, pid: Int?, startedAt: Timestamp?, updatedAt: Timestamp?) {
    self.status = status
    self.pid = pid
    self.startedAt = startedAt
    self.updatedAt = updatedAt
  }
}

/// Whether an agent's process is still the one its record means.
///
/// Computed at every look and never written: the status in the file belongs to the program that
/// started the agent.
package enum Liveness {
  /// A start that has not got a process after this long will not get one.
  package static let orphanAge = Duration.seconds(600)
  /// How far a process's start may lie outside of its record's stamps.
  package static let startTolerance = Duration.seconds(2)

  /// The status as of now; nil when the record has none of the known ones.
  package static func status(
    of claim: ProcessClaim, now: Timestamp, processes: ProcessTable
  ) -> AgentStatus? {
    switch claim.status {
    case .done, .unknown, nil: return claim.status
    case .scheduled where claim.pid == nil: return isOrphan(claim, now: now) ? .unknown : .scheduled
    case .scheduled, .running:
      guard let pid = claim.pid.flatMap(Int32.init(exactly:)), pid > 0 else { return .unknown }
      return isSameProcess(pid, claim, processes) ? .running : .unknown
    }
  }

  private static func isOrphan(_ claim: ProcessClaim, now: Timestamp) -> Bool {
    guard let since = claim.startedAt ?? claim.updatedAt else { return true }
    return now - since > orphanAge
  }

  /// Process ids are used again: a live one counts only if it started between the record's first
  /// stamp and its last.
  ///
  /// Where the start cannot be read the id alone has to do.
  private static func isSameProcess(
    _ pid: Int32, _ claim: ProcessClaim, _ processes: ProcessTable
  ) -> Bool {
    guard processes.isAlive(pid) else { return false }
    guard let start = processes.startTime(pid).map(Timestamp.init(milliseconds:)) else {
      return true
    }
    if let startedAt = claim.startedAt, start < startedAt - startTolerance { return false }
    if let updatedAt = claim.updatedAt, start > updatedAt + startTolerance { return false }
    return true
  }
}

extension AgentRegistry {
  /// The status of an agent as of now; nil when its record has none of the known ones.
  package func status(
    of agent: Agent, now: Timestamp, processes: ProcessTable
  ) -> AgentStatus? {
    let recorded = text(.status, of: agent).flatMap(AgentStatus.init(rawValue:))
    guard recorded == .running || recorded == .scheduled else { return recorded }
    let claim = ProcessClaim(
      status: recorded, pid: integer(.pid, of: agent),
      startedAt: timestamp(.startedAt, of: agent), updatedAt: timestamp(.updatedAt, of: agent))
    return Liveness.status(of: claim, now: now, processes: processes)
  }
}
