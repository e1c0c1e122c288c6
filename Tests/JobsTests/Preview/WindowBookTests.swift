import Shared
import Testing

@testable import Jobs

/// Which rows count, for all views.
struct WindowBookTests {
  private func capacity(_ sample: BookSample, _ window: String? = nil) -> ProviderFigures? {
    ProviderFigures.all(sample.book().only(window).windows).first { $0.provider == .codex }
  }

  @Test("Of a window finalized again the row finalized last counts, wherever it stands, and once")
  func latest() throws {
    var sample = BookSample()
    sample.finalize("W1", at: "2026-05-04T12:00:00.000Z", codex: 5, weekly: "6")
    // Written later, and of an earlier moment: another zone writes its own offset.
    sample.finalize("W1", at: "2026-05-04T13:00:00+02:00", codex: 1, weekly: "1")
    sample.finalize("W2", codex: 1, weekly: "2")
    let book = sample.book()
    #expect(book.windows.filter { !$0.finalized.isEmpty }.map(\.name) == ["W1", "W2"])
    #expect(book["W1"]?.latest?.features[.codex] == 5)
    #expect(book["W1"]?.finalizeRows == 2)
    let figures = try #require(capacity(sample))
    #expect(figures.features == 6 && figures.efficiency.capacity == 8)
    #expect(figures.efficiency.count == 2)
  }

  @Test("Each agent has a row of its own for one name of a window")
  func agents() throws {
    var sample = BookSample()
    sample.finalize("W1", at: "2026-05-04T10:00:00.000Z", codex: 1, agent: "main")
    sample.finalize("W1", at: "2026-05-04T09:00:00.000Z", codex: 2, agent: "sub1")
    sample.finalize("W1", at: "2026-05-04T11:00:00.000Z", codex: 3, agent: "main")
    let rows = try #require(sample.book()["W1"]?.finalized)
    #expect(rows.map(\.agent) == ["sub1", "main"])
    #expect(rows.map { $0.features[.codex] } == [2, 3])
  }

