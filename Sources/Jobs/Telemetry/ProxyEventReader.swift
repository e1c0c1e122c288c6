internal import Shared

/// Reads the events of a part of a proxy's log.
///
/// Lines are what the proxy meant, not what it always wrote: several objects may be glued together,
/// a line may begin with `{}`, and a bad one costs itself alone.
struct ProxyEventReader {
  /// What is wrong with a line.
  enum Fault: String, Sendable, CaseIterable {
    case malformed
    case notAnObject = "not-an-object"
    case tooLong = "too-long"
    case badLatency = "latency-invalid"
    case badTime = "time-invalid"
    case empty
  }

  /// A longer line is no event of a proxy: real ones have a few hundred bytes.
  static let longestLine = 1 << 20

  /// Reads whole lines; what stands behind the last line feed is left alone.
  ///
  /// - Parameters:
  ///   - event: Gets each event, with the number of its line within these bytes, from 0.
  ///   - fault: Gets what could not be read, with its line; the event may come all the same.
  /// - Returns: How many lines there were.
  func read(
    _ bytes: [UInt8], event: (ProxyEvent, Int) -> Void, fault: (Fault, Int) -> Void
  ) -> Int {
    var scanner = JSONScanner(bytes, window: 256 << 10)
    scanner.toleratesInvalidUTF8 = true
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var number = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      readLine(bytes, start..<end, number, &scanner, event: event, fault: fault)
      start = end + 1
      number += 1
    }
    return number
  }

  private func readLine(
    _ bytes: [UInt8], _ line: Range<Int>, _ number: Int, _ scanner: inout JSONScanner,
    event: (ProxyEvent, Int) -> Void, fault: (Fault, Int) -> Void
  ) {
    guard line.count <= Self.longestLine else { return fault(.tooLong, number) }
    var position = Self.skipBlanks(bytes, line.lowerBound, line.upperBound)
    while position < line.upperBound {
      guard bytes[position] == UInt8(ascii: "{") else {
        return fault(Self.isJSONStart(bytes[position]) ? .notAnObject : .malformed, number)
      }
      scanner.restart(at: position)
      do throws(JSONError) {
        var fields = ProxyEventFields()
        let isEmpty = try fields.read(&scanner)
        guard scanner.position <= line.upperBound else { return fault(.malformed, number) }
        position = Self.skipBlanks(bytes, scanner.position, line.upperBound)
        if isEmpty { continue }
        for problem in fields.faults { fault(problem, number) }
        event(fields.event, number)
      } catch {
        return fault(.malformed, number)
      }
    }
  }

  /// White space and NUL, which an interrupted write leaves behind.
  private static func skipBlanks(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Int {
    var index = start
    while index < end, bytes[index] <= 0x20 { index += 1 }
    return index
  }

  private static func isJSONStart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "t"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}

/// The members of one object that mean something.
private struct ProxyEventFields {
  var event = ProxyEvent()
  var faults: [ProxyEventReader.Fault] = []
  private var name = ""
  private var isStream = false

  /// Reads the object; returns whether it had no members.
  mutating func read(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    guard try scanner.enterObject() else { return true }
    var isEmpty = true
    while try scanner.nextKey() {
      isEmpty = false
      try readMember(&scanner)
    }
    settle()
    return isEmpty
  }

  private mutating func readMember(_ scanner: inout JSONScanner) throws(JSONError) {
    if scanner.keyIs("ts") {
      try readTime(&scanner)
    } else if scanner.keyIs("rid") {
      event.rid = try scanner.readWord()
    } else if scanner.keyIs("lane") {
      event.lane = try scanner.readWord()
    } else if scanner.keyIs("model") {
      event.model = try scanner.readWord()
    } else if scanner.keyIs("status") {
      try readStatus(&scanner)
    } else if scanner.keyIs("reason") {
      event.reason = try scanner.readWord()
      if event.reason == "streaming" { isStream = true }
    } else if scanner.keyIs("input_tokens") {
      event.inputTokens = try scanner.readTokens()
    } else if scanner.keyIs("output_tokens") {
      event.outputTokens = try scanner.readTokens()
    } else if scanner.keyIs("cached_input_tokens") || scanner.keyIs("cache_read_input_tokens") {
      event.cachedTokens = try scanner.readTokens()
    } else if scanner.keyIs("latency_ms") {
      try readLatency(&scanner)
    } else if scanner.keyIs("event") {
      name = try scanner.readWord()
    } else if scanner.keyIs("op") {
      if try scanner.readWord() == "stream" { isStream = true }
    } else if scanner.keyIs("feature") || scanner.keyIs("feature_id") || scanner.keyIs("task") {
      let feature = try scanner.readWord()
      if event.feature == nil, !feature.isEmpty { event.feature = feature }
    } else {
      try scanner.skipValue()
    }
  }

  /// What the members say together.
  private mutating func settle() {
    if name == "decision" || name.isEmpty && event.status == .code(-1) {
      event.kind = .decision
    } else if name == "error" {
      event.kind = .error
    }
    // A stream that carried no usage is counted as 0 by the proxy: nobody knows it.
    if isStream, event.inputTokens ?? 0 == 0, event.outputTokens ?? 0 == 0 {
      event.inputTokens = nil
      event.outputTokens = nil
    }
  }

  /// RFC 3339, or seconds since 1970, or milliseconds, which no second of these centuries reaches.
  private mutating func readTime(_ scanner: inout JSONScanner) throws(JSONError) {
    switch try scanner.peekKind() {
    case .string: event.at = try scanner.nextString().flatMap { Timestamp($0) }
    case .number:
      guard let value = try scanner.nextDouble(), value >= 0 else { break }
      let milliseconds = value < 100_000_000_000 ? value * 1_000 : value
      guard milliseconds < 253_402_300_800_000 else { break }
      event.at = Timestamp(milliseconds: Int64(milliseconds.rounded(.down)))
    default: try scanner.skipValue()
    }
    if event.at == nil { faults.append(.badTime) }
  }

  private mutating func readStatus(_ scanner: inout JSONScanner) throws(JSONError) {
    switch try scanner.peekKind() {
    case .string:
      let word = try scanner.nextString() ?? ""
      event.status = Int(word).map(ProxyEvent.Status.code) ?? .word(word)
    case .number: event.status = try scanner.nextInteger().map(ProxyEvent.Status.code) ?? .none
    default: try scanner.skipValue()
    }
  }

  private mutating func readLatency(_ scanner: inout JSONScanner) throws(JSONError) {
    switch try scanner.peekKind() {
    case .number: take(latency: try scanner.nextDouble())
    case .string:
      let text = try scanner.nextString() ?? ""
      if !text.isEmpty { take(latency: Double(text)) }
    case .null: try scanner.skipValue()
    default:
      try scanner.skipValue()
      take(latency: nil)
    }
  }

  private mutating func take(latency: Double?) {
    guard let latency, latency.isFinite, latency >= 0 else { return faults.append(.badLatency) }
    event.latency = latency
  }
}

extension JSONScanner {
  /// A string, or a number as it is written; anything else is empty.
  fileprivate mutating func readWord() throws(JSONError) -> String {
    guard try peekKind() == .number else { return try nextString() ?? "" }
    return try nextInteger().map(String.init) ?? ""
  }

  /// A count; nil for what is none.
  fileprivate mutating func readTokens() throws(JSONError) -> Int? {
    try nextInteger().flatMap { $0 >= 0 ? $0 : nil }
  }
}
