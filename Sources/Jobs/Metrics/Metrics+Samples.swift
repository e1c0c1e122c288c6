internal import Shared

/// The scheduled jobs.
enum JobMetrics {
  static func add(_ jobs: [JobOverview], to text: inout MetricsText) {
    func samples(_ value: (JobOverview) -> Double?) -> [(
      labels: [MetricsText.Label], value: Double
    )] {
      jobs.compactMap { job in value(job).map { ([("job", job.job)], $0) } }
    }
    text.gauge(
      "jobrunner_job_last_success_timestamp_seconds", "When the job last ended well.",
      samples { $0.lastSuccess?.inSeconds })
    text.gauge(
      "jobrunner_job_last_run_timestamp_seconds", "When the job last ran.",
      samples { $0.lastRunAt?.inSeconds })
    text.gauge(
      "jobrunner_job_last_run_duration_seconds",
      "How long its last run took that did something or failed.",
      samples { $0.lastRun?.duration.inSeconds })
    text.gauge(
      "jobrunner_job_last_run_exit_code", "The exit status of its last run.",
      samples { job in
        job.lastRunAt.map { _ in job.state == .failing ? Double(job.lastRun?.exit ?? 0) : 0 }
      })
    text.gauge(
      "jobrunner_job_overdue", "Whether it has not ended well for too long: 1 or 0.",
      samples { $0.isOverdue ? 1 : $0.lastSuccess == nil ? nil : 0 })
  }
}

/// opencode's agents.
enum AgentMetrics {
  /// A registry keeps those that are done for ever: series are for those that live and the newest.
  private static let most = 100

  static func add(_ view: StatusView, to text: inout MetricsText) {
    text.gauge(
      "jobrunner_agents", "Agents of the registry by status.",
      AgentStatus.allCases.map { status in
        let count = view.entries.count { ($0.status ?? .unknown) == status }
        return ([("status", status.rawValue)], Double(count))
      })
    let shown = newest(view)
    text.gauge(
      "jobrunner_agent_context_used_ratio",
      "Part of the context window that an agent's session has used; above 1 when it ran over.",
      shown.compactMap { entry in
        view.usage(of: entry)?.contextFullPct.map { (labels(of: entry, in: view), $0) }
      })
    text.gauge(
      "jobrunner_agent_usage_timestamp_seconds", "When that was last read of opencode.",
      shown.compactMap { entry in
        guard view.usage(of: entry)?.contextFullPct != nil else { return nil }
        return view.usageUpdatedAt(of: entry).map { (labels(of: entry, in: view), $0.inSeconds) }
      })
  }

  private static func newest(_ view: StatusView) -> [StatusView.Entry] {
    func rank(_ entry: StatusView.Entry) -> (Int, Timestamp) {
      let lives = entry.status == .running || entry.status == .scheduled
      let updated = view.registry.timestamp(.updatedAt, of: entry.agent)
      return (lives ? 1 : 0, updated ?? Timestamp(milliseconds: .min))
    }
    guard view.entries.count > most else { return view.entries }
    let ranked = view.entries.enumerated().sorted { rank($0.element) > rank($1.element) }
    return ranked.prefix(most).sorted { $0.offset < $1.offset }.map(\.element)
  }

  private static func labels(
    of entry: StatusView.Entry, in view: StatusView
  ) -> [MetricsText.Label] {
    let model = view.registry.text(.model, of: entry.agent)
    return [("gen_ai_agent_name", entry.agent.key)]
      + (model.map { [("gen_ai_request_model", $0)] } ?? [])
  }
}

/// The subscription windows and what speaks against their numbers.
enum WindowMetrics {
  /// The newest reading of each limit whose window is still open.
  struct Open: Equatable {
    let labels: [String: String]
    let limit: LimitReading
    let capturedAt: Timestamp
  }

