package import Shared

/// When a failed export is tried again.
package enum RetrySchedule {
  /// The wait after attempt `attempt`, counted from 1.
  ///
  /// A passing fault doubles from two seconds to a minute, as the program that shares the registry
  /// waits; a permanent one, which asking again will not change, doubles from an hour to a day.
  package static func delay(afterAttempt attempt: Int, permanent: Bool) -> Duration {
    let doublings = min(max(attempt, 1) - 1, 16)
    let first = permanent ? 3_600 : 2
    let longest = permanent ? 86_400 : 60
    return .seconds(min(first << doublings, longest))
  }

  /// Whether `retryAt` still holds the session back.
  ///
  /// A moment further away than the attempt's own delay was written by a clock that has since been
  /// set back, and holds nothing back.
  package static func isWaiting(
    until retryAt: Timestamp, attempt: Int, permanent: Bool, now: Timestamp
  ) -> Bool {
    retryAt > now && retryAt - now <= delay(afterAttempt: attempt, permanent: permanent)
  }
}
