internal import Shared

/// Reads the events that are written as proxies write them: one flat object a line, without white
/// space, escapes or letters beyond ASCII, its numbers plain.
///
/// It gives up on whatever is otherwise, and judges nothing: that is for the reader of odd lines,
/// which says the same of these.
struct FlatEventReader: ~Copyable {
  /// In the order in which they are written most often.
  private enum Key: Int, CaseIterable {
    case ts, rid, lane, model, inputTokens, outputTokens, status, reason, event, op, latency
    case cachedTokens, otherCachedTokens, feature, featureID, task

    var name: String {
      switch self {
      case .inputTokens: "input_tokens"
      case .outputTokens: "output_tokens"
      case .latency: "latency_ms"
      case .cachedTokens: "cached_input_tokens"
      case .otherCachedTokens: "cache_read_input_tokens"
      case .featureID: "feature_id"
      default: "\(self)"
      }
    }
  }

  private typealias Value = FlatObjectReader.Value
  private typealias Kind = FlatObjectReader.Value.Kind

  private let objects = FlatObjectReader(keys: Key.allCases.map(\.name))

  /// Reads the line that begins at an offset of a block.
  ///
  /// - Returns: Its length with the line feed; nil when it is no event, or another reader's.
  @inline(__always)
  func read(
    _ block: UnsafePointer<UInt8>, _ start: Int, _ fields: inout EventFields
  ) -> Int? {
    guard let length = objects.read(block + start) else { return nil }
    let line = Line(bytes: block + start, start: start, values: objects.values)
    return line.read(into: &fields) ? length : nil
  }

  private struct Line {
    let bytes: UnsafePointer<UInt8>
    /// Where it begins in the block.
    let start: Int
    let values: UnsafeBufferPointer<Value>

    @inline(__always)
    subscript(key: Key) -> Value { values[key.rawValue] }

    @inline(__always)
    func read(into fields: inout EventFields) -> Bool {
      guard readTime(&fields), readStatus(&fields), readLatency(&fields) else { return false }
      fields.rid = place(.rid)
      fields.lane = place(.lane)
      fields.model = place(.model)
      fields.reason = place(.reason)
      fields.feature = feature
      guard count(.inputTokens, &fields.inputTokens), count(.outputTokens, &fields.outputTokens),
        count(.cachedTokens, &fields.cachedTokens)
      else { return false }
      // Two names of one thing, or nothing that says what it is: let the other look at it.
      if isThere(.otherCachedTokens) {
        guard !isThere(.cachedTokens), count(.otherCachedTokens, &fields.cachedTokens)
        else { return false }
      }
      guard isThere(.rid) || isThere(.ts) else { return false }
      let isStream = text(.op).says("stream") || text(.reason).says("streaming")
      fields.settle(name: text(.event), isStream: isStream)
      return true
    }

    /// Compared by its number: an operator of another module's type is called, not built in.
    @inline(__always)
    private func kind(_ key: Key) -> UInt8 { self[key].kind.rawValue }

    @inline(__always)
    private func isText(_ key: Key) -> Bool {
      kind(key) == Kind.text.rawValue || kind(key) == Kind.number.rawValue
    }

    private func isThere(_ key: Key) -> Bool { kind(key) != Kind.absent.rawValue }

    @inline(__always)
    private func text(_ key: Key) -> UnsafeBufferPointer<UInt8> {
      let value = self[key]
      guard isText(key) else { return UnsafeBufferPointer(start: nil, count: 0) }
      return UnsafeBufferPointer(
        start: bytes + Int(value.start), count: Int(value.end) - Int(value.start))
    }

    /// The place of a text, or of a number as it is written; of anything else an empty one.
    @inline(__always)
    private func place(_ key: Key) -> TextPlace {
      let value = self[key]
      guard isText(key) else { return .empty }
      return TextPlace(start + Int(value.start)..<start + Int(value.end), isDecoded: false)
    }

    private var feature: TextPlace {
      for key in [Key.feature, .featureID] where isThere(key) {
        let place = place(key)
        if place.count > 0 { return place }
      }
      return place(.task)
    }

    /// Takes a count; false when it is not written in plain digits, or is more than can be.
    @inline(__always)
    private func count(_ key: Key, _ count: inout Int?) -> Bool {
      switch self[key].kind {
      case .absent: return true
      case .text: return false
      case .word: return isNull(key)
      case .number:
        count = digits(text(key))
        return count.map(ProxyEvent.tokenCounts.contains) ?? false
      }
    }

    @inline(__always)
    private func digits(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
      guard text.count <= 18 else { return nil }
      var value = 0
      for byte in text {
        let digit = byte &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        value = value &* 10 &+ Int(digit)
      }
      return value
    }

    @inline(__always)
    private func readTime(_ fields: inout EventFields) -> Bool {
      switch self[.ts].kind {
      case .absent: return true
      case .word: return false
      case .text: fields.time = EventClock.milliseconds(rfc3339: text(.ts))
      case .number: fields.time = EventClock.milliseconds(number: text(.ts), value: { nil })
      }
      // What is wrong with it is for the other to say.
      return fields.time ?? -1 >= 0
    }

    @inline(__always)
    private func readStatus(_ fields: inout EventFields) -> Bool {
      switch self[.status].kind {
      case .absent, .word: return true
      case .text:
        // What looks like a number is one.
        if let first = text(.status).first, !isLetter(first) { return false }
        fields.status = .word(place(.status))
        return true
      case .number:
        let text = text(.status)
        if text.count == 2, text.says("-1") {
          fields.status = .code(-1)
          return true
        }
        guard let code = digits(text) else { return false }
        fields.status = .code(code)
        return true
      }
    }

    private func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }

    @inline(__always)
    private func readLatency(_ fields: inout EventFields) -> Bool {
      switch self[.latency].kind {
      case .absent: return true
      case .text, .word: return kind(.latency) == Kind.word.rawValue && isNull(.latency)
      case .number:
        let text = text(.latency)
        if let whole = digits(text) {
          guard whole < 1 << 53 else { return false }
          fields.latency = Double(whole)
          return true
        }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite, value > 0
        else { return false }
        // A whole number that is written with a fraction is stored as a whole one.
        guard value != value.rounded() else { return false }
        fields.latency = value
        fields.latencyText = place(.latency)
        return true
      }
    }

    /// Whether a word is null; true and false are no numbers.
    private func isNull(_ key: Key) -> Bool { bytes[Int(self[key].start)] == UInt8(ascii: "n") }
  }
}
