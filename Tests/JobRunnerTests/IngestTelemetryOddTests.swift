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

/// `ingest-telemetry` where logs and ledgers are not as they should be, through the built binary.
@Suite(.fewAtOnce) struct IngestTelemetryOddTests {
  private let workspace: WindowWorkspace
  private let log: FilePath

  init() throws {
    workspace = try WindowWorkspace([])
    log = workspace.root.appending("logs/usage.jsonl")
  }

  private func events(_ range: Range<Int>) -> String { IngestTelemetryTests.events(range) }

  private func rids() throws -> [String] {
    try workspace.rows("proxy_telemetry").compactMap { $0["rid"].string }
  }

  private func expectRids(_ range: Range<Int>) throws {
    let rids = try rids()
    #expect(rids.count == range.count)
    #expect(Set(rids) == Set(range.map { "n\($0)" }))
  }

  private func ingest() async throws {
    let run = try await workspace.run("ingest-telemetry")
    #expect(run.isSilentSuccess, "\(run)")
  }

  // MARK: Windows

  @Test func `a FIFO is no log and no ledger, and nobody waits for it`() async throws {
    let ledger = workspace.data.appending("proxy_telemetry.jsonl")
    try makeFolder(workspace.data)
    for path in [ledger, workspace.root.appending("pipe")] {
      #expect(mkfifo(path.string, 0o600) == 0)
    }
    for arguments in [
      ["preview"], ["cost-compare"], ["cost-compare", "--file", "pipe"],
      ["ingest-telemetry", "--file", "pipe"],
    ] {
      let run = try await workspace.start(arguments).wait(atMost: .seconds(20))
      #expect(run.exit == 65, "\(arguments) \(run)")
      #expect(run.stderr.contains("is a FIFO"), "\(run)")
    }
  }
}
