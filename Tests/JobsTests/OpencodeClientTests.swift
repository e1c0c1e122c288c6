import Jobs
import Shared
import SystemPackage
import TestSupport
import Testing

struct OpencodeClientTests {
  /// How a prepared opencode answers one command line.
  struct Answer: Sendable {
    var ending = CommandEnding.exited(0)
    var output: [UInt8] = []
    var errors = ""

    static func export(_ messages: Int) -> Answer {
      let list = (0..<messages).map { _ in #"{"info":{"role":"user"}}"# }.joined(separator: ",")
      return Answer(output: Array("{\"messages\":[\(list)]}".utf8))
    }

    static func text(_ text: String, exit: Int32 = 0) -> Answer {
      Answer(ending: .exited(exit), output: Array(text.utf8))
    }

    static func errors(_ text: String, exit: Int32 = 1) -> Answer {
      Answer(ending: .exited(exit), errors: text)
    }
  }

  private static let helpOfTwo = (try? Fixtures.text("opencode/replies/help-page-v2.txt")) ?? ""
  private static let helpOfOne =
    "opencode session\n\nmanage sessions\n\nCommands:\n  opencode session list  list sessions\n"

  /// The commands asked for, in order.
  private actor Calls {
    private(set) var list: [Command] = []

    func note(_ command: Command) { list.append(command) }
  }

  private struct Asked {
    var outcome: Result<OpencodeClient.Reply, any Error>
    var calls: [Command]

    /// The arguments behind the program, as words.
    var lines: [String] { calls.map { $0.arguments.joined(separator: " ") } }
    var failure: ExportFailure? {
      guard case .failure(let error) = outcome else { return nil }
      return error as? ExportFailure
    }
  }

  private func client(
    _ answers: [String: Answer], _ calls: Calls, extraArguments: [String] = [],
    timeLeft: Duration = .seconds(60)
  ) -> OpencodeClient {
    let runner = CommandRunner { command, scratch async throws(FileError) in
      await calls.note(command)
      let words = command.arguments.joined(separator: " ")
      let answer = answers.first { words.hasPrefix($0.key) }?.value
      let file = try PrivateFile.nameless(in: scratch)
      _ = try? file.writeAll(answer?.output ?? [])
      return CommandReply(
        ending: answer?.ending ?? .notStarted("nothing prepared for: \(words)"), output: file,
        errorTail: Array((answer?.errors ?? "").utf8))
    }
    return OpencodeClient(
      executable: "/opt/opencode", extraArguments: extraArguments, environment: ["A": "b"],
      timeout: .seconds(9), timeLeft: { timeLeft }, outputLimit: 3 << 20, scratch: "/tmp",
      children: runner)
  }

  private func ask(
    _ answers: [String: Answer], id: String = "ses_1",
    first: OpencodeClient.ExportCommand = .export, extraArguments: [String] = []
  ) async -> Asked {
    let calls = Calls()
    let client = client(answers, calls, extraArguments: extraArguments)
    do {
      let reply = try await client.export(id, in: "/home/kim", first: first)
      return Asked(outcome: .success(reply), calls: await calls.list)
    } catch {
      return Asked(outcome: .failure(error), calls: await calls.list)
    }
  }

  // MARK: How it is asked

  @Test func `a command has all it needs and no shell`() async throws {
    let asked = await ask(
      ["export": .export(2)], extraArguments: ["--pure", "--log-level", "a b"])
    let command = try #require(asked.calls.first)
    #expect(command.executable == "/opt/opencode")
    #expect(command.arguments == ["export", "ses_1", "--pure", "--log-level", "a b"])
    #expect(command.environment == ["A": "b"])
    #expect(command.workingDirectory == "/home/kim")
    #expect(command.deadline == .seconds(9))
    #expect(command.outputLimit == 3 << 20)
    #expect(asked.calls.count == 1)
  }

  typealias Way = OpencodeClient.ExportCommand
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var first = Way.export
    let answers: [String: Answer]
    let calls: [String]
    let used: Way
  }

