internal import Shared

/// The limits of a Claude subscription as its client writes them, in replies and in its cache.
///
/// `{"five_hour":{"utilization":25,"resets_at":"2026-11-21T05:10:00.000000+00:00"},…,"limits":[…]}`,
/// the use in percent.
enum ClaudeLimits {
  /// What the two main windows are called as members, and as a `kind` in the list of limits.
  private static let mains = [
    (name: "five_hour", kind: "session", minutes: 300),
    (name: "seven_day", kind: "weekly_all", minutes: 10_080),
  ]

  /// Reads the next value; nil if it is no object.
  ///
  /// Main limits first, shortest window first; then those of single models by name.
  static func read(_ scanner: inout JSONScanner) throws(JSONError) -> [LimitReading]? {
    var found: [LimitReading] = []
    var listed: [LimitReading] = []
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("limits") {
        listed = try list(&scanner)
        continue
      }
      let name = scanner.text()
      let window = try Window(&scanner)
      if let limit = window.limit(named: name) { found.append(limit) }
    }
    // The list repeats the main windows; it adds those of single models.
    let known = Set(found.map(\.limitID))
    found += listed.filter { !known.contains($0.limitID) }
    return found.sorted { left, right in
      if left.isMain != right.isMain { return left.isMain }
      if left.isMain { return (left.minutes ?? .max) < (right.minutes ?? .max) }
      return left.limitID < right.limitID
    }
  }

  private static func list(_ scanner: inout JSONScanner) throws(JSONError) -> [LimitReading] {
    var limits: [LimitReading] = []
    guard try scanner.enterArray() else { return [] }
    while try scanner.nextElement() {
      if let limit = try Window(&scanner).limit() { limits.append(limit) }
    }
    return limits
  }

  /// One window, as a member or as an element of the list.
  private struct Window {
    private var usedPercent: Double?
    private var resetsAt: Timestamp?
    /// A window that has not started has no end, but it has the member.
    private var hasEnd = false
    private var kind: String?
    private var group: String?
    private var model: String?

    init(_ scanner: inout JSONScanner) throws(JSONError) {
      guard try scanner.enterObject() else { return }
      while try scanner.nextKey() {
        if scanner.keyIs("utilization") || scanner.keyIs("percent") {
          usedPercent = try scanner.nextDouble()
        } else if scanner.keyIs("resets_at") {
          hasEnd = true
          resetsAt = try scanner.nextString().flatMap { Timestamp($0) }
        } else if scanner.keyIs("kind") {
          kind = try scanner.nextString()
        } else if scanner.keyIs("group") {
          group = try scanner.nextString()
        } else if scanner.keyIs("scope") {
          model = try Self.model(&scanner)
        } else {
          try scanner.skipValue()
        }
      }
    }

    /// The model's name in `{"model":{"display_name":"…","id":null},"surface":null}`.
    private static func model(_ scanner: inout JSONScanner) throws(JSONError) -> String? {
      var name: String?
      var id: String?
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        guard scanner.keyIs("model") else {
          try scanner.skipValue()
          continue
        }
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() {
          if scanner.keyIs("display_name") {
            name = try scanner.nextString()
          } else if scanner.keyIs("id") {
            id = try scanner.nextString()
          } else {
            try scanner.skipValue()
          }
        }
      }
      return name ?? id
    }

    /// What a member tells: `seven_day_opus` is a week for one model.
    ///
    /// Bought extra use has a percentage too, but no window.
    func limit(named name: String) -> LimitReading? {
      guard let usedPercent, usedPercent >= 0, hasEnd else { return nil }
      let main = ClaudeLimits.mains.first { $0.name == name }
      let family = ClaudeLimits.mains.first { name.hasPrefix($0.name + "_") }
      return LimitReading(
        limitID: name, minutes: (main ?? family)?.minutes, usedPercent: usedPercent,
        resetsAt: resetsAt, isMain: main != nil)
    }

    /// What an element of the list tells.
    func limit() -> LimitReading? {
      guard let kind else { return nil }
      if let main = ClaudeLimits.mains.first(where: { $0.kind == kind }) {
        return limit(named: main.name)
      }
      guard let model, let usedPercent, usedPercent >= 0 else { return nil }
      let week = ClaudeLimits.mains[1].minutes
      return LimitReading(
        limitID: "\(kind):\(model)", minutes: group == "weekly" ? week : nil,
        usedPercent: usedPercent, resetsAt: resetsAt, isMain: false)
    }
  }
}
