internal import Shared

/// The tracker's names of the limits: what its `parsed` and `delta` objects are made of.
package struct PercentField: Sendable, Equatable {
  /// `fiveh` of `fiveh_pct` and `fiveh_resets`.
  package let name: String
  package let limitID: String
  package let minutes: Int
  /// Whether a window's use of it is counted: the Opus week is part of the whole week.
  package let hasDelta: Bool

  package var percentKey: String { name + "_pct" }
  package var resetsKey: String { name + "_resets" }

  package static func of(_ provider: Provider) -> [PercentField] {
    switch provider {
    case .codex: codex
    case .claude: claude
    case .glm: []
    }
  }

  private static let codex = [
    PercentField(name: "fiveh", limitID: "codex", minutes: 300, hasDelta: true),
    PercentField(name: "weekly", limitID: "codex", minutes: 10_080, hasDelta: true),
    PercentField(name: "monthly", limitID: "codex", minutes: 43_200, hasDelta: true),
  ]
  private static let claude = [
    PercentField(name: "session", limitID: "five_hour", minutes: 300, hasDelta: true),
    PercentField(name: "all_models", limitID: "seven_day", minutes: 10_080, hasDelta: true),
    PercentField(name: "opus", limitID: "seven_day_opus", minutes: 10_080, hasDelta: false),
  ]

  /// Whether the field stands in every `parsed` object, null where it is unknown.
  ///
  /// The month came after the tracker's format; it is only written where there is one.
  package var isAlwaysWritten: Bool { name != "monthly" }
  /// The tracker has no reset label for the Opus week.
  package var hasResets: Bool { name != "opus" }

  /// The limit of a reading that this field shows.
  package func limit(in limits: [LimitReading]) -> LimitReading? {
    limits.first { $0.limitID == limitID && $0.minutes == minutes }
  }
}
