internal import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads the members of one object that mean something; of two with one name the last counts.
struct EventMembers {
  private(set) var fields = EventFields()
  /// At most one of each kind.
  private(set) var faults: Set<ProxyEventReader.Fault> = []
  /// Texts whose escapes were resolved.
  private(set) var decoded: [UInt8] = []
  /// Whether there was a member that an event has.
  private(set) var isEvent = false
  private(set) var isEmpty = true
  private let bytes: UnsafeBufferPointer<UInt8>
  private var name = TextPlace.empty
  private var operation = TextPlace.empty
  private var badCounts = (input: false, output: false, cached: false)
  /// `feature`, `feature_id`, `task`: the first that is not empty counts.
  private var features = (TextPlace.empty, TextPlace.empty, TextPlace.empty)

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  /// The members an event has.
  private enum Member {
    case time, rid, lane, model, status, reason, inputTokens, outputTokens, cachedTokens, latency
    case event, operation, feature, featureID, task
  }

  /// Calls with the texts of the object that was read last.
  @inline(__always)
  func withTexts(_ body: (EventTexts) -> Void) {
    decoded.withUnsafeBufferPointer { body(EventTexts(plain: bytes, decoded: $0)) }
  }

  /// Reads the object that comes next.
  mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
    reset()
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      isEmpty = false
      guard let member = member(scanner) else {
        try scanner.skipValue()
        continue
      }
      isEvent = true
      try read(member, &scanner)
    }
    settle()
  }

  private mutating func reset() {
    fields = EventFields()
    if !faults.isEmpty { faults = [] }
    if !decoded.isEmpty { decoded = [] }
    isEvent = false
    isEmpty = true
    name = .empty
    operation = .empty
    badCounts = (false, false, false)
    features = (.empty, .empty, .empty)
  }

  // MARK: Keys

  @inline(__always)
  private func member(_ scanner: borrowing JSONScanner) -> Member? {
    guard let range = scanner.plainTextRange else {
      var text = scanner.text()
      return text.withUTF8 { Self.member($0) }
    }
    return Self.member(UnsafeBufferPointer(rebasing: bytes[range]))
  }

  /// By its length first, since every key of every line is asked for.
  @inline(__always)
  private static func member(_ key: UnsafeBufferPointer<UInt8>) -> Member? {
    switch key.count {
    case 2: key.says("ts") ? .time : key.says("op") ? .operation : nil
    case 3: key.says("rid") ? .rid : nil
    case 4: key.says("lane") ? .lane : key.says("task") ? .task : nil
    case 5: key.says("model") ? .model : key.says("event") ? .event : nil
    case 6: key.says("status") ? .status : key.says("reason") ? .reason : nil
    case 7: key.says("feature") ? .feature : nil
    case 10: key.says("latency_ms") ? .latency : key.says("feature_id") ? .featureID : nil
    case 12: key.says("input_tokens") ? .inputTokens : nil
    case 13: key.says("output_tokens") ? .outputTokens : nil
    case 19: key.says("cached_input_tokens") ? .cachedTokens : nil
    case 23: key.says("cache_read_input_tokens") ? .cachedTokens : nil
    default: nil
    }
  }

  // MARK: Values

  private mutating func read(
    _ member: Member, _ scanner: inout JSONScanner
  ) throws(JSONError) {
    switch member {
    case .time: try readTime(&scanner)
    case .rid: fields.rid = try word(&scanner)
    case .lane: fields.lane = try word(&scanner)
    case .model: fields.model = try word(&scanner)
    case .status: try readStatus(&scanner)
    case .reason: fields.reason = try word(&scanner)
    case .inputTokens: fields.inputTokens = try tokens(&scanner, &badCounts.input)
    case .outputTokens: fields.outputTokens = try tokens(&scanner, &badCounts.output)
    case .cachedTokens: fields.cachedTokens = try tokens(&scanner, &badCounts.cached)
    case .latency: try readLatency(&scanner)
    case .event: name = try word(&scanner)
    case .operation: operation = try word(&scanner)
    case .feature: features.0 = try word(&scanner)
    case .featureID: features.1 = try word(&scanner)
    case .task: features.2 = try word(&scanner)
    }
  }

  private func text(_ place: TextPlace) -> UnsafeBufferPointer<UInt8> {
    // What was decoded is rare, and none of the words that mean something needs an escape.
    place.isDecoded
      ? UnsafeBufferPointer(start: nil, count: 0)
      : UnsafeBufferPointer(rebasing: bytes[place.start..<place.start + place.count])
  }

  /// A string, or a number as it is written; anything else is empty.
  private mutating func word(_ scanner: inout JSONScanner) throws(JSONError) -> TextPlace {
    switch try scanner.peekKind() {
    case .string:
      _ = try scanner.next()
      return place(scanner)
    case .number:
      _ = try scanner.next()
      return TextPlace(scanner.tokenRange, isDecoded: false)
    default:
      try scanner.skipValue()
      return .empty
    }
  }

  /// The place of the last string.
  @inline(__always)
  private mutating func place(_ scanner: borrowing JSONScanner) -> TextPlace {
    if let range = scanner.plainTextRange { return TextPlace(range, isDecoded: false) }
    let start = decoded.count
    decoded += Array(scanner.text().utf8)
    return TextPlace(start..<decoded.count, isDecoded: true)
  }

  /// A count, or one in a text; nil for what is none.
  private func tokens(
    _ scanner: inout JSONScanner, _ isBad: inout Bool
  ) throws(JSONError) -> Int? {
    isBad = false
    let count: Int?
    switch try scanner.peekKind() {
    case .number: count = try scanner.nextInteger()
    case .string:
      let text = (try scanner.nextString() ?? "").trimmed
      if text.isEmpty { return nil }
      count = Int(text)
    case .null:
      try scanner.skipValue()
      return nil
    default:
      try scanner.skipValue()
      count = nil
    }
    guard let count, ProxyEvent.tokenCounts.contains(count) else {
      isBad = true
      return nil
    }
    return count
  }

  /// RFC 3339, or seconds since 1970, or milliseconds; these in a text as well.
  private mutating func readTime(_ scanner: inout JSONScanner) throws(JSONError) {
    fields.time = nil
    faults.remove(.badTime)
    switch try scanner.peekKind() {
    case .string:
      _ = try scanner.next()
      if let range = scanner.plainTextRange {
        let text = UnsafeBufferPointer(rebasing: bytes[range])
        fields.time =
          EventClock.milliseconds(rfc3339: text)
          ?? EventClock.milliseconds(number: text, value: { nil })
      } else {
        fields.time = Timestamp(scanner.text())?.milliseconds
      }
    case .number:
      _ = try scanner.next()
      fields.time = EventClock.milliseconds(
        number: UnsafeBufferPointer(rebasing: bytes[scanner.tokenRange]),
        value: { scanner.double() })
    default: try scanner.skipValue()
    }
    // No proxy is older than the epoch, and rows tell times from then on.
    if fields.time ?? -1 < 0 {
      fields.time = nil
      faults.insert(.badTime)
    }
  }

  private mutating func readStatus(_ scanner: inout JSONScanner) throws(JSONError) {
    fields.status = .none
    switch try scanner.peekKind() {
    case .string:
      let place = try word(&scanner)
      fields.status = code(text(place)).map(EventFields.Status.code) ?? .word(place)
    case .number:
      let place = try word(&scanner)
      // What is no whole number is no code that is known to be healthy.
      fields.status = scanner.integer().map(EventFields.Status.code) ?? .word(place)
    default: try scanner.skipValue()
    }
  }

  /// The number in a text: `200`, ` 200 `, `200.0`.
  private func code(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard !text.isEmpty else { return nil }
    let text = String(decoding: text, as: UTF8.self).trimmed
    return Int(text) ?? Self.decimal(text).flatMap { Int(exactly: $0) }
  }

  /// A number in a text; none in sixteens, `nan` and the like.
  private static func decimal(_ text: String) -> Double? {
    let isDecimal = text.utf8.allSatisfy {
      $0 &- UInt8(ascii: "0") < 10 || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0)
    }
    return isDecimal ? Double(text) : nil
  }

  private mutating func readLatency(_ scanner: inout JSONScanner) throws(JSONError) {
    fields.latency = nil
    fields.latencyText = .empty
    faults.remove(.badLatency)
    switch try scanner.peekKind() {
    case .number:
      _ = try scanner.next()
      if let whole = scanner.integer(), whole.magnitude < 1 << 53 {
        take(latency: Double(whole))
      } else {
        take(latency: scanner.double())
        if fields.latency != nil {
          fields.latencyText = TextPlace(scanner.tokenRange, isDecoded: false)
        }
      }
    case .string:
      let text = (try scanner.nextString() ?? "").trimmed
      if !text.isEmpty { take(latency: Self.decimal(text)) }
    case .null: try scanner.skipValue()
    default:
      try scanner.skipValue()
      take(latency: nil)
    }
  }

  private mutating func take(latency: Double?) {
    guard let latency, latency.isFinite, latency >= 0 else {
      faults.insert(.badLatency)
      return
    }
    fields.latency = latency
  }

  // MARK: Together

  /// What the members say together.
  private mutating func settle() {
    if badCounts.input || badCounts.output || badCounts.cached { faults.insert(.badTokens) }
    fields.feature =
      features.0.count > 0 ? features.0 : features.1.count > 0 ? features.1 : features.2
    fields.settle(
      name: text(name),
      isStream: text(operation).says("stream") || text(fields.reason).says("streaming"))
  }
}

extension EventFields {
  /// - Parameter name: What the event calls itself.
  @inline(__always)
  mutating func settle(name: UnsafeBufferPointer<UInt8>, isStream: Bool) {
    if name.says("decision") {
      kind = .decision
    } else if name.says("error") {
      kind = .error
    } else if name.isEmpty, case .code(-1) = status {
      kind = .decision
    }
    // A stream that carried no usage is counted as 0 by the proxy: nobody knows it.
    if isStream, inputTokens ?? 0 == 0, outputTokens ?? 0 == 0 {
      inputTokens = nil
      outputTokens = nil
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  @inline(__always)
  func says(_ word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount, let baseAddress else { return false }
    return memcmp(baseAddress, word.utf8Start, count) == 0
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
