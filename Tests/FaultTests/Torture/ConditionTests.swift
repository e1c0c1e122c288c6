import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

/// Conditions that are real, not injected: what they disturb is well after the next run.
@Suite(.serialized) struct ConditionTests {
  @Test(
    "A limit of the shell disturbs one run and no more",
    arguments: TortureBench.scenarios,
    [
      "ulimit -f 1; exec \"$@\"", "ulimit -n 4; exec \"$@\"", "ulimit -n 7; exec \"$@\"",
      "ulimit -n 10; exec \"$@\"", "exec \"$@\" <&- >&- 2>&-", "exec \"$@\" >/dev/full",
    ])
  func limit(_ scenario: TortureScenario, _ line: String) async throws {
    let folder = try TemporaryFolder()
    let bench = try await TortureBench(scenario, in: folder.path)
    let place = try await bench.place("limited")
    let end = try await place.run(scenario, behind: line)
    let what = try await bench.check.violation(in: place, after: end, mayDie: false)
    #expect(what == nil)
  }

  /// Mounts something for a while; false where that is not possible here.
  private func mounted(
    _ arguments: [String], at path: FilePath, _ body: () async throws -> Void
  ) async throws -> Bool {
    guard (try? ChildProcess.run("mount", arguments + [path.string])) == .exit(0) else {
      print("skipped: nothing can be mounted here (needs root)")
      return false
    }
    do {
      try await body()
    } catch {
      try ChildProcess.run("umount", ["-l", path.string])
      throw error
    }
    try ChildProcess.run("umount", ["-l", path.string])
    return true
  }

  @Test("A disk that is full loses nothing", arguments: TortureBench.scenarios, [0, 3, 9])
  func fullDisk(_ scenario: TortureScenario, pagesLeft: Int) async throws {
    let folder = try TemporaryFolder()
    let disk = folder.at("disk")
    try makeFolder(disk)
    _ = try await mounted(["-t", "tmpfs", "-o", "size=4m", "tmpfs"], at: disk) {
      let bench = try await TortureBench(scenario, in: disk)
      let place = try await bench.place("full")
      let filler = disk.appending("filler")
      try ChildProcess.run(
        "sh", ["-c", "cat /dev/zero >\(filler); truncate -s -\(pagesLeft * 4_096) \(filler)"])
      let end = try await place.run(
        scenario, behind: "exec \"$@\" >/dev/null 2>&1")
      try ChildProcess.run("rm", [filler.string])
      let what = try await bench.check.violation(in: place, after: end, mayDie: false)
      #expect(what == nil)
    }
  }

  @Test("A disk that may only be read is an error, and no more", arguments: TortureBench.scenarios)
  func readOnly(_ scenario: TortureScenario) async throws {
    let folder = try TemporaryFolder()
    let bench = try await TortureBench(scenario, in: folder.path)
    let place = try await bench.place("fixed")
    var end: TorturePlace.End?
    let hasRun = try await mounted(["--bind", place.work.string], at: place.work) {
      try ChildProcess.run("mount", ["-o", "remount,ro,bind", place.work.string])
      end = try await place.run(scenario, behind: "cd ..; cd work; exec \"$@\"")
    }
    guard hasRun, let end else { return }
    if scenario.acknowledges { #expect(end.ending != .exited(0), "\(end)") }
    let what = try await bench.check.violation(in: place, after: end, mayDie: false)
    #expect(what == nil)
  }
}
