import Jobs
import Shared
import Testing

/// A moment in the night from 9 to 10 March 2027, by its time of day in UTC: what is later than
/// 18:00 is of the evening before.
func at(_ time: String) -> Timestamp {
  let parts = time.split(separator: ":").compactMap { Int($0) }
  var seconds = 0
  for (part, unit) in zip(parts, [3_600, 60, 1]) { seconds += part * unit }
  let midnight = 1_804_636_800
  return Timestamp(
    milliseconds: Int64((midnight + seconds - (seconds > 18 * 3_600 ? 86_400 : 0)) * 1_000))
}

/// A reading of the five-hour limit and, beside it, of the week.
func reading(
  _ time: String, _ percent: Double, end: String?, method: Reading.Method = .appServer,
  provider: Provider = .codex, account: String? = nil
) -> Reading {
  reading(
    at(time), percent, end: end.map(at), method: method, provider: provider, account: account)
}

func reading(
  _ moment: Timestamp, _ percent: Double, end: Timestamp?, method: Reading.Method = .appServer,
  provider: Provider = .codex, account: String? = nil
) -> Reading {
  Reading(
    provider: provider, account: account,
    limits: [
      LimitReading(limitID: "codex", minutes: 300, usedPercent: percent, resetsAt: end),
      LimitReading(
        limitID: "codex", minutes: 10_080, usedPercent: 31,
        resetsAt: at("12:00") + .seconds(345_600)),
    ],
    capturedAt: moment, method: method)
}

/// Five hours after a moment, where a window that has not begun is said to end.
func sliding(_ time: String) -> Timestamp { at(time) + .minutes(300) }

/// What session files say of a window, from rows of `time percent`, earliest first.
func evidence(end: String, _ rows: [(time: String, percent: Double)]) -> WindowEvidence {
  evidence(
    WindowIdentity(limitID: "codex", minutes: 300, end: .resetsAt(at(end))),
    rows.map { reading($0.time, $0.percent, end: end, method: .rollouts) })
}

func evidence(_ identity: WindowIdentity, _ rows: [Reading]) -> WindowEvidence {
  func percent(_ reading: Reading) -> Double { reading.limits.first?.usedPercent ?? 0 }
  var best = rows[0]
  for row in rows where percent(row) >= percent(best) { best = row }
  var settled: Reading?
  if case .resetsAt(let end) = identity.end {
    settled = rows.first { $0.capturedAt >= end - .minutes(identity.minutes ?? 0) + .seconds(300) }
  }
  return WindowEvidence(identity: identity, first: rows[0], settled: settled, best: best)
}

/// A ledger and a position file that `window-reset` is run on, without files and clients.
struct ResetBench {
  var policy: ResetPolicy
  var agent = "main"
  var provider = Provider.codex
  /// Rows as they were appended.
  var written: [Snapshot] = [] { didSet { history = SnapshotHistory(written) } }
  /// What they say together.
  private(set) var history = SnapshotHistory([])
  /// The position files of the agents, which a killed run does not write.
  var stored: [String: WindowPosition] = [:]
  var evidence: [WindowEvidence] = []
  var anomalies: [Anomaly] = []
  var last: ResetDecision.Outcome?

  init(
    plan: [String] = [], window: String? = nil, next: String? = nil,
    days: LocalTime = .universal, settle: Duration = .seconds(300)
  ) {
    policy = ResetPolicy(
      settle: settle, sequence: plan, window: window, next: next, days: days)
  }

  var own: [Snapshot] { history.rows(of: agent, provider) }
  var position: WindowPosition {
    WindowPosition.current(provider, own: own, stored: stored[agent], days: policy.days)
  }

  func due(_ time: String) -> ResetDue { due(at(time)) }

  /// What a trigger finds to do.
  func due(_ now: Timestamp) -> ResetDue {
    let own = own
    let position = WindowPosition.current(
      provider, own: own, stored: stored[agent], days: policy.days)
    func isMissing(_ window: String, _ phase: Phase) -> Bool {
      let rows = own.filter { $0.window == window && $0.phase == phase }
      return !rows.isEmpty && rows.allSatisfy { $0.reading == nil }
    }
    return position.due(
      at: now, isBeforeMissing: position.window.map { isMissing($0, .before) } ?? false,
      isAfterMissing: own.contains { isMissing($0.window, .after) }, policy: policy)
  }

  /// A look whose answer is this reading, taken at its moment unless another is said.
  mutating func look(_ reading: Reading, now: String? = nil) {
    apply(now.map(at) ?? reading.capturedAt) {
      $0.decide($1, .init(result: .success(reading), tried: []))
    }
  }

  mutating func lookAfter(_ reading: Reading, now: String? = nil) {
    apply(now.map(at) ?? reading.capturedAt) {
      $0.decideAfter($1, .init(result: .success(reading), tried: []))
    }
  }

  static let failure = ReadingFailure(.server, "500 Internal Server Error")

  mutating func fail(_ time: String) {
    apply(at(time)) { $0.decide($1, .init(result: .failure(Self.failure), tried: [])) }
  }

  mutating func failAfter(_ time: String) {
    apply(at(time)) { $0.decideAfter($1, .init(result: .failure(Self.failure), tried: [])) }
  }

  mutating func backfill(_ time: String) {
    apply(at(time)) { $0.decideBackfill($1) }
  }

  mutating func apply(
    _ now: Timestamp, _ decide: (ResetDecision, WindowPosition) -> ResetDecision.Outcome
  ) {
    let decision = ResetDecision(
      agent: agent, provider: provider, now: now, policy: policy, history: history,
      evidence: evidence)
    let outcome = decide(decision, position)
    if !outcome.rows.isEmpty { written += outcome.rows }
    anomalies += outcome.anomalies
    last = outcome
    var position = outcome.position
    let rows = outcome.rows.filter { if case .tombstone = $0.content { false } else { true } }
    position.lastRow = rows.last?.id ?? position.lastRow
    stored[agent] = position
  }

  /// A run that was killed when its rows were written and its position was not.
  mutating func losePosition() { stored[agent] = nil }

  /// The rows that count, one line each.
  var lines: [String] { history.rows.map(Self.line) }

  /// What the last look appended.
  var news: [String] { last?.rows.map(Self.line) ?? [] }

  static func line(_ row: Snapshot) -> String {
    let what =
      switch row.content {
      case .reading(let reading):
        "\(reading.leadingLimit?.usedPercent ?? -1)% at \(row.capturedAt.text.dropFirst(11).prefix(8))"
      case .unavailable(let failure): "unavailable \(failure.reason.rawValue)"
      case .tombstone: "retracted"
      }
    return [
      row.window, row.phase.rawValue, what, row.state == .notStarted ? "not-started" : nil,
      row.corrects == nil ? nil : "corrects",
    ].compactMap { $0 }.joined(separator: " ")
  }
}

/// One window that ends at 00:01 and whose BEFORE is of 19:10.
func openWindow(
  plan: [String] = [], window: String? = nil, next: String? = nil, account: String? = nil
) -> ResetBench {
  var bench = ResetBench(plan: plan, window: window, next: next)
  bench.look(reading("19:10", 2, end: "00:01", account: account))
  return bench
}
