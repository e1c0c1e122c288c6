internal import Shared

/// A part of the preview: its lines, and the value of its member with `--json`.
///
/// Both are finished but for ages, which depend on when they are read: those stand as marks until
/// then, so that a block can be kept.
package struct PreviewBlock: Sendable {
  /// The order of the blocks: the tracker's first.
  package enum Key: String, Sendable, CaseIterable {
    case windows, anomalies, providers, outcome, churn, proxy, ccusage, snapshots
    case notFinalized = "not_finalized"
    case readings
    case leftOut = "left_out"
    case efficiency, agents, divergence
  }

  package let key: Key
  /// The heading first, none where there is nothing to show; what came from outside is escaped.
  package let lines: [String]
  private let write: @Sendable (inout JSONWriter) -> Void

  /// A block; its JSON is only made where it is asked for.
  init(
    _ key: Key, _ lines: [String], json write: @escaping @Sendable (inout JSONWriter) -> Void
  ) {
    self.key = key
    self.lines = lines
    self.write = write
  }

  package var json: [UInt8] {
    var writer = JSONWriter()
    write(&writer)
    return writer.bytes
  }

  /// A heading over lines that are set in; nothing at all where there are none.
  static func list(_ heading: String, _ items: [String]) -> [String] {
    items.isEmpty ? [] : ["\(heading):"] + items.map { "  - \($0)" }
  }
}

/// Ages in texts that are made before anybody reads them.
///
/// A mark is the moment between two control characters, which no escaped text and no JSON string
/// holds.
enum AgeMark {
  private static let opening: UInt8 = 0x02
  private static let closing: UInt8 = 0x03

  static func of(_ moment: Timestamp) -> String {
    "\u{02}\(moment.milliseconds)\u{03}"
  }

  /// The line with short ages in place of the marks: `45s`, `3h`.
  static func settled(_ line: String, now: Timestamp) -> String {
    guard line.utf8.contains(opening) else { return line }
    return String(
      decoding: settled(Array(line.utf8)) { Array(DurationText.brief(now - $0).utf8) },
      as: UTF8.self)
  }

  /// The JSON with whole seconds in place of the marks.
  static func settled(_ json: [UInt8], now: Timestamp) -> [UInt8] {
    guard json.contains(opening) else { return json }
    return settled(json) { JSONWriter.integer(Int(max(0, (now - $0).inMilliseconds / 1_000))) }
  }

  private static func settled(
    _ bytes: [UInt8], _ text: (Timestamp) -> [UInt8]
  ) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let start = rest.firstIndex(of: opening),
      let end = rest[start...].firstIndex(of: closing)
    {
      result += rest[..<start]
      let digits = String(decoding: rest[(start + 1)..<end], as: UTF8.self)
      if let moment = Int64(digits) { result += text(Timestamp(milliseconds: moment)) }
      rest = rest[(end + 1)...]
    }
    return result + rest
  }
}

extension JSONWriter {
  /// Writes a moment, and its age in seconds when this is read.
  mutating func member(_ name: String, moment: Timestamp?) {
    member(name, moment?.text)
    key("age_s")
    if let moment { raw(Array(AgeMark.of(moment).utf8)) } else { null() }
  }
}

/// Numbers as the tracker's preview writes them.
enum PreviewNumber {
  /// A whole number as such, another with two decimals.
  static func text(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : Decimals.two(value)
  }

  /// Two decimals; `n/a` for none.
  static func two(_ value: Double?) -> String { value.map(Decimals.two) ?? "n/a" }
}
