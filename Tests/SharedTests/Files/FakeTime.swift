import Shared
import Synchronization

/// A clock that only moves when somebody sleeps.
final class FakeTime: Sendable {
  private let state = Mutex<[Duration]>([])
  private let onSleep: @Sendable (Duration) -> Void

  /// - Parameter onSleep: told the time that passed, after each sleep.
  init(onSleep: @escaping @Sendable (Duration) -> Void = { _ in }) { self.onSleep = onSleep }

  var sleeps: [Duration] { state.withLock { $0 } }
  var now: Duration { sleeps.reduce(.zero, +) }

  var waiting: Waiting {
    Waiting(
      now: { self.now },
      sleep: { duration in
        self.state.withLock { $0.append(duration) }
        self.onSleep(self.now)
      },
      jitter: { min(1, $0.upperBound) })
  }
}
