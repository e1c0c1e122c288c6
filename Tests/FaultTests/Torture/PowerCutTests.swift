import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

/// What is on the disk when the power fails.
///
/// A file system lies in an image, which is copied while a run stands still before one of its calls.
/// What only the page cache had is gone in the copy.
@Suite(
  .serialized, .enabled(if: Scale.large, "a part of make torture"),
  .enabled(if: Strace.unavailable == nil, "strace cannot be used here"))
struct PowerCutTests {
  private static let stops = ["write", "pwrite64", "fsync", "rename", "unlink", "link"]

  @Test(
    "The run after a power cut ends where one without it ends", arguments: TortureBench.scenarios)
  func cut(_ scenario: TortureScenario) async throws {
    let folder = try TemporaryFolder()
    let (image, disk) = (folder.at("image"), folder.at("disk"))
    try makeFolder(disk)
    try shell("truncate -s 24M \(image) && mkfs.ext4 -q \(image) || exit 0")
    guard (try? ChildProcess.run("mount", ["-o", "loop", image.string, disk.string])) == .exit(0)
    else {
      print("skipped: no image can be mounted here (needs root, loop devices and mkfs.ext4)")
      return
    }
    defer { _ = try? ChildProcess.run("umount", ["-l", disk.string]) }
    let bench = try await TortureBench(scenario, in: disk)
    var (cuts, violations) = (0, 0)
    for call in Self.stops {
      for number in 1...(Scale.large ? 12 : 2) {
        let place = try await bench.place("cut")
        try shell("sync -f \(disk)")
        guard try await stop(place, scenario, at: call, number, copying: image, in: folder) else {
          await place.remove()
          break
        }
        cuts += 1
        await place.remove()
        let what = try await recovered(bench, folder)
        #expect(what == nil, "\(call) #\(number)")
        violations += what == nil ? 0 : 1
      }
    }
    #expect(cuts >= 4)
    Results.note(
      """
      {"kind":"cuts","scenario":"\(scenario.name)","cuts":\(cuts),"violations":\(violations)}
      """)
    print("\(scenario.name): \(cuts) power cuts")
  }

  private func shell(_ line: String) throws {
    #expect(
      try ChildProcess.run("sh", ["-c", "PATH=$PATH:/usr/sbin:/sbin; " + line]) == .exit(0),
      "\(line)")
  }

  /// Runs until a call, copies the image there, and kills the run; false where it never came.
  private func stop(
    _ place: TorturePlace, _ scenario: TortureScenario, at call: String, _ number: Int,
    copying image: FilePath, in folder: TemporaryFolder
  ) async throws -> Bool {
    let trace = folder.at("trace")
    try? unlinkIfPresent(trace)
    let line = """
      strace -f -b execve -q -o \(trace) -e trace=\(call) \
        -e inject=\(call):signal=STOP:when=\(number) "$@" >/dev/null 2>&1 &
      tracer=$!
      while kill -0 $tracer 2>/dev/null; do
        if grep -q 'stopped by SIGSTOP' \(trace) 2>/dev/null; then
          cp --sparse=always \(image) \(folder.at("cut"))
          kill -KILL $(cat /proc/$tracer/task/*/children) $tracer
          wait $tracer
          exit 9
        fi
        sleep 0.01
      done
      """
    let end = try await place.run(scenario, behind: line)
    return end.ending == .exited(9)
  }

  private func recovered(_ bench: TortureBench, _ folder: TemporaryFolder) async throws -> String? {
    // The same path and the same device as before, as after a start of the machine.
    let disk = bench.folder
    let (cut, image) = (folder.at("cut"), folder.at("image"))
    let mount = "mount -o loop \(image) \(disk)"
    try shell("umount -l \(disk); cp \(cut) \(image); \(mount)")
    let place = TorturePlace(
      root: disk.appending("cut"), program: BuiltBinary.path, world: TortureBench.world)
    defer { _ = try? ChildProcess.run("rm", ["-rf", place.root.string]) }
    let what = try await bench.check.violationLater(in: place)
    // Its signature may not have reached the disk: then it is broken when it is old.
    return what?.hasSuffix("strange: work/.opencode-subagent/registry.lock") == true ? nil : what
  }
}
