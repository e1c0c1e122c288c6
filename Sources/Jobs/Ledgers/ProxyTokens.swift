internal import Shared

/// Requests that the clients' own files tell of, by what a proxy sees of them.
struct SeenRequests: Sendable {
  private var times: [Sizes: [Timestamp]] = [:]

  private struct Sizes: Hashable {
    let sent: Int
    let output: Int
  }

  /// How far apart client and proxy may note the end of one request.
  private static let tolerance = Duration.seconds(120)

  mutating func add(_ request: RequestTokens) {
    let sizes = Sizes(sent: request.sent, output: request.counts.output)
    times[sizes, default: []].append(request.at)
  }

  /// Whether a request with these sizes was noted at about that time.
  func holds(sent: Int, output: Int, at moment: Timestamp) -> Bool {
    guard output > 0, let times = times[Sizes(sent: sent, output: output)] else { return false }
    return times.contains { ($0 - moment).magnitude <= Self.tolerance }
  }
}

/// Adds up what a proxy saw, without what the clients' own files tell already.
struct ProxyTokens: TelemetrySink {
  private let seen: SeenRequests
  private(set) var part = TokenUsage.Part(.proxyTelemetry)
  private(set) var finished = 0
  /// Streams tell none, or 0 of both.
  private(set) var withoutTokens = 0

  init(seen: SeenRequests) {
    self.seen = seen
  }

  mutating func add(_ row: StoredRow, window: UnsafeBufferPointer<UInt8>) {
    guard row.isFinished else { return }
    finished += 1
    let sent = row.count(.inputTokens) ?? 0
    let output = row.count(.outputTokens) ?? 0
    guard sent + output > 0 else {
      withoutTokens += 1
      return
    }
    if let moment = row.moment, seen.holds(sent: sent, output: output, at: moment) {
      part.told += 1
      return
    }
    let held = row.count(.cachedTokens) ?? 0
    // Some clients count what a cache held as part of the prompt, some beside it.
    part.counts += .init(
      input: held <= sent ? sent - held : sent, cachedInput: held, output: output)
    part.requests += 1
  }

  func finish() {}

  mutating func merge(_ other: ProxyTokens) {
    part.counts += other.part.counts
    part.requests += other.part.requests
    part.told += other.part.told
    finished += other.finished
    withoutTokens += other.withoutTokens
  }
}

extension StoredRow {
  /// The moment of the event; nil where none is known.
  fileprivate var moment: Timestamp? {
    Timestamp(utf8: text(.ts)) ?? Timestamp(utf8: text(.capturedAt))
  }
}