  static let cases = [
    Case(
      testDescription: "1.x", answers: ["export": .export(2)], calls: ["export ses_1"],
      used: .export),
    Case(
      testDescription: "2.x, a help page and exit 0",
      answers: ["export": .text(helpOfTwo), "session export": .export(2)],
      calls: ["export ses_1", "session export ses_1"], used: .sessionExport),
    Case(
      testDescription: "2.x, a help page and exit 1",
      answers: ["export": .text(helpOfTwo, exit: 1), "session export": .export(2)],
      calls: ["export ses_1", "session export ses_1"], used: .sessionExport),
    Case(
      testDescription: "2.x, a help page on standard error",
      answers: ["export": .errors(helpOfTwo), "session export": .export(2)],
      calls: ["export ses_1", "session export ses_1"], used: .sessionExport),
    Case(
      testDescription: "2.x, an unknown command",
      answers: [
        "export": .errors("\u{1b}[91mError:\u{1b}[0m Unknown command \"export\""),
        "session export": .export(2),
      ], calls: ["export ses_1", "session export ses_1"], used: .sessionExport),
    Case(
      testDescription: "2.x, remembered", first: .sessionExport,
      answers: ["session export": .export(2)], calls: ["session export ses_1"],
      used: .sessionExport),
    Case(
      testDescription: "back to 1.x, a help page and exit 0", first: .sessionExport,
      answers: ["session export": .text(helpOfOne), "export": .export(2)],
      calls: ["session export ses_1", "export ses_1"], used: .export),
    Case(
      testDescription: "back to 1.x, a failure of another kind", first: .sessionExport,
      answers: ["session export": .errors("boom"), "export": .export(2)],
      calls: ["session export ses_1", "export ses_1"], used: .export),
    Case(
      testDescription: "back to 1.x, a reply of another shape", first: .sessionExport,
      answers: ["session export": .text("[]"), "export": .export(2)],
      calls: ["session export ses_1", "export ses_1"], used: .export),
    Case(
      testDescription: "1.x with usage in a log line",
      answers: ["export": .text("Usage of this plugin: none\n{\"messages\":[1,2]}")],
      calls: ["export ses_1"], used: .export),
  ]

  @Test(arguments: cases)
  func `E34 the command that this opencode knows is found and told`(_ row: Case) async throws {
    let asked = await ask(row.answers, first: row.first)
    #expect(asked.lines == row.calls)
    let reply = try asked.outcome.get()
    #expect(reply.command == row.used)
    #expect(reply.export.messageCount == 2)
  }

  // MARK: Failures

