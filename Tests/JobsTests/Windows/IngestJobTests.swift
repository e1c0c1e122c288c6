import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

struct IngestJobTests {
  private let home: LedgerFolder

  init() throws { home = try LedgerFolder() }

  private let pane =
    "5h limit: [##] 4% used (resets 12:10)\nWeekly limit: [#] 20% used (resets 06:00 on 6 Nov)"

  private func status(_ body: () throws -> JobReport) -> Int32? {
    do {
      _ = try body()
      return nil
    } catch let error as JobError {
      return error.status.rawValue
    } catch {
      return -1
    }
  }

  @Test func `a pane becomes a row, once for each end of each window of each agent`() throws {
    let report = try home.ingest(.codex, pane, phase: .before, at: 0)
    #expect(report.answer == ["stored codex before snapshot for W0-A (errors=[])"])
    let again = try home.ingest(.codex, pane, phase: .before, at: 60)
    #expect(again.outcome == .idle)
    #expect(try home.rows(home.workspace.snapshots).count == 1)
    _ = try home.ingest(.codex, pane, phase: .after, at: 61)
    _ = try home.ingest(.codex, pane, window: "W0-B", phase: .before, at: 62)
    _ = try home.ingest(.codex, pane, phase: .before, at: 63, agent: "sub1")
    let rows = try home.rows(home.workspace.snapshots)
    #expect(rows.count == 4)
    #expect(rows[0]["parsed"]["fiveh_pct"].integer == 4)
    #expect(rows[0]["parsed"]["weekly_resets"].string == "06:00 on 6 Nov")
    #expect(rows[0]["source"].string == "ingest")
    #expect(rows[0]["state"].string == "started")
    #expect(rows[3]["agent_id"].string == "sub1")
  }

  @Test func `what cannot be read is kept with flags, without addresses`() throws {
    let report = try home.ingest(.codex, "Account: dev@example.com", phase: .before, at: 0)
    #expect(
      report.answer == ["stored codex before snapshot for W0-A (errors=['insufficient-data'])"])
    let row = try #require(home.rows(home.workspace.snapshots).first)
    #expect(row["raw_text"].string == "Account: <redacted>")
    #expect(row["parsed"]["fiveh_pct"] == .null)
    #expect(home.anomalies.isEmpty)
  }

  @Test func `an empty text and a pane without its phase are refused, and no row is written`() {
    #expect(status { try home.ingest(.codex, " \n", phase: .before, at: 0) } == 66)
    #expect(status { try home.ingest(.glm, "", at: 0) } == 66)
    #expect(status { try home.ingest(.codex, pane, at: 0) } == 64)
    #expect(!Fixture.exists(home.workspace.snapshots))
    #expect(!Fixture.exists(home.workspace.glmCounts))
  }

  @Test(arguments: [
    (
      IngestJob.Source.glm, #"{"account":"claude","blocks":[{"prompts_used":87}]}"#, "glm_counts",
      "stored glm prompts for W0-A (prompts=87)"
    ),
    (
      .codexCcusage, #"{"currentWeek":{"percentUsed":7.5,"tokensUsed":98765}}"#, "codex_ccusage",
      "stored codex ccusage weekly summary for W0-A (tokens=98765)"
    ),
    (
      .codexCcusage, "no json", "codex_ccusage",
      "stored codex ccusage weekly summary for W0-A (tokens=0)"
    ),
    (
      .claudeMonitor, "nothing known", "claude_monitor",
      "stored claude monitor summary for W0-A (usage=n/a)"
    ),
  ])
  func `a report goes to its own file, once`(
    source: IngestJob.Source, text: String, file: String, line: String
  ) throws {
    #expect(try home.ingest(source, text, at: 0).answer == [line])
    #expect(try home.ingest(source, text, at: 9).outcome == .idle)
    let path = home.workspace.data.appending(file + ".jsonl")
    let rows = try home.rows(path)
    #expect(rows.count == 1)
    let keys = ["window", "provider", "captured_at", "notes", "raw_text", "parsed", "source"]
    for key in keys { #expect(rows[0][key] != .missing) }
    #expect(rows[0]["provider"].string == source.rawValue)
    #expect(rows[0]["schema_version"].string == "1.0.0")
    #expect(rows[0]["agent_id"].string == "main")
    _ = try home.ingest(source, text, at: 10, agent: "sub1")
    #expect(try home.rows(path).count == 2)
    #expect(!Fixture.exists(home.workspace.snapshots))
  }

  @Test func `anomalies that a killed run did not write are written when the pane comes again`()
    throws
  {
    let other = pane.replacing("4% used", with: "9% used")
    _ = try home.ingest(.codex, pane, phase: .before, at: 0)
    _ = try home.ingest(.codex, other, phase: .before, at: 9)
    #expect(home.anomalies == ["W0-A second-before"])
    try Fixture.write("", to: home.workspace.anomalies)
    _ = try home.ingest(.codex, other, phase: .before, at: 10)
    #expect(home.anomalies == ["W0-A second-before"])
  }
}

