package import Shared

/// Reads the text of claude-monitor's realtime view (0.4.3), which has no JSON.
package struct ClaudeMonitorText: Sendable, Equatable {
  package private(set) var tokenUsagePercent: Double?
  package private(set) var tokensUsed: Int?
  package private(set) var tokenLimit: Int?
  package private(set) var burnRatePerMinute: Double?
  /// US dollars.
  package private(set) var costRatePerMinute: Double?
  package private(set) var messageCount: Int?
  package private(set) var errors: [String] = []

  /// Reads the last of each line in the text; what is not there stays nil.
  package static func read(_ text: String) -> ClaudeMonitorText {
    var result = ClaudeMonitorText()
    for line in PaneText.lines(text) where line.bytes.count < 400 {
      guard let colon = line.bytes.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let name = String(decoding: PaneText.squeezed(line.bytes[..<colon]), as: UTF8.self)
      result.note(name, line.bytes[(colon + 1)...])
    }
    let hasCount = result.tokensUsed != nil && result.tokenLimit != nil
    if result.tokenUsagePercent == nil { result.errors.append("token-usage-missing") }
    if !hasCount { result.errors.append("token-count-missing") }
    if result.tokenUsagePercent == nil, !hasCount {
      result.errors.append(PaneFlag.insufficientData)
    }
    return result
  }

  /// Writes the `parsed` object of a row of `claude_monitor.jsonl`.
  package func writeParsed(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("token_usage_pct", tokenUsagePercent)
      writer.member("tokens_used", tokensUsed)
      writer.member("token_limit", tokenLimit)
      writer.member("burn_rate_per_min", burnRatePerMinute)
      writer.member("cost_rate_per_min", costRatePerMinute)
      writer.member("message_count", messageCount)
      writer.member("errors", list: errors)
    }
  }

  /// Names are compared by their ends: newer versions put a picture before them.
  private mutating func note(_ name: String, _ value: ArraySlice<UInt8>) {
    let numbers = Self.numbers(value)
    if name.hasSuffix("tokenusage") {
      tokenUsagePercent = Self.percent(value)
    } else if name.hasSuffix("tokens"), let slash = value.firstIndex(of: UInt8(ascii: "/")) {
      tokensUsed = Self.numbers(value[..<slash]).last.flatMap { Int(exactly: $0) }
      tokenLimit = Self.numbers(value[(slash + 1)...]).first.flatMap { Int(exactly: $0) }
    } else if name.hasSuffix("burnrate") {
      burnRatePerMinute = numbers.first
    } else if name.hasSuffix("costrate") {
      costRatePerMinute = numbers.first
    } else if name.hasSuffix("sentmessages") {
      messageCount = numbers.first.flatMap { Int(exactly: $0) }
    }
  }

  private static func percent(_ value: ArraySlice<UInt8>) -> Double? {
    value.firstIndex(of: UInt8(ascii: "%")).flatMap { numbers(value[..<$0]).last }
  }

  /// The numbers of a line, with commas between their thousands; none that make no sense.
  private static func numbers(_ bytes: ArraySlice<UInt8>) -> [Double] {
    let isPart = { (byte: UInt8) in
      (0x30...0x39).contains(byte) || ".,-".utf8.contains(byte)
        || (0x61...0x7A).contains(byte | 0x20)
    }
    return bytes.split { !isPart($0) }.compactMap { word in
      let digits = word.filter { $0 != UInt8(ascii: ",") }
      guard digits.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
        digits.first.map({ (0x30...0x39).contains($0) }) == true, digits.count < 16
      else { return nil }
      return Double(String(decoding: digits, as: UTF8.self))
    }
  }
}
