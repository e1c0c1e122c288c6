import Shared
import SystemPackage
import TestSupport
import Testing

/// Rotations beside appenders that know nothing of them.
@Suite(.serialized)
struct RotationStormTests {
  private let count = Scale.large ? 40_000 : 10_000

  @Test(arguments: ["short", "long"])
  func `no line of four appenders is lost or double`(kind: String) throws {
    let folder = try TemporaryFolder()
    try storm(kind, at: folder.at("log"), in: folder)
  }

  @Test func `nor where files cannot be shortened in place`() throws {
    guard Fixture.exists("/dev/shm") else {
      print("skipped: there is no /dev/shm")
      return
    }
    let folder = try TemporaryFolder()
    let name = FilePath("/dev/shm").appending(folder.path.lastComponent?.string ?? "")
    defer { _ = try? ChildProcess.run("rm", ["-rf", name.string]) }
    try ChildProcess.run("mkdir", [name.string])
    try storm("short", at: name.appending("log"), in: folder)
  }

  private func storm(_ kind: String, at path: FilePath, in folder: TemporaryFolder) throws {
    try Fixture.write("", to: path)
    let archive = folder.at("archive")
    let rotation = LineRotation(
      limits: LineRotation.Limits(maxBytes: 100_000, keepLines: 200), archive: archive,
      allowLossy: false, locks: folder.at("locks"), durability: .off, timing: .standard,
      context: .live(run: "test"))
    let done = folder.at("done")
    let each = count / 4
    let writers = try (0..<4).map {
      try ChildProcess.start(
        builtProgram("FileProbe"), ["write-lines", path.string, "\($0)", "\(each)", kind])
    }
    let script = writers.map { "while kill -0 \($0.pid) 2>/dev/null; do sleep 0.02; done" }
    let watcher = try ChildProcess.start(
      "sh", ["-c", (script + ["touch \(done.string)"]).joined(separator: "; ")])
    let reaper = Task.detached { for writer in writers { writer.wait() } }
    var outcomes: [String: Int] = [:]
    while !Fixture.exists(done) { outcomes[name(try rotation.rotate(path)), default: 0] += 1 }
    outcomes[name(try rotation.rotate(path)), default: 0] += 1
    watcher.wait()
    reaper.cancel()
    let all = try Fixture.lines(archive) + Fixture.lines(path)
    #expect(all.count == each * 4)
    #expect(Set(all).count == each * 4)
    let rotations = (outcomes["replaced"] ?? 0) + (outcomes["shortened"] ?? 0)
    #expect(rotations > 0, "\(outcomes)")
    print("storm of \(kind) appenders at \(path): \(outcomes)")
  }

  private func name(_ outcome: RotationOutcome) -> String {
    switch outcome {
    case .rotated(let report): report.strategy.rawValue
    case .nothingToDo: "nothing to do"
    case .skipped(let why): "skipped: \(why)"
    case .refused(let kind): kind
    case .busy: "busy"
    }
  }
}
