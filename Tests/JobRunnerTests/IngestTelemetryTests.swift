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

/// `ingest-telemetry` and `ingest proxy-telemetry`, through the built binary.
@Suite(.fewAtOnce) struct IngestTelemetryTests {
  /// Decisions, completions, a stream, errors of the net.
  private static let log = """
    {"ts":1772352000.25,"rid":"e1","lane":"zai","model":"claude-haiku-4-5","status":-1,"event":"decision"}
    {"ts":1772352001.5,"rid":"e1","lane":"zai","model":"claude-haiku-4-5","input_tokens":40,"output_tokens":15,"status":200,"reason":"ok","op":"nonstream","latency_ms":900}
    {"ts":1772352002,"rid":"e2","lane":"unknown","model":"","status":0,"event":"error","err_type":"net"}
    {"ts":1772352003,"rid":"e3","lane":"anthropic","model":"claude-sonnet-4-5","status":-1,"event":"decision"}
    {"ts":1772352004,"rid":"e4","lane":"zai","model":"claude-haiku-4-5","input_tokens":0,"output_tokens":0,"status":200,"reason":"streaming","op":"stream","latency_ms":1500}
    {"ts":1772352005,"rid":"e3","lane":"anthropic","model":"claude-sonnet-4-5","status":0,"event":"error"}

    """

  /// Many plain events, from a number on.
  static func events(_ range: Range<Int>) -> String {
    range.map { number in
      #"{"ts":\#(1_772_352_000_000 + number * 7),"rid":"n\#(number)","lane":"glm","model":"glm-4.6","#
        + #""status":200,"input_tokens":\#(number % 900),"output_tokens":5,"reason":"ok","#
        + #""latency_ms":\#(number % 4_000)}"# + "\n"
    }.joined()
  }

  private func rids(_ workspace: WindowWorkspace) throws -> [String] {
    try workspace.rows("proxy_telemetry").compactMap { $0["rid"].string }
  }

