package import Shared
package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A workspace with a registry, a stand-in `opencode` on `PATH` and a plan of what that replays.
package final class OpencodeWorkspace: Sendable {
  private let folder: TemporaryFolder

  /// Makes a workspace whose registry is this text; nil makes none.
  package init(registryText: String?) throws {
    folder = try TemporaryFolder("workspace")
    for name in ["work", "plan/exports", "home"] { try makeFolder(folder.at(name)) }
    if let registryText { try writeFile(registryPath, registryText) }
  }

  /// Makes a workspace whose registry holds these agents.
  package convenience init(_ agents: [AgentRecord], more: [String] = []) throws {
    try self.init(registryText: AgentRecord.registry(agents, more: more))
  }

  /// Makes a workspace from a registry below `Fixtures/opencode/registries`.
  package convenience init(registryFixture: String) throws {
    try self.init(registryText: Fixtures.text("opencode/registries/\(registryFixture)"))
  }

  // MARK: Paths

  /// The folder the jobs work in.
  package var root: FilePath { folder.at("work") }
  /// Where the registry, its lock and the error log are.
  package var registryFolder: FilePath { root.appending(".opencode-subagent") }
  /// The registry.
  package var registryPath: FilePath { registryFolder.appending("registry.json") }
  /// The lock shared with other programs: it is held while the file exists.
  package var lockPath: FilePath { registryFolder.appending("registry.lock") }
  /// The log of failed exports.
  package var logPath: FilePath { registryFolder.appending("usage-export.log") }
  /// The folder of our own files.
  package var stateFolder: FilePath { root.appending(".jobrunner") }
  /// The folder the stand-in reads and writes.
  package var plan: FilePath { folder.at("plan") }
  /// A folder of its own for `TMPDIR`, so that a test sees what is left behind.
  package var scratch: FilePath { folder.at("scratch") }

  /// What the jobs see: the stand-in before the system's programs, and nothing inherited.
  package var environment: [String: String] {
    [
      "PATH": "\(Fixtures.path("bin")):/usr/local/bin:/usr/bin:/bin",
      "HOME": folder.at("home").string,
      "STAND_IN_DIR": plan.string,
    ]
  }

  // MARK: The plan

  /// Lets the stand-in answer for a session with an export below `Fixtures/opencode/exports`.
  package func replay(_ session: String, _ fixture: String, _ behaviour: String? = nil) throws {
    try replay(session, bytes: Fixtures.bytes("opencode/exports/\(fixture)"), behaviour)
  }

  /// Lets the stand-in answer for a session with these bytes.
  package func replay(
    _ session: String, bytes: some Sequence<UInt8>, _ behaviour: String? = nil
  ) throws {
    try writeFile(plan.appending("exports/\(session).txt"), bytes)
    try behave(session, behaviour)
  }

  /// Sets, or with nil removes, how the stand-in behaves for a session; see the stand-in itself.
  package func behave(_ session: String, _ behaviour: String?) throws {
    let path = plan.appending("exports/\(session).behaviour")
    guard let behaviour else {
      unlink(path.string)
      return
    }
    try writeFile(path, behaviour + "\n")
  }

  /// Makes the stand-in an opencode of this major version.
  package func useVersion(_ major: Int) throws {
    try writeFile(plan.appending("version"), "\(major)\n")
  }

  /// Sets what `opencode models --verbose` prints, from below `Fixtures/opencode/models`.
  package func useModels(_ fixture: String) throws {
    try writeFile(
      plan.appending("models.txt"), Fixtures.bytes("opencode/models/\(fixture)"))
  }

  /// Writes `jobrunner.json5`.
  package func configure(_ text: String) throws {
    try writeFile(root.appending("jobrunner.json5"), text)
  }

  // MARK: What happened

  /// The argument lists the stand-in was called with, oldest first.
  package var calls: [String] {
    (readText(plan.appending("calls.log")) ?? "").split(separator: "\n")
      .map { String($0.prefix { $0 != "\t" }) }
  }

  /// The sessions that were exported, in order, with repeats.
  package var exportedSessions: [String] {
    calls.compactMap { call in
      let words = call.split(separator: " ")
      guard let index = words.firstIndex(of: "export"), index + 1 < words.count else { return nil }
      return String(words[index + 1])
    }
  }

  /// Forgets the calls so far.
  package func forgetCalls() { unlink(plan.appending("calls.log").string) }

  /// The registry's bytes.
  package var registryBytes: [UInt8] { readBytes(registryPath) ?? [] }

  /// The registry as read now.
  package func registry() throws -> JSON { try JSON(parsing: registryBytes) }

  /// One agent's record as read now.
  package func agent(_ name: String) throws -> JSON { try registry()["agents"][name] }

  /// The lines of the error log, parsed.
  package func logLines() throws -> [JSON] {
    try (readText(logPath) ?? "").split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  /// Every file and folder below the workspace, relative, sorted.
  package func allFiles() -> [String] {
    func walk(_ path: FilePath, _ prefix: String) -> [String] {
      listFolder(path).flatMap { name in
        ["\(prefix)\(name)"] + walk(path.appending(name), "\(prefix)\(name)/")
      }
    }
    return walk(root, "")
  }

  // MARK: Running

  /// Runs the built binary in the workspace.
  package func run(
    _ arguments: String..., environment more: [String: String] = [:],
    deadline: Duration = .seconds(60)
  ) async throws -> Outcome {
    try await start(arguments, environment: more).wait(atMost: deadline)
  }

  /// Starts the built binary in the workspace.
  package func start(
    _ arguments: [String], environment more: [String: String] = [:]
  ) throws -> SpawnedProcess {
    try BuiltBinary.start(
      arguments, environment: environment.merging(more) { $1 }, workingDirectory: root)
  }
}

/// A process that does nothing, to be the pid of a running agent; ended when released.
package final class LiveProcess: Sendable {
  /// To be used as the pid of a record.
  package let pid: Int32
  /// Taken just before the start.
  package let startedAt: Timestamp

  /// Starts the process.
  package init() throws {
    startedAt = .now()
    pid = try SpawnedProcess(FilePath("/bin/sleep"), ["300"]).pid
  }

  deinit { end() }

  /// Ends the process now.
  package func end() {
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }
}

/// Waits until a condition holds, looking every 5 ms; false when the time is over.
package func eventually(
  within limit: Duration = .seconds(10), _ condition: () throws -> Bool
) async rethrows -> Bool {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    if try condition() { return true }
    try? await Task.sleep(for: .milliseconds(5))
  }
  return try condition()
}
