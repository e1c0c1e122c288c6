internal import Shared

/// Where a text of an event stands: in the bytes that are read, or among those whose escapes were
/// resolved.
struct TextPlace {
  private(set) var start = 0
  private(set) var count = 0
  private(set) var isDecoded = false

  static let empty = TextPlace()

  init() {}

  init(_ range: Range<Int>, isDecoded: Bool) {
    start = range.lowerBound
    count = range.count
    self.isDecoded = isDecoded
  }
}

/// The bytes behind the places of one event, valid while it is handed over.
struct EventTexts {
  let plain: UnsafeBufferPointer<UInt8>
  let decoded: UnsafeBufferPointer<UInt8>

  @inline(__always)
  subscript(place: TextPlace) -> UnsafeBufferPointer<UInt8> {
    let all = place.isDecoded ? decoded : plain
    return UnsafeBufferPointer(
      start: all.baseAddress.map { $0 + place.start }, count: place.count)
  }

  func string(_ place: TextPlace) -> String { String(decoding: self[place], as: UTF8.self) }
}

/// One event as it was read, without a copy of its texts: a million of them must cost no memory.
struct EventFields {
  /// Milliseconds since 1970.
  var time: Int64?
  var rid = TextPlace.empty
  var lane = TextPlace.empty
  var model = TextPlace.empty
  var reason = TextPlace.empty
  var feature = TextPlace.empty
  var kind = ProxyEvent.Kind.completion
  var status = Status.none
  var inputTokens: Int?
  var outputTokens: Int?
  var cachedTokens: Int?
  var latency: Double?
  /// The latency as it was written, where it is a number with a fraction.
  var latencyText = TextPlace.empty

  enum Status {
    case none
    case code(Int)
    case word(TextPlace)
  }

  /// Whether a request ended with this event.
  var isFinished: Bool { kind != .decision }

  /// Which event it is: the request, the millisecond, the kind of line and the lane; where there is
  /// no moment, or no request, what else tells two events apart.
  @inline(__always)
  func id(ridHash: UInt64, laneHash: UInt64, modelHash: UInt64) -> EventID {
    if let time, rid.count > 0 {
      return EventID(rid: ridHash, at: time, kind: kind, lane: laneHash)
    }
    let rest = EventID(
      rid: ridHash, kind: kind, model: modelHash, latency: latency, inputTokens: inputTokens,
      outputTokens: outputTokens)
    guard let time else { return rest }
    return EventID(rid: rest.bits, at: time, kind: kind, lane: laneHash)
  }
}

extension ProxyEvent {
  /// The event with its texts copied.
  init(_ fields: EventFields, _ texts: EventTexts) {
    self.init()
    at = fields.time.map(Timestamp.init(milliseconds:))
    rid = texts.string(fields.rid)
    lane = texts.string(fields.lane)
    model = texts.string(fields.model)
    reason = texts.string(fields.reason)
    kind = fields.kind
    status =
      switch fields.status {
      case .none: .none
      case .code(let code): .code(code)
      case .word(let place): .word(texts.string(place))
      }
    inputTokens = fields.inputTokens
    outputTokens = fields.outputTokens
    cachedTokens = fields.cachedTokens
    latency = fields.latency
    feature = fields.feature.count == 0 ? nil : texts.string(fields.feature)
  }
}
