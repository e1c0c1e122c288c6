package import Shared
package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A workspace with the stand-ins for the vendors' clients on `PATH`, homes of its own for them,
/// and short ways to look at the ledgers.
package final class WindowWorkspace: Sendable {
  private let folder: TemporaryFolder

  /// Makes a workspace.
  ///
  /// - Parameter clients: The programs of vendors that are installed.
  package init(_ clients: [String] = ["codex", "claude"]) throws {
    folder = try TemporaryFolder("windows")
    for name in ["work", "home", "codex/sessions", "bin"] { try makeFolder(folder.at(name)) }
    try link("jobrunner", to: BuiltBinary.path)
    for name in clients { try link(name, to: Fixtures.path("bin").appending(name)) }
  }

  private func link(_ name: String, to program: FilePath) throws {
    let path = folder.at("bin").appending(name)
    guard symlink(program.string, path.string) == 0 else { throw SystemFailure("symlink \(path)") }
  }

  /// Puts a shell script on `PATH`.
  ///
  /// A child writes it: a file that is open for writing in this process, or in what another test has
  /// just forked of it, cannot be run.
  package func install(_ name: String, _ script: String) async throws {
    let path = folder.at("bin").appending(name)
    let write = try SpawnedProcess(
      FilePath("/bin/sh"), ["-c", "cat >'\(path)' && chmod 755 '\(path)'"],
      environment: ["PATH": "/usr/bin:/bin"],
      stdin: .bytes(Array("#!/bin/sh\n\(script)\n".utf8)))
    guard await write.wait().exit == 0 else { throw SystemFailure("write \(path)") }
  }

  // MARK: Paths

  /// A program that was put on `PATH`.
  package func program(_ name: String) -> FilePath { folder.at("bin").appending(name) }
  /// The folder the jobs work in.
  package var root: FilePath { folder.at("work") }
  /// The folder of the ledgers.
  package var data: FilePath { root.appending("data/week0/live") }
  package var snapshots: FilePath { data.appending("snapshots.jsonl") }
  package var home: FilePath { folder.at("home") }
  package var codexHome: FilePath { folder.at("codex") }
  /// Where the stand-ins say that they were started.
  package var log: FilePath { folder.at("calls.log") }

  /// What the jobs see: nothing is inherited.
  package var environment: [String: String] {
    [
      "PATH": "\(folder.at("bin")):/usr/bin:/bin",
      "HOME": folder.at("home").string,
      "CODEX_HOME": codexHome.string,
      "STANDIN_LOG": log.string,
      "TZ": "UTC",
    ]
  }

  // MARK: Running

  /// Runs the built binary in the workspace.
  package func run(
    _ arguments: String..., text: String? = nil, with more: [String: String] = [:]
  ) async throws -> Outcome {
    try await start(arguments, text: text, with: more).wait(atMost: .seconds(60))
  }

  /// Starts the built binary in the workspace.
  ///
  /// - Parameter text: What comes in on standard input; nothing where it is nil.
  package func start(
    _ arguments: [String], text: String? = nil, with more: [String: String] = [:]
  ) throws -> SpawnedProcess {
    try BuiltBinary.start(
      arguments, environment: environment.merging(more) { $1 }, workingDirectory: root,
      stdin: text.map { .bytes(Array($0.utf8)) } ?? .none)
  }

  /// Runs a line of the shell in the workspace, `jobrunner` being on `PATH`.
  package func shell(_ line: String, with more: [String: String] = [:]) async throws -> Outcome {
    try await SpawnedProcess(
      FilePath("/bin/sh"), ["-c", line], environment: environment.merging(more) { $1 },
      workingDirectory: root
    ).wait(atMost: .seconds(60))
  }

  /// Writes `jobrunner.json5`.
  package func configure(_ text: String) throws {
    try writeFile(root.appending("jobrunner.json5"), text)
  }

  // MARK: What happened

  /// The lines of a ledger of the data folder, each parsed; none where it is missing.
  package func rows(_ name: String = "snapshots") throws -> [JSON] {
    try (readText(data.appending("\(name).jsonl")) ?? "").split(separator: "\n")
      .map { try JSON(parsing: String($0)) }
  }

  /// The snapshots as `window phase percent agent`, the percentage being that of 5 hours or of the
  /// session; `unavailable` and its reason, or `deletes`, where there is none.
  package func shortRows() throws -> [String] {
    try rows().map { row in
      let percent = row["parsed"]["fiveh_pct"].double ?? row["parsed"]["session_pct"].double
      var what = percent.map { "\($0)".replacingSuffix(".0", with: "") } ?? "-"
      if let reason = row["unavailable"]["reason"].string { what = "unavailable:\(reason)" }
      if row["deletes"].string != nil { what = "deletes" }
      return "\(row["window"].string ?? "?") \(row["phase"].string ?? "?") \(what) "
        + (row["agent_id"].string ?? "?")
    }
  }

  /// The types of the anomalies found, in order.
  package func anomalies() throws -> [String] {
    try rows("anomalies").map { $0["type"].string ?? "?" }
  }

  /// The state file of an agent below `data/week0/live/state`.
  package func position(_ agent: String, _ provider: String = "codex") throws -> JSON {
    try JSON(parsing: readBytes(data.appending("state/\(agent)/\(provider).json")) ?? [])
  }

  /// Moves the moment of the last look in a state file into the past, as if time had gone by.
  package func ageLook(_ agent: String = "main", _ provider: String = "codex") throws {
    let path = data.appending("state/\(agent)/\(provider).json")
    let text = readText(path) ?? ""
    let mark = "\"looked_at\":\""
    guard let start = text.firstRange(of: mark)?.upperBound,
      let end = text[start...].firstIndex(of: "\"")
    else { throw MissingFixture(path: "looked_at in \(path)") }
    try writeFile(path, text[..<start] + Timestamp.now(-600).text + text[end...])
  }

  /// How often clients were started, and with what.
  package var calls: [String] {
    (readText(log) ?? "").split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("codex") || $0.hasPrefix("claude") }
  }

  /// Forgets the calls so far.
  package func forgetCalls() { unlink(log.string) }

  /// Every file and folder below the workspace, relative, sorted.
  package func allFiles() -> [String] {
    func walk(_ path: FilePath, _ prefix: String) -> [String] {
      listFolder(path).flatMap { name in
        ["\(prefix)\(name)"] + walk(path.appending(name), "\(prefix)\(name)/")
      }
    }
    return walk(root, "")
  }

  /// The files below the workspace that hold one of these texts.
  package func files(holding texts: [String]) -> [String] {
    allFiles().filter { name in
      let content = readText(root.pushing(FilePath(name))) ?? ""
      return texts.contains { content.contains($0) }
    }
  }

  // MARK: What was before

  /// Appends a reading of Codex' two windows as an earlier run would have left it.
  package func writeSnapshot(
    _ window: String, _ phase: String, _ limits: LimitSample, agent: String = "main",
    id: String = "00000000000000a1"
  ) throws {
    let row = """
      {"window":"\(window)","provider":"codex","phase":"\(phase)",\
      "captured_at":"\(limits.at.text)","notes":"alias","raw_text":"",\
      "parsed":{"fiveh_pct":\(limits.used),"weekly_pct":\(limits.weekly),"errors":[]},\
      "source":"alias","schema_version":"1.0.0","tool_version":"0.1.0","id":"\(id)",\
      "agent_id":"\(agent)","host":"lamp","recorded_at":"\(limits.at.text)","account":null,\
      "method":"app-server","age_s":0,"client_version":null,"limits":[\(limits.members)],\
      "state":"started"}

      """
    try writeFile(snapshots, (readText(snapshots) ?? "") + row)
  }

  // MARK: What clients tell

  /// Writes a session file of Codex with one row for each of these moments.
  package func writeRollout(_ name: String, _ rows: [LimitSample]) throws {
    let lines = rows.map { row in
      """
      {"timestamp":"\(row.at.text)","type":"event_msg","payload":{"type":"token_count",\
      "info":null,"rate_limits":{"limit_id":"codex","limit_name":null,\
      "primary":{"used_percent":\(row.used),"window_minutes":300,\
      "resets_at":\(row.resetsAt.milliseconds / 1_000)},\
      "secondary":{"used_percent":\(row.weekly),"window_minutes":10080,\
      "resets_at":\(row.weeklyResetsAt.milliseconds / 1_000)},"plan_type":"plus"}}}

      """
    }
    let path = codexHome.appending("sessions/2026/11/05/rollout-\(name).jsonl")
    try writeFile(path, lines.joined())
  }
}

