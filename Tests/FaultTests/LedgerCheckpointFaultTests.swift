import Shared
import SystemPackage
import TestSupport
import Testing

/// A checkpoint over its four files: killed and failing at every call.
@Suite(.serialized, .enabled(if: Strace.unavailable == nil, "strace cannot be used here"))
struct LedgerCheckpointFaultTests {
  private static let faults =
    ["signal=KILL", "error=ENOSPC"]
    + (Scale.large ? ["error=EIO", "error=EROFS", "error=EINTR"] : [])
  private static let commits =
    "\(String(repeating: "a", count: 40)),\(String(repeating: "b", count: 40))"
  private static let byHand = "# Handoff\n\nby hand\n"

  /// A workspace in use: ledgers with a row each, one of them without its last line feed.
  private func prepare(_ folder: TemporaryFolder) throws -> [String] {
    for name in ["docs", "docs/Ledgers"] { try makeFolder(folder.at(name)) }
    try Fixture.write(
      Self.tokens + Self.oldTokens, to: folder.at("docs/Ledgers/Token_Churn_Ledger.csv"))
    try Fixture.write(Self.churn + "\n", to: folder.at("docs/Ledgers/Churn_Ledger.csv"))
    try Fixture.write(Self.byHand, to: folder.at("docs/SESSION_HANDOFF.md"))
    return ["checkpoint", folder.path.string]
  }

  private static let tokens =
    "date,session_id,task,tokens_planned,tokens_actual,delta,commits,lines_added,lines_deleted,"
    + "features_added,tests_added,notes\n"
  private static let oldTokens = "2025-01-01,n/a,end_of_session,5,6,1,0,0,0,0,0,window=W0-0"
  private static let churn =
    "date,window,provider,methodology,commit_start,commit_end,files_changed,insertions,deletions,"
    + "net,features,normalized_churn,notes"

  @Test func `after one more run the four files agree, and nothing is left over`() throws {
    let first = try TemporaryFolder()
    let points = try Strace.points(try prepare(first), in: first)
    #expect(points.count >= 15)
    try check(first, "without a fault", hasTrace: true)
    for fault in Self.faults {
      // The kill everywhere; errors everywhere only at large scale.
      let isWhole = Scale.large || fault.hasPrefix("signal")
      for (index, point) in points.enumerated() where isWhole || index % 4 == 0 {
        let folder = try TemporaryFolder()
        let arguments = try prepare(folder)
        let end = try Strace.run(arguments, injecting: fault, at: point)
        let place = "\(fault) at \(point)"
        if end == .exit(0) { try check(folder, place) }
        #expect(
          try ChildProcess.run(builtProgram("FileProbe"), arguments) == .exit(0), "\(place)")
        try check(folder, place)
      }
    }
    print("\(points.count) calls, faults: \(Self.faults.joined(separator: ", "))")
  }

  private func check(_ folder: TemporaryFolder, _ place: String, hasTrace: Bool = false) throws {
    let tokens = try Fixture.text(folder.at("docs/Ledgers/Token_Churn_Ledger.csv")) ?? ""
    let start = Self.tokens + Self.oldTokens + "\n"
    #expect(tokens.hasPrefix(start), "\(place)")
    let row = try Fixture.lines(folder.at("docs/Ledgers/Token_Churn_Ledger.csv")).dropFirst(2)
    #expect(row.count == 1, "\(place)")
    #expect(
      String(row.first?.dropFirst(10) ?? "")
        == ",n/a,session_checkpoint,100,90,-10,0,7,3,,0,\"window=W0-A; provider=codex; "
        + "checkpoint=final; a, \"\"b\"\"; decision=NO-GO\"", "\(place)")
    let churn = try Fixture.lines(folder.at("docs/Ledgers/Churn_Ledger.csv"))
    #expect(churn.count == 2 && churn.first == Self.churn, "\(place)")
    #expect(
      churn.last?.contains(",W0-A,codex,,\(Self.commits),2,7,3,4,2,2.00,") == true, "\(place)")
    let rows = try Fixture.lines(folder.at("data/week0/live/churn.jsonl"))
    #expect(rows.count == 1 && rows.first?.hasSuffix("}") == true, "\(place)")
    let note = try Fixture.text(folder.at("docs/SESSION_HANDOFF.md")) ?? ""
    #expect(note.hasPrefix(Self.byHand + "\n<!-- jobrunner:begin checkpoint -->\n"), "\(place)")
    #expect(note.hasSuffix("\n<!-- jobrunner:end checkpoint -->\n"), "\(place)")
    #expect(note.ranges(of: "actual 90").count == 1, "\(place)")
    #expect(Fixture.names(in: folder.at("docs")) == ["Ledgers", "SESSION_HANDOFF.md"], "\(place)")
    #expect(Fixture.names(in: folder.at(".jobrunner/intents")) == [], "\(place)")
    let names = Fixture.names(in: folder.path).filter { !hasTrace || $0 != "trace" }
    #expect(names == [".jobrunner", "data", "docs"], "\(place)")
  }
}
