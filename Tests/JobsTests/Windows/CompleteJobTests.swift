import Shared
import TestSupport
import Testing

@testable import Jobs

struct CompleteJobTests {
  private let home: LedgerFolder

  init() throws { home = try LedgerFolder() }

  private let before = row(
    .before, at: 0, [fiveHours(4, end: 250), week(20, end: 6_000)], account: "EXAMPLE-account")
  private let after = row(
    .after, at: 240, [fiveHours(34.5, end: 250), week(26, end: 6_000)], account: "EXAMPLE-account")

  private func status(_ body: () async throws -> JobReport) async -> (Int32?, String) {
    do {
      return (nil, try await body().summary)
    } catch let error as JobError {
      return (error.status.rawValue, error.message)
    } catch {
      return (-1, "\(error)")
    }
  }

  @Test func `a window's row has the tracker's shape, our members behind`() async throws {
    try home.append(before, after)
    let report = try await home.complete(at: 300)
    #expect(report.answer == ["finalized window W0-A with providers: codex"])
    let id = try #require(home.rows(home.workspace.windows).first?["id"].string)
    #expect(
      home.text(home.workspace.windows) == """
        {"window":"W0-A","finalized_at":"2026-11-02T13:00:00.000Z",\
        "features":{"codex":2,"claude":0,"glm":0},"quality_score":1,"quality":1,\
        "outcome":"pass","notes":"","providers":{"codex":{\
        "before":{"fiveh_pct":4,"fiveh_resets":"2026-11-02T12:10:00.000Z","weekly_pct":20,\
        "weekly_resets":"2026-11-06T12:00:00.000Z","errors":[]},\
        "after":{"fiveh_pct":34.5,"fiveh_resets":"2026-11-02T12:10:00.000Z","weekly_pct":26,\
        "weekly_resets":"2026-11-06T12:00:00.000Z","errors":[]},\
        "delta":{"fiveh_pct":30.5,"weekly_pct":6},"captured_at":{\
        "before":"2026-11-02T08:00:00.000Z","after":"2026-11-02T12:00:00.000Z"},"notes":[],\
        "errors":[],"account":"EXAMPLE-account","snapshots":{"before":"\(before.id)",\
        "after":"\(after.id)"}}},"methodology":"m1","source":"complete",\
        "schema_version":"1.0.0","tool_version":"9.8.7","id":"\(id)","agent_id":"main",\
        "host":"EXAMPLE-host"}

        """)
    #expect(home.anomalies.isEmpty)
  }

  @Test func `the same content adds nothing, other content a correction of the last`() async throws
  {
    try home.append(before, after)
    _ = try await home.complete(at: 300)
    let written = home.text(home.workspace.windows)
    let again = try await home.complete(at: 400)
    #expect(again.outcome == .idle)
    #expect(home.text(home.workspace.windows) == written)
    _ = try await home.complete(at: 500, codex: 3)
    _ = try await home.complete(at: 600, codex: 3)
    _ = try await home.complete(at: 700)
    let rows = try home.rows(home.workspace.windows)
    #expect(rows.count == 3)
    #expect(
      rows.map { $0["corrects"].string } == [nil, rows[0]["id"].string, rows[1]["id"].string])
    #expect(rows.map { $0["features"]["codex"].integer } == [2, 3, 2])
  }

  @Test func `a correction of a reading is other content`() async throws {
    try home.append(before, after)
    _ = try await home.complete(at: 300)
    try home.append(override(.after, at: 400, [fiveHours(40)]))
    _ = try await home.complete(at: 500)
    let row = try #require(home.rows(home.workspace.windows).last?["providers"]["codex"])
    #expect(row["delta"]["fiveh_pct"].double == 36)
    #expect(row["delta"]["weekly_pct"].double == 6)
    #expect(row["errors"].array == [.text("manual-override")])
  }

  @Test func `each agent completes its own window, and no other account's`() async throws {
    let other = row(.after, at: 230, [fiveHours(90, end: 250)], account: "EXAMPLE-other")
    let sub = [
      row(.before, at: 1, [fiveHours(5, end: 250)], agent: "sub1"),
      row(.after, at: 100, [fiveHours(9, end: 250)], agent: "sub1"),
    ]
    try home.append(before, sub[0], other, sub[1], after)
    _ = try await home.complete(at: 300)
    _ = try await home.complete(at: 300, agent: "sub1")
    let rows = try home.rows(home.workspace.windows)
    #expect(rows.map { $0["agent_id"].string } == ["main", "sub1"])
    #expect(rows.map { $0["providers"]["codex"]["delta"]["fiveh_pct"].double } == [30.5, 4])
    #expect(rows.allSatisfy { $0["corrects"] == .missing })
  }

  @Test func `no reading for the end is null with its reason`() async throws {
    try home.append(before, missing(.after, at: 260))
    _ = try await home.complete(at: 300)
    let row = try #require(home.rows(home.workspace.windows).first?["providers"]["codex"])
    #expect(row["delta"]["fiveh_pct"] == .null)
    #expect(row["delta"]["weekly_pct"] == .null)
    #expect(row["errors"].array == [.text("unavailable"), .text("deadline")])
  }

  @Test func `a fault is named in the row and in the anomalies, once`() async throws {
    try home.append(
      before, row(.after, at: 240, [fiveHours(2, end: 250), week(26, end: 6_000)]))
    _ = try await home.complete(at: 300)
    _ = try await home.complete(at: 310, outcome: "partial")
    let row = try #require(home.rows(home.workspace.windows).last?["providers"]["codex"])
    #expect(row["delta"]["fiveh_pct"] == .null)
    #expect(row["errors"].array == [.text("negative-delta")])
    #expect(row["delta_errors"]["fiveh_pct"].string == "negative-delta")
    #expect(home.anomalies == ["W0-A negative-delta"])
  }

  @Test func `a window of prompts alone is completed, with other providers beside them`()
    async throws
  {
    _ = try home.ingest(.glm, #"{"blocks":[{"prompts_used":87}]}"#, at: 10)
    let report = try await home.complete(at: 300)
    #expect(report.summary == "finalized window W0-A with providers: glm")
    try home.append(before, after)
    let both = try await home.complete(at: 310)
    #expect(both.summary == "finalized window W0-A with providers: codex, glm")
    let rows = try home.rows(home.workspace.windows)
    #expect(rows.map { $0["providers"]["glm"]["delta"]["prompts_used"].double } == [87, 87])
  }

  @Test func `missing ends and windows without readings are said and not written`() async throws {
    #expect(
      await status { try await home.complete(at: 1) }
        == (66, "no snapshots found for window W0-A"))
    try home.append(before)
    #expect(
      await status { try await home.complete(at: 1) }
        == (65, "missing before/after snapshots for providers: codex"))
    #expect(await status { try await home.complete(at: 1, agent: "sub1") }.0 == 66)
    #expect(!Fixture.exists(home.workspace.windows))
  }

  @Test func `what ccusage counts otherwise is remarked and an anomaly`() async throws {
    try home.append(before, after)
    _ = try home.ingest(
      .codexCcusage,
      #"{"currentWeek":{"startDate":"2026-11-02","percentUsed":40}}"#, at: 250)
    _ = try await home.complete(at: 300)
    let row = try #require(home.rows(home.workspace.windows).first?["providers"]["codex"])
    #expect(row["notes"].array == [.text("divergent:ccusage")])
    #expect(home.anomalies == ["W0-A ccusage-divergence"])
  }

  @Test func `a commit that git does not know is refused before anything is written`() async throws
  {
    try home.append(before, after)
    var options = CompleteJob.Options(
      window: "W0-A", features: [], qualityScore: 1, outcome: "", notes: "", specID: nil,
      specVersion: nil, methodology: nil, commitStart: nil, commitEnd: nil)
    options.commitStart = "HEAD"
    let job = CompleteJob(options: options, ledgers: home.ledgers(at: 300))
    #expect(await status { try await job.run() }.0 == 69)
    #expect(!Fixture.exists(home.workspace.windows))
  }

  // MARK: After a kill

  @Test func `what a killed run left undone the next one does`() async throws {
    let second = row(.before, at: 3, [fiveHours(5, end: 250), week(20, end: 6_000)])
    let fell = row(.after, at: 240, [fiveHours(2, end: 250), week(26, end: 6_000)])
    let whole = try LedgerFolder()
    for rows in [[before], [second], [fell]] {
      try whole.ledgers(at: 0).append { _ in (rows, ()) }
      try whole.ledgers(at: 0).noteAnomalies(around: "W0-A", agent: "main", .codex)
    }
    // Killed each time between the row and what follows from it.
    try home.append(before)
    try home.append(second)
    try home.append(fell)
    _ = try await whole.complete(at: 300)
    _ = try await home.complete(at: 300)
    #expect(Set(home.anomalies) == ["W0-A second-before", "W0-A negative-delta"])
    #expect(Set(home.anomalies) == Set(whole.anomalies))
    #expect(home.text(home.workspace.snapshots) == whole.text(whole.workspace.snapshots))
    #expect(home.text(home.workspace.windows) == whole.text(whole.workspace.windows))
    // And once more changes nothing.
    let anomalies = home.text(home.workspace.anomalies)
    _ = try await home.complete(at: 400)
    #expect(home.text(home.workspace.anomalies) == anomalies)
  }

  @Test func `a damaged line kills no command and stays where it is`() async throws {
    try home.append(before)
    let file = home.workspace.snapshots
    let damage = "{\"window\":\"W0-A\",\"provider\n\u{0}\u{1}\n[]\n{\"torn\":"
    try Fixture.append(damage, to: file)
    try home.append(after)
    let written = home.text(file)
    #expect(written.contains(damage + "\n"))
    _ = try await home.complete(at: 300)
    #expect(home.text(file) == written)
    #expect(
      try home.rows(home.workspace.windows).first?["providers"]["codex"]["delta"]["fiveh_pct"]
        .double
        == 30.5)
  }
}
