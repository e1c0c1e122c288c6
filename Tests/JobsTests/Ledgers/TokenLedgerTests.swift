import Shared
import Testing

@testable import Jobs

struct TokenLedgerTests {
  private func row(
    _ kind: CheckpointKind = .final, task: String = "t", actual: Int? = 90, agent: String = "main",
    session: String = "n/a", notes: [String] = []
  ) throws -> TokenLedger.Row {
    TokenLedger.Row(
      date: try #require(LocalDay("2025-10-20")), session: session, task: task, planned: 100,
      actual: actual, commits: 1, linesAdded: 2, linesDeleted: 3, features: nil, tests: 4,
      notes: CheckpointNotes(
        window: "W0-A", provider: "codex", kind: kind, agent: agent, remarks: notes))
  }

  private func table(_ rows: [[String]]) throws -> CSVTable {
    try CSVTable(
      CSVTable.line(TokenLedger.header) + rows.flatMap { CSVTable.line($0) },
      header: TokenLedger.header)
  }

  private func decide(
    _ row: TokenLedger.Row, on rows: [[String]], isCorrection: Bool = false
  ) throws -> TokenLedger.Verdict {
    try TokenLedger.decide(row, on: table(rows), isCorrection: isCorrection)
  }

  @Test("A row has the columns of the ledger; what is not known is empty")
  func cells() throws {
    #expect(
      try row(notes: ["a", "b"]).cells == [
        "2025-10-20", "n/a", "t", "100", "90", "-10", "1", "2", "3", "", "4",
        "window=W0-A; provider=codex; checkpoint=final; a; b",
      ])
    #expect(try row(.plan, actual: nil).cells[3...5] == ["100", "", ""])
    #expect(try row().cells.count == TokenLedger.header.count)
  }

  @Test("The same content is known, whenever and in whichever session it was written")
  func known() throws {
    var old = try row().cells
    old[0] = "2024-01-01"
    old[1] = "other"
    #expect(try decide(row(), on: [old]) == .known)
    #expect(try decide(row(.mid), on: [row(.mid).cells]) == .known)
  }

  @Test(
    "Another window, provider, agent, task or kind is another run",
    arguments: [
      "window=W0-B; provider=codex; checkpoint=final",
      "window=W0-A; provider=glm; checkpoint=final",
      "window=W0-A; provider=codex; checkpoint=plan", "window=W0-A; provider=codex; note",
      "window=W0-A; provider=codex; checkpoint=final; agent=b", "notes; window=W0-A",
      "window=W0-A2; provider=codex; checkpoint=final", "",
    ])
  func others(notes: String) throws {
    var old = try row(actual: 1).cells
    old[11] = notes
    #expect(try decide(row(), on: [old]) == .new(row().cells))
    #expect(try decide(row(task: "u"), on: [row().cells]) == .new(row(task: "u").cells))
  }

  @Test("An agent's run is not that of the main one, nor a note that looks like one's name")
  func agents() throws {
    let named = try row(agent: "b")
    #expect(named.cells[11] == "window=W0-A; provider=codex; checkpoint=final; agent=b")
    #expect(try decide(named, on: [named.cells]) == .known)
    #expect(try decide(row(actual: 1), on: [named.cells]) == .new(row(actual: 1).cells))
    let looksLike = try row(notes: ["agent=b"])
    #expect(looksLike.cells[11].hasSuffix("; agent=main; agent=b"))
    #expect(try decide(looksLike, on: [looksLike.cells]) == .known)
    #expect(try decide(named, on: [looksLike.cells]) == .new(named.cells))
  }

  @Test("Other content is refused with what differs, but for a mid checkpoint")
  func differing() throws {
    #expect {
      try decide(row(actual: 91), on: [row().cells])
    } throws: { error in
      let error = error as? JobError
      return error?.status == .usage && error?.message.contains("--correct") == true
        && error?.message.contains("tokens_actual 90, now 91; delta -10, now -9") == true
    }
    let next = try row(.mid, actual: 91)
    #expect(try decide(next, on: [row(.mid).cells]) == .new(next.cells))
    #expect(try decide(row(.mid), on: [row(.mid).cells, next.cells]) == .new(row(.mid).cells))
  }

  @Test("A correction says what it supersedes, counts from then on, and is made once")
  func correction() throws {
    guard case .new(let cells) = try decide(row(actual: 91), on: [row().cells], isCorrection: true)
    else {
      Issue.record("no row")
      return
    }
    #expect(
      cells[11]
        == "window=W0-A; provider=codex; checkpoint=final; CORRECTION: supersedes the row of "
        + "2025-10-20, planned=100 actual=90")
    let rows = [try row().cells, cells]
    #expect(try decide(row(actual: 91), on: rows) == .known)
    #expect(try decide(row(actual: 91), on: rows, isCorrection: true) == .known)
    #expect(throws: JobError.self) { try decide(row(), on: rows) }
    #expect(throws: JobError.self) { try decide(row(), on: [], isCorrection: true) }
  }

  @Test("A session is put right where one is named")
  func session() throws {
    let named = try row(session: "s1")
    #expect(try decide(named, on: [row().cells]) == .known)
    #expect(try decide(named, on: [row().cells], isCorrection: true) != .known)
    #expect(try decide(row(), on: [named.cells], isCorrection: true) == .known)
  }

  @Test("A note with a comma, quotes, a line break or an address comes back as the same content")
  func quoting() throws {
    let odd = try row(task: "a, \"b\"", notes: ["x,\n\"y\" dev@example.com"])
    guard case .new(let cells) = try decide(odd, on: []) else {
      Issue.record("no row")
      return
    }
    #expect(!cells.joined().contains("example.com"))
    #expect(try decide(odd, on: [cells]) == .known)
  }

  @Test("A later checkpoint is held against the plan of the same work")
  func planned() throws {
    let plan = try row(.plan, actual: nil)
    let rows = try table([plan.cells, row(.plan, task: "u", actual: nil).cells])
    #expect(TokenLedger.planned(for: try row(), in: rows) == 100)
    #expect(TokenLedger.planned(for: try row(task: "v"), in: rows) == nil)
  }
}

