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

/// The installed client, a home of its own, and a back end that serves it.
struct RealCodex {
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

  /// Where the commands run; the client is on its `PATH`.
  let workspace: WindowWorkspace
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
    workspace = try WindowWorkspace([])
    try await workspace.install(
      "codex",
      "echo $$ >>'\(home.at("groups"))'; exec '\(Self.client?.string ?? "")' \"$@\"")
  }

  /// Says what the back end answers from now on.
  func control(_ text: String) throws {
    try Fixture.write(text, to: home.at("control.json.new"))
    rename(home.at("control.json.new").string, home.at("control.json").string)
  }

  private var environment: [String: String] {
    [
      "HOME": home.path.string, "CODEX_HOME": home.path.string,
      "PATH": workspace.environment["PATH"] ?? "",
      // Nothing leaves this machine.
      "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1,localhost",
      "CODEX_REFRESH_TOKEN_URL_OVERRIDE": "http://127.0.0.1:\(port)/oauth/token",
    ]
  }

  /// Runs the built binary with the client on its `PATH`.
  func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

  func run(_ arguments: [String]) async throws -> Outcome {
    try await workspace.start(arguments, with: environment).wait(atMost: .seconds(60))
  }

  func read(_ timing: CodexAppServer.Timing = .init()) async -> Result<Reading, ReadingFailure> {
    let server = CodexAppServer(
      executable: workspace.program("codex"), environment: environment, scratch: home.path,
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
