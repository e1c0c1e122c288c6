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

  /// How `later` lies to this.
  func relation(to later: DatedLimit) -> LimitRelation {
    if limit.isNotStarted(at: at) {
      if let relation = relationFromNotStarted(to: later) { return relation }
    }
    if let mine = limit.resetsAt, let theirs = later.limit.resetsAt {
      if (theirs - mine).magnitude <= WindowIdentity.tolerance { return .same }
      return theirs > mine ? .later : .earlier
    }
    return relationOfLabels(to: later)
  }

  /// Before the first turn an end slides; the window that a later reading names is the first one if
  /// no other had room before it.
  private func relationFromNotStarted(to later: DatedLimit) -> LimitRelation? {
    if later.limit.isNotStarted(at: later.at) { return .same }
    guard let minutes = limit.minutes, let end = later.limit.resetsAt else { return nil }
    let length = Duration.minutes(minutes)
    return end - length <= at + length + WindowIdentity.tolerance ? .firstAfter : .later
  }

  /// Labels have no year, mostly no date and no zone: they are compared with each other, and with
  /// how much time went by, which is the same in every zone.
  private func relationOfLabels(to later: DatedLimit) -> LimitRelation {
    guard let mine = limit.resetsLabel.flatMap(ResetLabel.init),
      let theirs = later.limit.resetsLabel.flatMap(ResetLabel.init),
      let isSame = mine.sameMoment(as: theirs)
    else { return .unknown }
    guard let minutes = limit.minutes else { return isSame ? .same : .unknown }
    let elapsed = later.at - at
    if isSame { return elapsed <= .minutes(minutes) + .minutes(5) ? .same : .later }
    guard let ahead = theirs.minutesAhead(of: mine) else { return .unknown }
    return .minutes(ahead) <= elapsed + .minutes(minutes) + .minutes(5) ? .later : .earlier
  }
}

extension ResetLabel {
  /// How many minutes this label lies behind `earlier` on the clock, or on the calendar where both
  /// name a day; nil where either has no time of day.
  func minutesAhead(of earlier: ResetLabel) -> Int? {
    guard let mine = minuteOfDay, let theirs = earlier.minuteOfDay else { return nil }
    let clock = (mine - theirs + 1_440) % 1_440
    guard let month, let day, let otherMonth = earlier.month, let otherDay = earlier.day,
      // A year with a leap day, so that every date is one.
      let last = LocalDay(year: 2028, month: month, day: day),
      let first = LocalDay(year: 2028, month: otherMonth, day: otherDay)
    else { return clock }
    let minutes = (last.daysSinceEpoch - first.daysSinceEpoch) * 1_440 + mine - theirs
    let year = 366 * 1_440
    return (minutes % year + year) % year
  }
}
