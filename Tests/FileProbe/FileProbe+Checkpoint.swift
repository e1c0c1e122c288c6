import Jobs
import Shared
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The checkpoint of a window whose commits were measured, on one thread and without git.
extension FileProbe {
  static func checkpoint(_ root: FilePath) throws {
    let terminal = Terminal(
      out: { print($0) }, err: { print($0) }, outIsTerminal: false, errIsTerminal: false)
    let world = World(
      clock: .system, environment: [:], processes: .live, children: .live, conversations: .live,
      pid: getpid(), terminal: terminal)
    let workspace = Workspace(
      flag: root.string, environment: [:], currentFolder: "/")
    let ledgers = WindowLedgers(
      workspace: workspace, world: world, stamp: RowStamp(toolVersion: "0", host: "lamp"),
      job: LedgerCheckpointJob.name, days: .universal)
    var options = LedgerCheckpointJob.Options()
    options.window = "W0-A"
    options.planned = 100
    options.actual = .tokens(90)
    options.notes = "a, \"b\""
    options.withCard = true
    var churn = GitChurn(
      start: String(repeating: "a", count: 40), end: String(repeating: "b", count: 40))
    churn.files = 2
    churn.insertions = 7
    churn.deletions = 3
    let configuration = Configuration()
    let job = LedgerCheckpointJob(
      options: options, settings: configuration.ledgers,
      views: CheckpointViews(configuration: configuration, ledgers: ledgers), ledgers: ledgers)
    let report = try job.record(
      "W0-A",
      churn: ChurnRow(
        window: "W0-A", agent: AgentID.main, provider: "codex", methodology: nil, churn: churn,
        features: 2, capturedAt: world.clock.now(), notes: "", paths: []))
    print(report.summary)
  }
}
