internal import Shared

/// Writes rows of `proxy_telemetry.jsonl`: each an event as it was judged when it was stored.
struct TelemetryRowWriter {
  /// The window of events that came while none was open.
  static let unassigned = "unassigned"
  static let provider = "proxy-telemetry"

  /// For events without a moment.
  private let ingestedAt: [UInt8]
  /// What stands before the id of every row, and behind it.
  private let beforeID: [UInt8]
  private let afterID: [UInt8]
  /// The beginning of the rows of the window that was written last.
  private var head: [UInt8] = []
  private var headWindow: String?
  private var date: [UInt8] = []
  private var day: Int64 = .min

  init(stamp: RowStamp, agent: String, ingestedAt: Timestamp?) {
    self.ingestedAt = Array((ingestedAt?.text ?? "").utf8)
    var writer = JSONWriter()
    writer.object { stamp.write(into: &$0, id: "", agent: agent) }
    let text = writer.bytes
    // The stamp around its empty id.
    let key = Array(#""id":""#.utf8)
    let place = text.indices.first { text[$0...].starts(with: key) } ?? text.startIndex
    beforeID =
      Array(#","source":"ingest","#.utf8) + text[1..<place] + key
    afterID = text[(place + key.count)...] + [UInt8(ascii: "\n")]
  }

  /// Adds the row of an event, with its line feed.
  mutating func write(
    _ fields: EventFields, _ texts: EventTexts, _ judgement: EventJudgement, window: String,
    to rows: inout RowBuffer
  ) {
    rows.reserve(roomNeeded(fields, window))
    writeHead(window, to: &rows)
    if let time = fields.time {
      let start = rows.count
      write(time, to: &rows)
      rows.add(#"","ts":""#)
      rows.add(again: start, count: 24)
    } else {
      rows.add(ingestedAt)
    }
    rows.add(#"","rid":"#)
    write(fields.rid, texts, to: &rows)
    rows.add(#","lane":"#)
    write(fields.lane, texts, to: &rows)
    rows.add(#","model":"#)
    write(fields.model, texts, to: &rows)
    switch fields.kind {
    case .decision: rows.add(#","kind":"decision""#)
    case .completion: rows.add(#","kind":"completion""#)
    case .error: rows.add(#","kind":"error""#)
    }
    rows.add(judgement.isRouted ? #","route":"glm""# : #","route":"baseline""#)
    if fields.isFinished {
      rows.add(judgement.isFailed ? #","outcome":"error""# : #","outcome":"ok""#)
    }
    writeStatus(fields.status, texts, to: &rows)
    if fields.reason.count > 0 {
      rows.add(#","reason":"#)
      write(fields.reason, texts, to: &rows)
    }
    writeNumbers(fields, texts, to: &rows)
    if fields.feature.count > 0 {
      rows.add(#","feature":"#)
      write(fields.feature, texts, to: &rows)
    }
    rows.add(beforeID)
    rows.add(hex: judgement.id.bits)
    rows.add(afterID)
  }

  /// Adds the row that gives a window to an event which is stored without one.
  mutating func writeAssignment(
    of id: EventID, at time: Int64, to window: String, rows: inout RowBuffer
  ) {
    rows.reserve(512 + window.utf8.count * 6 + beforeID.count + afterID.count)
    writeHead(window, to: &rows)
    if time == EventIndexBlock.noMoment { rows.add(ingestedAt) } else { write(time, to: &rows) }
    rows.add(#"","assigns":""#)
    rows.add(hex: id.bits)
    rows.add(#"""#)
    rows.add(beforeID)
    rows.add(hex: ContentHash.of(id.text + window))
    rows.add(afterID)
  }

  // MARK: Parts

  /// Escapes make at most six bytes of one.
  private func roomNeeded(_ fields: EventFields, _ window: String) -> Int {
    var texts =
      fields.rid.count + fields.lane.count + fields.model.count + fields.reason.count
      + fields.feature.count + fields.latencyText.count
    if case .word(let place) = fields.status { texts += place.count }
    return 512 + texts * 6 + window.utf8.count * 6 + beforeID.count + afterID.count
  }

  private mutating func writeHead(_ window: String, to rows: inout RowBuffer) {
    if headWindow != window {
      headWindow = window
      head =
        Array(#"{"window":"#.utf8) + JSONWriter.quoted(window)
        + Array(#","provider":"\#(Self.provider)","captured_at":""#.utf8)
    }
    rows.add(head)
  }

  private func write(_ place: TextPlace, _ texts: EventTexts, to rows: inout RowBuffer) {
    if place.isDecoded {
      rows.add(JSONWriter.quoted(texts.string(place)))
    } else {
      // As it stood in the log: without escapes it is right here too.
      rows.add(byte: UInt8(ascii: "\""))
      rows.add(texts[place])
      rows.add(byte: UInt8(ascii: "\""))
    }
  }

  private func writeStatus(
    _ status: EventFields.Status, _ texts: EventTexts, to rows: inout RowBuffer
  ) {
    switch status {
    case .none: return
    case .code(let code):
      rows.add(#","status":"#)
      if code < 0 { rows.add(byte: UInt8(ascii: "-")) }
      rows.add(Int(clamping: code.magnitude))
    case .word(let place):
      rows.add(#","status":"#)
      write(place, texts, to: &rows)
    }
  }

  private func writeNumbers(
    _ fields: EventFields, _ texts: EventTexts, to rows: inout RowBuffer
  ) {
    if let tokens = fields.inputTokens {
      rows.add(#","input_tokens":"#)
      rows.add(tokens)
    }
    if let tokens = fields.outputTokens {
      rows.add(#","output_tokens":"#)
      rows.add(tokens)
    }
    if let tokens = fields.cachedTokens {
      rows.add(#","cached_input_tokens":"#)
      rows.add(tokens)
    }
    guard let latency = fields.latency else { return }
    rows.add(#","latency_ms":"#)
    if fields.latencyText.count > 0 {
      rows.add(texts[fields.latencyText])
    } else if latency < 1e15, latency == latency.rounded() {
      rows.add(Int(latency))
    } else {
      rows.add(Array(JSONWriter.text(of: latency).utf8))
    }
  }

  /// A moment as RFC 3339 in UTC with milliseconds; the date is worked out once a day.
  private mutating func write(_ milliseconds: Int64, to rows: inout RowBuffer) {
    let dayLength: Int64 = 86_400_000
    let today = milliseconds / dayLength
    if today != day {
      day = today
      date = Array(Timestamp(milliseconds: milliseconds).text.utf8.prefix(11))
    }
    rows.add(date)
    let time = Int(milliseconds - today * dayLength)
    rows.add(time / 3_600_000, digits: 2)
    rows.add(byte: UInt8(ascii: ":"))
    rows.add(time / 60_000 % 60, digits: 2)
    rows.add(byte: UInt8(ascii: ":"))
    rows.add(time / 1_000 % 60, digits: 2)
    rows.add(byte: UInt8(ascii: "."))
    rows.add(time % 1_000, digits: 3)
    rows.add(byte: UInt8(ascii: "Z"))
  }
}
