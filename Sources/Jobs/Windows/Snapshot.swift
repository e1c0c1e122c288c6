package import Shared

/// One row of `snapshots.jsonl`: a reading taken for one end of a window, the news that there was
/// none, or the deletion of an earlier row.
package struct Snapshot: Sendable, Equatable {
  /// A function of the content: the same fact written twice is one row.
  package var id: String
  package var window: String
  package var provider: Provider
  package var phase: Phase
  /// Whose window it is; `main` where nobody says.
  package var agent: String
  /// When the numbers were true.
  package var capturedAt: Timestamp
  /// When the row was written; nil in rows of the tracker, where it is the same.
  package var recordedAt: Timestamp?
  package var notes: String
  /// What took it: `alias`, `automation`, `ingest`, `override`, `window-reset`.
  package var source: String
  package var content: Content
  /// Whether the window had begun when the reading was taken.
  package var state: WindowState?
  /// From the reading to the reset it is to stand for; of an AFTER found later.
  package var gap: Duration?
  /// How long after it was due the window was closed or opened.
  package var late: Duration?
  /// The row that this one replaces in every report.
  package var corrects: String?
  /// What was tried before the source that answered.
  package var tried: [Attempt]

  package enum Content: Sendable, Equatable {
    case reading(Reading)
    /// No source had one.
    case unavailable(ReadingFailure)
    /// The row with this id no longer counts.
    case tombstone(of: String)
  }

  package enum WindowState: String, Sendable {
    case started
    case notStarted = "not-started"
  }

  /// A source that was asked in vain.
  package struct Attempt: Sendable, Equatable {
    package let method: Reading.Method
    package let failure: ReadingFailure

    package init(method: Reading.Method, failure: ReadingFailure) {
      self.method = method
      self.failure = failure
    }
  }

  /// A row; where no id is given it is worked out of the rest.
  package init(
    id: String? = nil, window: String, provider: Provider, phase: Phase, agent: String,
    capturedAt: Timestamp, recordedAt: Timestamp?, notes: String, source: String, content: Content
  ) {
    self.id = id ?? ""
    self.window = window
    self.provider = provider
    self.phase = phase
    self.agent = agent
    self.capturedAt = capturedAt
    self.recordedAt = recordedAt
    self.notes = notes
    self.source = source
    self.content = content
    tried = []
    if id == nil { self.id = contentID }
  }

  package var reading: Reading? {
    guard case .reading(let reading) = content else { return nil }
    return reading
  }

  package var failure: ReadingFailure? {
    guard case .unavailable(let failure) = content else { return nil }
    return failure
  }

  /// The id of this content.
  ///
  /// A pane counts by its text: pasted again for the same end of the same window it says nothing
  /// new. What came from a program counts by its moment too. News of no reading is one fact a window
  /// and phase.
  package var contentID: String {
    var parts = [provider.rawValue, window, phase.rawValue, agent]
    switch content {
    case .reading(let reading) where reading.method == .pane && !reading.rawText.isEmpty:
      parts += ["pane", reading.rawText]
    case .reading(let reading):
      parts += [reading.method.rawValue, capturedAt.text, reading.account ?? "", reading.rawText]
      for limit in reading.limits {
        parts += [
          limit.limitID, "\(limit.minutes ?? 0)", "\(limit.usedPercent)",
          // What a label means depends on the zone it is read in, and an id must not.
          limit.resetsLabel ?? limit.resetsAt?.text ?? "",
        ]
      }
    case .unavailable: parts.append("unavailable")
    case .tombstone(let deleted): parts += ["tombstone", deleted, capturedAt.text]
    }
    return ContentID.of(parts)
  }
}
