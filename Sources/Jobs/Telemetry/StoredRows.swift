internal import Dispatch
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

/// Gets each event that counts, once.
protocol TelemetrySink: Sendable {
  /// Takes an event and the window it belongs to.
  mutating func add(_ row: StoredRow, window: UnsafeBufferPointer<UInt8>)

  /// Takes in what it put off; no event follows but through a merge.
  mutating func finish()

  /// Takes what another sink was given of the events behind those given here; both are finished.
  mutating func merge(_ other: Self)
}

/// What a pass over stored telemetry met.
package struct TelemetryPass: Sendable, Equatable {
  /// Events given out.
  package var events = 0
  /// Events left out because they were there already.
  package var repeated = 0
  /// Rows of the older form, each with the log of a whole run.
  package var logs = 0
  /// Lines that are no rows of telemetry.
  package var damaged = 0
  /// The first of these, from 1.
  package var firstDamaged: Int?
  /// Rows that put events into windows.
  package var corrections = 0
}

/// Reads `proxy_telemetry.jsonl`, or a proxy's own log, event by event in flat memory.
///
/// Rows of ours are each an event that is stored once. Rows that hold the log of a whole run are
/// read out, and what is stored or was read already is not given again.
struct StoredRows: Sendable {
  let source: LineBlocks.Source
  let rules: ProxyRules
  /// Whether objects that are no rows are events of a proxy's log.
  var takesEvents = false
  /// The one window to read; nil for all.
  var window: String?

  /// A longer line of a ledger is damaged; the log of a run has at most some megabytes.
  static let longestRow = 64 << 20

  /// Gives all events that count to the sink.
  func read<Sink: TelemetrySink>(into sink: inout Sink) throws(Errno) -> TelemetryPass {
    let run = StoredRowsRun(self)
    if let middle = try middle() {
      try readHalves(run, middle, into: &sink)
    } else {
      try run.readRows(.whole, into: &sink)
    }
    try run.readLogs(into: &sink)
    sink.finish()
    return run.pass
  }

  /// Where a second core begins; nil where the first does it all as fast.
  private func middle() throws(Errno) -> Int? {
    guard case .file(_, let size) = source, !takesEvents, size >= Self.worthTwo, hasSeveralCores
    else { return nil }
    var blocks = LineBlocks(source, from: size / 2)
    guard let block = try blocks.next() else { return nil }
    let middle = blocks.offset + LineBlocks.length(ofLineAt: 0, in: block)
    return middle < size ? middle : nil
  }

  private var hasSeveralCores: Bool { sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 }

  /// In bytes: below it the second thread is not there before the first is done.
  private static let worthTwo = 4 << 20

  private func readHalves<Sink: TelemetrySink>(
    _ run: StoredRowsRun, _ middle: Int, into sink: inout Sink
  ) throws(Errno) {
    let empty = sink
    let halves = Mutex<[Int: Half<Sink>]>([:])
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      let half = Half(self, index == 0 ? .before(middle) : .from(middle), empty)
      halves.withLock { $0[index] = half }
    }
    for index in 0..<2 {
      guard var half = halves.withLock({ $0.removeValue(forKey: index) }) else { continue }
      if let failure = half.failure { throw failure }
      run.take(half.pass, logs: half.logs, lines: half.lines)
      // The first half went on from what the sink was; nobody else may hold what is added to.
      if index == 0 { swap(&sink, &half.sink) } else { sink.merge(half.sink) }
    }
  }

  /// What one core read.
  private struct Half<Sink: TelemetrySink>: Sendable {
    var sink: Sink
    var pass = TelemetryPass()
    var logs: [Int] = []
    var lines = 0
    var failure: Errno?

    init(_ rows: StoredRows, _ part: StoredRowsRun.Part, _ empty: Sink) {
      sink = empty
      let run = StoredRowsRun(rows)
      do throws(Errno) {
        try run.readRows(part, into: &sink)
      } catch {
        failure = error
      }
      sink.finish()
      (pass, logs, lines) = (run.pass, run.logs, run.lines)
    }
  }
}
