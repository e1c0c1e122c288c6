internal import Shared

/// How the window of a later reading lies to that of an earlier one.
enum LimitRelation: Sendable, Equatable {
  case same
  /// Nothing had begun, and this is the window that began first after it.
  case firstAfter
  /// At least one reset lies between.
  case later
  /// It is an older window: the text was copied before the earlier reading was taken.
  case earlier
  /// One of the two does not say when it ends.
  case unknown
}

/// A limit with the moment its numbers were true.
struct DatedLimit: Sendable {
  let limit: LimitReading
  let at: Timestamp
  private let label: ResetLabel?

  init(limit: LimitReading, at: Timestamp) {
    self.limit = limit
    self.at = at
    label = limit.resetsLabel.flatMap { ResetLabel($0) }
  }

  /// How `later` lies to this.
  func relation(to later: DatedLimit) -> LimitRelation {
    // What labels are in moments depends on the zone of who reads them; between two labels it does
    // not matter.
    let (labels, isCertain) = relationOfLabels(to: later)
    if isCertain { return labels }
    if limit.isNotStarted(at: at) {
      if let relation = relationFromNotStarted(to: later) { return relation }
    }
    guard let mine = limit.resetsAt, let theirs = later.limit.resetsAt else { return labels }
    if (theirs - mine).magnitude <= WindowIdentity.tolerance { return .same }
    return theirs > mine ? .later : .earlier
  }

  /// Before the first turn an end slides; the window that a later reading names is the first one if
  /// no other had room before it.
  private func relationFromNotStarted(to later: DatedLimit) -> LimitRelation? {
    guard let minutes = limit.minutes else {
      return later.limit.isNotStarted(at: later.at) ? .same : nil
    }
    let latest = at + .minutes(minutes) + WindowIdentity.tolerance
    if later.limit.isNotStarted(at: later.at) { return later.at <= latest ? .same : .later }
    guard let end = later.limit.resetsAt else { return nil }
    // A window that had begun by then was not seen by this reading, or is not what it was.
    if end - .minutes(minutes) < at - WindowIdentity.tolerance { return .earlier }
    return end - .minutes(minutes) <= latest ? .firstAfter : .later
  }
}

// MARK: - Labels

/// Labels have no year, mostly no date and no zone: they are compared with each other, and with how
/// much time went by, which is the same in every zone.
extension DatedLimit {
  /// How far the clocks and ends of panes may be off, in minutes.
  private static let slack = 5
  private static let minutesOfDay = 1_440
  /// Clocks are put forward by an hour at most.
  private static let clockChange = 60

  /// What the labels say, and whether moments could not say it better.
  private func relationOfLabels(
    to later: DatedLimit
  ) -> (relation: LimitRelation, isCertain: Bool) {
    guard let mine = label, let theirs = later.label,
      let isSame = mine.sameMoment(as: theirs)
    else { return (.unknown, false) }
    guard let minutes = limit.minutes else { return (isSame ? .same : .unknown, false) }
    let elapsed = (later.at - at).inMinutes
    let areDated = mine.day != nil && theirs.day != nil
    // A label without a date is of the day that follows its reading.
    let reach = mine.day == nil ? min(minutes, Self.minutesOfDay) : minutes
    // Of a week, a date on one side only leaves two days open.
    let isCertain =
      minutes <= Self.minutesOfDay || (mine.day == nil) == (theirs.day == nil)
      || isSame && theirs.day == nil && elapsed <= minutes - Self.minutesOfDay
    if isSame { return (elapsed <= reach + Self.slack ? .same : .later, isCertain) }
    guard let ahead = theirs.minutesAhead(of: mine) else { return (.unknown, false) }
    if isFirst(ahead, elapsed, minutes, areDated: areDated) { return (.firstAfter, isCertain) }
    let furthest = elapsed + minutes + Self.slack + Self.clockChange
    return (ahead <= furthest ? .later : .earlier, isCertain)
  }

  /// Whether this had not begun, going by the ends alone: those of two windows in a row are a
  /// window's length apart at least, so a nearer one is that of the first window after 0 %.
  private func isFirst(_ ahead: Int, _ elapsed: Int, _ minutes: Int, areDated: Bool) -> Bool {
    guard limit.usedPercent == 0, ahead < minutes else { return false }
    // A clock alone comes round every day: the next time but one must be out of reach.
    return areDated || elapsed + minutes <= ahead + Self.minutesOfDay
  }
}

extension Duration {
  /// Whole minutes, rounded toward zero.
  fileprivate var inMinutes: Int { Int(inMilliseconds / 60_000) }
}

extension ResetLabel {
  /// How many minutes this label lies behind `earlier` on the clock, or on the calendar where both
  /// name a day; nil where either has no time of day.
  func minutesAhead(of earlier: ResetLabel) -> Int? {
    guard let mine = minuteOfDay, let theirs = earlier.minuteOfDay else { return nil }
    let clock = (mine - theirs + 1_440) % 1_440
    guard let month, let day, let otherMonth = earlier.month, let otherDay = earlier.day else {
      return clock
    }
    // A year with a leap day and one without: the nearer one is meant.
    return [2027, 2028].compactMap { year -> Int? in
      guard let last = LocalDay(year: year, month: month, day: day),
        let first = LocalDay(year: year, month: otherMonth, day: otherDay)
      else { return nil }
      let minutes = (last.daysSinceEpoch - first.daysSinceEpoch) * 1_440 + mine - theirs
      let length = (year == 2028 ? 366 : 365) * 1_440
      return (minutes % length + length) % length
    }.min() ?? clock
  }
}
