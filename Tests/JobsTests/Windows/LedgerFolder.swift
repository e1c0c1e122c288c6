import Shared
import SystemPackage
import TestSupport

@testable import Jobs

/// A workspace with ledgers, and the jobs that write them at moments of the test's choosing.
struct LedgerFolder {
  let folder: TemporaryFolder
  let workspace: Workspace

  init() throws {
    folder = try TemporaryFolder("ledgers")
    workspace = Workspace(flag: folder.path.string, environment: [:], currentFolder: "/")
  }

  func world(at minute: Double, agent: String? = nil) -> World {
    let now = morning + .milliseconds(Int64(minute * 60_000))
    var environment = ["JOBRUNNER_FSYNC": "off"]
    environment["AGENT_ID"] = agent
    return World(
      clock: Clock(now: { now }, elapsed: { .zero }), environment: environment, processes: .live,
      children: CommandRunner { command, _ throws(FileError) in
        throw FileError(operation: "run", path: command.executable, errno: .noSuchFileOrDirectory)
      },
      conversations: ConversationRunner { _, folder, _ throws(FileError) in
        throw FileError(operation: "run", path: folder, errno: .noSuchFileOrDirectory)
      },
      pid: 1,
      terminal: Terminal(
        out: { _ in }, err: { _ in }, outIsTerminal: false, errIsTerminal: false))
  }

  func ledgers(at minute: Double, agent: String? = nil, job: String = "test") -> WindowLedgers {
    WindowLedgers(
      workspace: workspace, world: world(at: minute, agent: agent), stamp: .test, job: job,
      days: .universal)
  }

  /// Appends rows as a run does that is killed right after.
  func append(_ rows: Snapshot...) throws {
    try ledgers(at: 0).append { _ in (rows, ()) }
  }

  func complete(
    _ window: String = "W0-A", at minute: Double, agent: String? = nil, codex: Int = 2,
    outcome: String = "pass"
  ) async throws -> JobReport {
    try await CompleteJob(
      options: .init(
        window: window, features: [(.codex, codex), (.claude, 0), (.glm, 0)], qualityScore: 1,
        outcome: outcome, notes: "", specID: nil, specVersion: nil, methodology: "m1",
        commitStart: nil, commitEnd: nil),
      ledgers: ledgers(at: minute, agent: agent, job: CompleteJob.name)
    ).run()
  }

  func ingest(
    _ source: IngestJob.Source, _ text: String, window: String = "W0-A", phase: Phase? = nil,
    scope: CcusageReport.Scope = .weekly, at minute: Double, agent: String? = nil
  ) throws -> JobReport {
    try IngestJob(
      source: source, window: window, phase: phase, scope: scope, text: Array(text.utf8),
      notes: "", ledgers: ledgers(at: minute, agent: agent, job: IngestJob.name)
    ).run()
  }

  func glm(
    _ action: AliasJob.Action, _ count: Double?, window: String? = nil, at minute: Double,
    agent: String? = nil, force: Bool = false, index: Int = 1
  ) async throws -> JobReport {
    let world = world(at: minute, agent: agent)
    let text = count.map { #"{"blocks":[{"prompts_used":\#($0)}]}"# } ?? #"{"blocks":[]}"#
    return try await AliasJob(
      options: .init(
        action: action, provider: .glm, window: window, input: .text(text), allowsLive: false,
        notes: nil, source: "alias", force: force, index: index, phase: nil),
      ledgers: ledgers(at: minute, agent: agent, job: AliasJob.name),
      sources: ReadingSources(
        workspace: workspace, configuration: Configuration(), world: world, version: "9.8.7"),
      sequence: []
    ).run()
  }

  func rows(_ path: FilePath) throws -> [JSON] {
    try Fixture.lines(path).map { try JSON(parsing: $0) }
  }

  func text(_ path: FilePath) -> String { readText(path) ?? "" }

  var anomalies: [String] {
    AnomalyRow.read(readBytes(workspace.anomalies) ?? []).map { "\($0.window) \($0.type)" }
  }
}
