import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

/// The tokens of a window, from files as clients and a proxy leave them.
struct TokenUsageTests {
  private let home: LedgerFolder
  /// From 08:00 to 12:00.
  private let span = [WindowSpan(window: "W0-A", from: minutes(0), to: minutes(240))]

  init() throws { home = try LedgerFolder() }

  private func environment(_ more: [String: String]) -> [String: String] {
    ["HOME": home.folder.at("home").string].merging(more) { $1 }
  }

  private func read(
    _ environment: [String: String]? = nil, codex: [WindowSpan]? = nil,
    claude: [WindowSpan]? = nil
  ) throws -> TokenUsage {
    var world = home.world(at: 300)
    world.environment = environment ?? self.environment([:])
    let ledgers = WindowLedgers(
      workspace: home.workspace, world: world, stamp: .test, job: "test", days: .universal)
    return try TokenUsageReader(ledgers: ledgers, rules: ProxyRules())
      .read(window: "W0-A", codex: codex ?? span, claude: claude ?? span)
  }

  /// `input cached output requests`.
  private func short(_ usage: TokenUsage, _ source: TokenUsage.Source) -> String {
    guard let part = usage.parts.first(where: { $0.source == source }) else { return "none" }
    let counts = part.counts
    return "\(counts.input) \(counts.cachedInput) \(counts.output) \(part.requests)"
  }

  private func write(_ lines: [String], rollout name: String) throws {
    let path = home.folder.at("home/.codex/sessions/2026/11/02/rollout-\(name).jsonl")
    try writeFile(path, lines.map { $0 + "\n" }.joined())
  }

  private func write(_ lines: [String], session name: String) throws {
    let path = home.folder.at("home/.claude/projects/-src-app/\(name).jsonl")
    try writeFile(path, lines.map { $0 + "\n" }.joined())
  }

  // MARK: Codex

