import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

/// What is written of a range that was measured.
struct ChurnLedgerTests {
  private let home: LedgerFolder
  private let table: FilePath

  init() throws {
    home = try LedgerFolder()
    table = home.workspace.path("docs/Ledgers").appending(ChurnLedger.fileName)
  }

  private func commit(_ letter: Character) -> String { String(repeating: letter, count: 40) }

  private func measured(
    _ window: String = "W0-A", _ range: (Character, Character)? = ("a", "b"),
    agent: String = AgentID.main, provider: String = "codex", features: Int = 3,
    notes: String = "", paths: [String] = []
  ) -> ChurnRow {
    let churn = range.map { start, end in
      var churn = GitChurn(start: commit(start), end: commit(end))
      if start != end {
        (churn.files, churn.insertions, churn.deletions) = (6, 51, 47)
        (churn.commits, churn.authors, churn.testsTouched) = (2, 1, 4)
      }
      return churn
    }
    return ChurnRow(
      window: window, agent: agent, provider: provider, methodology: "m1", churn: churn,
      features: features, capturedAt: minutes(1), notes: notes, paths: paths)
  }

  @discardableResult
  private func record(_ row: ChurnRow, table: FilePath? = nil) throws -> JobReport {
    let ledgers = home.ledgers(at: 5, job: ChurnJob.name)
    return try ChurnJob(
      options: .init(
        window: row.window, provider: nil, methodology: nil, commitStart: nil, commitEnd: nil,
        paths: [], features: nil, notes: ""),
      ledger: ChurnLedger(
        rows: home.workspace.churn, table: table ?? self.table, stamp: .test),
      ledgers: ledgers
    ).record(row)
  }

  private var lines: [String] {
    (readText(table) ?? "").split(separator: "\n").dropFirst().map(String.init)
  }

  private var rows: [ChurnRow] { ChurnRow.read(readBytes(home.workspace.churn) ?? []) }

