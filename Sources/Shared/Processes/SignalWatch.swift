@preconcurrency internal import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Calls back when this process is told to stop.
package final class SignalWatch: Sendable {
  private let sources: [any DispatchSourceSignal]

  /// Watches for Ctrl-C, TERM and a closed terminal for as long as the value lives; the callback
  /// gets the signal's number and runs on a thread of its own.
  package init(_ stop: @escaping @Sendable (Int32) -> Void) {
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      // The default action would end us before the callback; children get the default back.
      signal(number, SIG_IGN)
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
