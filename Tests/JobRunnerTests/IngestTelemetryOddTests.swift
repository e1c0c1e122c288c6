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

  @Test func `lines are numbered from the beginning of the log, whatever was read before`()
    async throws
  {
    func firstLine(_ arguments: [String]) async throws -> Int? {
      let run = try await workspace.start(["ingest-telemetry", "--json"] + arguments).wait()
      return try JSON(parsing: run.stdout)["faults"]["malformed"]["first_line"].integer
    }
    try writeFile(log, events(0..<5) + "{broken\n")
    #expect(try await firstLine([]) == 6)
    try Fixture.append(events(5..<8) + "{broken\n" + events(8..<9) + "{torn", to: log)
    #expect(try await firstLine([]) == 10)
    try Fixture.append("\n" + events(9..<10), to: log)
    #expect(try await firstLine([]) == 12)
    try Fixture.append("{broken\n" + events(10..<11), to: log)
    let strict = try await workspace.run("ingest-telemetry", "--strict")
    #expect(strict.stderr.contains("1 malformed (line 14)"), "\(strict)")
    // Begun anew, it begins with line 1.
    try writeFile(log, "{broken\n" + events(20..<21))
    #expect(try await firstLine([]) == 1)
  }

  @Test func `a log that is copied and emptied is read to its end`() async throws {
    try writeFile(log, events(0..<100))
    try await ingest()
    try Fixture.append(events(100..<110), to: log)
    try writeFile(log.appendingToName(".1"), try #require(readBytes(log)))
    try writeFile(log, events(110..<112))
    try await ingest()
    try expectRids(0..<112)
    // Once more, and longer than before this time.
    try Fixture.append(events(112..<120), to: log)
    try writeFile(log.appendingToName(".1"), try #require(readBytes(log)))
    try writeFile(log, events(120..<400))
    try await ingest()
    try expectRids(0..<400)
  }

  @Test func `a log that is renamed several times between two runs loses nothing`() async throws {
    try writeFile(log, events(0..<100))
    try await ingest()
    for round in 0..<3 {
      let first = 100 + round * 10
      try Fixture.append(events(first..<first + 10), to: log)
      for number in [2, 1] where FileSnapshot(log.appendingToName(".\(number)")) != nil {
        let old = log.appendingToName(".\(number)").string
        #expect(rename(old, log.appendingToName(".\(number + 1)").string) == 0)
      }
      #expect(rename(log.string, log.string + ".1") == 0)
      try writeFile(log, "")
    }
    try Fixture.append(events(130..<135), to: log)
    // What is packed, or was there before, is not read.
    try writeFile(log.appendingToName(".9.gz"), events(900..<901))
    try await ingest()
    try expectRids(0..<135)
  }

  @Test func `who goes on writing to a log that was renamed is read`() async throws {
    try writeFile(log, events(0..<10))
    try await ingest()
    let old = log.appendingToName(".1")
    #expect(rename(log.string, old.string) == 0)
    try Fixture.append(events(10..<12), to: old)
    try writeFile(log, events(20..<22))
    try await ingest()
    try Fixture.append(events(12..<14) + String(events(14..<15).prefix(30)), to: old)
    try await ingest()
    try Fixture.append(String(events(14..<15).dropFirst(30)) + events(15..<20), to: old)
    try await ingest()
    try await ingest()
    try expectRids(0..<22)
  }

  @Test func `a log that is renamed by its date is read to its end`() async throws {
    try writeFile(log, events(0..<10))
    try await ingest()
    try Fixture.append(events(10..<12), to: log)
    let dated = workspace.root.appending("logs/usage-2026-03-01.jsonl")
    #expect(rename(log.string, dated.string) == 0)
    try writeFile(log, events(12..<14))
    try await ingest()
    try expectRids(0..<14)
  }

  // MARK: Ledgers

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
    let run = try await workspace.run("preview")
    #expect(
      run.stdout == """
        Windows: none finalized
        Anomalies: 0 (see anomalies.jsonl)
        Subagent Proxy:
          - 1 damaged lines left out, the first is line 1

        """)
  }

  @Test func `what is odd is told where it is read, by the scheduled run only what is a fault`()
    async throws
  {
    let odd = "{broken\n" + events(0..<2) + "\r\n"
    let hand = try await workspace.run(
      "ingest", "proxy-telemetry", "--window", "W0-CHN", "--stdin", text: odd)
    #expect(hand.stdout.contains("new=2"), "\(hand)")
    #expect(
      hand.stderr == "jobrunner ingest: 1 malformed (line 1), 1 carriage-return (line 4), "
        + "1 blank-line (line 4)\n")
    try writeFile(log, events(0..<3) + "\n" + events(3..<4).replacing("\n", with: "\r\n"))
    try await ingest()
    try Fixture.append("{broken\n" + events(4..<5), to: log)
    let scheduled = try await workspace.run("ingest-telemetry")
    #expect(scheduled.exit == 0)
    #expect(scheduled.stdout == "")
    #expect(scheduled.stderr == "jobrunner ingest-telemetry: 1 malformed (line 6)\n")
    try await ingest()
    try Fixture.append("{broken\n" + events(5..<6), to: log)
    #expect(try await workspace.run("ingest-telemetry", "--quiet").isSilentSuccess)
  }

  // MARK: Progress

  #if os(Linux)
  /// What a terminal of so many columns is shown of a run that reads for more than a second.
  private func terminal(_ columns: Int, _ line: String) async throws -> String {
    try writeFile(
      workspace.root.appending("feed.sh"),
      """
      head -n 10 log; sleep 1.3; head -n 20 log | tail -n 10; sleep 0.3; tail -n 10 log
      """)
    try writeFile(workspace.root.appending("log"), events(0..<30))
    return try await workspace.shell(
      "script -qec 'stty cols \(columns); \(line)' /dev/null", with: ["TERM": "xterm"]
    ).stdout
  }

  @Test(arguments: [80, 10])
  func `a bar is drawn within the terminal, and nothing is left of it`(columns: Int) async throws {
    guard requireTool("script") else { return }
    let shown = try await terminal(columns, "sh feed.sh | jobrunner ingest-telemetry --stdin")
    let drawn = shown.split(separator: "\r\u{1B}[K", omittingEmptySubsequences: false)
    #expect(drawn.count >= 3, "\(shown)")
    #expect(drawn.first == "")
    #expect(drawn.dropFirst().dropLast(2).allSatisfy { $0.contains("MB") || columns == 10 })
    #expect(drawn.dropFirst().dropLast().allSatisfy { $0.count < columns && !$0.contains("\n") })
    #expect(drawn.last == "ingest-telemetry: 30 events read, 30 new, 30 of them requests\r\n")
  }

  @Test(arguments: [
    "jobrunner ingest-telemetry --stdin <log",
    "sh feed.sh | jobrunner ingest-telemetry --stdin --quiet",
    "sh feed.sh | jobrunner ingest-telemetry --stdin 2>errors",
    "sh feed.sh | jobrunner ingest-telemetry --stdin --json",
    "sh feed.sh | TERM=dumb jobrunner ingest-telemetry --stdin",
  ])
  func `no bar is drawn in a short run, nor where it is not wanted`(line: String) async throws {
    guard requireTool("script") else { return }
    #expect(!(try await terminal(80, line)).contains("\u{1B}"))
    #expect(!(readText(workspace.root.appending("errors")) ?? "").contains("\u{1B}"))
  }
  #endif
}
