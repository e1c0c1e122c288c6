import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

struct CodexAppServerTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder("codex")
  }

  private static let initialize =
    #"{"id":1,"method":"initialize","params":{"clientInfo":{"name":"jobrunner","#
    + #""title":"jobrunner","version":"4.5.6"}}}"#
  private static let initialized = #"{"method":"initialized"}"#
  private static let read = #"{"id":3,"method":"account/rateLimits/read"}"#
  private static let refresh =
    #"{"id":4,"method":"account/read","params":{"refreshToken":true}}"#
  private static let readAgain = #"{"id":5,"method":"account/rateLimits/read"}"#

  private func server(
    _ conversations: ConversationRunner, executable: FilePath = "/opt/codex",
    environment: [String: String] = [:],
    timing: CodexAppServer.Timing = .init(initialize: .seconds(60), read: .seconds(60))
  ) -> CodexAppServer {
    CodexAppServer(
      executable: executable, environment: environment, scratch: folder.path, version: "4.5.6",
      conversations: conversations, clock: .system, timing: timing)
  }

  /// A server that says the lines of a dialog, each with the request of the same id.
  private func scripted(_ dialog: String) throws -> ScriptedConversation {
    let lines = try VendorStandIn.codexLines(dialog)
    return ScriptedConversation { request in
      guard let id = request.split(separator: ",").first, id.hasPrefix("{\"id\":") else {
        return []
      }
      let number = id.dropFirst(6)
      return lines.map { String(decoding: $0, as: UTF8.self) }
        .filter { $0.hasPrefix("{\"id\":\(number),") || $0.hasSuffix("\"id\":\(number)}") }
        .map { .line(Array($0.utf8)) }
    }
  }

  private func stoodIn(
    _ dialog: String, _ more: [String: String] = [:],
    timing: CodexAppServer.Timing = .init(initialize: .seconds(60), read: .seconds(60))
  ) async -> Result<Reading, ReadingFailure> {
    let environment = [
      "PATH": "/usr/bin:/bin", "CODEX_STANDIN": dialog, "STANDIN_LOG": log.string,
      "TMPDIR": folder.path.string,
    ]
    return await server(
      .live, executable: VendorStandIn.codex, environment: environment.merging(more) { $1 },
      timing: timing
    ).read()
  }

  private var log: FilePath { folder.at("standin.log") }

  private func reason(_ result: Result<Reading, ReadingFailure>) -> ReadingFailure.Reason? {
    guard case .failure(let failure) = result else { return nil }
    return failure.reason
  }

  // MARK: What is said

  @Test(
    "Nothing but the four methods is ever said, in this order",
    arguments: [
      ("ok-0.163", [initialize, initialized, read]),
      ("out-of-order", [initialize, initialized, read]),
      ("not-initialized", [initialize]),
      ("http-500", [initialize, initialized, read]),
      ("http-401", [initialize, initialized, read, refresh, readAgain]),
      ("http-401-then-ok", [initialize, initialized, read, refresh, readAgain]),
      ("hang", [initialize, initialized, read]),
    ])
  func requests(dialog: String, sent: [String]) async throws {
    let talk = try scripted(dialog)
    _ = await server(talk.runner).read()
    #expect(talk.record.sent == sent)
  }

  @Test("The table of methods has no method that changes anything")
  func methods() {
    #expect(
      CodexMethod.allCases.map(\.rawValue)
        == ["initialize", "initialized", "account/read", "account/rateLimits/read"])
  }

  @Test("The client is started with one argument, in an empty folder of its own")
  func partner() async throws {
    let talk = try scripted("ok-0.163")
    let environment = ["HOME": "/home/kim", "TMPDIR": folder.path.string]
    _ = try await server(talk.runner, environment: environment).read().get()
    let partner = try #require(talk.record.partner)
    #expect(partner.executable == "/opt/codex")
    #expect(partner.arguments == ["app-server"])
    #expect(partner.environment == environment)
    #expect(partner.workingDirectory.removingLastComponent() == folder.path)
    #expect(Fixture.names(in: folder.path) == [])
  }

  @Test("A 401 that a refresh cures is none")
  func refreshed() async throws {
    let reading = try await server(try scripted("http-401-then-ok").runner).read().get()
    #expect(reading.limits.first?.usedPercent == 37)
    #expect(reading.clientVersion == "0.163.0")
  }

  @Test("Without an answer to the refresh the 401 stands")
  func refreshUnanswered() async throws {
    let lines = try VendorStandIn.codexLines("http-401")
    let talk = ScriptedConversation { request in
      if request.contains("\"id\":1,") { return [.line(lines[0])] }
      return request.contains("\"id\":3,") ? [.line(lines[3])] : []
    }
    #expect(reason(await server(talk.runner).read()) == .unauthorized)
    #expect(talk.record.sent.last == Self.refresh)
  }

  @Test("A client that cannot be started is missing")
  func missing() async throws {
    let end = ConversationEnd(ending: .notStarted("no such file"), errorTail: [])
    let talk = ScriptedConversation(end: end) { _ in [] }
    #expect(reason(await server(talk.runner).read()) == .programMissing)
    #expect(reason(await server(.live, executable: folder.at("codex")).read()) == .programMissing)
  }

  @Test("What a client says on standard error before it ends is told without secrets")
  func lastWords() async throws {
    let words = "warning: x\nError: no config for kim@example.com\n\n"
    let end = ConversationEnd(ending: .exited(1), errorTail: Array(words.utf8))
    let talk = ScriptedConversation(end: end) { _ in [.ended] }
    let result = await server(talk.runner).read()
    #expect(
      result
        == .failure(
          ReadingFailure(
            .noReply, "codex ended before it answered: Error: no config for <redacted>")))
  }

  // MARK: With a child

  @Test(
    "A reading comes out of a child that holds the dialog",
    arguments: ["ok-0.131", "ok-0.147", "ok-0.155", "ok-0.163", "out-of-order", "http-401-then-ok"])
  func child(dialog: String) async throws {
    let reading = try await stoodIn(
      dialog,
      [
        "CODEX_STANDIN_USED": "88", "CODEX_STANDIN_RESETS_AT": "1796500000",
        "CODEX_STANDIN_WEEKLY_USED": "9",
      ]
    ).get()
    #expect(reading.limits.map(\.usedPercent) == [88, 9, 4])
    #expect(reading.limits.first?.resetsAt == Timestamp(milliseconds: 1_796_500_000_000))
    #expect(try Fixture.lines(log) == ["codex app-server"])
  }

  @Test(
    "Each way to fail has its reason",
    arguments: [
      ("not-initialized", .malformedReply), ("not-signed-in", .notSignedIn), ("api-key", .apiKey),
      ("http-401", .unauthorized), ("http-403", .forbidden), ("http-500", .server),
      ("overload", .server), ("placeholder", .noData), ("ends-early", .noReply),
      ("garbage", .malformedReply),
    ] as [(String, ReadingFailure.Reason)])
  func failures(dialog: String, reason: ReadingFailure.Reason) async throws {
    #expect(self.reason(await stoodIn(dialog)) == reason)
  }

  @Test(
    "Nothing is left of a child that hangs",
    arguments: ["hang", "hang-initialize"])
  func hang(dialog: String) async throws {
    let timing = CodexAppServer.Timing(
      initialize: dialog == "hang" ? .seconds(60) : .seconds(3), read: .seconds(3))
    #expect(reason(await stoodIn(dialog, timing: timing)) == .deadline)
    let processes = VendorStandIn.processes(in: log)
    #expect(processes.count == 2)
    for pid in processes { #expect(await isGone(pid)) }
    #expect(Fixture.names(in: folder.path) == ["standin.log"])
  }
}
