@preconcurrency internal import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Calls back when this process is told to stop, or gets other signals that are named.
package final class SignalWatch: Sendable {
  private let sources: [any DispatchSourceSignal]

  /// Watches for Ctrl-C, TERM and a closed terminal for as long as the value lives; the callback
  /// gets the signal's number and runs on a thread of its own.
  ///
  /// One watch a process: a thread that the first one has made would not hold back the signals of a
  /// second.
  package init(
    of numbers: [Int32] = [SIGINT, SIGTERM, SIGHUP], _ stop: @escaping @Sendable (Int32) -> Void
  ) {
    // Held back, not ignored: one that comes before its source listens waits for it. All threads
    // made later hold them back too; children get an empty mask.
    var held = sigset_t()
    sigemptyset(&held)
    for number in numbers { sigaddset(&held, number) }
    pthread_sigmask(SIG_BLOCK, &held, nil)
    sources = numbers.map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { stop(number) }
      source.resume()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }
}
