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

/// `status` through the built binary.
@Suite(.fewAtOnce) struct StatusEndToEndTests {
  @Test func `the default is one JSON line in the original's shape and order`() async throws {
    let workspace = try OpencodeWorkspace(registryFixture: "v5-all-done.json")
    let run = try await workspace.run("status")
    let usage = #""usage":{"messageCount":2,"dialogTokens":5,"contextFullPct":0.0006103515625}"#
    let empty = #""usage":{"messageCount":1,"dialogTokens":null,"contextFullPct":null}"#
    func agent(_ name: String, pid: Int, exit: Int, _ usage: String) -> String {
      #"{"name":"\#(name)","status":"done","pid":\#(pid),"exitCode":\#(exit),"#
        + #""startedAt":"2026-02-13T10:00:00.000Z","updatedAt":"2026-02-13T10:01:24.000Z","#
        + #""finishedAt":"2026-02-13T10:01:24.000Z",\#(usage),"model":"opencode/gpt-5-nano","#
        + #""variant":null,"resumeCount":0,"children":[],"#
        + #""usageUpdatedAt":"2026-02-13T10:01:24.000Z"}"#
    }
    let agents = [
      agent("build/feature-x", pid: 999_993, exit: 0, usage),
      agent("fails", pid: 999_992, exit: 3, empty),
      agent("review/done", pid: 999_991, exit: 0, usage),
    ]
    #expect(run.exit == 0)
    #expect(run.stdout == "{\"ok\":true,\"agents\":[\(agents.joined(separator: ","))]}\n")
    #expect(run.stderr == "")
  }

  @Test func `one agent is shown when it is named, and an unknown name is an error`()
    async throws
  {
    let workspace = try OpencodeWorkspace(registryFixture: "v5-all-done.json")
    let one = try JSON(parsing: await workspace.run("status", "--name", "fails").stdout)
    #expect(one["agents"].array?.compactMap(\.["name"].string) == ["fails"])
  }

  @Test func `a registry that is not there has no agents`() async throws {
    let workspace = try OpencodeWorkspace(registryText: nil)
    let run = try await workspace.run("status")
    #expect(run.exit == 0)
    #expect(run.stdout == "{\"ok\":true,\"agents\":[]}\n")
    #expect(workspace.allFiles() == [])
  }

  @Test func `E05 a damaged registry is an error object and exit 65`() async throws {
    let workspace = try OpencodeWorkspace(registryFixture: "corrupt-truncated.json")
    let run = try await workspace.run("status")
    #expect(run.exit == 65)
    #expect(run.stdout.hasPrefix(#"{"ok":false,"error":""#))
    let reply = try JSON(parsing: run.stdout)
    #expect(reply["code"].string != nil)
    #expect(lines(run.stdout).count == 1)
    #expect(workspace.allFiles() == [".opencode-subagent", ".opencode-subagent/registry.json"])
  }

  @Test(.enabled(if: BuiltBinary.canRunUnprivileged()))
  func `E14 a read-only folder is no obstacle`() async throws {
    let workspace = try OpencodeWorkspace(registryFixture: "v5-all-done.json")
    openToAll(workspace)
    for path in [workspace.root, workspace.registryFolder] { chmod(path.string, 0o555) }
    chmod(workspace.registryPath.string, 0o444)
    let run = try await BuiltBinary.runAsUnprivileged(
      ["status", "--diagram"], environment: workspace.environment,
      workingDirectory: workspace.root)
    #expect(run.exit == 0, "\(run)")
    #expect(run.stdout.contains("review/done"))
    #expect(workspace.allFiles() == [".opencode-subagent", ".opencode-subagent/registry.json"])
  }