  @Test(
    "The week is the capacity; five hours are where no week was read, never where it was rejected")
  func fields() throws {
    for (weekly, errors, capacity, rejected) in [
      ("4", "{}", 4.0, false), ("0", "{}", 0, false), ("null", "{}", 9, false),
      ("null", #"{"weekly_pct":"negative-delta"}"#, nil, true),
      ("4", #"{"weekly_pct":"late-after"}"#, 4, false), ("-3", "{}", nil, true),
    ] as [(String, String, Double?, Bool)] {
      var sample = BookSample()
      sample.finalize("W1", weekly: weekly, errors: errors)
      let use = try #require(sample.book()["W1"]?.latest?.providers.first)
      #expect(use.capacity == capacity, "\(weekly) \(errors)")
      #expect(use.capacityDelta?.isRejected == rejected, "\(weekly) \(errors)")
    }
  }

  @Test("A rejected window is left out with its features, and listed with the reason")
  func rejected() throws {
    var sample = BookSample()
    sample.finalize("W1", codex: 3, weekly: "6")
    sample.finalize(
      "W2", codex: 4, weekly: "null", errors: #"{"weekly_pct":"negative-delta"}"#)
    let figures = try #require(capacity(sample))
    #expect(figures.features == 3 && figures.efficiency.capacity == 6 && figures.leftOut == 1)
    #expect(figures.delivered == 7)
    #expect(sample.block("Left out") == ["Left out:", "  - W2 codex weekly_pct: negative-delta"])
    let alone = sample.block("Providers", "W2")
    #expect(
      alone.dropFirst().first
        == "  - codex: features=4, capacity=0 pp, efficiency=n/a, ci=n/a, n=0, power=n/a")
  }

  // MARK: The tracker's rows

  @Test("A fall that the tracker took for a reset is no capacity")
  func trackerFall() throws {
    var sample = BookSample()
    // It stored what was left of the old window and all of the new: 100 - 40 + 25.
    sample.finalizeByTracker(
      "W1", at: "2026-05-04T05:00:00.000001+00:00", before: (50, 40, "06:00"),
      after: (20, 25, "06:00"), delta: (70, 85))
    sample.finalizeByTracker(
      "W2", at: "2026-05-04T06:00:00.000001+00:00", before: (5, 41, "06:00"),
      after: (25, 44, "06:00"), delta: (20, 3))
    let book = sample.book()
    let faults = try #require(book["W1"]?.latest?.providers.first).deltas.map(\.fault)
    #expect(faults == ["negative-delta", "negative-delta"])
    #expect(book["W2"]?.latest?.providers.first?.capacity == 3)
    #expect(book["W1"]?.openAnomalies.map(\.type) == ["negative-delta"])
    #expect(capacity(sample)?.efficiency.capacity == 3)
    #expect(DecisionCard(window: "W1", book: book, tables: .init()).status == .noGo)
  }

  @Test("Five hours after a reset are no difference, the week still is")
  func trackerReset() throws {
    var sample = BookSample()
    sample.finalizeByTracker(
      "W1", at: "2026-05-04T05:00:00.000001+00:00", before: (50, 40, "02:00"),
      after: (60, 43, "07:00"), delta: (10, 3))
    let window = try #require(sample.book()["W1"])
    let use = try #require(window.latest?.providers.first)
    #expect(use.deltas.map(\.points) == [nil, 3])
    #expect(window.openAnomalies.isEmpty)
    #expect(window.informationalAnomalies.map(\.type) == ["reset-crossed"])
    #expect(use.usedAfter["weekly_pct"] == 43)
  }

  @Test("What a file says of a fault is not found once more")
  func knownFault() {
    var sample = BookSample()
    sample.finalize("W1", weekly: "null", errors: #"{"weekly_pct":"negative-delta"}"#)
    #expect(sample.book()["W1"]?.openAnomalies.count == 1)
    sample.note("negative-delta", "W1")
    #expect(sample.book()["W1"]?.openAnomalies.map(\.id) == ["a1"])
    sample.settle("a1", "W1")
    #expect(sample.book()["W1"]?.openAnomalies.isEmpty == true)
  }

  // MARK: Readings

  @Test("Deleted readings are gone, and a later one that cannot be read hides no good one")
  func readings() {
    var sample = BookSample()
    sample.read("W1", .before, at: "2026-05-04T01:00:00.000Z", (10, 20), id: "b1")
    sample.read("W1", .after, at: "2026-05-04T04:00:00.000Z", (30, 24), id: "a1")
    sample.read("W1", .after, at: "2026-05-04T05:00:00.000Z", nil, id: "a2")
    sample.read("W1", .after, at: "2026-05-04T03:00:00.000Z", (29, 23), id: "a3")
    #expect(WindowReading.newest(sample.book()["W1"]?.readings ?? []).map(\.id) == ["a1", "b1"])
    sample.snapshots += """
      {"window":"W1","provider":"codex","phase":"after","captured_at":"2026-05-04T06:00:00.000Z",\
      "notes":"","raw_text":"","parsed":{},"source":"alias","id":"t1","agent_id":"main",\
      "deletes":"a1"}

      """
    #expect(WindowReading.newest(sample.book()["W1"]?.readings ?? []).map(\.id) == ["a3", "b1"])
  }

  @Test("A window is open from the first BEFORE of all agents to the last AFTER")
  func span() throws {
    var sample = BookSample()
    sample.read("W1", .before, at: "2026-05-04T01:00:00.000Z", (10, 20))
    sample.read("W1", .after, at: "2026-05-04T04:00:00.000Z", (30, 24))
    sample.read("W1", .before, at: "2026-05-04T02:00:00.000Z", (10, 20), agent: "sub1")
    sample.read("W1", .after, at: "2026-05-04T05:00:00.000Z", (30, 24), agent: "sub1")
    let span = try #require(sample.book()["W1"]?.span)
    #expect(span.from.text == "2026-05-04T01:00:00.000Z")
    #expect(span.to?.text == "2026-05-04T05:00:00.000Z")
  }

  // MARK: Reports

  @Test("Days are compared as days, however they are written")
  func days() {
    var sample = BookSample()
    sample.report(
      "W1", "daily", at: "2026-05-04T09:00:00.000Z",
      #"{"daily":[{"date":"Oct 09, 2026","totalTokens":9},{"date":"Nov 01, 2026","totalTokens":11},"#
        + #"{"date":"Oct 30, 2026","totalTokens":30}]}"#)
    #expect(
      sample.block("ccusage") == [
        "ccusage:", "  - daily: latest=Nov 01, 2026 tokens=11 percent=n/a reset=unknown",
      ])
  }

  @Test("A later report that cannot be read hides no good one; the newest good one counts")
  func reports() {
    var sample = BookSample()
    let week = #"{"currentWeek":{"percentUsed":7.25,"tokensUsed":1234},"resetAt":"2026-05-09"}"#
    sample.report("W1", "weekly", at: "2026-05-04T11:00:00.000Z", week)
    sample.report("W1", "weekly", at: "2026-05-04T10:00:00Z", #"{"week":{"percent":1}}"#)
    sample.report("W1", "weekly", at: "2026-05-04T12:00:00.000Z", "no json")
    sample.report("W1", "session", at: "2026-05-04T12:00:00.000Z", "no json")
    #expect(
      sample.block("ccusage") == [
        "ccusage:", "  - weekly: percent_used=7.2% tokens=1234 reset=2026-05-09",
        "  - session: n/a (invalid-json)",
      ])
  }

  @Test("A row whose text is gone is read by what was made of it")
  func parsedReports() {
    var sample = BookSample()
    for (scope, parsed) in [
      ("weekly", #"{"reset_at":"R","weekly":{"percent_used":3,"tokens_used":5},"errors":[]}"#),
      ("daily", #"{"days":[{"date":"2026-05-03","total_tokens":4,"percent_used":2}]}"#),
      (
        "session",
        #"{"total_tokens":8,"sessions":[{"total_tokens":8,"last_activity":"2026-05-03T01:00:00Z"}]}"#
      ),
    ] {
      sample.ccusage += """
        {"window":"W1","captured_at":"2026-05-04T09:00:00Z","scope":"\(scope)",\
        "parsed":\(parsed)}

        """
    }
    #expect(
      sample.block("ccusage").dropFirst() == [
        "  - weekly: percent_used=3% tokens=5 reset=R",
        "  - daily: latest=2026-05-03 tokens=4 percent=2% reset=unknown",
        "  - session: count=1 tokens=8 latest=2026-05-03T01:00:00Z",
      ])
  }

  // MARK: Churn and prompts

  @Test("Of one range measured twice the last counts, and a skipped one gives way")
  func churn() {
    var sample = BookSample()
    sample.finalize("W1")
    sample.measure("W1", "", "", at: "2026-05-04T08:00:00Z", notes: "decision=missing-commit-range")
    #expect(
      sample.block("Churn") == [
        "Churn:", "  - provider=codex window=W1 method=m1: skipped (missing-commit-range)",
      ])
    sample.measure("W1", "c1", "c2", at: "2026-05-04T09:00:00Z")
    sample.measure("W1", "c1", "c2", at: "2026-05-04T10:00:00Z")
    #expect(
      sample.block("Churn") == [
        "Churn:",
        "  - provider=codex window=W1 method=m1: files=3, +30/-6 (net=24), per-feature=12.00",
      ])
    #expect(sample.book()["W1"]?.churnRows.count == 3)
  }

  @Test("Lines of a range that two windows are charged with count once")
  func sharedRange() {
    var sample = BookSample()
    sample.finalize("W1")
    sample.measure("W1", "c1", "c2", at: "2026-05-04T09:00:00Z")
    let one = sample.block("Efficiency")
    #expect(one.count == 2 && one[1].hasSuffix("(windows=1)"), "\(one)")
    sample.finalize("W2")
    sample.measure("W2", "c1", "c2", at: "2026-05-04T10:00:00Z")
    let lines = sample.book().windows.flatMap(\.churn)
    let figures = ProviderFigures.all(sample.book().windows).first { $0.provider == .codex }
    #expect(lines.count == 2 && figures?.churn.gross == 36 && figures?.churn.net == 24)
    #expect(figures?.churn.windows == 2)
  }

  @Test("GLM's capacity is its prompts, all counts of the window together")
  func prompts() {
    var sample = BookSample()
    sample.finalize("W1")
    sample.countPrompts("W1", 30, id: "g1")
    sample.countPrompts("W1", 12.5, id: "g2")
    sample.countPrompts("W1", 12.5, id: "g2")
    #expect(
      sample.block("Providers", "W1").last
        == "  - glm: features=0, capacity=42.50 prompts, efficiency=0.00, ci=n/a, n=1, power=n/a")
  }

  @Test("Damaged lines hide nothing but themselves")
  func damage() {
    var sample = BookSample()
    sample.finalize("W1")
    sample.windows += "{\"window\":\"W2\",\n\u{7F}\n[]\n"
    sample.finalize("W3")
    sample.snapshots = "{\n"
    sample.anomalies = "nothing\n"
    sample.churn = "{\"window\":7}\n"
    #expect(sample.book().windows.filter { !$0.finalized.isEmpty }.map(\.name) == ["W1", "W3"])
  }
}