  @Test func `the plan's line stores a log once, however often it runs`() async throws {
    let workspace = try WindowWorkspace([])
    try writeFile(workspace.root.appending("logs/usage.jsonl"), Self.log)
    let line =
      "tail -n +1 logs/usage.jsonl | jobrunner ingest proxy-telemetry --window W0-CHN --stdin"
    let first = try await workspace.shell(line)
    #expect(
      first.stdout
        == "stored proxy telemetry for W0-CHN (events=6, routed=50%) new=6 requests=4\n", "\(first)"
    )
    let second = try await workspace.shell(line)
    #expect(
      second.stdout
        == "stored proxy telemetry for W0-CHN (events=6, routed=50%) new=0 requests=4\n")
    // The same from the file, as the scheduled job reads it.
    #expect(try await workspace.run("ingest-telemetry").isSilentSuccess)
    #expect(
      try await workspace.run("ingest-telemetry", "--file", "logs/usage.jsonl").isSilentSuccess)
    let rows = try workspace.rows("proxy_telemetry")
    #expect(rows.count == 6)
    #expect(rows.allSatisfy { $0["window"].string == "W0-CHN" && $0["id"].string != nil })
    #expect(rows.map { $0["outcome"].string } == [nil, "ok", "error", nil, "ok", "error"])
    #expect(rows[1]["input_tokens"].integer == 40)
    #expect(rows[4]["input_tokens"] == .missing)
    #expect(rows[4]["latency_ms"].integer == 1500)
    #expect(rows[0]["ts"].string == "2026-03-01T08:00:00.250Z")
  }

  @Test func `what came before any window gets the one that is named later, once`() async throws {
    let workspace = try WindowWorkspace([])
    try writeFile(workspace.root.appending("logs/usage.jsonl"), Self.log)
    #expect(try await workspace.run("ingest-telemetry").isSilentSuccess)
    func ingest(_ window: String) async throws {
      let run = try await workspace.run(
        "ingest", "proxy-telemetry", "--window", window, "--stdin", text: Self.log)
      #expect(run.exit == 0, "\(run)")
    }
    try await ingest("W0-CHN")
    try await ingest("W0-CHN")
    // An event that has a window keeps it.
    try await ingest("W0-CHP")
    let corrections = try workspace.rows("proxy_telemetry").filter { $0["assigns"].string != nil }
    #expect(corrections.map { $0["window"].string } == Array(repeating: "W0-CHN", count: 6))
    #expect(Set(corrections.map { $0["assigns"].string }).count == 6)
    let preview = try await workspace.run("preview", "--window", "W0-CHN")
    #expect(preview.stdout.contains("routed=50% (events=6)"), "\(preview)")
  }

  @Test func `a log that is not there is nothing, a named one an error`() async throws {
    let workspace = try WindowWorkspace([])
    #expect(try await workspace.run("ingest-telemetry").isSilentSuccess)
    #expect(workspace.allFiles().isEmpty)
    #expect(try await workspace.run("ingest-telemetry", "--file", "nix").exit == 66)
    #expect(try await workspace.run("ingest-telemetry", "--stdin", text: "nonsense\n").exit == 65)
    #expect(!workspace.allFiles().contains("data/week0/live/proxy_telemetry.jsonl"))
  }

  @Test func `strict stores nothing of a log with a fault`() async throws {
    let workspace = try WindowWorkspace([])
    let log = Self.log + "{broken\n"
    for arguments in [["--stdin"], ["--file", "log"]] {
      try writeFile(workspace.root.appending("log"), log)
      let run = try await workspace.start(
        ["ingest-telemetry", "--strict"] + arguments, text: log
      ).wait()
      #expect(run.exit == 65)
      #expect(run.stderr.contains("1 malformed (line 7)"), "\(run)")
      #expect(try workspace.rows("proxy_telemetry").isEmpty)
    }
    let lax = try await workspace.run("ingest-telemetry", "--file", "log", "--json")
    let report = try JSON(parsing: lax.stdout)
    #expect(report["faults"]["malformed"]["first_line"].integer == 7)
    #expect(report["new"].integer == 6)
    #expect(
      try await workspace.run("ingest-telemetry", "--strict", "--stdin", text: Self.log).exit == 0)
  }

  @Test func `what is new is read as it comes, whatever becomes of the file`() async throws {
    let workspace = try WindowWorkspace([])
    let log = workspace.root.appending("logs/usage.jsonl")
    func ingest() async throws -> Int {
      #expect(try await workspace.run("ingest-telemetry").isSilentSuccess)
      return try workspace.rows("proxy_telemetry").count
    }
    try writeFile(log, Self.events(0..<10))
    #expect(try await ingest() == 10)
    #expect(try await ingest() == 10)
    // A torn line waits for its end.
    let next = Self.events(10..<11)
    try Fixture.append(String(next.prefix(40)), to: log)
    #expect(try await ingest() == 10)
    try Fixture.append(String(next.dropFirst(40)), to: log)
    #expect(try await ingest() == 11)
    // Renamed with lines that were not read yet, and begun anew.
    try Fixture.append(Self.events(11..<13), to: log)
    #expect(rename(log.string, log.string + ".1") == 0)
    try writeFile(log, Self.events(13..<15))
    #expect(try await ingest() == 15)
    // Shortened in place, then longer than it was.
    try writeFile(log, Self.events(14..<40))
    #expect(try await ingest() == 40)
    // Rewritten at the same length.
    try writeFile(log, Self.events(40..<66))
    #expect(try await ingest() == 66)
    // The ledger is gone: what the log still has is stored again.
    #expect(unlink(workspace.data.appending("proxy_telemetry.jsonl").string) == 0)
    #expect(try await ingest() == 26)
  }

  @Test func `an event gets the window that was open, or gets it later`() async throws {
    let workspace = try WindowWorkspace([])
    try writeFile(workspace.root.appending("logs/usage.jsonl"), Self.log)
    #expect(try await workspace.run("ingest-telemetry").isSilentSuccess)
    #expect(
      try workspace.rows("proxy_telemetry").allSatisfy { $0["window"].string == "unassigned" })
    func snapshot(_ phase: String, _ at: String, _ percent: Int) -> String {
      #"{"window":"W0-07","provider":"codex","phase":"\#(phase)","captured_at":"\#(at)","notes":"","#
        + #""raw_text":"","parsed":{"fiveh_pct":\#(percent),"fiveh_resets":null,"weekly_pct":3,"#
        + #""weekly_resets":null,"errors":[]},"source":"ingest"}"# + "\n"
    }
    try writeFile(
      workspace.snapshots,
      snapshot("before", "2026-03-01T08:00:01.000Z", 1)
        + snapshot("after", "2026-03-01T08:00:04.500Z", 2))
    for _ in 0..<2 { #expect(try await workspace.run("ingest-telemetry").isSilentSuccess) }
    let corrections = try workspace.rows("proxy_telemetry").dropFirst(6)
    #expect(corrections.count == 4)
    #expect(corrections.allSatisfy { $0["window"].string == "W0-07" })
    let events = try workspace.rows("proxy_telemetry").prefix(6)
    #expect(
      corrections.map { $0["assigns"].string }
        == events.dropFirst().prefix(4).map { $0["id"].string })
    // New events of that time have it at once; one that is stored under a window stays there.
    let late = Self.log.replacingAll("e1", with: "f1")
    #expect(try await workspace.run("ingest-telemetry", "--stdin", text: late).isSilentSuccess)
    let last = try workspace.rows("proxy_telemetry").suffix(2)
    #expect(last.map { $0["window"].string } == ["unassigned", "W0-07"])
    #expect(
      try await workspace.run("ingest-telemetry", "--window", "OTHER", "--stdin", text: Self.log)
        .isSilentSuccess)
    // Only the two that came while none was open are given it.
    let given = try workspace.rows("proxy_telemetry").filter { $0["window"].string == "OTHER" }
    #expect(
      given.map { $0["assigns"].string } == [events.first, events.last].map { $0?["id"].string })
  }

  @Test func `rows that hold a whole log are known event by event`() async throws {
    let workspace = try WindowWorkspace([])
    var raw = ""
    for character in Self.log {
      raw += character == "\"" ? "\\\"" : character == "\n" ? "\\n" : String(character)
    }
    try writeFile(
      workspace.data.appending("proxy_telemetry.jsonl"),
      #"{"window": "W0-01", "provider": "proxy-telemetry", "raw_text": "\#(raw)", "parsed": {}}"#
        + "\n")
    let more = Self.log + Self.events(0..<3)
    let run = try await workspace.run("ingest-telemetry", "--stdin", "--json", text: more)
    #expect(try JSON(parsing: run.stdout)["new"].integer == 3)
    #expect(try workspace.rows("proxy_telemetry").count == 4)
  }

  @Test func `eight runs at once store each event once`() async throws {
    let workspace = try WindowWorkspace([])
    let log = Self.events(0..<40_000)
    try writeFile(workspace.root.appending("log"), log)
    let runs = try (0..<8).map { number in
      try workspace.start(
        number % 2 == 0
          ? ["ingest-telemetry", "--file", "log"] : ["ingest-telemetry", "--stdin"],
        text: number % 2 == 0 ? nil : log)
    }
    for run in runs { #expect(await run.wait().isSilentSuccess) }
    let rids = try rids(workspace)
    #expect(rids.count == 40_000)
    #expect(Set(rids).count == 40_000)
  }

  @Test(arguments: ["removed", "cut", "zeros", "of another", "a byte changed"])
  func `a damaged index is made again`(damage: String) async throws {
    let workspace = try WindowWorkspace([])
    let index = workspace.root.appending(".jobrunner/telemetry.index")
    let log = Self.events(0..<500)
    #expect(try await workspace.run("ingest-telemetry", "--stdin", text: log).isSilentSuccess)
    let more = log + Self.events(500..<510)
    #expect(try await workspace.run("ingest-telemetry", "--stdin", text: more).isSilentSuccess)
    var bytes = try #require(readBytes(index))
    switch damage {
    case "removed": bytes = []
    case "cut": bytes.removeLast(17)
    case "zeros": bytes.replaceSubrange(2_000..<2_400, with: [UInt8](repeating: 0, count: 400))
    case "of another": bytes[8] ^= 0xFF
    default: bytes[1_000] ^= 1
    }
    try writeFile(index, bytes)
    for _ in 0..<2 {
      #expect(try await workspace.run("ingest-telemetry", "--stdin", text: more).isSilentSuccess)
      #expect(try rids(workspace).count == 510)
    }
    #expect(readBytes(index)?.isEmpty == false)
  }

  @Test func `killed anywhere, the next run ends in the same rows`() async throws {
    let workspace = try WindowWorkspace([])
    let count = 60_000
    try writeFile(workspace.root.appending("logs/usage.jsonl"), Self.events(0..<count))
    let ledger = workspace.data.appending("proxy_telemetry.jsonl")
    var killed = 0
    for wanted in [1, 6_000_000, 12_000_000, 18_000_000] {
      let run = try workspace.start(["ingest-telemetry"], with: ["JOBRUNNER_FSYNC": "off"])
      // A run that is through already leaves the file short of that.
      for _ in 0..<500 where FileSnapshot(ledger).map({ $0.size < Int64(wanted) }) ?? true {
        try await Task.sleep(for: .milliseconds(2))
      }
      run.signal(SIGKILL)
      if await run.wait().exit == nil { killed += 1 }
      // A kill within a write leaves a line without its end.
      if let bytes = readBytes(ledger), bytes.count > 100 {
        try writeFile(ledger, bytes.dropLast(77))
      }
    }
    #expect(try await workspace.run("ingest-telemetry").isSilentSuccess)
    #expect(
      try await workspace.run("ingest-telemetry", "--file", "logs/usage.jsonl").isSilentSuccess)
    let lines = (readText(ledger) ?? "").split(separator: "\n")
    let rids = lines.compactMap { try? JSON(parsing: String($0)) }.compactMap { $0["rid"].string }
    #expect(rids.count == count)
    #expect(Set(rids).count == count)
    print("killed \(killed) times")
  }
}

extension String {
  fileprivate func replacingAll(_ old: String, with new: String) -> String {
    split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
