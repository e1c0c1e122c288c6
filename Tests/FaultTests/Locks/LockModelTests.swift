import SystemPackage
import TestSupport
import Testing

/// The locks, in every order in which their users can come, over the system calls that the built
/// program makes.
@Suite(.serialized, .enabled(if: Strace.unavailable == nil, "strace cannot be used here"))
struct LockModelTests {
  private static let traced = "openat,flock,pread64,write,rename,unlink,newfstatat,close"
  private static let session = "ses_4a10b2c3dffeMinimal0000001"

  /// The lines of a trace of the built program.
  private func trace(
    _ arguments: [String], in folder: FilePath, environment: [String: String]
  ) async throws -> [String] {
    let file = folder.removingLastComponent().appending("trace")
    let strace = try #require(findTool("strace"))
    let run = try SpawnedProcess(
      strace,
      ["-f", "-b", "execve", "-qq", "-y", "-o", file.string, "-e", "trace=\(Self.traced)"]
        + [BuiltBinary.path.string] + arguments,
      environment: environment, workingDirectory: folder)
    let end = await run.wait(atMost: .seconds(60))
    #expect(end.exit == 0, "\(end)")
    return try Fixture.lines(file)
  }

  private func traceRefresh(deadLock: String? = nil) async throws -> [String] {
    let workspace = try OpencodeWorkspace([.done("one", Self.session)])
    try workspace.replay(Self.session, "v1-minimal.json")
    if let deadLock { try writeFile(workspace.lockPath, deadLock) }
    return try await trace(
      ["refresh-usage"], in: workspace.root, environment: workspace.environment)
  }

  private func programs() async throws -> (
    job: RegistryLockModel.Program, original: RegistryLockModel.Program
  ) {
    let boot = (readText("/proc/sys/kernel/random/boot_id") ?? "").filter { !$0.isWhitespace }
    let host = (readText("/proc/sys/kernel/hostname") ?? "").filter { !$0.isWhitespace }
    let dead = "jobrunner 999999 \(host) \(boot) 1 refresh-usage\n"
    let job = RegistryLockModel.Program(
      taking: LockStep.taking(in: try await traceRefresh()),
      breaking: LockStep.breaking(in: try await traceRefresh(deadLock: dead)))
    try #require(!job.taking.isEmpty && !job.breaking.isEmpty)
    return (job, RegistryLockModel.Program(taking: LockStep.original))
  }

  private func note(_ states: Int, _ violation: String?) {
    Results.note(
      #"{"kind":"states","states":\#(states),"violations":\#(violation == nil ? 0 : 1)}"#)
  }

  @Test func `two jobs and the original, one of them killed anywhere, lose and double nothing`()
    async throws
  {
    let (job, original) = try await programs()
    #expect(
      job.taking == [
        .create, .kernelLock, .sign, .read, .stage, .check, .replace, .check, .release,
      ])
    #expect(
      job.breaking == [
        .look, .probe, .guardLock, .look, .probe, .aside, .identify, .discard, .unguard,
      ])
    let model = RegistryLockModel(programs: [job, job, original])
    let (violation, states) = model.explore()
    #expect(violation == nil)
    #expect(states > 1_000)
    note(states, violation)
    print("registry: \(states) states of two jobs, the original and a crash")
  }

  @Test(
    "Without one of its steps a job loses what another wrote, or waits for ever",
    arguments: [LockStep.create, .kernelLock, .release, .probe])
  func withoutOneStep(_ step: LockStep) async throws {
    var (job, original) = try await programs()
    job.taking.removeAll { $0 == step }
    job.breaking.removeAll { $0 == step }
    // Kill no one: the steps must matter among the living.
    let model = RegistryLockModel(programs: [job, job, original], deaths: 0)
    #expect(model.explore().violation != nil, "\(step)")
  }

  @Test func `two jobs on one ledger, both killed anywhere, write a fact once`() async throws {
    let workspace = try WindowWorkspace([])
    try writeFile(workspace.root.appending("pane.txt"), PaneSample.codex(31))
    try writeFile(workspace.snapshots, "")
    let steps = LockStep.appending(
      to: "snapshots.jsonl",
      in: try await trace(
        ["alias", "start", "codex", "--window", "W0-A", "--file", "pane.txt", "--no-live"],
        in: workspace.root, environment: workspace.environment))
    #expect(steps == [.take, .decide, .append, .giveBack])
    let (violation, states) = LedgerLockModel(programs: [steps, steps, steps]).explore()
    #expect(violation == nil)
    note(states, violation)
    print("ledger: \(states) states of three jobs, each of them killed anywhere")
    for step in [LockStep.take, .decide, .append] {
      let less = steps.filter { $0 != step }
      #expect(LedgerLockModel(programs: [less, less]).explore().violation != nil, "\(step)")
    }
  }
}
