#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The two clocks of a job, as values so that a test can set them.
package struct Clock: Sendable {
  /// The wall clock: for stamps and for the identity of windows, never for waiting.
  package var now: @Sendable () -> Timestamp
  /// Time since some fixed moment; never set back.
  ///
  /// For deadlines and durations.
  package var elapsed: @Sendable () -> Duration

  package init(
    now: @escaping @Sendable () -> Timestamp, elapsed: @escaping @Sendable () -> Duration
  ) {
    self.now = now
    self.elapsed = elapsed
  }

  /// The clocks of the machine.
  package static let system = Clock(
    now: { Timestamp(milliseconds: read(CLOCK_REALTIME).inMilliseconds) },
    elapsed: { read(CLOCK_MONOTONIC) })

  private static func read(_ clock: clockid_t) -> Duration {
    var time = timespec()
    clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