/// The use of Codex' two windows at a moment.
package struct LimitSample: Sendable {
  package var at: Timestamp
  package var used: Double
  package var resetsAt: Timestamp
  package var weekly = 61.0
  package var weeklyResetsAt = Timestamp.now(3 * 86_400)

  package init(at: Timestamp, used: Double, resetsAt: Timestamp) {
    self.at = at
    self.used = used
    self.resetsAt = resetsAt
  }
}

extension LimitSample {
  /// As the `limits` of a snapshot.
  fileprivate var members: String {
    """
    {"limit_id":"codex","window_minutes":300,"used_percent":\(used),\
    "resets_at":\(resetsAt.milliseconds / 1_000),"main":true},\
    {"limit_id":"codex","window_minutes":10080,"used_percent":\(weekly),\
    "resets_at":\(weeklyResetsAt.milliseconds / 1_000),"main":true}
    """
  }

  /// As what the stand-in for Codex is to tell.
  package static func codex(
    _ used: Int, resetsIn seconds: Double, _ dialog: String = "ok-0.163"
  ) -> [String: String] {
    [
      "CODEX_STANDIN": dialog, "CODEX_STANDIN_USED": "\(used)",
      "CODEX_STANDIN_RESETS_AT": "\(Timestamp.now(seconds).milliseconds / 1_000)",
      "CODEX_STANDIN_WEEKLY_RESETS_AT": "\(Timestamp.now(3 * 86_400).milliseconds / 1_000)",
    ]
  }

