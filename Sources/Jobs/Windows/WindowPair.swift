internal import Shared

/// The two ends of a window, and what lies between.
package struct WindowPair: Sendable, Equatable {
  package let before: Snapshot
  /// The news of no reading where there is nothing better.
  package let after: Snapshot
  /// One for each field that counts and that either end has.
  package let deltas: [Delta]

  /// What a window used of one limit.
  package struct Delta: Sendable, Equatable {
    package let field: PercentField
    /// Percentage points; nil when they cannot be told.
    package let points: Double?
    /// Why not, or what is odd although they can.
    package let fault: Fault?
  }

  /// What is wrong with a pair; each is the type of an anomaly.
  package enum Fault: String, Sendable, CaseIterable {
    case negativeDelta = "negative-delta"
    case lateAfter = "late-after"
    case resetCrossed = "reset-crossed"
    case stalePane = "stale-pane"
    case duplicatePane = "duplicate-pane"
  }

  /// How soon after a reset panes still show the old numbers.
  static let settling = Duration.seconds(300)
}

extension WindowPair {
  /// Pairs a BEFORE with the best of the AFTER rows of its account; nil when there is none.
  ///
  /// - Parameter known: Every reading of the provider, by whatever agent: a pane that shows less than
  ///   one of them did earlier was copied before it.
  init?(before: Snapshot, afters: [Snapshot], known: [Snapshot]) {
    let fitting = afters.filter { $0.sharesAccount(with: before) }
    guard let after = Self.best(of: fitting, for: before, known: known) else { return nil }
    self.before = before
    self.after = after
    deltas = Self.deltas(before: before, after: after, known: known)
  }

  /// The reading that still bears the window's identity and shows the most; without any such the
  /// latest.
  private static func best(
    of afters: [Snapshot], for before: Snapshot, known: [Snapshot]
  ) -> Snapshot? {
    let readings = afters.filter(\.isUsable)
    guard !readings.isEmpty else { return afters.last { $0.reading == nil } ?? afters.last }
    let bearing = readings.filter { row in
      !row.isStale(among: known) && before.leadingRelation(to: row).map(isOfWindow) == true
    }
    guard !bearing.isEmpty else { return readings.max { $0.capturedAt < $1.capturedAt } }
    return bearing.max { ($0.leadingPercent, $0.capturedAt) < ($1.leadingPercent, $1.capturedAt) }
  }

  private static func isOfWindow(_ relation: LimitRelation) -> Bool {
    relation == .same || relation == .firstAfter
  }

  private static func deltas(
    before: Snapshot, after: Snapshot, known: [Snapshot]
  ) -> [Delta] {
    let isStale = before.isStale(among: known) || after.isStale(among: known)
    let isDuplicate = before.isSamePane(as: after)
    return PercentField.of(before.provider).filter(\.hasDelta).compactMap { field in
      let first = field.limit(in: before.reading?.limits ?? [])
      let last = field.limit(in: after.reading?.limits ?? [])
      guard field.isAlwaysWritten || first != nil || last != nil else { return nil }
      guard let first, let last else { return Delta(field: field, points: nil, fault: nil) }
      var delta = delta(
        field, DatedLimit(limit: first, at: before.capturedAt),
        DatedLimit(limit: last, at: after.capturedAt), isPane: after.reading?.method == .pane)
      if isDuplicate { delta = Delta(field: field, points: nil, fault: .duplicatePane) }
      if isStale, delta.points != nil || delta.fault == .resetCrossed {
        delta = Delta(field: field, points: nil, fault: .stalePane)
      }
      return delta
    }
  }

  private static func delta(
    _ field: PercentField, _ before: DatedLimit, _ after: DatedLimit, isPane: Bool
  ) -> Delta {
    let points = after.limit.usedPercent - before.limit.usedPercent
    switch before.relation(to: after) {
    case .same, .firstAfter, .unknown:
      guard points >= 0 else { return Delta(field: field, points: nil, fault: .negativeDelta) }
      return Delta(field: field, points: points, fault: isLate(before, after) ? .lateAfter : nil)
    case .later:
      let fault = isLate(before, after) ? Fault.lateAfter : .resetCrossed
      return Delta(field: field, points: nil, fault: fault)
    case .earlier:
      // An AFTER that shows more may as well follow a BEFORE that was pasted late, or was a glitch.
      if points >= 0 { return Delta(field: field, points: nil, fault: .resetCrossed) }
      return Delta(field: field, points: nil, fault: isPane ? .stalePane : .negativeDelta)
    }
  }

  /// Whether the AFTER was taken in the minutes after the window's end, when old and new numbers
  /// mix.
  private static func isLate(_ before: DatedLimit, _ after: DatedLimit) -> Bool {
    guard let end = before.limit.resetsAt, !before.limit.isNotStarted(at: before.at) else {
      return false
    }
    return after.at > end && after.at - end <= settling
  }
}

extension Snapshot {
  /// Whether both may be of one account; one that is not told goes with any.
  package func sharesAccount(with other: Snapshot) -> Bool {
    guard let mine = reading?.account, let theirs = other.reading?.account else { return true }
    return mine == theirs
  }

  /// How the leading window of a later row lies to ours; nil when either has none.
  func leadingRelation(to later: Snapshot) -> LimitRelation? {
    guard let mine = reading?.leadingLimit,
      let theirs = later.reading?.limits.first(where: { $0.isSameLimit(as: mine) })
    else { return nil }
    return DatedLimit(limit: mine, at: capturedAt)
      .relation(to: DatedLimit(limit: theirs, at: later.capturedAt))
  }

  /// Whether it has a reading that tells of a main limit: a text that nobody can read is kept too.
  var isUsable: Bool { reading?.leadingLimit != nil }

  var leadingPercent: Double { reading?.leadingLimit?.usedPercent ?? -1 }

  func isSamePane(as other: Snapshot) -> Bool {
    guard let mine = reading, let theirs = other.reading, mine.method == .pane,
      theirs.method == .pane, !mine.rawText.isEmpty
    else { return false }
    return mine.rawText == theirs.rawText
  }

  /// Whether this is a pane that shows less of a window than was known before it came.
  ///
  /// Within a window use only grows, so such a pane was copied earlier. Whole numbers of panes are
  /// held against exact ones of other sources with a point to spare.
  func isStale(among known: [Snapshot]) -> Bool { newerReading(among: known) != nil }

  /// The earlier row that shows more; nil when there is none.
  func newerReading(among known: [Snapshot]) -> Snapshot? {
    guard let reading, reading.method == .pane else { return nil }
    return known.first { other in
      guard other.capturedAt < capturedAt, sharesAccount(with: other),
        let theirs = other.reading
      else { return false }
      let spare = theirs.method == .pane ? 0.0 : 1.0
      return reading.limits.contains { limit in
        guard limit.isMain, let shown = theirs.limits.first(where: { $0.isSameLimit(as: limit) }),
          shown.usedPercent > limit.usedPercent + spare
        else { return false }
        let relation = DatedLimit(limit: shown, at: other.capturedAt)
          .relation(to: DatedLimit(limit: limit, at: capturedAt))
        return relation == .same
      }
    }
  }
}
