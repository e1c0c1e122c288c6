internal import Shared

/// `override`: numbers put right by hand, which then replace what was read for that end of a window.
package struct OverrideJob: Sendable {
  package static let name = "override"

  /// One limit as it is to be.
  package struct Value: Sendable, Equatable {
    /// The tracker's name of the limit: `fiveh`, `weekly`, `session`, `all_models`.
    package let field: String
    package let percent: Int?
    package let resets: String?

    package init(field: String, percent: Int?, resets: String?) {
      self.field = field
      self.percent = percent
      self.resets = resets
    }
  }

  private let provider: Provider
  private let window: String
  private let phase: Phase
  private let values: [Value]
  private let notes: String
  private let ledgers: WindowLedgers

  package init(
    provider: Provider, window: String, phase: Phase, values: [Value], notes: String,
    ledgers: WindowLedgers
  ) {
    self.provider = provider
    self.window = window
    self.phase = phase
    self.values = values
    self.notes = notes
    self.ledgers = ledgers
  }

  /// Appends the correction.
  package func run() throws(JobError) -> JobReport {
    let agent = try AgentID.current(ledgers.world.environment)
    let now = ledgers.world.clock.now()
    let row = try ledgers.append { history throws(JobError) in
      let written = history.rows(of: agent, provider, window: window, phase)
      // A label means the moment that follows the reading which is put right.
      let limits = limits(at: written.last { $0.reading != nil }?.capturedAt ?? now)
      var row = Snapshot(
        window: window, provider: provider, phase: phase, agent: agent, capturedAt: now,
        recordedAt: now, notes: notes, source: Self.name,
        content: .reading(
          Reading(
            provider: provider, account: nil, limits: limits, capturedAt: now, method: .override,
            errors: ["manual-override"])))
      row.corrects = written.last?.id
      return ([row], row)
    }
    try ledgers.noteAnomalies(around: window, agent: agent, provider)
    let line =
      "recorded manual \(provider.rawValue) \(phase.rawValue) snapshot for \(window)"
    var report = JobReport(job: Self.name, outcome: .done, summary: line)
    report.answer = [line]
    report.facts = [.init("window", window), .init("id", row.id)]
    return report
  }

  private func limits(at moment: Timestamp) -> [LimitReading] {
    PercentField.of(provider).compactMap { field in
      guard let value = values.first(where: { $0.field == field.name }),
        let percent = value.percent
      else { return nil }
      return LimitReading(
        limitID: field.limitID, minutes: field.minutes, usedPercent: Double(percent),
        resetsAt: value.resets.flatMap { ResetLabel($0) }?
          .resolve(capturedAt: moment, minutes: field.minutes, zone: ledgers.days),
        resetsLabel: value.resets, isMain: field.hasDelta)
    }
  }
}
