import Shared
import TestSupport
import Testing

@testable import Jobs

/// GO, SOFT GO, NO-GO.
struct DecisionCardTests {
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    var outcome: String? = "pass"
    var anomaly: (type: String, informational: Bool, settled: Bool)?
    var hasChurn = true
    var evidence = 1
    let status: DecisionCard.Status
    var reasons: [String] = []
    var met = 5
  }

  static let cases = [
    Case(description: "all there", status: .go),
    Case(description: "partial is good", outcome: "partial", status: .go),
    Case(
      description: "no churn", hasChurn: false, status: .softGo, reasons: ["no-churn-row"], met: 4),
    Case(
      description: "no evidence", evidence: 0, status: .softGo, reasons: ["no-evidence-row"],
      met: 4),
    Case(
      description: "neither", hasChurn: false, evidence: 0, status: .softGo,
      reasons: ["no-churn-row", "no-evidence-row"], met: 3),
    Case(
      description: "failed", outcome: "fail", status: .noGo, reasons: ["outcome=fail"], met: 4),
    Case(
      description: "not finalized", outcome: nil, status: .noGo, reasons: ["not-finalized"],
      met: 3),
    Case(
      description: "an anomaly", anomaly: ("stale-pane", false, false), status: .noGo,
      reasons: ["anomalies=1"], met: 4),
    Case(
      description: "one that only explains", anomaly: ("reset-crossed", true, false), status: .go),
    Case(description: "one that is settled", anomaly: ("glitch", false, true), status: .go),
  ]

  @Test("Each criterion alone", arguments: cases)
  func criteria(expected: Case) {
    var sample = BookSample()
    if let outcome = expected.outcome { sample.finalize("W1", outcome: outcome) }
    sample.finalize("W2", outcome: "fail")
    sample.note("glitch", "W2", id: "other")
    if let anomaly = expected.anomaly {
      sample.note(anomaly.type, "W1", informational: anomaly.informational)
      if anomaly.settled { sample.settle("a1", "W1") }
    }
    if expected.hasChurn { sample.measure("W1", "c1", "c2", at: "2026-05-04T09:00:00Z") }
    var tables = LedgerTables()
    for run in 0..<expected.evidence { tables.evidence.append(.run(run, of: "W1")) }
    tables.evidence.append(.run(9, of: "W2"))
    let card = DecisionCard(window: "W1", book: sample.book(), tables: tables)
    #expect(card.status == expected.status)
    #expect(card.reasons == expected.reasons)
    #expect(card.met == expected.met)
  }

  @Test("A skipped measurement is none, and one in both ledgers is one")
  func churn() {
    var sample = BookSample()
    sample.finalize("W1")
    sample.measure("W1", "", "", at: "2026-05-04T08:00:00Z", notes: "decision=missing-commit-range")
    #expect(DecisionCard(window: "W1", book: sample.book(), tables: .init()).churn == 0)
    sample.measure("W1", "c1", "c2", at: "2026-05-04T09:00:00Z")
    var tables = LedgerTables()
    tables.churn = sample.book()["W1"]?.churn ?? []
    #expect(DecisionCard(window: "W1", book: sample.book(), tables: tables).churn == 1)
    sample.churn = ""
    #expect(DecisionCard(window: "W1", book: sample.book(), tables: tables).churn == 1)
  }

  @Test("What one agent failed is not made good by another")
  func agents() {
    var sample = BookSample()
    sample.finalize("W1", at: "2026-05-04T09:00:00Z", outcome: "fail", agent: "sub1")
    sample.finalize("W1", at: "2026-05-04T10:00:00Z", outcome: "pass", agent: "main")
    let card = DecisionCard(window: "W1", book: sample.book(), tables: .init())
    #expect(card.status == .noGo && card.outcome == "fail")
  }

  @Test("The card is laid out as the tracker's")
  func layout() {
    var sample = BookSample()
    sample.finalize("W1")
    let card = DecisionCard(window: "W1", book: sample.book(), tables: .init())
    #expect(
      card.lines == [
        "Decision Card", "  Window:   W1", "  Status:   SOFT GO", "  Anoms:    0",
        "  Finalized:True", "  Outcome:  pass", "  Evidence: 0", "  Churn:    0",
        "  Completeness:60% (3/5)", "  Reasons:  no-churn-row, no-evidence-row",
      ])
    let none = DecisionCard(window: "W9", book: sample.book(), tables: .init())
    #expect(none.lines[4...5] == ["  Finalized:False", "  Outcome:  None"])
    #expect(none.lines[8] == "  Completeness:20% (1/5)")
  }

  @Test("CSV ledgers are read by column; what does not fit is told and left out")
  func tables() throws {
    let folder = try TemporaryFolder("tables")
    #expect(try LedgerTables.read(folder.path) == LedgerTables())
    try writeFile(
      folder.at("Acceptance_Evidence.csv"),
      """
      window_id,capability_id,test_run_id,runner,result,artifacts_path,artifact_hash,notes
      W1,CAP-A,TR-1,pytest,pass,a/b.txt,00ff,"quoted, with a comma"
      W1,CAP-A,TR-1,pytest,pass,a/b.txt,00ff,the same run again
      W1,CAP-B,TR-2,behave,pass,a/c.txt,11ff,
      W1,CAP-C,TR-3,behave,pass,a/c.txt,11ff,one,cell,too,many

      """)
    try writeFile(
      folder.at("Churn_Ledger.csv"),
      """
      date,window,provider,methodology,commit_start,commit_end,files_changed,insertions,deletions,net,features,normalized_churn,notes
      2026-05-04,W1,codex,m1,c1,c2,3,30,6,24,2,12.00,
      2026-05-04,W1,codex,m1,c1,c2,3,30,6,24,2,12.00,again
      2026-05-04,W1,codex,m1,,,0,0,0,0,2,,decision=missing-commit-range(commit_start)

      """)
    try writeFile(
      folder.at("Token_Churn_Ledger.csv"),
      """
      date,session_id,task,tokens_planned,tokens_actual,delta,commits,lines_added,lines_deleted,features_added,tests_added,notes
      2026-05-04,n/a,end_of_session,200000,180000,-20000,0,0,0,2,0,window=W1; provider=codex; done
      2026-05-04,n/a,next,200000,,,0,0,0,0,0,no window here

      """)
    let tables = try LedgerTables.read(folder.path)
    #expect(tables.evidence.map(\.testRun) == ["TR-1", "TR-2"])
    #expect(tables.churn(of: "W1", without: []).count { !$0.isSkipped } == 1)
    #expect(tables.tokens.map(\.planned) == [200_000] && tables.tokens[0].actual == 180_000)
    #expect(tables.tokens[0].provider == "codex")
    #expect(
      tables.remarks == [
        "Acceptance_Evidence.csv: 1 rows of another width left out, the first on line 5"
      ])
    try writeFile(folder.at("Churn_Ledger.csv"), "a,b\n1,2\n")
    #expect(
      try LedgerTables.read(folder.path).remarks.last
        == "Churn_Ledger.csv: its header is not the one that is known; left out")
  }
}

extension LedgerTables.Evidence {
  fileprivate static func run(_ number: Int, of window: String) -> LedgerTables.Evidence {
    .init(
      window: window, capability: "CAP-EXAMPLE", testRun: "TR-\(number)", runner: "pytest",
      result: "pass", artifacts: "a.txt")
  }
}
