internal import Jobs
internal import Shared
internal import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One line on a terminal's standard error that is drawn over and cleared at the end.
struct ProgressLine: Sendable {
  let isOn: Bool
  let err: OutputStream

  func show(_ done: Int, of total: Int, name: String) {
    guard isOn else { return }
    let line = "\(done)/\(total)  \(name.escapingControls)".truncated(toWidth: 72)
    err.write("\r\u{1B}[K\(line)")
  }

  func clear() {
    guard isOn else { return }
    err.write("\r\u{1B}[K")
  }
}

/// The signal that told a run to stop, noted on one thread and read on another.
final class StopSignal: Sendable {
  private let number = Mutex<Int32?>(nil)

  func note(_ signal: Int32) {
    number.withLock { $0 = $0 ?? signal }
  }

  /// How a stopped run ends; nil when it was not told to.
  var status: ExitStatus? {
    number.withLock { $0 }.map { $0 == SIGINT ? .interrupted : .terminated }
  }
}
