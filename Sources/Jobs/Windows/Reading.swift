package import Shared

/// What a vendor says about the use of its limits at one moment.
package struct Reading: Sendable, Equatable {
  package var provider: Provider
  /// A hash of the vendor's own account id; nil where it is not told, as in panes.
  package var account: String?
  /// Main limits first, shortest window first; then those of single models.
  package var limits: [LimitReading]
  /// The moment the numbers were true: of a rollout row its own time, of a cache its fetching, of a
  /// pane its arrival.
  package var capturedAt: Timestamp
  package var method: Method
  package var clientVersion: String?
  /// Flags of what was odd about the text or reply, `multi-pane-trimmed` for one.
  package var errors: [String]
  /// The pane, or the vendor's reply in one line, without addresses and secrets.
  package var rawText: String

  package init(
    provider: Provider, account: String?, limits: [LimitReading], capturedAt: Timestamp,
    method: Method, clientVersion: String? = nil, errors: [String] = [], rawText: String = ""
  ) {
    self.provider = provider
    self.account = account
    self.limits = limits
    self.capturedAt = capturedAt
    self.method = method
    self.clientVersion = clientVersion
    self.errors = errors
    self.rawText = rawText
  }

  /// How a reading was come by; the names are those of `--from`.
  package enum Method: String, Sendable, CaseIterable {
    case appServer = "app-server"
    case rollouts
    case claudeUsage = "claude-usage"
    case claudeCache = "claude-cache"
    case pane
    case override
  }
}

/// The use of one limit.
package struct LimitReading: Sendable, Equatable {
  /// The vendor's own name of it: `codex`, `five_hour`, `seven_day`, `seven_day_opus`.
  package var limitID: String
  /// The length of its window; nil where it is not told.
  package var minutes: Int?
  /// Percent of the window that is used, 0 to 100 and sometimes above.
  package var usedPercent: Double
  /// When the window ends; nil where it is not known.
  package var resetsAt: Timestamp?
  /// The end as a pane printed it, where nothing else exists: local time, no zone, no year.
  package var resetsLabel: String?
  /// Whether it counts the whole subscription and not one model's pool.
  package var isMain: Bool

  package init(
    limitID: String, minutes: Int?, usedPercent: Double, resetsAt: Timestamp?,
    resetsLabel: String? = nil, isMain: Bool = true
  ) {
    self.limitID = limitID
    self.minutes = minutes
    self.usedPercent = usedPercent
    self.resetsAt = resetsAt
    self.resetsLabel = resetsLabel
    self.isMain = isMain
  }
}

/// Why a source has no reading.
package struct ReadingFailure: Error, Sendable, Equatable {
  package let reason: Reason
  /// What a person needs to know, without secrets.
  package let message: String

  package init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  /// The `reason` of an `unavailable` row.
  package enum Reason: String, Sendable, CaseIterable {
    case programMissing = "program-missing"
    case notSignedIn = "not-signed-in"
    /// Signed in by an API key, which has no windows.
    case apiKey = "api-key-has-no-windows"
    /// 401.
    case unauthorized
    /// 403, mostly a challenge page.
    case forbidden
    /// 5xx, or an overload.
    case server
    case deadline
    case noReply = "no-reply"
    /// An answer that is none.
    case malformedReply = "malformed-reply"
    /// An old answer given as a new one.
    case stale
    /// The source works and knows nothing.
    case noData = "no-data"
  }
}
