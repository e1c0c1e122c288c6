import Shared
import TestSupport
import Testing

@testable import Jobs

/// The morning that the moments of these tests are counted from: 2026-11-02T08:00:00Z.
let morning = Timestamp(milliseconds: 1_793_606_400_000)

func minutes(_ count: Int) -> Timestamp { morning + .minutes(count) }

/// The main limit of five hours, its end in minutes after the morning.
func fiveHours(_ percent: Double, end: Int? = nil, label: String? = nil) -> LimitReading {
  LimitReading(
    limitID: "codex", minutes: 300, usedPercent: percent, resetsAt: end.map(minutes),
    resetsLabel: label)
}

func week(_ percent: Double, end: Int? = nil, label: String? = nil) -> LimitReading {
  LimitReading(
    limitID: "codex", minutes: 10_080, usedPercent: percent, resetsAt: end.map(minutes),
    resetsLabel: label)
}

/// A row of codex; live unless it has the text of a pane.
func row(
  _ phase: Phase, _ window: String = "W0-A", at minute: Double, _ limits: [LimitReading],
  agent: String = AgentID.main, account: String? = nil, pane: String? = nil,
  method: Reading.Method = .appServer, errors: [String] = []
) -> Snapshot {
  let capturedAt = morning + .milliseconds(Int64(minute * 60_000))
  return Snapshot(
    window: window, provider: .codex, phase: phase, agent: agent, capturedAt: capturedAt,
    recordedAt: capturedAt, notes: "", source: "alias",
    content: .reading(
      Reading(
        provider: .codex, account: account, limits: limits, capturedAt: capturedAt,
        method: pane == nil ? method : .pane, errors: errors, rawText: pane ?? "")))
}

/// News that there was no reading.
func missing(_ phase: Phase, _ window: String = "W0-A", at minute: Int) -> Snapshot {
  Snapshot(
    window: window, provider: .codex, phase: phase, agent: AgentID.main,
    capturedAt: minutes(minute), recordedAt: minutes(minute), notes: "", source: "window-reset",
    content: .unavailable(ReadingFailure(.deadline, "no answer in 8 s")))
}

/// A correction by hand of some limits.
func override(
  _ phase: Phase, _ window: String = "W0-A", at minute: Int, _ limits: [LimitReading]
) -> Snapshot {
  Snapshot(
    window: window, provider: .codex, phase: phase, agent: AgentID.main,
    capturedAt: minutes(minute), recordedAt: minutes(minute), notes: "", source: "override",
    content: .reading(
      Reading(
        provider: .codex, account: nil, limits: limits, capturedAt: minutes(minute),
        method: .override, errors: ["manual-override"])))
}

func tombstone(of row: Snapshot, at minute: Int) -> Snapshot {
  Snapshot(
    window: row.window, provider: row.provider, phase: row.phase, agent: row.agent,
    capturedAt: minutes(minute), recordedAt: minutes(minute), notes: "", source: "alias",
    content: .tombstone(of: row.id))
}

extension Snapshot {
  func correcting(_ other: Snapshot) -> Snapshot {
    var result = self
    result.corrects = other.id
    return result
  }
}

extension RowStamp {
  static let test = RowStamp(toolVersion: "9.8.7", host: "EXAMPLE-host")
}
