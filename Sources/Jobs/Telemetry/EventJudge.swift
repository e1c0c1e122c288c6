internal import Shared

/// What is said of an event when it is stored.
struct EventJudgement {
  let id: EventID
  let isRouted: Bool
  /// Whether a finished request failed.
  let isFailed: Bool
}

/// Judges events by the rules, each lane, model and word once for all events that bear it.
struct EventJudge {
  private let rules: ProxyRules
  private var known = [Known](repeating: Known(), count: 1_024)

  /// What is known of a text, and where it stands in the table.
  private struct Known {
    var hash: UInt64 = 0
    var judgement: UInt8 = 0
    var isSet = false
  }

  private enum Question {
    static let laneIsRouted: UInt8 = 1
    static let modelIsRouted: UInt8 = 2
    static let wordIsHealthy: UInt8 = 4
    static let wordIsBlank: UInt8 = 8
  }

  init(_ rules: ProxyRules) {
    self.rules = rules
  }

  mutating func judge(_ fields: EventFields, _ texts: EventTexts) -> EventJudgement {
    let lane = ContentHash.of(texts[fields.lane])
    let model = ContentHash.of(texts[fields.model])
    return EventJudgement(
      id: fields.id(
        ridHash: ContentHash.of(texts[fields.rid]), laneHash: lane, modelHash: model),
      isRouted: judge(texts[fields.lane], lane) & Question.laneIsRouted != 0
        || judge(texts[fields.model], model) & Question.modelIsRouted != 0,
      isFailed: isFailed(fields, texts))
  }

  private mutating func isFailed(_ fields: EventFields, _ texts: EventTexts) -> Bool {
    if fields.kind == .error { return true }
    switch fields.status {
    case .code(let code): return !(200..<300).contains(code)
    case .word(let place):
      let status = judge(texts[place], ContentHash.of(texts[place]))
      if status & (Question.wordIsHealthy | Question.wordIsBlank) != 0 { return false }
      let reason = judge(texts[fields.reason], ContentHash.of(texts[fields.reason]))
      return reason & Question.wordIsHealthy == 0
    case .none: return false
    }
  }

  @inline(__always)
  private mutating func judge(_ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> UInt8 {
    let slot = Int(truncatingIfNeeded: hash & 1_023)
    if known[slot].hash == hash, known[slot].isSet { return known[slot].judgement }
    return learn(text, hash, slot)
  }

  private mutating func learn(
    _ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64, _ slot: Int
  ) -> UInt8 {
    let text = String(decoding: text, as: UTF8.self)
    var judgement: UInt8 = 0
    if rules.isRouted(lane: text) { judgement |= Question.laneIsRouted }
    if rules.isRouted(model: text) { judgement |= Question.modelIsRouted }
    if rules.isHealthy(text) { judgement |= Question.wordIsHealthy }
    if text.allSatisfy(\.isWhitespace) { judgement |= Question.wordIsBlank }
    known[slot] = Known(hash: hash, judgement: judgement, isSet: true)
    return judgement
  }
}
