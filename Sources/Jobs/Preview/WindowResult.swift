package import Shared

/// What `windows.jsonl` says of one agent's window: the newest of its rows, with the verdict on each
/// of its numbers.
package struct WindowResult: Sendable, Equatable {
  package var window: String
  package var agent: String
  /// nil where the row tells no moment.
  package var finalizedAt: Timestamp?
  /// Features delivered, of each provider that the row names.
  package var features: [Provider: Int]
  package var quality: Double?
  package var outcome: String
  package var notes: String
  package var methodology: String?
  package var commitStart: String?
  package var commitEnd: String?
  /// In the order of their names.
  package var providers: [ProviderUse]
}

/// What a window used of one provider.
package struct ProviderUse: Sendable, Equatable {
  package var provider: Provider
  /// One for each field that the row tells of.
  package var deltas: [Delta] = []
  package var capturedBefore: Timestamp?
  package var capturedAfter: Timestamp?
  /// Used percent at the two ends by field, as far as the row tells.
  package var usedBefore: [String: Double] = [:]
  package var usedAfter: [String: Double] = [:]
  /// Flags of the two readings.
  package var errors: [String] = []

  /// The difference of one field.
  package struct Delta: Sendable, Equatable {
    /// `weekly_pct`, or `prompts_used` of GLM.
    package var field: String
    /// Percentage points, or prompts; nil where they cannot be told.
    package var points: Double?
    /// Why not, or what is odd although they can: the type of an anomaly.
    package var fault: String?

    /// Whether something was measured that does not count.
    package var isRejected: Bool { points == nil && fault != nil }
  }

  /// Which fields are a provider's capacity, the best first.
  ///
  /// Points of a week are other points than those of five hours, so the next one is only taken where
  /// a field was not measured at all, not where it was rejected.
  package static func capacityFields(of provider: Provider) -> [String] {
    switch provider {
    case .codex: ["weekly_pct", "fiveh_pct", "monthly_pct"]
    case .claude: ["all_models_pct", "session_pct"]
    case .glm: ["prompts_used"]
    }
  }

  /// The difference that is this window's capacity; nil where none was measured.
  package var capacityDelta: Delta? {
    for name in Self.capacityFields(of: provider) {
      if let delta = deltas.first(where: { $0.field == name }),
        delta.points != nil || delta.fault != nil
      {
        return delta
      }
    }
    return nil
  }

  /// Percentage points, or prompts, that count; nil where they cannot be told.
  package var capacity: Double? { capacityDelta?.points }

  /// What a provider's capacity is counted in.
  package static func unit(of provider: Provider) -> String {
    provider == .glm ? "prompts" : "pp"
  }
}

extension Int {
  /// The sum, the largest number where it would be larger.
  func addingSaturated(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    guard overflow else { return sum }
    return other < 0 ? .min : .max
  }
}