struct GlmAliasTests {
  private let home: LedgerFolder

  init() throws { home = try LedgerFolder() }

  private var counts: GlmCounts { GlmCounts.read(readBytes(home.workspace.glmCounts) ?? []) }

  private func status(_ body: () async throws -> JobReport) async -> Int32? {
    do {
      _ = try await body()
      return nil
    } catch let error as JobError {
      return error.status.rawValue
    } catch {
      return -1
    }
  }

  @Test func `a window used what the count grew by`() async throws {
    #expect(
      try await home.glm(.start, 10, at: 0).answer == ["stored glm baseline for W0-01 (prompts=10)"]
    )
    #expect(!Fixture.exists(home.workspace.glmCounts))
    #expect(
      try await home.glm(.end, 25, at: 9).answer
        == ["stored glm delta for W0-01 (baseline=10, prompts=15)"])
    #expect(counts.promptsUsed(window: "W0-01", agent: "main") == 15)
    #expect(await status { try await home.glm(.end, 30, at: 10) } == 65)
    #expect(
      try await home.glm(.start, 25, at: 11).answer
        == ["stored glm baseline for W0-02 (prompts=25)"])
    #expect(
      try await home.glm(.cross, 40, at: 20).answer
        == ["stored glm delta for W0-02 and seeded baseline for W0-03 (delta=15)"])
    _ = try await home.glm(.end, 41, at: 30)
    #expect(counts.rows.map(\.promptsUsed) == [15, 15, 1])
  }

  @Test func `an end without its own window's start is refused`() async throws {
    #expect(await status { try await home.glm(.end, 25, window: "W0-07", at: 0) } == 65)
    _ = try await home.glm(.start, 10, window: "W0-01", at: 0)
    #expect(await status { try await home.glm(.end, 25, window: "W0-07", at: 1) } == 65)
    #expect(await status { try await home.glm(.start, 12, window: "W0-01", at: 2) } == 65)
    #expect(await status { try await home.glm(.start, 10, window: "W0-01", at: 2) } == nil)
    #expect(
      await status { try await home.glm(.start, 12, window: "W0-01", at: 2, force: true) } == nil)
    #expect(
      await status { try await home.glm(.end, 25, window: "W0-01", at: 3, agent: "sub1") } == 65)
    #expect(counts.rows.isEmpty)
  }

  @Test func `a report without a count is no count of zero`() async throws {
    _ = try await home.glm(.start, 118, at: 0)
    #expect(await status { try await home.glm(.end, nil, at: 1) } == 65)
    #expect(
      try await home.glm(.end, 120, at: 2).answer
        == ["stored glm delta for W0-01 (baseline=118, prompts=2)"])
  }

  @Test func `a count that fell is unknown use and an anomaly`() async throws {
    _ = try await home.glm(.start, 118, at: 0)
    #expect(
      try await home.glm(.end, 4, at: 1).answer
        == ["stored glm delta for W0-01 (baseline=118, prompts=n/a)"])
    let row = try #require(home.rows(home.workspace.glmCounts).first)
    #expect(row["prompts_used"] == .null)
    #expect(row["errors"].array == [.text("negative-delta")])
    #expect(counts.promptsUsed(window: "W0-01", agent: "main") == nil)
    #expect(home.anomalies == ["W0-01 negative-delta"])
  }

  @Test func `a deleted delta is taken back with its baseline`() async throws {
    _ = try await home.glm(.start, 10, at: 0)
    _ = try await home.glm(.cross, 25, at: 9)
    _ = try await home.glm(.end, 30, at: 19)
    #expect(try await home.glm(.delete, nil, at: 20).answer.first?.contains("W0-02") == true)
    #expect(counts.promptsUsed(window: "W0-02", agent: "main") == nil)
    #expect(
      try await home.glm(.end, 31, at: 21).answer
        == ["stored glm delta for W0-02 (baseline=25, prompts=6)"])
    #expect(await status { try await home.glm(.delete, nil, at: 22, index: 3) } == 66)
    #expect(await status { try await home.glm(.delete, nil, at: 22, agent: "sub1") } == 66)
    _ = try await home.glm(.delete, nil, window: "W0-01", at: 23)
    #expect(counts.rows.map(\.window) == ["W0-02"])
    #expect(try home.rows(home.workspace.glmCounts).count == 5)
  }

  @Test func `counted twice from one baseline, as after a kill, the later count holds`()
    async throws
  {
    _ = try await home.glm(.start, 10, at: 0)
    let position = home.workspace.state(ofAgent: "main").appending("glm.json")
    let stored = try #require(readBytes(position))
    _ = try await home.glm(.end, 25, at: 9)
    try Fixture.write(stored, to: position)
    _ = try await home.glm(.end, 25, at: 10)
    #expect(counts.promptsUsed(window: "W0-01", agent: "main") == 15)
    try Fixture.write(stored, to: position)
    _ = try await home.glm(.end, 30, at: 11)
    #expect(counts.promptsUsed(window: "W0-01", agent: "main") == 20)
  }
}
