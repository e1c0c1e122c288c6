import Jobs
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

/// The real client of the vendor against a back end of our own: shapes, timing and teardown are
/// the client's, only the numbers are ours.
@Suite(.serialized, .fewAtOnce, .enabled(if: RealCodex.isInstalled)) struct RealCodexTests {
  private func failure(_ result: Result<Reading, ReadingFailure>) throws -> ReadingFailure {
    guard case .failure(let failure) = result else {
      throw Unexpected(description: "\(result)")
    }
    return failure
  }

  private struct Unexpected: Error { let description: String }

  @Test("Two reads around a reset tell the old window and the new one")
  func resetCrossing() async throws {
    let codex = try await RealCodex()
    try codex.control(#"{"primary":[79,300,1796403600],"secondary":[41,10080,1796860800]}"#)
    let before = try await codex.read().get()
    #expect(before.limits.filter(\.isMain).map(\.usedPercent) == [79, 41])
    #expect(before.limits.first?.minutes == 300)
    #expect(before.limits.first?.resetsAt == Timestamp(milliseconds: 1_796_403_600_000))
    #expect(before.clientVersion == RealCodex.version)
    // printf codex:account-EXAMPLE | sha256sum
    #expect(before.account == "3cdf4e957f2d66ea")
    #expect(!before.rawText.contains("EXAMPLE") && !before.rawText.contains("@"))

    try codex.control(#"{"primary":[0,300,1796421600],"secondary":[41,10080,1796860800]}"#)
    let after = try await codex.read().get()
    #expect(after.limits.filter(\.isMain).map(\.usedPercent) == [0, 41])
    #expect(after.limits.first?.resetsAt == Timestamp(milliseconds: 1_796_421_600_000))
    #expect(after.account == before.account)
    #expect(await codex.isOver())
  }

  @Test(
    "A refusal of the back end is told as what it is",
    arguments: [(401, .unauthorized), (403, .forbidden), (500, .server)]
      as [(Int, ReadingFailure.Reason)])
  func refusals(status: Int, reason: ReadingFailure.Reason) async throws {
    let codex = try await RealCodex()
    try codex.control("{\"status\":\(status)}")
    let failure = try failure(await codex.read())
    #expect(failure.reason == reason, "\(failure.message)")
    #expect(!failure.message.contains("@") && !failure.message.contains("EXAMPLE"))
    #expect(await codex.isOver())
  }

  @Test("A sign-in that ran out is renewed by the client, and then read")
  func renewal() async throws {
    let codex = try await RealCodex()
    try codex.control(#"{"status":401,"renews":true,"primary":[12,300,1796403600]}"#)
    #expect(try await codex.read().get().limits.first?.usedPercent == 12)
    #expect(await codex.isOver())
  }

  @Test(
    "Who has no subscription is told so",
    arguments: [("none", .notSignedIn), ("api-key", .apiKey)]
      as [(String, ReadingFailure.Reason)])
  func signIn(kind: String, reason: ReadingFailure.Reason) async throws {
    let codex = try await RealCodex(signIn: kind)
    let failure = try failure(await codex.read())
    #expect(failure.reason == reason, "\(failure.message)")
    #expect(await codex.isOver())
  }

  @Test("A back end that hangs costs the deadline and the teardown, and no child survives")
  func hang() async throws {
    let codex = try await RealCodex()
    try codex.control(#"{"hang":true}"#)
    let start = ContinuousClock.now
    let failure = try failure(await codex.read(.init(read: .seconds(2))))
    #expect(failure.reason == .deadline)
    // The client alone would take half a minute to notice that nobody listens any more.
    #expect(ContinuousClock.now - start < .seconds(25))
    #expect(await codex.isOver())
  }
}

/// The installed client, a home of its own, and a back end that serves it.
private struct RealCodex {
  /// Where the client is; `make test` says so.
  private static let client = getenv("JOBRUNNER_TEST_CODEX").map { FilePath(String(cString: $0)) }

  static let isInstalled: Bool = {
    guard let client, access(client.string, X_OK) == 0 else {
      print("skipped: the real codex is not installed; make test installs it where it can")
      return false
    }
    return requireTool("python3")
  }()

  /// The version in the name of the folder that it is installed in, `codex-0.163.0`.
  static var version: String? {
    client?.components.map(\.string).last { $0.hasPrefix("codex-") }
      .map { String($0.dropFirst("codex-".count)) }
  }

  private let home: TemporaryFolder
  private let backend: SpawnedProcess
  private let port: String

  /// - Parameter signIn: `chatgpt`, `api-key` or `none`.
  init(signIn: String = "chatgpt") async throws {
    home = try TemporaryFolder("codex-home")
    let python = try #require(findTool("python3"))
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    backend = try SpawnedProcess(
      python, [Fixtures.path("bin/codex_backend.py").string, home.path.string, "0", signIn],
      environment: ["PATH": path, "HOME": home.path.string])
    var said = ""
    for _ in 0..<2_000 where !said.hasSuffix("\n") {
      try await Task.sleep(for: .milliseconds(5))
      said = backend.outputSoFar
    }
    port = said.filter(\.isNumber)
    try #require(!port.isEmpty, "the back end did not start")
    // The process group of the client is its id, which the shell that becomes it writes down.
    let wrapper = """
      #!/bin/sh
      echo $$ >>'\(home.at("groups"))'
      exec '\(Self.client?.string ?? "")' "$@"
      """
    try writeFile(home.at("codex"), wrapper, permissions: FilePermissions(rawValue: 0o755))
  }

  /// Says what the back end answers from now on.
  func control(_ text: String) throws {
    try Fixture.write(text, to: home.at("control.json.new"))
    rename(home.at("control.json.new").string, home.at("control.json").string)
  }

  func read(_ timing: CodexAppServer.Timing = .init()) async -> Result<Reading, ReadingFailure> {
    let environment = [
      "HOME": home.path.string, "CODEX_HOME": home.path.string, "PATH": "/usr/bin:/bin",
      // Nothing leaves this machine.
      "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1,localhost",
      "CODEX_REFRESH_TOKEN_URL_OVERRIDE": "http://127.0.0.1:\(port)/oauth/token",
    ]
    let server = CodexAppServer(
      executable: home.at("codex"), environment: environment, scratch: home.path,
      version: "1.0.0", conversations: .live, clock: .system, timing: timing)
    let start = ContinuousClock.now
    let result = await server.read()
    print("a read of the real codex took \(ContinuousClock.now - start)")
    return result
  }

  /// Ends the back end; whether no process is left of any client that was started.
  func isOver() async -> Bool {
    backend.signal(SIGKILL)
    _ = await backend.wait(atMost: .seconds(5))
    let groups = (readText(home.at("groups")) ?? "").split(separator: "\n").compactMap { Int32($0) }
    for group in groups where await !isGone(group: group) { return false }
    return !groups.isEmpty
  }
}
