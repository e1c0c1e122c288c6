import Shared
import TestSupport
import Testing

@testable import Jobs

/// The text format, and what becomes a sample.
struct MetricsTests {
  private static let now = Timestamp("2026-11-21T12:00:00Z") ?? Timestamp(milliseconds: 0)

  @Test("A gauge has its help and type once, and labels that are escaped")
  func text() {
    var text = MetricsText()
    text.gauge("a_ratio", "Back\\slash \"and\"\nline.", [([], 0.5), ([("b", "c\\d\"e\nf")], 2)])
    text.gauge("empty", "Nothing.", [])
    text.gauge("a_timestamp_seconds", "When.", [([], 1_796_403_600.125)])
    #expect(
      text.lines == [
        #"# HELP a_ratio Back\\slash "and"\nline."#, "# TYPE a_ratio gauge", "a_ratio 0.5",
        #"a_ratio{b="c\\d\"e\nf"} 2"#, "# HELP a_timestamp_seconds When.",
        "# TYPE a_timestamp_seconds gauge", "a_timestamp_seconds 1796403600.125",
      ])
  }

  @Test("What was never known has no sample, and a success without a row counts")
  func jobs() {
    let record = RunRecord(
      job: "window-reset", runKey: "window-reset", started: Self.now,
      duration: .milliseconds(1_250),
      outcome: .failed, exit: 78, counts: [], error: "no", trigger: .cron, host: "lamp",
      version: "1")
    var text = MetricsText()
    JobMetrics.add(
      [
        JobOverview(job: "window-reset", lastRun: record, lastSuccess: nil, isOverdue: false),
        JobOverview(
          job: "rotate-log", lastRun: nil, lastSuccess: Self.now - .seconds(9), isOverdue: true),
        JobOverview(job: "refresh-usage", lastRun: nil, lastSuccess: nil, isOverdue: false),
      ], to: &text)
    #expect(
      text.lines.filter { !$0.hasPrefix("#") } == [
        #"jobrunner_job_last_success_timestamp_seconds{job="rotate-log"} 1795262391"#,
        #"jobrunner_job_last_run_timestamp_seconds{job="window-reset"} 1795262400"#,
        #"jobrunner_job_last_run_timestamp_seconds{job="rotate-log"} 1795262391"#,
        #"jobrunner_job_last_run_duration_seconds{job="window-reset"} 1.25"#,
        #"jobrunner_job_last_run_exit_code{job="window-reset"} 78"#,
        #"jobrunner_job_last_run_exit_code{job="rotate-log"} 0"#,
        #"jobrunner_job_overdue{job="rotate-log"} 1"#,
      ])
  }

  @Test("Of a registry that grows for ever those that live are shown, and the newest")
  func agents() throws {
    let records = (0..<150).map { index in
      """
      "a\(index)":{"name":"a\(index)","status":"\(index == 3 ? "scheduled" : "done")",\
      "startedAt":"2026-11-21T11:59:00.000Z",\
      "updatedAt":"2026-11-20T\(10 + index / 60):\(10 + index % 60 / 6):00.000Z",\
      "usage":{"messageCount":1,"dialogTokens":2,"contextFullPct":0.25,"contextTokens":3}}
      """
    }
    let registry = try AgentRegistry(Array("{\"agents\":{\(records.joined(separator: ","))}}".utf8))
    let view = StatusView(
      registry: registry, name: nil, now: Self.now,
      processes: .only(pid: 1, alive: false, start: nil),
      copies: { UsageCopies(reading: []) })
    var text = MetricsText()
    AgentMetrics.add(view, to: &text)
    let shown = text.lines.filter { $0.hasPrefix("jobrunner_agent_context_used_ratio{") }
    #expect(shown.count == 100)
    #expect(shown.contains(#"jobrunner_agent_context_used_ratio{gen_ai_agent_name="a3"} 0.25"#))
    #expect(shown.contains { $0.contains("\"a149\"") } && !shown.contains { $0.contains("\"a0\"") })
    #expect(text.lines.contains(#"jobrunner_agents{status="done"} 149"#))
    #expect(text.lines.contains(#"jobrunner_agents{status="running"} 0"#))
  }

  private func reading(
    _ provider: Provider = .codex, account: String? = nil, at minutes: Int, used: Double,
    length: Int? = 300, resets: Int?
  ) -> Snapshot {
    let limit = LimitReading(
      limitID: "codex", minutes: length, usedPercent: used,
      resetsAt: resets.map { Self.now + .seconds($0 * 60) }, isMain: true)
    return Snapshot(
      window: "W", provider: provider, phase: .before, agent: "main",
      capturedAt: Self.now + .seconds(minutes * 60), recordedAt: nil, notes: "", source: "",
      content: .reading(
        Reading(
          provider: provider, account: account, limits: [limit],
          capturedAt: Self.now + .seconds(minutes * 60), method: .appServer)))
  }

  @Test("Only the newest reading of a window that is still open is one of now")
  func windows() {
    let open = WindowMetrics.open(
      [
        reading(at: -60, used: 10, resets: 30), reading(at: -10, used: 12.5, resets: 30),
        reading(at: -30, used: 11, resets: 30), reading(at: -400, used: 90, resets: -1),
        reading(.claude, account: "EXAMPLE", at: -290, used: 7, resets: nil),
        reading(.claude, account: "older", at: -301, used: 8, resets: nil),
        reading(.claude, account: "none", at: -1, used: 9, length: nil, resets: nil),
      ], now: Self.now)
    #expect(
      open.map(\.labels) == [
        [
          "gen_ai_provider_name": "anthropic", "limit": "codex", "window": "5h",
          "account": "EXAMPLE",
        ],
        ["gen_ai_provider_name": "openai", "limit": "codex", "window": "5h"],
      ])
    #expect(open.map(\.limit.usedPercent) == [7, 12.5])
    var text = MetricsText()
    WindowMetrics.add([reading(at: -10, used: 12.5, resets: 30)], now: Self.now, to: &text)
    let labels = #"{gen_ai_provider_name="openai",limit="codex",window="5h"}"#
    #expect(
      text.lines.filter { !$0.hasPrefix("#") } == [
        "jobrunner_window_used_ratio\(labels) 0.125",
        "jobrunner_window_reset_timestamp_seconds\(labels) 1795264200",
        "jobrunner_window_reading_timestamp_seconds\(labels) 1795261800",
      ])
  }

  @Test("Settled anomalies and those that only explain are not counted")
  func anomalies() {
    func row(_ type: String, resolved: Bool = false, informs: Bool = false) -> AnomalyRow {
      var row = AnomalyRow()
      row.type = type
      row.resolution = resolved ? "why" : nil
      row.isInformational = informs
      return row
    }
    var text = MetricsText()
    WindowMetrics.add(
      [
        row("glitch"), row("glitch"), row("late-after"), row("glitch", resolved: true),
        row("reset-crossed", informs: true),
      ], to: &text)
    let samples = text.lines.filter { !$0.hasPrefix("#") }
    #expect(samples.count == Anomaly.Kind.allCases.count - 1)
    #expect(
      samples.filter { !$0.hasSuffix(" 0") } == [
        #"jobrunner_anomalies{type="glitch"} 2"#, #"jobrunner_anomalies{type="late-after"} 1"#,
      ])
  }

  @Test("A share is a ratio of finished requests, and absent where there is none")
  func telemetry() {
    var figures = TelemetrySummary.Figures()
    var text = MetricsText()
    TelemetryMetrics.add(figures, to: &text)
    TelemetryMetrics.add(nil, to: &text)
    #expect(text.lines.isEmpty)
    (figures.requests, figures.routed, figures.errors) = (8, 6, 1)
    TelemetryMetrics.add(figures, to: &text)
    #expect(
      text.lines.filter { !$0.hasPrefix("#") } == [
        "jobrunner_telemetry_requests 8", "jobrunner_telemetry_routed_ratio 0.75",
        "jobrunner_telemetry_error_ratio 0.125",
      ])
  }
}