  @Test func `the diagram is the plan's example`() async throws {
    let process = try LiveProcess()
    let workspace = try OpencodeWorkspace(
      [
        .running(
          "build/feature-x", "ses_1", process,
          more: [
            #""usage":{"messageCount":12,"dialogTokens":1200,"contextFullPct":0.006}"#,
            #""usageUpdatedAt":"\#(Timestamp.now().text)""#,
          ]),
        .done(
          "review/feature-x", "ses_2",
          more: [
            #""usage":{"messageCount":18,"dialogTokens":1800,"contextFullPct":0.009}"#,
            #""usageUpdatedAt":"\#(Timestamp.now().text)""#,
          ]),
      ], more: [refreshedNow])
    let pid = "\(process.pid)".padded(to: 8)
    let run = try await workspace.run("status", "--diagram")
    #expect(run.exit == 0)
    #expect(
      run.stdout == """
        NAME                      STATUS   PID     MSG  DIALOG  FULL
        build/feature-x           running  \(pid)12   1200    0.6%
        review/feature-x          done     999999  18   1800    0.9%

        """)
    #expect(run.stderr == "")
  }

  @Test func `E53 a running agent that nothing refreshes is pointed out`() async throws {
    let process = try LiveProcess()
    let stale = [
      #""usage":{"messageCount":12,"dialogTokens":1200,"contextFullPct":0.006}"#,
      #""usageUpdatedAt":"\#(Timestamp.now(-600).text)""#,
    ]
    let agent = AgentRecord.running("live", "ses_1", process, more: stale)
    let workspace = try OpencodeWorkspace(
      [agent],
      more: [
        #""refresh":{"pid":999999,"startedAt":"\#(Timestamp.now(-601).text)","#
          + #""lastHeartbeatAt":"\#(Timestamp.now(-600).text)"}"#
      ])
    let warned = lines(try await workspace.run("status", "--diagram").stdout)
    #expect(warned.count == 3, "\(warned)")
    #expect(warned.last?.contains("refresh") == true)

    try writeFile(workspace.registryPath, AgentRecord.registry([agent], more: [refreshedNow]))
    #expect(lines(try await workspace.run("status", "--diagram").stdout).count == 2)
  }

  @Test func `E54 wide names are aligned and control characters escaped`() async throws {
    let workspace = try OpencodeWorkspace([
      .done("灯/ランタン", nil), .done("🏮 lamp", nil), .done("bad\u{1b}[31m\nname", nil),
      .done("plain", nil),
    ])
    let run = try await workspace.run("status", "--diagram")
    #expect(run.exit == 0)
    let rows = lines(run.stdout)
    #expect(rows.count == 5)
    #expect(!run.stdout.contains("\u{1b}"))
    // Where the status starts, counted in columns of a terminal.
    let columns = rows.dropFirst().compactMap { row in
      row.range(of: "done").map { displayWidth(row[..<$0.lowerBound]) }
    }
    #expect(Set(columns) == [26], "\(rows)")
  }

  @Test func `E54 watching a pipe writes plain frames and no escape codes`() async throws {
    let workspace = try OpencodeWorkspace(registryFixture: "v5-all-done.json")
    let watch = try workspace.start(["status", "--diagram", "--watch", "0.2"])
    let twice = await eventually {
      watch.outputSoFar.split(separator: "NAME", omittingEmptySubsequences: false).count > 2
    }
    watch.signal(SIGTERM)
    let outcome = await watch.wait(atMost: .seconds(5))
    #expect(twice, "\(outcome)")
    #expect(outcome.exit == 143, "\(outcome)")
    #expect(!outcome.stdout.contains("\u{1b}"))
  }

  @Test(.enabled(if: requireTool("script")))
  func `a table higher than the terminal is cut, and does not scroll it`() async throws {
    let workspace = try OpencodeWorkspace((0..<30).map { .done("agent/\($0)", nil) })
    let script = try #require(findTool("script"))
    let watch = try SpawnedProcess(
      script,
      ["-qec", "stty rows 6 cols 40; exec \(BuiltBinary.path) status --watch 60", "/dev/null"],
      environment: workspace.environment.merging(["TERM": "xterm"]) { $1 },
      workingDirectory: workspace.root)
    let drawn = await eventually { watch.outputSoFar.contains("more lines") }
    let frame = watch.outputSoFar
    watch.signal(SIGTERM)
    _ = await watch.wait(atMost: .seconds(5))
    #expect(drawn, "\(frame)")
    #expect(frame.unicodeScalars.count { $0 == "\n" } == 5, "\(frame)")
  }

  @Test func `E54 a thousand agents are shown`() async throws {
    let agents = (0..<1000).map { AgentRecord.done("agent/\($0)", nil) }
    let workspace = try OpencodeWorkspace(agents)
    #expect(lines(try await workspace.run("status", "--diagram").stdout).count == 1001)
  }

  @Test func `the short line is one line`() async throws {
    let workspace = try OpencodeWorkspace(registryFixture: "v5-all-done.json")
    let run = try await workspace.run("status", "--line")
    #expect(run.exit == 0)
    #expect(lines(run.stdout).count == 1)
    #expect(run.stdout.utf8.count < 80)
  }

  @Test(.enabled(if: canTrace()), arguments: [[], ["--diagram"], ["--line"]])
  func `E55 status opens nothing for writing, starts nothing, locks nothing`(
    arguments: [String]
  ) async throws {
    let process = try LiveProcess()
    let workspace = try OpencodeWorkspace([
      .running("live", minimalSession, process), .done("ended", session(1)),
    ])
    let strace = try #require(findTool("strace"))
    let trace = workspace.plan.appending("trace")
    let traced = try SpawnedProcess(
      strace, ["-f", "-qq", "-o", trace.string, BuiltBinary.path.string, "status"] + arguments,
      environment: workspace.environment, workingDirectory: workspace.root)
    let run = await traced.wait()
    #expect(run.exit == 0, "\(run)")
    let calls = lines(readText(trace) ?? "").map { line in
      line.drop { $0.isNumber }.drop { $0 == " " }
    }
    #expect(calls.contains { $0.contains("registry.json") })
    let forbidden = [
      "mkdir", "rename", "unlink", "rmdir", "link", "symlink", "truncate", "ftruncate", "chmod",
      "fchmod", "chown", "fchown", "flock", "fsync", "fdatasync", "fallocate", "vfork", "fork",
      "socket", "connect", "kill(-",
    ]
    for call in calls {
      let name = call.prefix { $0 != "(" }
      let base = name.hasSuffix("at") ? name.dropLast(2) : name
      #expect(!forbidden.contains(String(base)), "\(call)")
      if name == "openat" || name == "open" || name == "creat" {
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT"].contains { call.contains($0) }
        #expect(!writes || call.contains("\"/dev/"), "\(call)")
      }
      if name.hasPrefix("clone") { #expect(call.contains("CLONE_THREAD"), "\(call)") }
      if call.contains("fcntl(") { #expect(!call.contains("SETLK"), "\(call)") }
    }
    #expect(calls.filter { $0.hasPrefix("execve") }.count == 1)
    #expect(workspace.calls == [])
  }

  @Test func `E56 no package.json is needed`() async throws {
    let workspace = try workspace(replaying: minimalFixture)
    #expect(!workspace.allFiles().contains { $0.contains("package.json") })
    #expect(try await workspace.run("refresh-usage").isSilentSuccess)
    #expect(try await workspace.run("status").exit == 0)
  }

  private var refreshedNow: String {
    let now = Timestamp.now().text
    return #""refresh":{"pid":999999,"startedAt":"\#(now)","lastHeartbeatAt":"\#(now)"}"#
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

extension Substring {
  /// Where a text first occurs.
  fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}

/// Columns a text takes, by the few wide characters of these tests.
private func displayWidth(_ text: Substring) -> Int {
  text.reduce(0) { width, character in
    let scalar = character.unicodeScalars.first?.value ?? 0
    return width + (scalar >= 0x2e80 ? 2 : 1)
  }
}
