import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Many runs of one command in one workspace, some of them killed.
@Suite(.serialized) struct StormTests {
  @Test(
    "Of many runs at once, some killed, nothing is lost or double, and none waits for ever",
    arguments: TortureBench.scenarios)
  func storm(_ scenario: TortureScenario) async throws {
    let folder = try TemporaryFolder()
    let bench = try await TortureBench(scenario, in: folder.path)
    let place = try await bench.place("stormy")
    let count = Scale.large ? 50 : 12
    var numbers = SeededNumbers(seed: 11)
    let runs = try (0..<count).map { _ in
      try SpawnedProcess(
        place.program, scenario.arguments, environment: place.environment,
        workingDirectory: place.work)
    }
    // Every third dies at some moment of its work, most of them before they are through.
    for (index, run) in runs.enumerated() where index % 3 == 0 {
      usleep(UInt32.random(in: 0..<20_000, using: &numbers))
      run.signal(SIGKILL)
    }
    for (index, run) in runs.enumerated() {
      let end = await run.wait(atMost: .seconds(120))
      guard index % 3 != 0 else { continue }
      let status = end.exit.flatMap { ExitStatus(rawValue: $0) }
      #expect(status != nil && status != .software, "\(end)")
    }
    let what = try await bench.check.violationLater(in: place)
    #expect(what == nil)
    Results.note(
      """
      {"kind":"storm","scenario":"\(scenario.name)","runs":\(count),\
      "violations":\(what == nil ? 0 : 1)}
      """)
    print("\(scenario.name): \(count) runs at once, \((count + 2) / 3) of them killed")
  }
}

/// A writer that knows nothing of rotations, beside the programs that rotate.
@Suite(.serialized) struct LostLinesTests {
  private enum Rotator: String, CaseIterable {
    case jobrunner = "rotate-log --archive"
    case copytruncate = "logrotate copytruncate"
    case create = "logrotate create"
  }

  @Test(
    "What a writer of 1,000 lines a second and more loses to a rotation",
    arguments: ["short", "long"])
  func table(kind: String) async throws {
    for rotator in Rotator.allCases {
      guard rotator == .jobrunner || findTool("logrotate") != nil else {
        print("skipped: \(rotator.rawValue): logrotate is not installed")
        continue
      }
      let lost = try await lines(lostTo: rotator, kind)
      print("\(kind) writer beside \(rotator.rawValue): \(lost.lost) of \(lost.count) lines lost")
      Results.note(
        """
        {"kind":"lines","rotator":\(quoted(rotator.rawValue)),"writer":"\(kind)",\
        "lines":\(lost.count),"lost":\(lost.lost)}
        """)
      if rotator == .jobrunner { #expect(lost.lost == 0) }
    }
  }

  private func lines(
    lostTo rotator: Rotator, _ kind: String
  ) async throws -> (lost: Int, count: Int) {
    let workspace = try OpencodeWorkspace(registryText: nil)
    let folder = workspace.registryFolder
    try makeFolder(folder)
    let log = workspace.logPath
    try writeFile(log, "")
    try workspace.configure("{rotate: {maxBytes: 65536, keepLines: 50}}")
    let count = Scale.large ? 20_000 : 4_000
    let writer = try ChildProcess.start(
      builtProgram("FileProbe"), ["write-lines", log.string, "w", "\(count)", kind])
    let settings = workspace.plan.appending("logrotate.conf")
    let way = rotator == .copytruncate ? "copytruncate" : "create 0600"
    try writeFile(
      settings, "\(log) {\n size 1\n rotate 100000\n nocompress\n \(way)\n su root root\n}\n",
      permissions: FilePermissions(rawValue: 0o600))
    var status: Int32 = 0
    while waitpid(writer.pid, &status, WNOHANG) == 0 {
      switch rotator {
      case .jobrunner:
        let run = try await workspace.run("rotate-log", "--archive")
        #expect(run.exit == 0, "\(run)")
      case .copytruncate, .create:
        try ChildProcess.run(
          "logrotate", ["-f", "-s", workspace.plan.appending("state").string, settings.string])
      }
    }
    var seen: Set<String> = []
    for name in Fixture.names(in: folder) where name.hasPrefix("usage-export.log") {
      seen.formUnion(try Fixture.lines(folder.appending(name)).filter { $0.hasPrefix("w:") })
    }
    return (count - seen.count, count)
  }
}
