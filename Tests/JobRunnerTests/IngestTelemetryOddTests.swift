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

  @Test func `an event without a moment gets the window that is named later`() async throws {
    let text = #"{"rid":"a","lane":"glm","status":200,"latency_ms":7}"# + "\n"
    #expect(try await workspace.run("ingest-telemetry", "--stdin", text: text).isSilentSuccess)
    for window in ["W0-CHN", "W0-CHP"] {
      _ = try await workspace.run(
        "ingest", "proxy-telemetry", "--window", window, "--stdin", text: text)
    }
    #expect(
      try workspace.rows("proxy_telemetry").map { $0["window"].string }
        == ["unassigned", "W0-CHN"])
    let preview = try await workspace.run("preview", "--window", "W0-CHN")
    #expect(preview.stdout.contains("(events=1)"), "\(preview)")
    // The index, made again, knows it as well.
    #expect(unlink(workspace.root.appending(".jobrunner/telemetry.index").string) == 0)
    #expect(
      try await workspace.run("ingest-telemetry", "--window", "W0-CHQ", "--stdin", text: text)
        .isSilentSuccess)
    #expect(try workspace.rows("proxy_telemetry").count == 2)
  }

  @Test func `what is called unassigned is so until a window is named`() async throws {
    let text = events(0..<3)
    for window in ["unassigned", "unassigned", "W0-CHN", "unassigned"] {
      #expect(
        try await workspace.run("ingest-telemetry", "--window", window, "--stdin", text: text)
          .isSilentSuccess)
    }
    #expect(
      try workspace.rows("proxy_telemetry").map { $0["window"].string }
        == ["unassigned", "unassigned", "unassigned", "W0-CHN", "W0-CHN", "W0-CHN"])
  }

  // MARK: Logs

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

  @Test func `a ledger with nothing but damage is not taken for an empty one`() async throws {
    try writeFile(workspace.data.appending("proxy_telemetry.jsonl"), "{broken\n")
    let run = try await workspace.run("preview", "--window", "W0-CHN")
    #expect(
      run.stdout == """
        Subagent Proxy:
          - no telemetry for W0-CHN
          - 1 damaged lines left out, the first is line 1

        """)
  }
}