  struct Failing: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var first = Way.export
    let answers: [String: Answer]
    let failure: ExportFailure
    var calls = ["export ses_1"]
  }

  private static let notFound = (try? Fixtures.text("opencode/replies/not-found.stderr.txt")) ?? ""

  static let failing = [
    Failing(
      testDescription: "E35 not found", answers: ["export": .errors(notFound)],
      failure: .notFound),
    Failing(
      testDescription: "E34 not found by a remembered command", first: .sessionExport,
      answers: ["session export": .errors(notFound), "export": .export(2)], failure: .notFound,
      calls: ["session export ses_1"]),
    Failing(
      testDescription: "E34 not found by the second command",
      answers: ["export": .text(helpOfTwo), "session export": .errors(notFound)],
      failure: .notFound, calls: ["export ses_1", "session export ses_1"]),
    Failing(
      testDescription: "neither command is known",
      answers: ["export": .text(helpOfTwo), "session export": .text(helpOfOne)],
      failure: .noExportCommand, calls: ["export ses_1", "session export ses_1"]),
    Failing(
      testDescription: "a remembered command fails and the other is not known",
      first: .sessionExport,
      answers: ["session export": .errors("Error: boom", exit: 3), "export": .text(helpOfTwo)],
      failure: .exited(3, "Error: boom"), calls: ["session export ses_1", "export ses_1"]),
    Failing(
      testDescription: "a failure",
      answers: ["export": .errors("Exporting session: ses_1\nError: boom\n", exit: 2)],
      failure: .exited(2, "Error: boom")),
    Failing(
      testDescription: "a failure that speaks of usage",
      answers: ["export": .errors("Error: cannot read the usage of commands", exit: 1)],
      failure: .exited(1, "Error: cannot read the usage of commands")),
    Failing(
      testDescription: "nothing printed", answers: ["export": .text("")],
      failure: .wrongShape("it is empty")),
    Failing(
      testDescription: "another shape", answers: ["export": .text("[]")],
      failure: .wrongShape("it has no object with messages")),
    Failing(
      testDescription: "another shape with usage in it",
      answers: ["export": .text(#"{"model":"x","usage":{"commands":3}}"#)],
      failure: .wrongShape("it has no object with messages")),
    Failing(
      testDescription: "E37 cut", answers: ["export": .text(#"{"info":{},"messages":["#)],
      failure: .truncated(bytes: 23)),
    Failing(
      testDescription: "E30 killed with a whole reply",
      answers: ["export": Answer(ending: .signalled(9), output: Answer.export(2).output)],
      failure: .signalled(9)),
    Failing(
      testDescription: "overdue", answers: ["export": Answer(ending: .overdue)],
      failure: .timedOut(.seconds(9))),
    Failing(
      testDescription: "E38 too large", answers: ["export": Answer(ending: .outputTooLarge)],
      failure: .tooLarge(limit: 3 << 20)),
    Failing(
      testDescription: "a remembered command that is overdue", first: .sessionExport,
      answers: ["session export": Answer(ending: .overdue), "export": .export(2)],
      failure: .timedOut(.seconds(9)), calls: ["session export ses_1"]),
  ]

  @Test(arguments: failing)
  func `a failed export is told as what it is`(_ row: Failing) async {
    let asked = await ask(row.answers, first: row.first)
    #expect(asked.failure == row.failure)
    #expect(asked.lines == row.calls)
  }

  @Test(arguments: [
    (CommandEnding.interrupted, OpencodeClient.Interruption.cut),
    (.notStarted("no such file"), .notStarted("no such file")),
  ])
  func `an interruption is no failure of the session`(
    _ row: (ending: CommandEnding, interruption: OpencodeClient.Interruption)
  ) async {
    let asked = await ask(["export": Answer(ending: row.ending, output: Answer.export(2).output)])
    #expect(throws: row.interruption) { try asked.outcome.get() }
    #expect(asked.lines == ["export ses_1"])
  }

  // MARK: Ids

  @Test(arguments: [
    "", "--help", "-v", "ses_", "ses_a;b", "ses_a b", "ses_a\n", "ses_a/../b", "ses_ä", "ses_$(x)",
    "SES_a", " ses_a", "msg_a", "ses_" + String(repeating: "a", count: 125), "ses_\u{0}",
  ])
  func `E24 an id of another form starts nothing`(_ id: String) async {
    let asked = await ask(["export": .export(2), "session export": .export(2)], id: id)
    #expect(asked.failure == .badSessionID)
    #expect(asked.calls.isEmpty)
  }

  @Test(arguments: ["ses_a", "ses_4a10b2c3dffeMinimal0000001", "ses_-_Z", "ses_0007"])
  func `E24 an id as opencode makes it is passed as it is`(_ id: String) async {
    #expect(await ask(["export": .export(1)], id: id).lines == ["export \(id)"])
  }

  // MARK: Models

  @Test func `E47 the models are listed with one command`() async throws {
    let listing = #"{"id":"m","providerID":"p","limit":{"context":5}}"#
    let calls = Calls()
    let client = client(["models": .text(listing)], calls, extraArguments: ["--pure"])
    #expect(try await client.contextWindows(in: "/home/kim")?.tokens == ["p/m": 5])
    #expect(await calls.list.map(\.arguments) == [["models", "--verbose"]])
  }

  @Test func `E22 an export that the run's end cuts off is no failure of its session`() async {
    let calls = Calls()
    let client = client(
      ["export": Answer(ending: .overdue)], calls, timeLeft: .seconds(4))
    await #expect(throws: OpencodeClient.Interruption.cut) {
      try await client.export("ses_1", in: "/", first: .export)
    }
    #expect(await calls.list.map(\.deadline) == [.seconds(4)])
  }

  @Test(arguments: [CommandEnding.exited(1), .signalled(9), .overdue, .outputTooLarge])
  func `E49 a listing that failed is none`(_ ending: CommandEnding) async throws {
    let listing = #"{"id":"m","providerID":"p","limit":{"context":5}}"#
    let client = client(["models": Answer(ending: ending, output: Array(listing.utf8))], Calls())
    #expect(try await client.contextWindows(in: "/") == nil)
  }
}