struct SessionHandoffTests {
  @Test("The block has headings, files and views as they print, and no more than text")
  func block() throws {
    let handoff = SessionHandoff(
      notes: CheckpointNotes(
        window: "W0-A", provider: "codex", kind: .final, agent: "main", remarks: []),
      writtenAt: try #require(Timestamp("2025-10-20T03:04:05Z")), summary: ["tokens: 1"],
      artifacts: ["a.csv"], sections: [.init("Preview", ["```", "x\u{1B}[0m dev@example.com"])])
    #expect(handoff.block.name == "checkpoint")
    #expect(
      handoff.block.body == """
        ## Checkpoint: W0-A, final (codex)

        Written 2025-10-20 03:04:05 UTC by `jobrunner ledger-checkpoint`; the next one replaces \
        what is between the two comments.

        - tokens: 1

        Artifacts:

        - `a.csv`

        ### Preview

        ````text
        ```
        x\\e[0m <redacted>
        ````
        """)
    var other = handoff
    other.notes.agent = "b"
    #expect(other.block.name == "checkpoint b")
  }
}

struct LedgerExcerptTests {
  @Test("An excerpt has the header and the rows of one window")
  func csv() {
    let text = """
      w,x,notes
      W0-A,1,
      W0-AB,2,
      n,3,"window=W0-A; p, q"
      n,4,a; window=W0-A
      n,5,xwindow=W0-A

      """
    let excerpt = LedgerExcerpt.csv(Array(text.utf8), of: "W0-A")
    #expect(
      String(decoding: excerpt, as: UTF8.self)
        == "w,x,notes\nW0-A,1,\nn,3,\"window=W0-A; p, q\"\nn,4,a; window=W0-A\n")
    #expect(LedgerExcerpt.csv(Array(text.utf8), of: "W9") == [])
    let lines = #"{"window":"W0-A","n":1}"# + "\n" + #"{"n":2,"window":"W0-B"}"# + "\nbad\n"
    #expect(
      String(decoding: LedgerExcerpt.jsonLines(Array(lines.utf8), of: "W0-A"), as: UTF8.self)
        == #"{"window":"W0-A","n":1}"# + "\n")
  }
}
