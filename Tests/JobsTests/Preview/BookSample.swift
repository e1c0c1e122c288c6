import Shared

@testable import Jobs

/// Ledgers of made-up windows, row by row.
struct BookSample {
  var snapshots = ""
  var windows = ""
  var anomalies = ""
  var churn = ""
  var glmCounts = ""
  var ccusage = ""

  func book(zone: LocalTime = .universal) -> WindowBook {
    WindowBookReader.read(
      .init(
        snapshots: Array(snapshots.utf8), windows: Array(windows.utf8),
        anomalies: Array(anomalies.utf8), churn: Array(churn.utf8),
        glmCounts: Array(glmCounts.utf8), ccusage: Array(ccusage.utf8)), zone: zone)
  }

  /// The lines of the preview of a window, or of all, without telemetry.
  func lines(_ window: String? = nil, wide: Bool = false) -> [String] {
    let preview = Preview(
      window: window, book: BookPage(book(), only: window), proxy: ProxyPage(nil, of: window))
    return preview.lines(now: Self.now, isWide: wide)
  }

  /// The lines of one block.
  func block(_ heading: String, _ window: String? = nil, wide: Bool = false) -> [String] {
    let lines = lines(window, wide: wide)
    guard let start = lines.firstIndex(where: { $0.hasPrefix("\(heading):") }) else { return [] }
    return [lines[start]] + lines[(start + 1)...].prefix { $0.hasPrefix("  ") }
  }

  /// 2026-05-05T12:00:00Z.
  static let now = Timestamp(milliseconds: 1_777_982_400_000)

  // MARK: Rows

  /// A row as `complete` writes it.
  mutating func finalize(
    _ window: String, at time: String = "2026-05-04T10:00:00.000Z", codex: Int = 2,
    weekly: String = "4", fiveHours: String = "9", errors: String = "{}",
    outcome: String = "pass", notes: String = "", agent: String = "main", id: String? = nil
  ) {
    windows += """
      {"window":"\(window)","finalized_at":"\(time)",\
      "features":{"codex":\(codex),"claude":0,"glm":0},"quality_score":1,"quality":1,\
      "outcome":"\(outcome)","notes":"\(notes)","providers":{"codex":{"before":{},"after":{},\
      "delta":{"fiveh_pct":\(fiveHours),"weekly_pct":\(weekly)},"delta_errors":\(errors)}},\
      "methodology":"m1","source":"complete","id":"\(id ?? "\(window)\(time)\(agent)")",\
      "agent_id":"\(agent)"}

      """
  }

  /// A row as the tracker writes it, which takes a fall for a reset.
  mutating func finalizeByTracker(
    _ window: String, at time: String, before: (Int, Int, String), after: (Int, Int, String),
    delta: (Int, Int), codex: Int = 2
  ) {
    func end(_ end: (Int, Int, String)) -> String {
      """
      {"fiveh_pct": \(end.0), "fiveh_resets": "\(end.2)", "weekly_pct": \(end.1), \
      "weekly_resets": "20:00 on 9 May", "errors": []}
      """
    }
    windows += """
      {"window": "\(window)", "finalized_at": "\(time)", "features": {"codex": \(codex), \
      "claude": 0, "glm": 0}, "quality": 1.0, "outcome": "pass", "notes": "by hand", \
      "providers": {"codex": {"before": \(end(before)), "after": \(end(after)), \
      "delta": {"fiveh_pct": \(delta.0), "weekly_pct": \(delta.1)}, \
      "captured_at": {"before": "2026-05-04T01:00:00.000001+00:00", \
      "after": "2026-05-04T04:00:00.000001+00:00"}, "notes": [], "errors": []}}}

      """
  }

  /// A reading of codex; one that nobody can read where it has no percentages.
  mutating func read(
    _ window: String, _ phase: Phase, at time: String, _ percent: (Int, Int)?,
    agent: String = "main", notes: String = "", source: String = "alias",
    id: String? = nil
  ) {
    let parsed =
      percent.map { #""fiveh_pct":\#($0.0),"weekly_pct":\#($0.1),"errors":[]"# }
      ?? #""errors":["insufficient-data"]"#
    snapshots += """
      {"window":"\(window)","provider":"codex","phase":"\(phase.rawValue)",\
      "captured_at":"\(time)","notes":"\(notes)","raw_text":"","parsed":{\(parsed)},\
      "source":"\(source)","id":"\(id ?? "\(window)\(phase)\(time)\(agent)")",\
      "agent_id":"\(agent)","recorded_at":"\(time)","method":"pane"}

      """
  }

  mutating func note(
    _ type: String, _ window: String, informational: Bool = false, id: String = "a1"
  ) {
    anomalies += """
      {"window":"\(window)","provider":"codex","captured_at":"2026-05-04T09:00:00.000Z",\
      "notes":"","type":"\(type)","informational":\(informational),"id":"\(id)",\
      "agent_id":"main"}

      """
  }

  mutating func settle(_ id: String, _ window: String) {
    anomalies += """
      {"window":"\(window)","provider":"codex","notes":"pasted twice","type":"resolution",\
      "resolves":"\(id)","id":"r\(id)"}

      """
  }

  mutating func measure(
    _ window: String, _ start: String, _ end: String, at time: String, lines: (Int, Int) = (30, 6),
    features: Int = 2, notes: String = ""
  ) {
    churn += """
      {"window":"\(window)","provider":"codex","methodology":"m1","commit_start":"\(start)",\
      "commit_end":"\(end)","files_changed":3,"insertions":\(lines.0),"deletions":\(lines.1),\
      "net":\(lines.0 - lines.1),"features":\(features),"captured_at":"\(time)",\
      "notes":"\(notes)","source":"churn"}

      """
  }

  /// A row of ccusage that holds what the tool printed.
  mutating func report(
    _ window: String, _ scope: String, at time: String, _ text: String, agent: String = "main"
  ) {
    let raw = text.replacing("\"", with: "\\\"")
    ccusage += """
      {"window":"\(window)","provider":"codex-ccusage","captured_at":"\(time)","notes":"",\
      "raw_text":"\(raw)","parsed":{},"scope":"\(scope)","agent_id":"\(agent)"}

      """
  }

  mutating func countPrompts(_ window: String, _ used: Double, id: String) {
    glmCounts += """
      {"window":"\(window)","provider":"glm","captured_at":"2026-05-04T09:00:00.000Z",\
      "prompts_used":\(used),"id":"\(id)","agent_id":"main"}

      """
  }
}
