import Shared
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// `ingest-telemetry` and `cost-compare`, killed at every system call, or met by an error there.
@Suite(.serialized, .enabled(if: Strace.unavailable == nil, "strace cannot be used here"))
struct TelemetryFaultTests {
  private static let faults =
    Scale.large
    ? ["signal=KILL"]
      + ["ENOSPC", "EIO", "EROFS", "EINTR", "EDQUOT", "ENOLCK"].map { "error=\($0)" }
    : ["signal=KILL", "error=ENOSPC"]

  /// A workspace in a folder of its own.
  private struct Place {
    let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
      for name in ["work", "work/logs"] { try makeFolder(folder.at(name)) }
    }

    var log: FilePath { folder.at("work/logs/usage.jsonl") }
    var data: FilePath { folder.at("work/data/week0/live") }
    var ledger: FilePath { data.appending("proxy_telemetry.jsonl") }
    var state: FilePath { folder.at("work/.jobrunner") }

    func arguments(_ job: [String]) -> [String] {
      ["--workspace", folder.at("work").string] + job
    }

    func run(_ job: [String]) throws -> ChildProcess.End {
      try ChildProcess.run(BuiltBinary.path.string, arguments(job))
    }

    /// How often each event is in the ledger; a line that was cut is none.
    func events() throws -> [String: Int] {
      var counts: [String: Int] = [:]
      for line in try Fixture.lines(ledger) {
        guard let rid = (try? JSON(parsing: line))?["rid"].string else { continue }
        counts[rid, default: 0] += 1
      }
      return counts
    }

    /// The names of all files of ours, without those of locks.
    func names() -> [String] {
      // Whether a run that was killed or failed has a row of the history is its own affair.
      (Fixture.names(in: data) + Fixture.names(in: state))
        .filter { !["runs.jsonl", "incidents"].contains($0) }
    }
  }

  private static func events(_ range: Range<Int>) -> String {
    range.map { number in
      #"{"ts":\#(1_772_352_000_000 + number * 7),"rid":"n\#(number)","lane":"glm","#
        + #""model":"glm-4.6","status":200,"input_tokens":\#(number),"output_tokens":5,"#
        + #""reason":"ok","latency_ms":\#(number % 400)}"# + "\n"
    }.joined()
  }

  /// What a run finds.
  enum Start: String, CaseIterable, Sendable {
    /// No ledger and no memory.
    case nothing
    /// Both, and events that came since.
    case more
    /// A last row that was cut, and a log that was renamed.
    case cut
  }

  private func prepare(_ start: Start) throws -> Place {
    let place = try Place()
    try Fixture.write(Self.events(0..<20), to: place.log)
    guard start != .nothing else { return place }
    #expect(try place.run(["ingest-telemetry"]) == .exit(0))
    try Fixture.append(Self.events(20..<30), to: place.log)
    guard start == .cut else { return place }
    let rows = try #require(try Fixture.text(place.ledger))
    try Fixture.write(String(rows.dropLast(77)), to: place.ledger)
    #expect(rename(place.log.string, place.log.string + ".1") == 0)
    try Fixture.write(Self.events(30..<40), to: place.log)
    return place
  }

  @Test("Each event is stored once, whatever happens to a run", arguments: Start.allCases)
  func ingest(_ start: Start) throws {
    let first = try prepare(start)
    let job = ["ingest-telemetry"]
    let points = try Strace.points(first.arguments(job), of: .job, in: first.folder)
    #expect(points.count >= 8)
    let events = try first.events()
    #expect(events.count == (start == .nothing ? 20 : start == .more ? 30 : 40))
    #expect(events.values.allSatisfy { $0 == 1 })
    let faults = Scale.large || start == .more ? Self.faults : ["signal=KILL"]
    for fault in faults {
      for point in points {
        let place = try prepare(start)
        let end = try Strace.run(place.arguments(job), of: .job, injecting: fault, at: point)
        let what = "\(start.rawValue): \(fault) at \(point)"
        if end == .exit(0) { #expect(try place.events() == events, "\(what)") }
        #expect(try place.run(job) == .exit(0), "\(what)")
        #expect(try place.events() == events, "\(what)")
        // The index is a help, and made when it is needed.
        #expect(Set(place.names()).isSubset(of: first.names()), "\(what)")
        let rows = try Fixture.text(place.ledger)
        #expect(try place.run(job) == .exit(0), "\(what)")
        #expect(try Fixture.text(place.ledger) == rows, "\(what)")
      }
    }
    print("\(points.count) calls, \(faults.count) faults each")
  }

  @Test("An answer is kept once, whatever happens to a run")
  func compare() throws {
    func prepare() throws -> Place {
      let place = try Place()
      try Fixture.write(Self.events(0..<20), to: place.log)
      #expect(try place.run(["ingest-telemetry"]) == .exit(0))
      return place
    }
    let first = try prepare()
    let job = ["cost-compare", "--reprice", "glm-4.6", "--json"]
    let points = try Strace.points(first.arguments(job), of: .job, in: first.folder)
    #expect(points.count >= 4)
    for fault in Self.faults {
      for point in points {
        let place = try prepare()
        let end = try Strace.run(place.arguments(job), of: .job, injecting: fault, at: point)
        let answers = place.data.appending("cost_compare.jsonl")
        let what = "\(fault) at \(point)"
        if end == .exit(0) { #expect(try Fixture.lines(answers).count == 1, "\(what)") }
        for _ in 0..<2 {
          #expect(try place.run(job) == .exit(0), "\(what)")
          let whole = try Fixture.lines(answers).filter { (try? JSON(parsing: $0)) != nil }
          #expect(whole.count == 1, "\(what)")
        }
        #expect(place.names() == first.names(), "\(what)")
      }
    }
    print("\(points.count) calls, \(Self.faults.count) faults each")
  }
}
