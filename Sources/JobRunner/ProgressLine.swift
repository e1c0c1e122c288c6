internal import Jobs
internal import Shared
internal import Synchronization
internal import SystemPackage

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
    draw("\(done)/\(total)  \(name.escapingControls)")
  }

  /// Bytes that are read, as a bar where their number is known.
  func show(_ bytes: Int64, of total: Int64?, after time: Duration) {
    guard isOn else { return }
    let megabytes = bytes / 1_000_000
    let speed = Double(bytes) / 1e6 / max(time.inSeconds, 0.001)
    var line = "\(megabytes)"
    if let total, total > 0 {
      let filled = Int(min(bytes, total) * 24 / total)
      line =
        "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
        + "] \(megabytes)/\(total / 1_000_000)"
    }
    draw("\(line) MB  \(Int(speed)) MB/s")
  }

  /// A line that is wider than the terminal goes on in the next, and is not cleared there.
  private func draw(_ line: String) {
    let columns = StandardStreams.columns(of: .standardError) ?? 80
    err.write("\r\u{1B}[K\(line.truncated(toWidth: max(1, min(72, columns - 1))))")
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