  @Test("A row has the tracker's shape, our members behind; the CSV has its columns")
  func shapes() throws {
    let report = try record(measured(notes: "first, of dev@example.com", paths: ["a", "b c"]))
    #expect(report.answer == ["churn W0-A: files=6 +51/-47 net=4 per-feature=1.33"])
    let id = try #require(rows.first?.id)
    #expect(
      home.text(home.workspace.churn) == """
        {"window":"W0-A","provider":"codex","methodology":"m1","commit_start":"\(commit("a"))",\
        "commit_end":"\(commit("b"))","files_changed":6,"insertions":51,"deletions":47,"net":4,\
        "features":3,"normalized_churn":1.3333333333333333,\
        "captured_at":"2026-11-02T08:01:00.000Z","notes":"first, of <redacted>",\
        "source":"churn","paths":["a","b c"],"gross":98,"commits":2,"authors":1,\
        "tests_touched":4,"schema_version":"1.0.0","tool_version":"9.8.7","id":"\(id)",\
        "agent_id":"main","host":"EXAMPLE-host"}

        """)
    #expect(
      home.text(table) == """
        date,window,provider,methodology,commit_start,commit_end,files_changed,insertions,\
        deletions,net,features,normalized_churn,notes
        2026-11-02,W0-A,codex,m1,\(commit("a")),\(commit("b")),6,51,47,4,3,1.33,\
        "first, of <redacted>; paths=a,b c"

        """)
    #expect(rows.count == 1 && rows[0].saysSame(as: measured(paths: ["a", "b c"])))
  }

  @Test("What is told again changes nothing, whatever its notes")
  func again() throws {
    try record(measured())
    let before = (home.text(home.workspace.churn), home.text(table))
    for row in [measured(), measured(notes: "more")] {
      let report = try record(row)
      #expect(report.outcome == .idle && report.answer.isEmpty)
      #expect(
        report.summary
          == "W0-A is charged with aaaaaaaaaaaa..bbbbbbbbbbbb already; nothing was added")
    }
    #expect((home.text(home.workspace.churn), home.text(table)) == before)
  }

  @Test("Other features, provider or a later end replace the row; others stand beside it")
  func corrections() throws {
    for (row, standing) in [
      (measured(), ["codex ab 3"]), (measured(features: 2), ["codex ab 2"]),
      (measured(), ["codex ab 3"]), (measured(provider: "claude"), ["claude ab 3"]),
      (measured(provider: "claude"), ["claude ab 3"]),
      (measured("W0-A", ("a", "c"), provider: "claude"), ["claude ac 3"]),
      (measured("W0-A", ("d", "e")), ["claude ac 3", "codex de 3"]),
      (measured("W0-A", ("d", "e"), paths: ["x"]), ["claude ac 3", "codex de 3", "codex de 3 x"]),
    ] {
      try record(row)
      let found = ChurnRow.standing(rows).map { row in
        let range = [row.commitStart, row.commitEnd].compactMap { $0.first.map { String($0) } }
        return ([row.provider, range.joined(), "\(row.features)"] + row.paths)
          .joined(separator: " ")
      }
      #expect(found == standing)
    }
    #expect(rows.count == 7 && lines.count == 7)
    #expect(Set(rows.map(\.id)).count == 7, "an id tells one row from all others")
    #expect(rows.map(\.corrects) == [nil] + rows[0...3].map(\.id) + [nil, nil])
    #expect(lines[1].hasSuffix(",2.00,corrects=\(rows[0].id)"))
  }

  @Test("Without a first commit the row says so, until it is known")
  func skipped() throws {
    let reason = "decision=missing-commit-range(commit_start)"
    let report = try record(measured("W0-A", nil, notes: reason))
    #expect(
      report.answer == [
        "warn: missing commit_start — skipping git diff",
        "churn W0-A: skipped (decision=missing-commit-range)",
      ])
    #expect(lines == ["2026-11-02,W0-A,codex,m1,,,0,0,0,0,3,,\(reason)"])
    #expect(try record(measured("W0-A", nil)).outcome == .idle)
    try record(measured())
    #expect(ChurnRow.standing(rows).map(\.isSkipped) == [false])
    // What is known is not forgotten because nobody says it again.
    #expect(try record(measured("W0-A", nil)).outcome == .idle)
    #expect(rows.count == 2 && lines.count == 2)
  }

  @Test("The same commits under a second window, and a range without any, are told")
  func anomalies() throws {
    try record(measured("W0-A"))
    try record(measured("W0-A", features: 1))
    #expect(home.anomalies == [])
    for _ in 1...2 { try record(measured("W0-B")) }
    #expect(home.anomalies == ["W0-B range-reused"])
    try record(measured("W0-A", features: 2))
    #expect(home.anomalies == ["W0-B range-reused"], "the first stays the first")
    try record(measured("W0-C", ("f", "f"), provider: "multi"))
    #expect(home.anomalies == ["W0-B range-reused", "W0-C empty-range"])
    try record(measured("W0-D", nil))
    try record(measured("W0-E", nil))
    #expect(home.anomalies.count == 2)
    let row = try #require(AnomalyRow.read(readBytes(home.workspace.anomalies) ?? []).first)
    #expect(row.evidence.first == .init("first", "W0-A") && !row.isInformational)
    // The first window gave the commits up: the next that has them is the first now.
    try record(measured("W0-A", ("x", "y")))
    try record(measured("W0-F"))
    #expect(home.anomalies.last == "W0-F range-reused")
    let last = try #require(AnomalyRow.read(readBytes(home.workspace.anomalies) ?? []).last)
    #expect(last.evidence.first == .init("first", "W0-B"))
  }

  private var open: [String] {
    AnomalyRow.read(readBytes(home.workspace.anomalies) ?? []).filter { $0.resolution == nil }
      .map { "\($0.window) \($0.type) \($0.provider)" }
  }

  @Test("A row that puts a range right settles what was told of it; what comes back counts again")
  func corrected() throws {
    try record(measured("W0-A"))
    try record(measured("W0-B"))
    try record(measured("W0-C", ("f", "f")))
    #expect(open == ["W0-B range-reused codex", "W0-C empty-range codex"])
    try record(measured("W0-B", ("b", "c")))
    #expect(open == ["W0-C empty-range codex"])
    try record(measured("W0-C", ("c", "d")))
    #expect(open == [])
    let told = AnomalyRow.read(readBytes(home.workspace.anomalies) ?? [])
    #expect(
      told.map(\.resolution) == [
        "corrected: charged with \(commit("b").prefix(12))..\(commit("c").prefix(12)) now",
        "corrected: charged with \(commit("c").prefix(12))..\(commit("d").prefix(12)) now",
      ])
    #expect(told[0].correctedBy == rows.last { $0.window == "W0-B" }?.id)
    let settled = readBytes(home.workspace.anomalies)
    try record(measured("W0-C", ("c", "d")))
    #expect(readBytes(home.workspace.anomalies) == settled, "once")
    for _ in 1...2 {
      try record(measured("W0-B"))
      #expect(open == ["W0-B range-reused codex"])
    }
    // Another provider of the same commits is another anomaly, and not a second one.
    try record(measured("W0-B", provider: "claude"))
    #expect(open == ["W0-B range-reused claude"])
    // The other window gives the commits up, and takes them back: now it is the second.
    try record(measured("W0-A", ("x", "y")))
    #expect(open == [])
    try record(measured("W0-A"))
    #expect(open == ["W0-A range-reused codex"])
  }

  @Test("What a person settled stays settled, whatever is charged later")
  func settledByHand() throws {
    try record(measured("W0-A"))
    try record(measured("W0-B"))
    let id = try #require(AnomalyRow.read(readBytes(home.workspace.anomalies) ?? []).first?.id)
    _ = try AnomaliesJob(ledgers: home.ledgers(at: 6, job: "anomalies"))
      .resolve(id, notes: "split by hand")
    for range in [("b", "c"), ("a", "b")] as [(Character, Character)] {
      try record(measured("W0-B", range))
      let told = AnomalyRow.read(readBytes(home.workspace.anomalies) ?? [])
      #expect(told.map(\.resolution) == ["split by hand"])
    }
  }

  @Test("An emptied ledger of churn settles nothing")
  func emptied() throws {
    try record(measured("W0-A"))
    try record(measured("W0-B"))
    try writeFile(home.workspace.churn, "")
    try record(measured("W0-Z", ("y", "z")))
    #expect(open == ["W0-B range-reused codex"])
  }

  @Test(
    "Windows that share the commits but not the files are no anomaly",
    arguments: [
      (["Sources"], ["Tests"], false), (["Sources"], ["Sources/A"], true),
      (["Sources/A"], ["./Sources/"], true), (["Sources"], ["SourcesOther"], false),
      ([], ["Tests"], true), (["Sources"], ["*.swift"], true),
      (["a", "b"], ["c", "b"], true), ([":(exclude)a"], ["b"], true),
    ] as [([String], [String], Bool)])
  func sharedFiles(first: [String], second: [String], isReused: Bool) throws {
    try record(measured("W0-A", paths: first))
    try record(measured("W0-B", paths: second))
    #expect(home.anomalies == (isReused ? ["W0-B range-reused"] : []))
  }

  @Test("A CSV file that is another table is left, and neither file is written")
  func foreign() throws {
    try writeFile(table, "day,name\n1,2\n")
    #expect(throws: JobError.self) { try record(measured()) }
    #expect(home.text(table) == "day,name\n1,2\n" && rows.isEmpty)
  }

  @Test("Rows that do not fit are told and left; a file that lost the row gets it again")
  func odd() throws {
    try record(measured())
    let whole = home.text(table)
    try writeFile(table, whole + "2026-01-01,W0-Z,codex,a,note with, commas\n")
    let report = try record(measured("W0-B", ("b", "c")))
    #expect(report.warnings.count == 1)
    #expect(report.warnings[0].contains("line 3 has 6 cells, not 13"))
    #expect(home.text(table).hasPrefix(whole + "2026-01-01,W0-Z,codex,a,note with, commas\n"))
    removeTree(table)
    #expect(try record(measured()).outcome == .idle)
    #expect(home.text(table) == whole)
    let other = home.workspace.path("other.csv")
    try record(measured(), table: other)
    #expect(home.text(other) == whole)
  }

  @Test("Rows of the tracker count, and the same range is not written again")
  func tracker() throws {
    let old =
      #"{"window": "W0-A", "provider": "codex", "methodology": "m1", "commit_start": ""#
      + commit("a") + #"", "commit_end": ""# + commit("b")
      + #"", "files_changed": 6, "insertions": 51, "deletions": 47, "net": 4, "features": 3, "#
      + #""normalized_churn": 1.3333, "captured_at": "2025-10-19T13:04:05.123456+00:00", "#
      + #""notes": "", "source": "churn", "schema_version": "1.0.0"}"# + "\n"
    let csv =
      CSVTable.line(ChurnLedger.header) + Array("2025-10-19,W0-A,codex,m1,".utf8)
      + Array("\(commit("a")),\(commit("b")),6,51,47,4,3,1.33,\n".utf8)
    try writeFile(home.workspace.churn, old + old)
    try writeFile(table, csv)
    #expect(ChurnRow.standing(rows).count == 1)
    #expect(try record(measured()).outcome == .idle)
    #expect(home.text(home.workspace.churn) == old + old && readBytes(table) == csv)
    try record(measured("W0-B"))
    #expect(home.anomalies == ["W0-B range-reused"])
    // Where only the CSV is left, what it says is not written there again.
    removeTree(home.workspace.churn)
    let before = lines
    try record(measured("W0-B"))
    #expect(rows.count == 1 && lines == before)
  }

  @Test("Long notes are cut in the CSV alone")
  func longNotes() throws {
    let notes = String(repeating: "n", count: 1_000)
    try record(measured(notes: notes))
    #expect(rows[0].notes == notes)
    #expect(lines[0].hasSuffix("nnn… (see churn.jsonl)") && lines[0].count < 700)
  }

  @Test("Each agent's window is its own")
  func agents() throws {
    try record(measured(agent: "sub1"))
    try record(measured())
    #expect(ChurnRow.standing(rows).map(\.agent) == ["sub1", "main"])
    #expect(home.anomalies == [])
  }
}