  private func head(_ thread: String, forkOf parent: String? = nil, at minute: Int = 0) -> String {
    let fork = parent.map { #""forked_from_id":"\#($0)","# } ?? ""
    return #"{"timestamp":"\#(minutes(minute).text)","type":"session_meta","payload":{"#
      + #""id":"\#(thread)",\#(fork)"cwd":"/src"}}"#
  }

  private func turn(_ id: String, at minute: Int = 0) -> String {
    #"{"timestamp":"\#(minutes(minute).text)","type":"event_msg","payload":{"#
      + #""type":"task_started","turn_id":"\#(id)"}}"#
  }

  private func counts(_ input: Int, _ cached: Int, _ output: Int) -> String {
    #"{"input_tokens":\#(input),"cached_input_tokens":\#(cached),"output_tokens":\#(output),"#
      + #""reasoning_output_tokens":\#(output / 2),"total_tokens":\#(input + output)}"#
  }

  private func answer(
    _ id: String, _ turn: String, at minute: Int, _ input: Int = 800, _ cached: Int = 300,
    _ output: Int = 40
  ) -> String {
    #"{"timestamp":"\#(minutes(minute).text)","type":"token_usage_record","payload":{"#
      + #""turn_id":"\#(turn)","response_id":"\#(id)","usage":\#(counts(input, cached, output)),"#
      + #""thread_token_usage":\#(counts(9_000, 0, 9))}}"#
  }

  private func sum(
    _ total: Int, at minute: Int, _ input: Int = 800, _ cached: Int = 300, _ output: Int = 40
  ) -> String {
    #"{"timestamp":"\#(minutes(minute).text)","type":"event_msg","payload":{"#
      + #""type":"token_count","info":{"total_token_usage":\#(counts(total, 0, 0)),"#
      + #""last_token_usage":\#(counts(input, cached, output)),"model_context_window":1000},"#
      + #""rate_limits":null}}"#
  }

  @Test("Each answer of Codex counts once by its id, sums beside it not at all")
  func answers() throws {
    try write(
      [
        head("T1"), turn("t1"), answer("r1", "t1", at: 5), sum(840, at: 5),
        answer("r2", "t1", at: 6, 900, 900, 7), sum(1_747, at: 6), answer("r2", "t1", at: 7),
      ], rollout: "a-T1")
    // In its archive under another name, and once more through a link.
    try write([head("T1"), answer("r1", "t1", at: 5)], rollout: "b-T1")
    let usage = try read()
    #expect(short(usage, .codexRollouts) == "1000 600 80 2")
  }

  @Test("Older builds tell sums: a request is its turn and the sum behind it")
  func sums() throws {
    try write(
      [
        head("T1"), turn("t1"),
        #"{"timestamp":"\#(minutes(1).text)","type":"event_msg","payload":{"#
          + #""type":"token_count","info":null,"rate_limits":null}}"#,
        sum(840, at: 2), sum(840, at: 3), sum(1_680, at: 4), turn("t2"), sum(2_520, at: 5),
      ], rollout: "a-T1")
    #expect(short(try read(), .codexRollouts) == "1500 900 120 3")
  }

  @Test("Sums without a turn are told apart by thread")
  func sumsWithoutTurn() throws {
    try write([head("T1"), sum(840, at: 2), sum(840, at: 3)], rollout: "a-T1")
    try write([head("T2"), sum(840, at: 2)], rollout: "b-T2")
    #expect(short(try read(), .codexRollouts) == "1000 600 80 2")
  }

  @Test("A file that an older build began and a newer one goes on with counts both")
  func mixed() throws {
    try write(
      [
        head("T1"), turn("t1"), sum(840, at: 2), turn("t2"), answer("r1", "t2", at: 3),
        sum(1_680, at: 3),
      ], rollout: "a-T1")
    #expect(short(try read(), .codexRollouts) == "1000 600 80 2")
  }

  @Test("A fork's repeated rows count at their own times, in whatever order files are met")
  func forks() throws {
    // The parent's first request was before the window.
    let parent = [
      head("P", at: -30), turn("t1"), sum(840, at: -20), turn("t2"), sum(1_680, at: 10),
    ]
    let child = [
      head("C", at: 60), head("P", at: 60), turn("t1"), sum(840, at: 60), turn("t2"),
      sum(1_680, at: 60), turn("t3"), sum(2_520, at: 70),
    ]
    for (first, second) in [("a", "b"), ("b", "a")] {
      try write(parent, rollout: "\(first)-P")
      try write(child, rollout: "\(second)-C")
      #expect(short(try read(), .codexRollouts) == "1000 600 80 2", "\(first)")
      try removeRollouts()
    }
    // The parent's file was not written to since.
    try write(parent.dropLast(2), rollout: "a-P")
    try setOld(home.folder.at("home/.codex/sessions/2026/11/02/rollout-a-P.jsonl"))
    try write(child, rollout: "b-C")
    #expect(short(try read(), .codexRollouts) == "1000 600 80 2")
  }

  @Test("A fork that goes on with its parent's sums adds only what is its own")
  func pagedForks() throws {
    try write([head("P"), turn("t1"), answer("r1", "t1", at: 1), sum(840, at: 1)], rollout: "a-P")
    try write(
      [
        head("C", forkOf: "P", at: 2), turn("t2"), answer("r2", "t2", at: 3), sum(1_680, at: 3),
        #"{"torn":"token_usage"#,
      ], rollout: "b-C")
    #expect(short(try read(), .codexRollouts) == "1000 600 80 2")
  }

  @Test("Only what was answered in the window counts; its end is the next one's")
  func bounds() throws {
    try write(
      [
        head("T1"), turn("t"), answer("r1", "t", at: -1), answer("r2", "t", at: 0),
        answer("r3", "t", at: 239), answer("r4", "t", at: 240),
      ], rollout: "a-T1")
    #expect(short(try read(), .codexRollouts) == "1000 600 80 2")
    let open = [WindowSpan(window: "W0-A", from: minutes(239), to: nil)]
    #expect(short(try read(codex: open), .codexRollouts) == "1000 600 80 2")
  }

  // MARK: Claude

  private func message(
    _ id: String?, at minute: Int, output: Int, input: Int = 3, written: Int = 50,
    held: Int = 700, model: String = "claude-opus-5-5", type: String = "assistant"
  ) -> String {
    let id = id.map { #""id":"\#($0)","# } ?? ""
    return #"{"parentUuid":null,"message":{"model":"\#(model)",\#(id)"type":"message","#
      + #""content":[{"type":"text","text":"the \"usage\":{\"input_tokens\":9} of it"}],"#
      + #""usage":{"input_tokens":\#(input),"cache_creation_input_tokens":\#(written),"#
      + #""cache_read_input_tokens":\#(held),"cache_creation":{"input_tokens":77},"#
      + #""output_tokens":\#(output)}},"requestId":"req-\#(minute)","type":"\#(type)","#
      + #""uuid":"u\#(output)","timestamp":"\#(minutes(minute).text)"}"#
  }

  @Test("A message of Claude counts once, with the most it answered")
  func claude() throws {
    try write(
      [
        message("m1", at: 5, output: 1), message("m1", at: 6, output: 412),
        message("m1", at: 6, output: 412), #"{"type":"summary","summary":"usage"}"#,
        "{bad \"usage\"",
        message("m0", at: 5, output: 0, model: "<synthetic>"),
        message("m9", at: 5, output: 5_000, type: "user"), message("m2", at: -5, output: 99),
      ], session: "s1")
    // Resumed: rows once more, and those of a sub-agent.
    try write(
      [message("m1", at: 6, output: 412), message(nil, at: 9, output: 9)], session: "s2")
    try write([message("m3", at: 8, output: 300)], session: "s1/subagents/agent-1")
    let usage = try read()
    #expect(short(usage, .claudeProjects) == "159 2100 721 3")
    let other = environment(["CLAUDE_CONFIG_DIR": home.folder.at("home/.claude").string])
    #expect(short(try read(other), .claudeProjects) == "159 2100 721 3")
  }

  // MARK: Proxy

  @Test("The proxy adds what no client tells, of this window alone")
  func proxy() throws {
    func event(_ rid: String, _ minute: Int, _ input: Int, _ output: Int) -> String {
      #"{"ts":"\#(minutes(minute).text)","rid":"\#(rid)","lane":"glm","model":"glm-4.6","#
        + #""status":"ok","input_tokens":\#(input),"output_tokens":\#(output),"latency_ms":5}"#
    }
    try write([message("m1", at: 5, output: 412)], session: "s1")
    let log = [
      event("a", 6, 3, 412), event("b", 30, 3, 412), event("c", 7, 100, 20), event("d", 8, 0, 0),
    ].joined(separator: "\n")
    try writeFile(
      home.workspace.proxyTelemetry,
      ProxySample.stored(log + "\n", window: "W0-A")
        + ProxySample.stored(event("e", 9, 5_000, 5_000) + "\n", window: "W0-B"))
    let usage = try read()
    #expect(short(usage, .proxyTelemetry) == "103 0 432 2")
    #expect(usage.parts.last?.told == 1)
    #expect(usage.unseen.contains("proxy-telemetry: 1 of 4 requests tell no tokens"))
    #expect(usage.tokens(.all) == 53 + 700 + 412 + 103 + 432)
  }

  // MARK: What cannot be seen

  @Test("What cannot be seen is said, and is not 0")
  func unseen() throws {
    let nothing = try read([:])
    #expect(nothing.tokens(.all) == nil && nothing.parts.isEmpty)
    #expect(
      nothing.unseen == [
        "codex-rollouts: neither CODEX_HOME nor HOME is set",
        "claude-projects: neither CLAUDE_CONFIG_DIR nor HOME is set",
        "proxy-telemetry: nothing was ingested",
      ])
    let base = home.folder.at("home")
    #expect(
      try read().unseen.prefix(2) == [
        "codex-rollouts: there is no folder \(base)/.codex",
        "claude-projects: there is no folder \(base)/.claude/projects",
      ])
    #expect(
      try read(codex: [], claude: []).unseen.prefix(2) == [
        "codex-rollouts: no reading tells when the window was open",
        "claude-projects: no reading tells when the window was open",
      ])
    try write([head("T1")], rollout: "a-T1")
    let empty = try read()
    #expect(empty.tokens(.all) == 0 && empty.parts.count == 1)
    try write([message("m1", at: 5, output: 1)], session: "s1")
    let old = [WindowSpan(window: "W0-A", from: minutes(-60 * 24 * 31), to: minutes(1))]
    #expect(
      try read(claude: old).unseen.contains(
        "claude-projects: the client deletes sessions after 30 days; those before may be missing"))
  }

  @Test("A window is open as its readings at the provider tell, else as others do")
  func spans() throws {
    try write([head("T1"), answer("r1", "t", at: 100), answer("r2", "t", at: 250)], rollout: "a")
    func whole() throws -> TokenUsage {
      var world = home.world(at: 300)
      world.environment = environment([:])
      let ledgers = WindowLedgers(
        workspace: home.workspace, world: world, stamp: .test, job: "test", days: .universal)
      return try TokenUsageReader(ledgers: ledgers, rules: ProxyRules()).read(window: "W0-A")
    }
    #expect(short(try whole(), .codexRollouts) == "none")
    try writeFile(
      home.workspace.windows,
      #"{"window":"W0-A","finalized_at":"2026-11-02T13:00:00Z","features":{"codex":1},"#
        + #""providers":{"claude":{"delta":{},"captured_at":{"before":"\#(minutes(0).text)","#
        + #""after":"\#(minutes(120).text)"}}}}"# + "\n")
    #expect(short(try whole(), .codexRollouts) == "500 300 40 1")
    try home.append(
      row(.before, at: 0, [fiveHours(4, end: 280)]), row(.after, at: 270, [fiveHours(9, end: 280)]))
    #expect(short(try whole(), .codexRollouts) == "1000 600 80 2")
  }

  private func removeRollouts() throws {
    removeTree(home.folder.at("home/.codex"))
  }

  /// As if it was last written to long before.
  private func setOld(_ path: FilePath) throws {
    let touch = try ChildProcess.run("touch", ["-d", "2026-01-01T00:00:00Z", path.string])
    try #require(touch == .exit(0))
  }
}
