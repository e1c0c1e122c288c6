internal import Shared

/// One row of `proxy_telemetry.jsonl`: an event as it was judged when it was stored.
struct TelemetryRow {
  let event: ProxyEvent
  let id: EventID
  let window: String
  let isRouted: Bool
  /// nil of a decision, which has no outcome.
  let isFailed: Bool?

  /// The window of events that came while none was open.
  static let unassigned = "unassigned"

  init(_ event: ProxyEvent, id: EventID, window: String, rules: ProxyRules) {
    self.event = event
    self.id = id
    self.window = window
    isRouted = rules.isRouted(event)
    isFailed = event.isFinished ? rules.isFailed(event) : nil
  }

  /// Appends the row's line, with its line feed.
  ///
  /// - Parameter stamp: The members that are the same in all rows of a run, as JSON members.
  func append(to writer: inout JSONWriter, stamp: RowStamp, agent: String, ingestedAt: String) {
    writer.object { writer in
      writer.member("window", window)
      writer.member("provider", "proxy-telemetry")
      writer.member("captured_at", event.at?.text ?? ingestedAt)
      if let at = event.at { writer.member("ts", at.text) }
      writer.member("rid", event.rid)
      writer.member("lane", event.lane)
      writer.member("model", event.model)
      writer.member("kind", event.kind.rawValue)
      writer.member("route", isRouted ? "glm" : "baseline")
      if let isFailed { writer.member("outcome", isFailed ? "error" : "ok") }
      switch event.status {
      case .code(let code): writer.member("status", code)
      case .word(let word): writer.member("status", word)
      case .none: break
      }
      if !event.reason.isEmpty { writer.member("reason", event.reason) }
      if let tokens = event.inputTokens { writer.member("input_tokens", tokens) }
      if let tokens = event.outputTokens { writer.member("output_tokens", tokens) }
      if let tokens = event.cachedTokens { writer.member("cached_input_tokens", tokens) }
      if let latency = event.latency { writer.member("latency_ms", latency) }
      if let feature = event.feature { writer.member("feature", feature) }
      writer.member("source", "ingest")
      stamp.write(into: &writer, id: id.text, agent: agent)
    }
    writer.endLine()
  }
}
