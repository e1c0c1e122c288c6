package import Shared

/// What makes a window this one and no other: its limit, its length and when it ends.
///
/// The account is compared beside it: a reading without one goes with any.
package struct WindowIdentity: Sendable, Equatable, Hashable {
  package var limitID: String
  /// The window's length; nil where it is not told.
  package var minutes: Int?
  package var end: End

  package enum End: Sendable, Equatable, Hashable {
    case resetsAt(Timestamp)
    /// A limit whose vendor tells no reset time counts by the local date.
    case day(LocalDay)
  }

  package init(limitID: String, minutes: Int?, end: End) {
    self.limitID = limitID
    self.minutes = minutes
    self.end = end
  }

  /// How far two reports of one reset may lie apart: vendors answer with their own second, panes
  /// with whole minutes.
  package static let tolerance = WindowLength.jitter

  /// Whether both are the same window.
  ///
  /// One limit may have windows of several lengths, which now and then end together.
  package func matches(_ other: WindowIdentity) -> Bool {
    guard limitID == other.limitID,
      minutes == nil || other.minutes == nil || minutes == other.minutes
    else { return false }
    switch (end, other.end) {
    case (.resetsAt(let mine), .resetsAt(let theirs)):
      return (mine - theirs).magnitude <= Self.tolerance
    case (.day(let mine), .day(let theirs)): return mine == theirs
    default: return false
    }
  }
}

extension Duration {
  /// The same length, never negative.
  package var magnitude: Duration { self < .zero ? .zero - self : self }

  package static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
}

extension LimitReading {
  /// Whether nothing of a window is used and none has begun.
  ///
  /// A window is pinned by the first finished turn; until then the vendor says 0 % and an end that
  /// slides along with the clock, or none at all (onWatch issue 76).
  package func isNotStarted(at moment: Timestamp) -> Bool {
    guard usedPercent == 0 else { return false }
    guard let resetsAt else { return resetsLabel == nil }
    guard let minutes else { return false }
    return (resetsAt - (moment + .minutes(minutes))).magnitude <= WindowIdentity.tolerance
  }

  /// The window this limit speaks of; nil when none has begun or when its end cannot be told.
  package func identity(at moment: Timestamp, days: LocalTime) -> WindowIdentity? {
    if isNotStarted(at: moment) { return nil }
    if let resetsAt {
      return WindowIdentity(limitID: limitID, minutes: minutes, end: .resetsAt(resetsAt))
    }
    guard resetsLabel == nil else { return nil }
    return WindowIdentity(limitID: limitID, minutes: minutes, end: .day(days.day(at: moment)))
  }
}

extension Reading {
  /// The limit that names the provider's windows: the shortest that counts the whole subscription.
  package var leadingLimit: LimitReading? {
    limits.filter(\.isMain).min { ($0.minutes ?? .max) < ($1.minutes ?? .max) }
  }
}
