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

/// The registry's lock, left dead, held and fought for, through the built binary.
@Suite(.fewAtOnce) struct RegistryLockTests {
  @Test func `E01 a registry.lock whose owner is dead is broken, with proof, within 15 s`()
    async throws
  {
    let workspace = try workspace(replaying: minimalFixture)
    try writeFile(workspace.lockPath, "")
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(run.duration > .seconds(9), "broken before it was proven dead")
    #expect(run.duration < .seconds(15))
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
    #expect(FileSnapshot(workspace.lockPath) == nil)
  }

  @Test(.enabled(if: BuiltBinary.canRunUnprivileged()))
  func `E01 so it is for a user who has processes that nobody may look into`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    openToAll(workspace)
    for path in [workspace.root, workspace.registryFolder, workspace.plan] {
      chmod(path.string, 0o777)
    }
    try writeFile(workspace.lockPath, "")
    // A child that has ended and is not waited for: root owns what is left of it in /proc.
    let keeper = try BuiltBinary.startUnprivileged("/bin/sh", ["-c", "true & exec sleep 40"])
    defer { keeper.signal(SIGKILL) }
    let run = try await BuiltBinary.runAsUnprivileged(
      ["refresh-usage"], environment: workspace.environment, workingDirectory: workspace.root)
    #expect(run.isSilentSuccess, "\(run)")
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }

  @Test func `E01 a dead registry.lock is cleared even when nothing is due`() async throws {
    let workspace = try OpencodeWorkspace(registryFixture: "v5-all-done.json")
    let before = workspace.registryBytes
    try writeFile(workspace.lockPath, "")
    let young = try await workspace.run("refresh-usage")
    #expect(young.isSilentSuccess, "\(young)")
    #expect(FileSnapshot(workspace.lockPath) != nil, "it may be held")
    #expect(utimes(workspace.lockPath.string, [timeval(), timeval()]) == 0)
    let old = try await workspace.run("refresh-usage")
    #expect(old.isSilentSuccess, "\(old)")
    #expect(FileSnapshot(workspace.lockPath) == nil)
    #expect(workspace.registryBytes == before)
  }

  @Test func `E01 a lock of ours whose run was killed is gone after an idle one`() async throws {
    let workspace = try OpencodeWorkspace([.done("idle", nil)])
    // As a killed run leaves it: signed, and the kernel's lock on it gone.
    try writeFile(
      workspace.lockPath, LockOwner.current(run: "refresh-usage", processes: .live).line)
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(FileSnapshot(workspace.lockPath) == nil)
  }

  @Test func `E01 a registry.lock that is held is waited for and never broken`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    // The shell keeps the time: what a loaded test run takes to look would be too long.
    let calls = workspace.plan.appending("calls.log")
    let held = workspace.plan.appending("held.json")
    let hold =
      "exec 9>'\(workspace.lockPath)'; until [ -s '\(calls)' ]; do sleep 0.1; done; sleep 2; "
      + "cp '\(workspace.registryPath)' '\(held)'; rm '\(workspace.lockPath)'"
    let holder = try SpawnedProcess(
      FilePath("/bin/sh"), ["-c", hold], environment: ["PATH": "/usr/bin:/bin"])
    #expect(await eventually { FileSnapshot(workspace.lockPath) != nil })
    let before = workspace.registryBytes
    let run = try await workspace.run("refresh-usage")
    #expect(run.isSilentSuccess, "\(run)")
    #expect(await holder.wait().exit == 0)
    #expect(readBytes(held) == before, "merged without the lock")
    #expect(try workspace.agent("one")["usage"]["dialogTokens"].integer == 12)
  }
}
