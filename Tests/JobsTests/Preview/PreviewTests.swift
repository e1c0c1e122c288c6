import Shared
import TestSupport
import Testing

@testable import Jobs

/// The blocks, line for line.
struct PreviewTests {
  private func full() -> BookSample {
    var sample = BookSample()
    sample.read("W1", .before, at: "2026-05-04T06:00:00.000Z", (11, 40), notes: "alias:start")
    sample.read("W1", .after, at: "2026-05-04T09:00:00.000Z", (31, 46), source: "automation")
    sample.finalize("W1", codex: 3, weekly: "6", notes: "main lane")
    sample.measure("W1", "c1", "c2", at: "2026-05-04T10:30:00.000Z", features: 3)
    sample.countPrompts("W1", 40, id: "g1")
    sample.report(
      "W1", "weekly", at: "2026-05-04T11:00:00.000Z",
      #"{"currentWeek":{"percentUsed":12.5,"tokensUsed":1234}}"#)
    return sample
  }

  @Test("Every block, in the tracker's order, the new ones below")
  func everyBlock() {
    #expect(
      full().lines("W1") == [
        "Windows: W1",
        "Anomalies: 0 (see anomalies.jsonl)",
        "Providers:",
        "  - codex: features=3, capacity=6 pp, efficiency=0.50, ci=n/a, n=1, power=n/a",
        "  - glm: features=0, capacity=40 prompts, efficiency=0.00, ci=n/a, n=1, power=n/a",
        "Outcome: quality=1.0, outcome=pass",
        "Notes: main lane",
        "Churn:",
        "  - provider=codex window=W1 method=m1: files=3, +30/-6 (net=24), per-feature=8.00",
        "ccusage:",
        "  - weekly: percent_used=12.5% tokens=1234 reset=unknown",
        "Snapshots:",
        "  - codex: after, before (source=alias/automation, notes=alias:start)",
        "Readings:",
        "  - W1 codex/before (main): fiveh=11%, weekly=40%, age=1d, source=alias/pane",
        "  - W1 codex/after (main): fiveh=31%, weekly=46%, age=1d, source=automation/pane",
        "Efficiency:",
        "  - codex: features/pp=0.50, lines/pp gross=6.00 net=4.00, "
          + "lines/feature gross=12.00 net=8.00 (windows=1)",
        "Agents:",
        "  - main codex: finalized=1, features=3, capacity=6 pp, efficiency=0.50, readings=2, "
          + "last=1d ago",
        "  - main glm: finalized=1, features=0, capacity=40 prompts, efficiency=0.00, readings=0",
        "Divergence:",
        "  - W1 week (main): ccusage=12.5%, bars=46%",
      ])
  }

