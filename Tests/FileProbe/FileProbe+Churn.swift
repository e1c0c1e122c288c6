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

/// What `churn` writes once git has answered.
extension FileProbe {
  /// Charges the same commits to a window of the workspace.
  static func churn(_ folder: FilePath, window: String) throws {
    let world = World(
      clock: .system, environment: [:], processes: .live, children: .live, conversations: .live,
      pid: getpid(),
      terminal: Terminal(
        out: { _ in }, err: { _ in }, outIsTerminal: false, errIsTerminal: false))
    let workspace = Workspace(flag: folder.string, environment: [:], currentFolder: "/")
    let stamp = RowStamp(toolVersion: "1.2.3", host: "lantern")
    let ledgers = WindowLedgers(
      workspace: workspace, world: world, stamp: stamp, job: ChurnJob.name, days: .universal)
    var measured = GitChurn(
      start: String(repeating: "a", count: 40), end: String(repeating: "b", count: 40))
    (measured.files, measured.insertions, measured.commits, measured.authors) = (2, 30, 4, 1)
    let job = ChurnJob(
      options: .init(
        window: window, provider: nil, methodology: nil, commitStart: nil, commitEnd: nil,
        paths: [], features: nil, notes: ""),
      ledger: ChurnLedger(
        rows: workspace.churn, table: workspace.path("docs").appending(ChurnLedger.fileName),
        stamp: stamp),
      ledgers: ledgers)
    _ = try job.record(
      ChurnRow(
        window: window, agent: AgentID.main, provider: "codex", methodology: nil, churn: measured,
        features: 3, capturedAt: world.clock.now(), notes: "", paths: []))
  }
}
