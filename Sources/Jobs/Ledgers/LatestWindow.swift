internal import Shared

/// Which window is meant where nobody says.
enum LatestWindow {
  /// The window that an agent has last recorded or finalized; of a plan the one it recorded last,
  /// because that is the one whose work begins.
  ///
  /// Readings of the provider count before those of others.
  static func find(
    agent: String, provider: String, kind: CheckpointKind, history: SnapshotHistory,
    windows: [UInt8]
  ) -> String? {
    let own = history.rows.filter { $0.agent == agent }
    let near = own.filter { $0.provider.rawValue == provider }
    let reading = (near.isEmpty ? own : near).enumerated().max {
      ($0.element.capturedAt, $0.offset) < ($1.element.capturedAt, $1.offset)
    }?.element
    let finalized = lastFinalized(by: agent, in: windows)
    guard let reading else { return finalized?.window }
    guard kind != .plan, let finalized, let at = finalized.finalizedAt,
      at >= (reading.recordedAt ?? reading.capturedAt)
    else { return reading.window }
    return finalized.window
  }

  /// The window whose AFTER an agent has recorded last; nil where it has none.
  static func findClosed(agent: String, provider: String, history: SnapshotHistory) -> String? {
    let ends = history.rows.filter { $0.agent == agent && $0.phase == .after && $0.isUsable }
    let near = ends.filter { $0.provider.rawValue == provider }
    return (near.isEmpty ? ends : near).enumerated().max {
      ($0.element.capturedAt, $0.offset) < ($1.element.capturedAt, $1.offset)
    }?.element.window
  }

  private static func lastFinalized(by agent: String, in bytes: [UInt8]) -> FinalizedWindow? {
    var last: FinalizedWindow?
    for line in RowLedger.lines(bytes) {
      guard let row = FinalizedWindow(line: Array(line)), row.agent == agent else { continue }
      if let known = last?.finalizedAt, let at = row.finalizedAt, at < known { continue }
      last = row
    }
    return last
  }
}
