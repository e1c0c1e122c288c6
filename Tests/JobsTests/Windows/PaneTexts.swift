import Jobs
import Shared
import TestSupport
import Testing

/// A reading in one line: `codex/300 34 @18:20, GPT/300* 4` where `*` marks a model's own pool.
func summary(_ reading: PaneReading) -> String {
  reading.limits.map { limit in
    let percent =
      limit.usedPercent == limit.usedPercent.rounded()
      ? "\(Int(limit.usedPercent))" : "\(limit.usedPercent)"
    let label = limit.resetsLabel.map { " @\($0)" } ?? ""
    return "\(limit.limitID)/\(limit.minutes ?? 0)\(limit.isMain ? "" : "*") \(percent)\(label)"
  }.joined(separator: ", ")
}

/// The afternoon of the panes' day.
func paneMoment() throws -> Timestamp { try #require(Timestamp("2026-11-21T15:00:00Z")) }

func codexPane(_ text: String) throws -> PaneReading {
  CodexStatusPane.read(text, capturedAt: try paneMoment(), zone: .universal)
}

func claudePane(_ text: String) throws -> PaneReading {
  ClaudeUsagePane.read(text, capturedAt: try paneMoment(), zone: .universal)
}

func paneFixture(_ name: String) throws -> String {
  try Fixtures.text("windows/panes/\(name).txt")
}
