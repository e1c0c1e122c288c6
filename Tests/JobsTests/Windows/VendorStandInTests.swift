import SystemPackage
import TestSupport
import Testing

/// The stand-ins behave as the real clients in what the other tests rely on.
struct VendorStandInTests {
  private static let requests =
    #"{"id":1,"method":"initialize","params":{}}"# + "\n" + #"{"method":"initialized"}"# + "\n"
    + #"{"id":3,"method":"account/rateLimits/read"}"# + "\n"

  private func run(
    _ program: FilePath, _ arguments: [String], input: String,
    _ environment: [String: String] = [:]
  ) async throws -> Outcome {
    let folder = try TemporaryFolder("stand-in")
    let path = ["PATH": "/usr/bin:/bin", "HOME": folder.path.string]
    return try await SpawnedProcess(
      program, arguments, environment: path.merging(environment) { $1 },
      stdin: .bytes(Array(input.utf8))
    ).wait(atMost: .seconds(10))
  }

  @Test(
    "codex answers nothing and exits 0 when standard input is closed early",
    arguments: ["ok-0.163", "http-500", "ends-early"])
  func closedEarly(dialog: String) async throws {
    let run = try await run(
      VendorStandIn.codex, ["app-server"], input: Self.requests, ["CODEX_STANDIN": dialog])
    #expect(run.isSilentSuccess, "\(run)")
  }

  @Test("codex answers nobody but app-server", arguments: [["/status"], []])
  func otherArguments(arguments: [String]) async throws {
    let run = try await run(VendorStandIn.codex, arguments, input: "")
    #expect(run.exit == 1 && run.stdout == "")
    #expect(run.stderr == "Error: stdin is not a terminal\n")
  }

  @Test("claude answers also when standard input is closed at once")
  func claude() async throws {
    let request = #"{"type":"control_request","request_id":"r1","request":{"subtype":"get_usage"}}"#
    let run = try await run(VendorStandIn.claude, ["-p"], input: request + "\n")
    #expect(run.exit == 0 && run.stdout.contains("\"request_id\":\"r1\""))
  }
}