  /// As what the stand-in for Claude is to tell.
  package static func claude(
    _ used: Int, resetsIn seconds: Double, _ answer: String = "ok"
  ) -> [String: String] {
    [
      "CLAUDE_STANDIN": answer, "CLAUDE_STANDIN_USED": "\(used)",
      "CLAUDE_STANDIN_RESETS_AT": Timestamp.now(seconds).text,
      "CLAUDE_STANDIN_WEEKLY_RESETS_AT": Timestamp.now(3 * 86_400).text,
    ]
  }
}

/// Panes as they are copied from a terminal, with numbers of a test's choice.
package enum PaneSample {
  /// Codex' `/status` with clocks in UTC; both windows end in the future.
  package static func codex(_ used: Int, _ weekly: Int = 40, resetsIn: Double = 7_200) -> String {
    let end = Timestamp.now(resetsIn).text.dropFirst(11).prefix(5)
    return """
      /status

      ╭────────────────────────────────────────────────────────────────────────╮
      │  >_ OpenAI Codex (v0.46.0)                                             │
      │  Account:           dev@example.com (Pro)                              │
      │  5h limit:          [███████░░░░░░░] \(used)% used (resets \(end))      │
      │  Weekly limit:      [███████░░░░░░░] \(weekly)% used                    │
      ╰────────────────────────────────────────────────────────────────────────╯

      """
  }

  /// Claude's `/usage`.
  package static func claude(_ used: Int, _ weekly: Int = 52) -> String {
    """
    ❯ /usage
      Current session
      ██████▌                                            \(used)% used
      Resets in 2h 11m

      Current week (all models)
      ██████████████████████████                         \(weekly)% used
      Resets in 3 days

    """
  }
}

extension String {
  fileprivate func replacingSuffix(_ suffix: String, with other: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + other : self
  }
}
