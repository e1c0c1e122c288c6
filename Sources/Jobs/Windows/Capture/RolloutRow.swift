package import Shared

/// What one `token_count` row of a Codex rollout says of the limits.
package struct RolloutRow: Sendable, Equatable {
  /// When Codex wrote the row.
  package let capturedAt: Timestamp
  /// Main limits first, shortest window first; never empty.
  package let limits: [LimitReading]
  /// The row's `rate_limits` as it stands there.
  private let rateLimits: [UInt8]

  /// The id of the pool that counts the whole subscription; old builds name none.
  package static let mainLimitID = "codex"

  /// A longer row is none: real ones have about a thousand bytes.
  package static let longest = 64 << 10

  /// Reads one line; nil when it is no such row or tells of no limit.
  package init?(line: [UInt8]) {
    guard line.count <= Self.longest, let found = try? Self.find(in: line),
      let capturedAt = found.time.flatMap({ Timestamp($0) })
    else { return nil }
    self.init(rateLimits: Array(line[found.rateLimits]), capturedAt: capturedAt)
  }

  /// Reads a row's `rate_limits` alone; nil when it tells of no limit.
  package init?(rateLimits: [UInt8], capturedAt: Timestamp) {
    guard let limits = try? Self.limits(rateLimits, at: capturedAt), !limits.isEmpty else {
      return nil
    }
    self.capturedAt = capturedAt
    self.limits = limits
    self.rateLimits = rateLimits
  }

  /// The row's `rate_limits` in one line, without what could be a secret.
  package var rawText: String {
    ReplyText.kept(rateLimits, rateLimits.indices) ?? ""
  }

  /// Whether the row tells of the subscription, and of windows that were open when it was written.
  ///
  /// A fork writes the rows of its parent again under new times: what it says of a window that is
  /// over is an old answer.
  package var isMain: Bool {
    let main = limits.filter(\.isMain)
    return !main.isEmpty
      && !main.contains { limit in
        limit.resetsAt.map { $0 + WindowLength.jitter < capturedAt } ?? false
      }
  }
}

// MARK: - The row

extension RolloutRow {
  /// Where the time and the limits of a line are; nil when it is another kind of row.
  private static func find(
    in line: [UInt8]
  ) throws(JSONError) -> (time: String?, rateLimits: Range<Int>)? {
    var scanner = JSONScanner(line, window: longest)
    // Bytes that are no text can stand in parts that are not read here.
    scanner.toleratesInvalidUTF8 = true
    var time: String?
    var type: String?
    var rateLimits: Range<Int>?
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("timestamp") {
        time = try scanner.nextString()
      } else if scanner.keyIs("payload") {
        (type, rateLimits) = try payload(&scanner)
      } else {
        try scanner.skipValue()
      }
    }
    guard try scanner.next() == .end, type == "token_count", let rateLimits else { return nil }
    return (time, rateLimits)
  }

  private static func payload(
    _ scanner: inout JSONScanner
  ) throws(JSONError) -> (type: String?, rateLimits: Range<Int>?) {
    var type: String?
    var rateLimits: Range<Int>?
    guard try scanner.enterObject() else { return (nil, nil) }
    while try scanner.nextKey() {
      if scanner.keyIs("type") {
        type = try scanner.nextString()
      } else if scanner.keyIs("rate_limits") {
        let isObject = try scanner.peekKind() == .object
        let range = try scanner.skipValue()
        rateLimits = isObject ? range : nil
      } else {
        try scanner.skipValue()
      }
    }
    return (type, rateLimits)
  }
}

// MARK: - The limits

extension RolloutRow {
  private static func limits(
    _ rateLimits: [UInt8], at rowTime: Timestamp
  ) throws(JSONError) -> [LimitReading] {
    var scanner = JSONScanner(rateLimits)
    scanner.toleratesInvalidUTF8 = true
    var limitID: String?
    var windows: [Window] = []
    guard try scanner.enterObject() else { return [] }
    while try scanner.nextKey() {
      if scanner.keyIs("limit_id") {
        limitID = try scanner.nextString()
      } else if scanner.keyIs("primary") || scanner.keyIs("secondary") {
        // Either place may hold either window: the length alone tells which.
        windows.append(try Window(&scanner))
      } else {
        try scanner.skipValue()
      }
    }
    let id = limitID.flatMap { $0.isEmpty ? nil : $0 } ?? mainLimitID
    return windows.compactMap { $0.reading(of: id, at: rowTime) }
      .sorted { ($0.minutes ?? .max) < ($1.minutes ?? .max) }
  }

  /// One window as it stands in the row.
  private struct Window {
    var usedPercent: Double?
    var minutes: Int?
    var resetsAt: Timestamp?
    var resetsIn: Double?

    init(_ scanner: inout JSONScanner) throws(JSONError) {
      guard try scanner.enterObject() else { return }
      while try scanner.nextKey() {
        if scanner.keyIs("used_percent") {
          usedPercent = try scanner.nextDouble()
        } else if scanner.keyIs("window_minutes") {
          minutes = try scanner.nextDouble().flatMap { Int(exactly: $0.rounded()) }
            .flatMap { WindowLength.minutes(said: $0) }
        } else if scanner.keyIs("resets_at") {
          resetsAt = try Self.moment(&scanner)
        } else if scanner.keyIs("resets_in_seconds") {
          resetsIn = try scanner.nextDouble()
        } else {
          try scanner.skipValue()
        }
      }
    }

    /// Seconds since 1970, or RFC 3339 text as some builds wrote for a while; 0 is none.
    private static func moment(_ scanner: inout JSONScanner) throws(JSONError) -> Timestamp? {
      if try scanner.peekKind() == .string {
        return try scanner.nextString().flatMap { Timestamp($0) }
      }
      guard let seconds = try scanner.nextDouble(), seconds > 0, seconds < 1e12 else { return nil }
      return Timestamp(milliseconds: Int64((seconds * 1_000).rounded()))
    }

    func reading(of limitID: String, at rowTime: Timestamp) -> LimitReading? {
      guard let usedPercent, usedPercent >= 0 else { return nil }
      var end = resetsAt
      if end == nil, let resetsIn, resetsIn >= 0, resetsIn < 1e10 {
        end = rowTime + .milliseconds(Int64((resetsIn * 1_000).rounded()))
      }
      // What stands there before the server has said anything.
      if usedPercent == 0, minutes == nil, end == nil { return nil }
      return LimitReading(
        limitID: limitID, minutes: minutes, usedPercent: usedPercent, resetsAt: end,
        isMain: limitID == mainLimitID)
    }
  }
}