  @Test("Several windows are a list, sorted, without notes")
  func several() {
    var sample = full()
    sample.finalize("W1-1", codex: 0, weekly: "2.5", outcome: "fail", notes: "unseen")
    sample.finalize("W0-9", codex: 1, weekly: "3")
    sample.read("W2", .before, at: "2026-05-05T11:59:00.000Z", (1, 47))
    let lines = sample.lines()
    #expect(lines[0] == "Windows: W0-9, W1, W1-1")
    #expect(
      lines.contains(
        "  - codex: features=4, capacity=11.50 pp, efficiency=0.35, ci=[0.20, 0.50], n=3, "
          + "power=0.25"))
    #expect(
      sample.block("Outcome") == [
        "Outcome:", "  - W0-9: quality=1.0, outcome=pass", "  - W1: quality=1.0, outcome=pass",
        "  - W1-1: quality=1.0, outcome=fail",
      ])
    #expect(lines.contains("Not finalized: W2"))
    #expect(
      sample.block("Readings") == [
        "Readings:",
        "  - W2 codex/before (main): fiveh=1%, weekly=47%, age=1m, source=alias/pane",
      ])
  }

  @Test("A window that is not finalized shows its readings and anomalies")
  func open() {
    var sample = BookSample()
    sample.read("W2", .before, at: "2026-05-05T11:00:00.000Z", (7, 47))
    sample.read("W2", .before, at: "2026-05-05T11:00:30.000Z", (3, 47), agent: "sub1")
    sample.note("second-before", "W2")
    #expect(
      sample.lines("W2") == [
        "Windows: W2 (not finalized)",
        "Anomalies: 1 (see anomalies.jsonl)",
        "Snapshots:",
        "  - codex: before (source=alias, notes=n/a)",
        "Readings:",
        "  - W2 codex/before (main): fiveh=7%, weekly=47%, age=1h, source=alias/pane",
        "  - W2 codex/before (sub1): fiveh=3%, weekly=47%, age=59m, source=alias/pane",
        "Agents:",
        "  - main codex: finalized=0, readings=1, last=1h ago",
        "  - sub1 codex: finalized=0, readings=1, last=59m ago",
      ])
    #expect(sample.lines("W9") == ["no windows recorded"])
    #expect(sample.lines()[0] == "Windows: none finalized")
  }

  @Test("News of no reading stands where there is nothing better")
  func unavailable() {
    var sample = BookSample()
    sample.read("W2", .before, at: "2026-05-05T10:00:00.000Z", (7, 47))
    for phase in ["before", "after"] {
      sample.snapshots += """
        {"window":"W2","provider":"codex","phase":"\(phase)",\
        "captured_at":"2026-05-05T11:00:00.000Z","notes":"","raw_text":"","parsed":{},\
        "source":"window-reset","id":"u\(phase)","agent_id":"main",\
        "unavailable":{"reason":"deadline","message":"no answer"}}

        """
    }
    #expect(
      sample.block("Readings", "W2").dropFirst() == [
        "  - W2 codex/before (main): fiveh=7%, weekly=47%, age=2h, source=alias/pane",
        "  - W2 codex/after (main): unavailable (deadline), age=1h, source=window-reset",
      ])
  }

  @Test(
    "A share of the week that two sources tell alike is not shown twice",
    arguments: [
      (42.0, false), (45.0, false), (41.0, true), (52.0, true),
    ])
  func divergence(counted: Double, isShown: Bool) {
    var sample = BookSample()
    sample.read("W1", .after, at: "2026-05-04T09:00:00.000Z", (31, 46))
    sample.report(
      "W1", "weekly", at: "2026-05-04T11:00:00Z",
      #"{"currentWeek":{"percentUsed":\#(counted)}}"#)
    #expect(sample.block("Divergence").isEmpty != isShown)
  }

  @Test("Long notes are cut unless all is wanted, and nothing of them reaches the terminal")
  func notes() throws {
    var sample = BookSample()
    let long = String(repeating: "beam ", count: 40)
    sample.finalize("W1", notes: #"\u001b[31m\u0002123\u0003 "# + long)
    let cut = try #require(sample.lines("W1").first { $0.hasPrefix("Notes:") })
    #expect(cut.hasPrefix(#"Notes: \e[31m\u{2}123\u{3} beam"#) && cut.hasSuffix("..."))
    #expect(cut.count == Preview.noteWidth)
    let all = try #require(sample.lines("W1", wide: true).first { $0.hasPrefix("Notes:") })
    #expect(all.hasSuffix("beam "))
  }

  @Test("JSON has a member for each block, ages in seconds, and is valid where there is nothing")
  func json() throws {
    let keys = Set(PreviewBlock.Key.allCases.map(\.rawValue)).union(["ok", "window"])
    for sample in [BookSample(), full()] {
      for window in ["W1", nil] {
        let preview = Preview(
          window: window, book: BookPage(sample.book(), only: window),
          proxy: ProxyPage(nil, of: window))
        let json = try JSON(parsing: preview.json(now: BookSample.now))
        let expected = window == nil ? keys : keys.subtracting(["not_finalized"])
        #expect(Set((json.object ?? [:]).keys) == expected)
        guard !sample.windows.isEmpty else { continue }
        #expect(json["windows"][0].string == "W1")
        #expect(json["providers"][0]["efficiency"].double == 0.5)
        #expect(json["readings"][0]["captured_at"].string?.hasPrefix("2026-05-04T") == true)
        let age = window == nil ? 97_200 : 108_000
        #expect(json["readings"][0]["age_s"].integer == age)
        #expect(json["ccusage"][0]["percent_used"].double == 12.5)
        #expect(json["efficiency"][0]["gross_lines"].integer == 36)
        #expect(json["divergence"][0]["weekly_pct"].integer == 46)
      }
    }
  }

  @Test("An audit counts rows for each end, and tells which counts")
  func audit() throws {
    var sample = full()
    sample.read("W1", .after, at: "2026-05-04T08:00:00.000Z", (30, 45), notes: "early")
    sample.read("W1", .before, at: "2026-05-04T06:00:30.000Z", (11, 40), agent: "sub1")
    sample.finalize("W1", at: "2026-05-04T08:30:00.000Z", codex: 1)
    sample.measure("W1", "c1", "c2", at: "2026-05-04T10:40:00.000Z", features: 3)
    sample.report("W1", "weekly", at: "2026-05-04T11:30:00.000Z", "no json")
    var telemetry = TelemetrySummary()
    telemetry.total.events = 4
    telemetry.total.requests = 4
    telemetry.total.routed = 1
    let audit = WindowAudit(window: "W1", book: sample.book(), telemetry: telemetry)
    #expect(
      audit.lines == [
        "Window Audit: W1",
        "Snapshots:",
        "  - codex/after: entries=2, duplicates=1, canonical=2026-05-04T09:00:00.000Z, "
          + "source=automation, notes=n/a",
        "  - codex/before: entries=2, duplicates=0, canonical=2026-05-04T06:00:30.000Z, "
          + "source=alias, notes=n/a, agents=main/sub1",
        "Finalize rows: entries=2, duplicates=1, canonical=2026-05-04T10:00:00.000Z, "
          + "methodology=m1",
        "Anomalies: 0",
        "Churn rows: 2",
        "Churn duplicates: 1",
        "Telemetry: routed=25% (events=4), latency=n/a p50 / n/a p95, errors=0%",
        "GLM counts: entries=1, prompts=40",
        "ccusage weekly: entries=2, invalid=1, canonical=2026-05-04T11:00:00.000Z",
      ])
    let json = try JSON(parsing: audit.json)
    #expect(json["snapshots"][0]["duplicates"].integer == 1)
    #expect(json["snapshots"][0]["readings"].array?.count == 2)
    #expect(json["finalize"]["entries"].integer == 2)
    #expect(json["churn"]["records"].array?.count == 2)
    #expect(json["telemetry"]["routed_pct"].integer == 25)
    #expect(json["glm_counts"]["prompts_used"].integer == 40)
    let empty = WindowAudit(window: "W9", book: BookSample().book(), telemetry: nil)
    #expect(empty.lines == ["no records found for W9"])
    #expect(try JSON(parsing: empty.json)["finalize"] == .null)
  }
}
