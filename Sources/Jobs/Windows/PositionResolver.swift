package import Shared

extension WindowPosition {
  /// Where an agent stands: as its file says while that is about the ledger's last row, else as the
  /// ledger says.
  ///
  /// The file is written after the rows; a run that is killed in between leaves it behind.
  package static func current(
    _ provider: Provider, own: [Snapshot], stored: WindowPosition?, days: LocalTime
  ) -> WindowPosition {
    if let stored, stored.isAbout(own) { return stored }
    var position = WindowPosition(provider: provider)
    position.baselinePrompts = stored?.baselinePrompts
    guard let last = lastTelling(own) ?? own.last else { return position }
    position.window = last.window
    position.lastPhase = own.last { $0.window == last.window }?.phase
    position.updatedAt = last.recordedAt ?? last.capturedAt
    position.lookedAt = last.recordedAt
    position.lastRow = own.last?.id
    position.identity =
      own.filter { $0.window == last.window }
      .compactMap { $0.identity(days: days) }.first
    return position
  }

  /// The last row about the window that was open then; one that is ended late leaves the open window
  /// open.
  private static func lastTelling(_ own: [Snapshot]) -> Snapshot? {
    own.reduce(nil) { last, row in
      guard row.tellsWhereItStands else { return last }
      let isLate = row.phase == .after && last?.phase == .before && last?.window != row.window
      return isLate ? last : row
    }
  }

  private func isAbout(_ own: [Snapshot]) -> Bool {
    guard let last = own.last else { return true }
    if let lastRow { return lastRow == last.id }
    // A file of the tracker names no row.
    guard let updatedAt else { return false }
    return updatedAt >= last.recordedAt ?? last.capturedAt
  }
}

extension Snapshot {
  /// Whether the row was written about the window that was open then.
  ///
  /// Corrections come later, about any window; but a BEFORE that could not be read at first is one
  /// of the open window.
  fileprivate var tellsWhereItStands: Bool {
    corrects == nil || phase == .before && reading?.method != .override && source != "override"
  }
}
