import SystemPackage
import TestSupport
import Testing

/// `churn`, killed and failing at every call that changes something.
@Suite(.serialized, .enabled(if: Strace.unavailable == nil, "strace cannot be used here"))
struct ChurnFaultTests {
  private static let faults =
    ["signal=KILL", "error=ENOSPC", "error=EIO"]
    + (Scale.large ? ["error=EROFS", "error=EINTR"] : [])

  private static let header =
    "date,window,provider,methodology,commit_start,commit_end,files_changed,insertions,"
    + "deletions,net,features,normalized_churn,notes"

  /// A workspace where another window is charged with the same commits.
  private func prepare(_ folder: TemporaryFolder, isNew: Bool) throws -> [String] {
    if !isNew {
      let end = try ChildProcess.run(
        builtProgram("FileProbe"), ["churn", folder.path.string, "W0-A"])
      try #require(end == .exit(0))
    }
    return ["churn", folder.path.string, "W0-B"]
  }

  private func windows(in lines: [String]) -> [String] {
    lines.map { line in ["W0-A", "W0-B"].first { line.contains($0) } ?? line }
  }

  @Test(arguments: [true, false])
  func `after one more run both ledgers have the row once, and nothing is left over`(
    isNew: Bool
  ) throws {
    let first = try TemporaryFolder()
    let points = try Strace.points(try prepare(first, isNew: isNew), in: first)
    #expect(points.count >= 10)
    let expected = isNew ? ["W0-B"] : ["W0-A", "W0-B"]
    for fault in Self.faults {
      for point in points {
        let folder = try TemporaryFolder()
        let arguments = try prepare(folder, isNew: isNew)
        let rows = folder.at("data/week0/live/churn.jsonl")
        let table = folder.at("docs/Churn_Ledger.csv")
        let end = try Strace.run(arguments, injecting: fault, at: point)
        let place = "\(fault) at \(point)"
        if end == .exit(0) { #expect(windows(in: try Fixture.lines(rows)) == expected, "\(place)") }
        #expect(
          try ChildProcess.run(builtProgram("FileProbe"), arguments) == .exit(0), "\(place)")
        #expect(windows(in: try Fixture.lines(rows)) == expected, "\(place)")
        let cells = try Fixture.lines(table)
        #expect(windows(in: cells) == [Self.header] + expected, "\(place)")
        // The anomaly that was not noted is found again by the next run.
        let anomalies = try Fixture.lines(folder.at("data/week0/live/anomalies.jsonl"))
        #expect(windows(in: anomalies) == (isNew ? [] : ["W0-A"]), "\(place)")
        #expect(anomalies.allSatisfy { $0.contains("\"range-reused\"") }, "\(place)")
        #expect(Fixture.names(in: folder.at("docs")) == ["Churn_Ledger.csv"], "\(place)")
        #expect(Fixture.names(in: folder.at(".jobrunner")) == ["intents", "locks"], "\(place)")
        #expect(Fixture.names(in: folder.at(".jobrunner/intents")) == [], "\(place)")
      }
    }
    print("\(points.count) calls, \(Self.faults.count) faults each")
  }
}
