internal import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One row of `proxy_telemetry.jsonl` where it stands in memory; nothing of it is copied.
///
/// Valid only while the reader that gives it out does not go on.
struct StoredRow {
  /// The members that mean something, in the order in which rows are written.
  enum Key: Int, CaseIterable {
    case window, provider, capturedAt, ts, rid, lane, model, kind, route, outcome, status, reason
    case inputTokens, outputTokens, cachedTokens, latency, feature, source, schemaVersion
    case toolVersion, id, agentID, host, assigns, rawText

    var name: String {
      switch self {
      case .capturedAt: "captured_at"
      case .inputTokens: "input_tokens"
      case .outputTokens: "output_tokens"
      case .cachedTokens: "cached_input_tokens"
      case .latency: "latency_ms"
      case .schemaVersion: "schema_version"
      case .toolVersion: "tool_version"
      case .agentID: "agent_id"
      case .rawText: "raw_text"
      default: "\(self)"
      }
    }
  }

  /// What a row is to those who read telemetry.
  enum Role {
    case event, correction
    /// The log of a whole run, as the tracker writes it.
    case log
    case other
  }

  /// A reader of rows that are written as ours are.
  static func reader() -> FlatObjectReader {
    FlatObjectReader(
      keys: Key.allCases.map(\.name),
      stretches: [
        .init(Key.window.rawValue...Key.ts.rawValue),
        // A few models, and how requests end.
        .init(Key.lane.rawValue...Key.reason.rawValue, shapeCount: 64),
        .init(Key.source.rawValue...Key.toolVersion.rawValue),
        .init(Key.agentID.rawValue...Key.host.rawValue),
      ])
  }

  let bytes: UnsafePointer<UInt8>
  let values: UnsafeBufferPointer<FlatObjectReader.Value>

  @inline(__always)
  private func value(_ key: Key) -> FlatObjectReader.Value { values[key.rawValue] }

  func has(_ key: Key) -> Bool {
    switch value(key).kind {
    case .absent: false
    case .text, .number, .word: true
    }
  }

  /// A text, empty where there is none; thirty-two bytes behind it may be looked at.
  @inline(__always)
  func text(_ key: Key) -> UnsafeBufferPointer<UInt8> {
    let value = value(key)
    guard case .text = value.kind else { return UnsafeBufferPointer(start: bytes, count: 0) }
    return UnsafeBufferPointer(
      start: bytes + Int(value.start), count: Int(value.end) - Int(value.start))
  }

  func string(_ key: Key) -> String { String(decoding: text(key), as: UTF8.self) }

  func text(_ key: Key, is word: StaticString) -> Bool {
    text(key).isSame(as: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  /// A count; nil where there is none, which is not 0.
  @inline(__always)
  func count(_ key: Key) -> Int? {
    let value = value(key)
    guard case .number = value.kind else { return nil }
    var result = 0
    for index in Int(value.start)..<Int(value.end) {
      let digit = bytes[index] &- UInt8(ascii: "0")
      // Sums of millions must fit; what has more digits, or a fraction, is no count of tokens.
      guard digit < 10, result < ProxyEvent.tokenCounts.upperBound / 10 else { return nil }
      result = result * 10 + Int(digit)
    }
    return result
  }

  /// A number that is not negative.
  func number(_ key: Key) -> Double? {
    if let whole = count(key), whole < 1 << 53 { return Double(whole) }
    let value = value(key)
    guard case .number = value.kind else { return nil }
    let text = UnsafeBufferPointer(
      start: bytes + Int(value.start), count: Int(value.end) - Int(value.start))
    return Double(String(decoding: text, as: UTF8.self)).flatMap {
      $0.isFinite && $0 >= 0 ? $0 : nil
    }
  }

  /// The UTC day of the event as a number, 20251019; 0 where no moment is known.
  var day: Int {
    let text = text(.ts).isEmpty ? text(.capturedAt) : text(.ts)
    return Self.plainDay(text) ?? Timestamp(utf8: text).map(CalendarDay.number) ?? 0
  }

  /// The day of a moment in our own form, which is always UTC.
  private static func plainDay(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard text.count == 24, text[23] == UInt8(ascii: "Z") else { return nil }
    func digits(_ start: Int, _ count: Int) -> Int {
      (start..<start + count).reduce(0) { $0 * 10 + Int(text[$1] &- UInt8(ascii: "0")) }
    }
    return digits(0, 4) * 10_000 + digits(5, 2) * 100 + digits(8, 2)
  }

  /// The same for those who count events and for the one who knows which are stored: an event that
  /// only one of them sees would be lost, or stored twice.
  @inline(__always)
  var role: Role {
    guard text(.provider, is: "proxy-telemetry") else { return .other }
    if !text(.kind).isEmpty { return .event }
    if has(.assigns) { return .correction }
    return has(.rawText) ? .log : .other
  }

  var isRouted: Bool { text(.route).first == UInt8(ascii: "g") }
  /// Whether a request ended with this event.
  var isFinished: Bool { text(.kind).first != UInt8(ascii: "d") }
  var isFailed: Bool { text(.outcome).first == UInt8(ascii: "e") }
}

extension UnsafeBufferPointer<UInt8> {
  @inline(__always)
  func isSame(as other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard count == other.count else { return false }
    guard let here = baseAddress, let there = other.baseAddress else { return true }
    return memcmp(here, there, count) == 0
  }
}

/// UTC days as numbers that can be compared and read: 20251019.
enum CalendarDay {
  static func number(_ moment: Timestamp) -> Int {
    number(date: String(moment.text.prefix(10))) ?? 0
  }

  /// The day of `2025-10-19`; nil for anything else.
  static func number(date: String) -> Int? {
    guard Timestamp(date + "T00:00:00Z") != nil else { return nil }
    return Int(date.filter { $0 != "-" })
  }

  static func text(_ day: Int) -> String {
    let digits = Array(String(day))
    guard digits.count == 8 else { return "-" }
    return "\(String(digits[..<4]))-\(String(digits[4..<6]))-\(String(digits[6...]))"
  }
}