  static func add(_ snapshots: [Snapshot], now: Timestamp, to text: inout MetricsText) {
    let open = open(snapshots, now: now)
    func labels(_ window: Open) -> [MetricsText.Label] {
      window.labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
    text.gauge(
      "jobrunner_window_used_ratio", "Part of a subscription's limit that was used when last read.",
      open.map { (labels($0), $0.limit.usedPercent / 100) })
    text.gauge(
      "jobrunner_window_reset_timestamp_seconds", "When the limit's window ends.",
      open.compactMap { window in
        window.limit.resetsAt.map { (labels(window), $0.inSeconds) }
      })
    text.gauge(
      "jobrunner_window_reading_timestamp_seconds", "When that was read.",
      open.map { (labels($0), $0.capturedAt.inSeconds) })
  }

  static func open(_ snapshots: [Snapshot], now: Timestamp) -> [Open] {
    var newest: [[String: String]: Open] = [:]
    for reading in snapshots.compactMap(\.reading) {
      for limit in reading.limits where isOpen(limit, capturedAt: reading.capturedAt, now: now) {
        let labels = labels(of: limit, in: reading)
        if let known = newest[labels], known.capturedAt > reading.capturedAt { continue }
        newest[labels] = Open(labels: labels, limit: limit, capturedAt: reading.capturedAt)
      }
    }
    let order = ["gen_ai_provider_name", "limit", "window", "account"]
    return newest.values.sorted { left, right in
      order.map { left.labels[$0] ?? "" }
        .lexicographicallyPrecedes(order.map { right.labels[$0] ?? "" })
    }
  }

  /// Once its window is over, a number says nothing of now.
  private static func isOpen(
    _ limit: LimitReading, capturedAt: Timestamp, now: Timestamp
  ) -> Bool {
    if let end = limit.resetsAt { return end > now }
    return limit.minutes.map { capturedAt + .seconds($0 * 60) > now } ?? false
  }

  private static func labels(
    of limit: LimitReading, in reading: Reading
  ) -> [String: String] {
    var labels = [
      "gen_ai_provider_name": providerName(reading.provider), "limit": limit.limitID,
    ]
    if let minutes = limit.minutes {
      labels["window"] = DurationText.brief(.seconds(minutes * 60))
    }
    // A hash that tells two accounts apart, not whose they are.
    if let account = reading.account { labels["account"] = account }
    return labels
  }

  /// The well-known values of `gen_ai.provider.name`; z.ai has none.
  private static func providerName(_ provider: Provider) -> String {
    switch provider {
    case .codex: "openai"
    case .claude: "anthropic"
    case .glm: "z_ai"
    }
  }

  static func add(_ anomalies: [AnomalyRow], to text: inout MetricsText) {
    var counts: [String: Int] = [:]
    // A type that is not there counts 0, so that an alert sees it come.
    for kind in Anomaly.Kind.allCases where !kind.isInformational { counts[kind.rawValue] = 0 }
    for row in anomalies where row.resolution == nil && !row.isInformational {
      counts[row.type, default: 0] += 1
    }
    text.gauge(
      "jobrunner_anomalies", "What speaks against the readings and is not settled, by type.",
      counts.sorted { $0.key < $1.key }.map { ([("type", $0.key)], Double($0.value)) })
  }
}

/// The proxy's events.
enum TelemetryMetrics {
  static func add(_ figures: TelemetrySummary.Figures?, to text: inout MetricsText) {
    guard let figures, figures.requests > 0 else { return }
    let requests = Double(figures.requests)
    text.gauge(
      "jobrunner_telemetry_requests", "Finished requests of the proxy that were ingested.",
      [([], requests)])
    text.gauge(
      "jobrunner_telemetry_routed_ratio", "Part of them that was routed to the cheaper model.",
      [([], Double(figures.routed) / requests)])
    text.gauge(
      "jobrunner_telemetry_error_ratio", "Part of them that failed.",
      [([], Double(figures.errors) / requests)])
  }
}

extension Timestamp {
  /// Seconds since 1970, exact to the millisecond.
  fileprivate var inSeconds: Double { Double(milliseconds) / 1_000 }
}