struct FinalizedWindowTests {
  private func row(_ members: String) -> String { "{\"window\":\"W0-A\",\(members)}\n" }

  private func latest(_ lines: [String], agent: String = "main") -> FinalizedWindow? {
    FinalizedWindow.latest(of: "W0-A", agent: agent, in: Array(lines.joined().utf8))
  }

  @Test("The row that was finalized last counts, the agent's own before others'")
  func last() {
    let rows = [
      row(#""finalized_at":"2026-11-02T10:00:00Z","methodology":"m2""#),
      row(#""finalized_at":"2026-11-02T09:00:00+00:00","methodology":"m1""#),
      row(#""methodology":"m0""#), "{\"window\":\"W0-A\"", "\n",
      row(#""finalized_at":"2026-11-02T11:00:00Z","methodology":"m3","agent_id":"sub1""#),
      #"{"window":"W0-B","finalized_at":"2026-11-02T12:00:00Z","methodology":"m4"}"#,
    ]
    #expect(latest(rows)?.methodology == "m2")
    #expect(latest(rows, agent: "sub1")?.methodology == "m3")
    #expect(latest(rows, agent: "sub2")?.methodology == "m3")
    let twice = [rows[0], row(#""finalized_at":"2026-11-02T10:00:00Z","methodology":"m5""#)]
    #expect(latest(twice)?.methodology == "m5")
    #expect(latest([]) == nil)
  }

  @Test(
    "The provider is the one with features",
    arguments: [
      (#"{"codex":2,"claude":0}"#, "codex", 2), (#"{"codex":0}"#, "unknown", 0),
      (#"{"codex":1,"glm":2}"#, "multi", 3), ("null", "unknown", 0), ("[1]", "unknown", 0),
      (#"{"codex":"2","claude":-1}"#, "codex", 2),
    ])
  func provider(_ features: String, _ provider: String, _ count: Int) {
    let row = latest([row("\"features\":\(features)")])
    #expect(row?.provider == provider && row?.featureCount == count)
  }

  @Test("Commits are those of the row, under either of their names")
  func commits() {
    let row = latest([
      row(#""commit_start":"","commit_start_sha":"aa","commit_end":"HEAD","commit_end_sha":"bb""#)
    ])
    #expect(row?.commitStart == "aa" && row?.commitEnd == "HEAD")
  }
}
