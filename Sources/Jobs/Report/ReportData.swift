package import Shared

/// What a report shows, read and decided; the page only draws it.
package struct ReportData: Sendable {
  /// The window, or the span of days, that the report is of.
  package var scope: String
  package var writtenAt: Timestamp
  package var windows: [Window] = []
  package var tokens: [Tokens] = []
  package var proxy: [Proxy] = []
  package var costs: [Cost] = []
  package var anomalies: [Anomaly] = []

  package init(scope: String, writtenAt: Timestamp) {
    self.scope = scope
    self.writtenAt = writtenAt
  }

  /// What one provider's window used and brought.
  package struct Window: Sendable {
    package let name: String
    package let provider: String
    package let agent: String
    package let start: Timestamp
    /// The reset, or the AFTER where the reset is not known.
    package let end: Timestamp
    /// Used percent of the leading limit, 0 to 100.
    package let before: Double?
    package let after: Double?
    /// What counts as spent; nil where it cannot be told.
    package let capacity: Double?
    /// What capacity is counted in: `pp`, or `prompts` of GLM.
    package let unit: String
    /// nil for a window that is not finalized.
    package let features: Int?
    package let outcome: String?
    package let state: String

    package init(
      name: String, provider: String, agent: String, start: Timestamp, end: Timestamp,
      before: Double?, after: Double?, capacity: Double?, unit: String, features: Int?,
      outcome: String?,
      state: String
    ) {
      self.name = name
      self.provider = provider
      self.agent = agent
      self.start = start
      self.end = end
      self.before = before
      self.after = after
      self.capacity = capacity
      self.unit = unit
      self.features = features
      self.outcome = outcome
      self.state = state
    }
  }

  /// A row of the token ledger.
  package struct Tokens: Sendable {
    package let date: String
    package let task: String
    package let window: String
    /// `plan`, `mid` or `final`, with the agent where it is not the main one; nil in rows that do
    /// not tell.
    package let checkpoint: String?
    package let planned: Int?
    package let actual: Int?

    package init(
      date: String, task: String, window: String, checkpoint: String?, planned: Int?, actual: Int?
    ) {
      self.date = date
      self.task = task
      self.window = window
      self.checkpoint = checkpoint
      self.planned = planned
      self.actual = actual
    }
  }

  /// The proxy's figures in one window.
  package struct Proxy: Sendable {
    package let name: String
    package let figures: TelemetrySummary.Figures

    package init(name: String, figures: TelemetrySummary.Figures) {
      self.name = name
      self.figures = figures
    }
  }

  /// What a feature took on both sides, in tokens and dollars; nil where there is no price.
  package struct Cost: Sendable {
    package let feature: String
    package let baselineTokens: Int
    package let glmTokens: Int
    package let baselineDollars: Double?
    package let glmDollars: Double?

    package init(
      feature: String, baselineTokens: Int, glmTokens: Int, baselineDollars: Double?,
      glmDollars: Double?
    ) {
      self.feature = feature
      self.baselineTokens = baselineTokens
      self.glmTokens = glmTokens
      self.baselineDollars = baselineDollars
      self.glmDollars = glmDollars
    }
  }

  package struct Anomaly: Sendable {
    package let at: Timestamp?
    package let window: String
    package let provider: String
    package let type: String
    package let notes: String

    package init(at: Timestamp?, window: String, provider: String, type: String, notes: String) {
      self.at = at
      self.window = window
      self.provider = provider
      self.type = type
      self.notes = notes
    }
  }
}
