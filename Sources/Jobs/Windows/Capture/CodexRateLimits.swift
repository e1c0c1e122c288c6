internal import Shared

/// The result of `account/rateLimits/read`, as far as it is of use.
///
/// Fields come and go from release to release: what is missing is nil, what is new is passed over.
struct CodexRateLimits: Sendable, Equatable {
  /// The pool that counts the whole subscription; old clients name none.
  static let mainLimitID = "codex"

  private(set) var accountID: String?
  /// Main limits first, shortest window first; then those of single models by name.
  private(set) var limits: [LimitReading] = []
  /// Whether it is the result of another question.
  private(set) var isOther = true

  init(result: [UInt8]) throws(JSONError) {
    var single: Pool?
    var named: [Pool] = []
    var scanner = JSONScanner(result)
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("rateLimits") {
        single = try Pool(&scanner)
        isOther = false
      } else if scanner.keyIs("rateLimitsByLimitId") {
        named = try Self.pools(&scanner)
        isOther = false
      } else if scanner.keyIs("accountId") {
        accountID = try scanner.nextString()
      } else {
        try scanner.skipValue()
      }
    }
    limits = Self.limits(of: [single].compactMap(\.self) + named)
  }

  private static func pools(_ scanner: inout JSONScanner) throws(JSONError) -> [Pool] {
    var pools: [Pool] = []
    guard try scanner.enterObject() else { return [] }
    while try scanner.nextKey() {
      let name = scanner.text()
      guard var pool = try Pool(&scanner) else { continue }
      pool.limitID = pool.limitID ?? name
      pools.append(pool)
    }
    return pools
  }

  /// Each pool once: the same one comes by itself and under its name.
  private static func limits(of pools: [Pool]) -> [LimitReading] {
    var found: [String: [LimitReading]] = [:]
    for pool in pools {
      let id = pool.limitID ?? mainLimitID
      if found[id, default: []].isEmpty { found[id] = pool.limits(of: id) }
    }
    return found.values.joined().sorted { left, right in
      if left.isMain != right.isMain { return left.isMain }
      if left.limitID != right.limitID { return left.limitID < right.limitID }
      return (left.minutes ?? .max) < (right.minutes ?? .max)
    }
  }

  /// One pool of usage with its windows.
  private struct Pool {
    var limitID: String?
    var windows: [Window] = []

    /// nil for anything that is no object.
    init?(_ scanner: inout JSONScanner) throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        if scanner.keyIs("limitId") {
          limitID = try scanner.nextString().flatMap { $0.isEmpty ? nil : $0 }
        } else if scanner.keyIs("primary") || scanner.keyIs("secondary") {
          // Either place may hold either window: the length alone tells which.
          windows.append(try Window(&scanner))
        } else {
          try scanner.skipValue()
        }
      }
    }

    func limits(of id: String) -> [LimitReading] {
      windows.compactMap { window in
        guard let usedPercent = window.usedPercent, usedPercent >= 0, !window.isPlaceholder
        else { return nil }
        return LimitReading(
          limitID: id, minutes: window.minutes, usedPercent: usedPercent,
          resetsAt: window.resetsAt, isMain: id == CodexRateLimits.mainLimitID)
      }
    }
  }

  private struct Window {
    var usedPercent: Double?
    var minutes: Int?
    var resetsAt: Timestamp?

    init(_ scanner: inout JSONScanner) throws(JSONError) {
      guard try scanner.enterObject() else { return }
      while try scanner.nextKey() {
        if scanner.keyIs("usedPercent") {
          usedPercent = try scanner.nextDouble()
        } else if scanner.keyIs("windowDurationMins") {
          minutes = try scanner.nextInteger().flatMap { WindowLength.minutes(said: $0) }
        } else if scanner.keyIs("resetsAt") {
          resetsAt = try Self.moment(&scanner)
        } else {
          try scanner.skipValue()
        }
      }
    }

    /// Seconds since 1970; 0 is none.
    private static func moment(_ scanner: inout JSONScanner) throws(JSONError) -> Timestamp? {
      guard let seconds = try scanner.nextDouble(), seconds > 0, seconds < 1e12 else { return nil }
      return Timestamp(milliseconds: Int64((seconds * 1_000).rounded()))
    }

    /// What stands there before the server has said anything.
    var isPlaceholder: Bool { usedPercent == 0 && minutes == nil && resetsAt == nil }
  }
}

extension CodexRateLimits {
  /// The result as a reading.
  static func reading(
    of result: [UInt8], clientVersion: String?, capturedAt: Timestamp
  ) throws(ReadingFailure) -> Reading {
    guard let decoded = try? CodexRateLimits(result: result), !decoded.isOther else {
      throw ReadingFailure(.malformedReply, "codex answered with something else than rate limits")
    }
    guard decoded.limits.contains(where: \.isMain) else {
      throw ReadingFailure(.noData, "codex knows no limit of the subscription")
    }
    let text = ReplyText.kept(result, result.indices)
    return Reading(
      provider: .codex, account: decoded.accountID.map { Provider.codex.account(id: $0) },
      limits: decoded.limits, capturedAt: capturedAt, method: .appServer,
      clientVersion: clientVersion, errors: text == nil ? ["reply-too-long-to-keep"] : [],
      rawText: text ?? "")
  }

  /// The client's version in the result of `initialize`: `jobrunner/0.163.0 (…) …`.
  static func clientVersion(inInitializeResult result: [UInt8]) -> String? {
    guard let userAgent = try? userAgent(in: result), let slash = userAgent.firstIndex(of: "/")
    else { return nil }
    let version = userAgent[slash...].dropFirst().prefix { !$0.isWhitespace }
    return version.first?.isNumber == true ? String(version) : nil
  }

  private static func userAgent(in result: [UInt8]) throws(JSONError) -> String? {
    var scanner = JSONScanner(result)
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("userAgent") { return try scanner.nextString() }
      try scanner.skipValue()
    }
    return nil
  }
}

extension Provider {
  /// The name of an account in our records: enough to tell two apart, too little to find out whose
  /// it is.
  func account(id: String) -> String {
    String(SHA256.hex(of: Array("\(rawValue):\(id)".utf8)).prefix(16))
  }
}
