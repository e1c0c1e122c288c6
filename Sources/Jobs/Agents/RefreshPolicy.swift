package import Shared

/// Why a session is exported now.
package enum DueReason: String, Sendable, CaseIterable {
  case neverExported = "no usage yet"
  case newSession = "its session is a new one"
  case intervalPassed = "running, and its usage is old"
  case clockWentBack = "its usage is dated in the future"
  case finishedSince = "finished since its last export"
  case endedSince = "was running at its last export and is no more"
}

/// What is known of one session before it is exported: an agent's own or a sub-task's.
package struct SessionState: Sendable, Equatable {
  package var sessionID: String?
  package var status: AgentStatus?
  package var hasUsage = false
  package var finishedAt: Timestamp?
  package var updatedAt: Timestamp?
  package var usageUpdatedAt: Timestamp?
  package var retryAt: Timestamp?
  package var attempt: Int?
  /// The last failure's text, which begins with its code.
  package var error: String?
  /// The session that the usage fields speak of, where one is noted.
  package var usageSessionID: String?
  /// The computed status when it was last exported, where one is noted.
  package var usageStatus: AgentStatus?

  package init(sessionID: String?, status: AgentStatus?) {
    self.sessionID = sessionID
    self.status = status
  }

  /// When it was last tried, as far as the record tells; nil sorts first.
  package var lastTouched: Timestamp? {
    guard let retryAt else { return usageUpdatedAt }
    return max(retryAt, usageUpdatedAt ?? retryAt)
  }

  /// Whether the usage fields were written for another session under the same name.
  package var isOfAnotherSession: Bool {
    usageSessionID != nil && usageSessionID != sessionID
  }

  /// Failed attempts in a row on this very session.
  package var failedAttempts: Int { isOfAnotherSession ? 0 : max(0, attempt ?? 0) }
}

/// Which sessions are due.
package struct RefreshPolicy: Sendable, Equatable {
  /// The least time between two exports of one running session.
  package var runningInterval: Duration

  package init(runningInterval: Duration) {
    self.runningInterval = runningInterval
  }

  /// Why the session is due now; nil when it is not.
  package func reason(for session: SessionState, now: Timestamp) -> DueReason? {
    guard let id = session.sessionID, !id.isEmpty else { return nil }
    if session.isOfAnotherSession { return session.status == .scheduled ? nil : .newSession }
    guard !isHeldBack(session, now: now) else { return nil }
    switch session.status {
    case .scheduled: return nil
    case _ where !session.hasUsage: return .neverExported
    case .running: return reasonWhileRunning(session, now: now)
    case .done where session.finishedAt != nil: return reasonWhenDone(session, now: now)
    case .done, .unknown, nil: return reasonWhenGone(session)
    }
  }

  private func isHeldBack(_ session: SessionState, now: Timestamp) -> Bool {
    guard let retryAt = session.retryAt else { return false }
    return RetrySchedule.isWaiting(
      until: retryAt, attempt: session.failedAttempts,
      permanent: ExportFailure.isPermanent(message: session.error), now: now)
  }

  private func reasonWhileRunning(_ session: SessionState, now: Timestamp) -> DueReason? {
    guard let last = session.usageUpdatedAt else { return .neverExported }
    if last > now { return .clockWentBack }
    return now - last >= runningInterval ? .intervalPassed : nil
  }

  private func reasonWhenDone(_ session: SessionState, now: Timestamp) -> DueReason? {
    guard let last = session.usageUpdatedAt else { return .neverExported }
    guard let finished = session.finishedAt, finished > last else { return nil }
    // A finish dated in the future stays after every export; one export as done is enough.
    return finished > now && session.usageStatus == .done ? nil : .finishedSince
  }

  /// Nothing says when it ended.
  ///
  /// It is exported once in that state: after an export while it was running, or, where no state is
  /// noted, after the last write of its own program.
  private func reasonWhenGone(_ session: SessionState) -> DueReason? {
    guard let last = session.usageUpdatedAt else { return .neverExported }
    if let noted = session.usageStatus { return noted == .running ? .endedSince : nil }
    guard let updated = session.updatedAt else { return nil }
    return updated > last ? .endedSince : nil
  }
}
