import Shared
import SystemPackage
import TestSupport
import Testing

/// Appends that depend on what is there: killed, failing and many at once.
@Suite(.serialized, .enabled(if: Strace.unavailable == nil, "strace cannot be used here"))
struct AppendDecisionFaultTests {
  private static let faults =
    ["signal=KILL", "error=ENOSPC", "error=EIO"] + (Scale.large ? ["error=EINTR"] : [])

  @Test(arguments: ["one\n", "one\ntorn", ""])
  func `a row is there once or not at all, and at least when it was acknowledged`(
    before: String
  ) throws {
    let first = try TemporaryFolder()
    let points = try Strace.points(try prepare(first, before), in: first)
    #expect(points.count >= 2)
    let sealed = before.isEmpty || before.hasSuffix("\n") ? before : before + "\n"
    for fault in Self.faults {
      for point in points {
        let folder = try TemporaryFolder()
        let arguments = try prepare(folder, before)
        let end = try Strace.run(arguments, injecting: fault, at: point)
        let place = "\(fault) at \(point)"
        let text = try Fixture.text(folder.at("log")) ?? ""
        #expect([before, sealed + "two\n"].contains(text), "\(place)")
        if end == .exit(0) { #expect(text == sealed + "two\n", "\(place)") }
        let next = try ChildProcess.run(builtProgram("FileProbe"), arguments)
        #expect(next == .exit(0), "\(place)")
        #expect(try Fixture.text(folder.at("log")) == sealed + "two\n", "\(place)")
      }
    }
    print("\(points.count) calls, \(Self.faults.count) faults each")
  }

  private func prepare(_ folder: TemporaryFolder, _ before: String) throws -> [String] {
    if !before.isEmpty { try Fixture.write(before, to: folder.at("log")) }
    return ["append-once", folder.at("log").string, folder.at("locks").string, "two"]
  }
}

/// Deciders in several processes.
struct AppendDecisionStormTests {
  @Test func `eight processes never decide on the same state`() throws {
    let folder = try TemporaryFolder()
    let count = Scale.large ? 200 : 50
    let arguments = ["append-next", folder.at("log").string, folder.at("locks").string, "\(count)"]
    let probes = try (0..<8).map { _ in
      try ChildProcess.start(builtProgram("FileProbe"), arguments)
    }
    #expect(probes.map { $0.wait() } == Array(repeating: .exit(0), count: 8))
    #expect(try Fixture.lines(folder.at("log")) == (0..<8 * count).map(String.init))
  }

  @Test func `a decider that is killed holds up none of the others`() throws {
    let folder = try TemporaryFolder()
    let arguments = ["append-next", folder.at("log").string, folder.at("locks").string, "100000"]
    let victims = try (0..<4).map { _ in
      try ChildProcess.start(builtProgram("FileProbe"), arguments)
    }
    #expect(Fixture.waitFor(folder.at("log")))
    for victim in victims { victim.killAndWait() }
    let end = try ChildProcess.run(
      builtProgram("FileProbe"), Array(arguments.dropLast()) + ["10"])
    #expect(end == .exit(0))
    let lines = try Fixture.lines(folder.at("log"))
    #expect(lines == (0..<lines.count).map(String.init))
    #expect(lines.count >= 10)
  }
}
