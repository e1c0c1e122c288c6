import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

struct ConfigurationTests {
  private let folder: TemporaryFolder
  private var path: FilePath { folder.at("jobrunner.json5") }

  init() throws { folder = try TemporaryFolder("configuration") }

  private func read(_ text: String) throws -> Configuration {
    try writeFile(path, text)
    return try Configuration.read(path, named: true)
  }

  private func failure(_ body: () throws -> Configuration) -> JobError? {
    do {
      let configuration = try body()
      Issue.record("read as \(configuration)")
      return nil
    } catch {
      return error as? JobError
    }
  }

  // MARK: Files

  @Test func `no file is all defaults, unless it was asked for`() throws {
    #expect(try Configuration.read(path, named: false) == Configuration())
    let error = failure { try Configuration.read(path, named: true) }
    #expect(error?.status == .noInput)
    #expect(error?.message.contains(path.string) == true)
  }

  @Test func `bytes that are no text are an error, and no crash`() throws {
    let rest = "h: {runni\nl: 30}, usage:onText: {1: 2}}}e1"
    try writeFile(path, Array("{refres".utf8) + [0xFF] + Array(rest.utf8))
    for read in [
      { _ = try Configuration.read(self.path, named: true) },
      { _ = try ConfigurationCheck.unknownKeys(inFile: self.path) },
    ] {
      do {
        try read()
        Issue.record("it was read")
      } catch {
        #expect((error as? JobError)?.status == .configuration)
      }
    }
  }

  @Test func `a folder in its place is an error that names it`() throws {
    let error = failure { try Configuration.read(folder.path, named: false) }
    #expect(error?.status == .ioError)
    #expect(error?.message.contains(folder.path.string) == true)
  }

  // MARK: Settings

  @Test func `telemetry is read from where and by the words that are set`() throws {
    let settings = try read(
      """
      {telemetry: {file: "p.jsonl", routedNames: ["Cheap"], routedLanes: ["B "], \
      healthyWords: ["Fine"]}}
      """
    ).telemetry
    #expect(settings.file == "p.jsonl")
    #expect(settings.rules.routedNames == ["cheap"])
    #expect(settings.rules.routedLanes == ["b"])
    #expect(settings.rules.healthyWords == ["fine"])
    #expect(Configuration().telemetry.file == "logs/usage.jsonl")
  }

  @Test(
    "Telemetry and ledgers that cannot be",
    arguments: [
      (#"{telemetry: {file: ""}}"#, "telemetry.file"),
      (#"{telemetry: {routedNames: ["glm", " "]}}"#, "telemetry.routedNames"),
      (#"{telemetry: {healthyWords: [""]}}"#, "telemetry.healthyWords"),
      (#"{ledgers: {folder: ""}}"#, "ledgers.folder"),
      (#"{ledgers: {handoff: ""}}"#, "ledgers.handoff"),
      (#"{ledgers: {budget: 0}}"#, "ledgers.budget"),
    ])
  func telemetryFault(_ text: String, _ key: String) {
    let error = failure { try read(text) }
    #expect(error?.status == .configuration)
    #expect(error?.message.contains(key) == true)
  }

  @Test func `the defaults are those of the documentation`() {
    let settings = Configuration()
    #expect(settings.opencode.path == "opencode")
    #expect(settings.opencode.exportArguments == [])
    #expect(settings.refresh.runningInterval == .seconds(30))
    #expect(settings.refresh.concurrency == nil)
    #expect(settings.refresh.deadline == .seconds(50))
    #expect(settings.refresh.timeout == .seconds(15))
    #expect(settings.refresh.staleAfter == .seconds(180))
    #expect(settings.usage.dialogTokens == .prompt)
    #expect(settings.rotate.maximumBytes == 1_048_576)
    #expect(settings.rotate.keepLines == 200)
    #expect(settings.rotate.files == [])
    #expect(settings.ledgers.folder == "docs/Ledgers")
    #expect(settings.ledgers.handoff == "docs/SESSION_HANDOFF.md")
    #expect(settings.ledgers.budget == 200_000)
  }

  @Test func `every setting is read`() throws {
    let settings = try read(
      """
      {
        opencode: { path: "/opt/opencode", exportArguments: ["--pure"] },
        refresh: {
          runningInterval: 1, concurrency: 2, deadline: 3.5, timeout: 4, maximumExportBytes: 5,
          windowsMaximumAge: 6, windowsInterval: 7, staleAfter: 0,
        },
        usage: { dialogTokens: "input", contextWindows: { "p/m": 8 } },
        rotate: {
          maxBytes: 9, keepLines: 10,
          files: [{ path: "a.log", maxBytes: 11, keepLines: 12 }, { path: "b.log" }],
        },
        ledgers: { folder: "l", handoff: "h.md", budget: 13 },
        prices: [
          { model: "m", input: 1, cachedInput: 0.5, output: 2, from: "2026-02-28", source: "s" },
          { model: "n", input: 0, output: 0, from: "2024-02-29" },
        ],
      }
      """)
    var expected = Configuration()
    expected.prices = [
      .init(model: "m", input: 1, cachedInput: 0.5, output: 2, from: 20_260_228, source: "s"),
      .init(
        model: "n", input: 0, cachedInput: nil, output: 0, from: 20_240_229,
        source: "jobrunner.json5"),
    ]
    expected.ledgers.folder = "l"
    expected.ledgers.handoff = "h.md"
    expected.ledgers.budget = 13
    expected.opencode.path = "/opt/opencode"
    expected.opencode.exportArguments = ["--pure"]
    expected.refresh.runningInterval = .seconds(1)
    expected.refresh.concurrency = 2
    expected.refresh.deadline = .milliseconds(3_500)
    expected.refresh.timeout = .seconds(4)
    expected.refresh.maximumExportBytes = 5
    expected.refresh.windowsMaximumAge = .seconds(6)
    expected.refresh.windowsInterval = .seconds(7)
    expected.refresh.staleAfter = .zero
    expected.usage.dialogTokens = .input
    expected.usage.contextWindows = ["p/m": 8]
    expected.rotate.maximumBytes = 9
    expected.rotate.keepLines = 10
    expected.rotate.files = [
      Configuration.Rotate.File(path: "a.log", maximumBytes: 11, keepLines: 12),
      Configuration.Rotate.File(path: "b.log", maximumBytes: 9, keepLines: 10),
    ]
    #expect(settings == expected)
  }

  @Test(arguments: [
    "{}", "// nothing\n{} // at all\n", "/* several\nlines */ { refresh: {}, }",
    "{ usage: {}, rotate: {}, opencode: {} }", "{ 'refresh': { \"timeout\": 15, } }",
    "{ refresh: { timeout: +15. } }", "{ refresh: { timeout: 0xF } }", "{ refresh: null }",
    "{ refresh: { timeout: null } }",
  ])
  func `comments, trailing commas and other liberties of JSON5 are fine`(_ text: String) throws {
    #expect(try read(text) == Configuration())
  }

  // MARK: Mistakes

  typealias Mistake = (text: String, named: String)
  static let mistakes: [Mistake] = [
    ("{ prices: {} }", "prices"),
    ("{ prices: [{ model: \"\", input: 1, output: 1, from: \"2026-01-01\" }] }", "prices"),
    (
      "{ prices: [{ model: \"m\", input: -1, output: 1, from: \"2026-01-01\" }] }", "prices.m.input"
    ),
    ("{ prices: [{ model: \"m\", input: 1, output: 1, from: \"today\" }] }", "prices.m.from"),
    ("{ opencode: 1 }", "opencode"),
    ("{ opencode: { path: 1 } }", "opencode.path"),
    ("{ opencode: { exportArguments: \"--pure\" } }", "opencode.exportArguments"),
    ("{ opencode: { exportArguments: [1] } }", "opencode.exportArguments"),
    ("{ refresh: [] }", "refresh"),
    ("{ refresh: { runningInterval: \"30s\" } }", "refresh.runningInterval"),
    ("{ refresh: { runningInterval: -1 } }", "refresh.runningInterval"),
    ("{ refresh: { concurrency: 0 } }", "refresh.concurrency"),
    ("{ refresh: { concurrency: 1.5 } }", "refresh.concurrency"),
    ("{ refresh: { deadline: 1e9 } }", "refresh.deadline"),
    ("{ refresh: { timeout: true } }", "refresh.timeout"),
    ("{ refresh: { timeout: -0.5 } }", "refresh.timeout"),
    ("{ refresh: { maximumExportBytes: 0 } }", "refresh.maximumExportBytes"),
    ("{ refresh: { windowsMaximumAge: -1 } }", "refresh.windowsMaximumAge"),
    ("{ refresh: { windowsInterval: -1 } }", "refresh.windowsInterval"),
    ("{ refresh: { staleAfter: -1 } }", "refresh.staleAfter"),
    ("{ usage: { dialogTokens: \"output\" } }", "usage.dialogTokens"),
    ("{ usage: { contextWindows: { \"p/m\": 0 } } }", "usage.contextWindows.p/m"),
    ("{ usage: { contextWindows: { \"p/m\": \"200K\" } } }", "usage.contextWindows.p/m"),
    ("{ refresh: { maximumExportBytes: 1e300 } }", "refresh.maximumExportBytes"),
    ("{ usage: { contextWindows: { \"p/m\": 0.5 } } }", "usage.contextWindows.p/m"),
    ("{ rotate: { maxBytes: -1 } }", "rotate.maxBytes"),
    ("{ rotate: { keepLines: 0 } }", "rotate.keepLines"),
    ("{ rotate: { files: {} } }", "rotate.files"),
    ("{ rotate: { files: [{}] } }", "rotate.files"),
    ("{ rotate: { files: [{ path: \"\" }] } }", "rotate.files"),
    ("{ rotate: { files: [{ path: \"a.log\", maxBytes: 0 }] } }", "rotate.files.a.log.maxBytes"),
    ("{ rotate: { files: [{ path: \"a.log\", keepLines: 0 }] } }", "rotate.files.a.log.keepLines"),
    ("", "not valid JSON5"), ("{", "not valid JSON5"), ("{} {}", "not valid JSON5"),
    ("[]", "not valid JSON5"), ("refresh: {}", "not valid JSON5"),
  ]

  @Test(arguments: mistakes)
  func `a mistake is a configuration error that names the setting`(_ row: Mistake) throws {
    let error = failure { try read(row.text) }
    #expect(error?.status == .configuration)
    let message = error?.message ?? ""
    #expect(message.hasPrefix("\(path):1: \(row.named)"), "\(message)")
    #expect(!message.contains("\n"))
  }

  static let messages: [(text: String, message: String)] = [
    (
      "{ refresh: {\n  timeout: \"15s\",\n} }",
      "2: refresh.timeout: a number is expected (seconds for one export), not \"15s\""
    ),
    ("{\n\n refresh: [] }", "3: refresh: an object { … } is expected, not a list"),
    (
      "{ opencode: { // here\n exportArguments: ['a',\n 1] } }",
      "3: opencode.exportArguments[1]: a text in quotes is expected, not 1"
    ),
    (
      "{ usage: {\n dialogTokens: 'output' } }",
      "2: usage.dialogTokens: another value is expected "
        + "(\"prompt\": all that was sent; \"input\": what no cache held), not 'output'"
    ),
    (
      "{ rotate: { files: [\n  { path: 'a' },\n  { paht: 'b' } ] } }",
      "3: rotate.files[1]: 'path' is missing; is 'paht' meant?"
    ),
    ("{\n refresh: { timeout: 0 } }", "2: refresh.timeout: 0 is not above 0"),
    (
      "{\n refresh: { timeout: 3\n deadline: 4 } }",
      "3: not valid JSON5: ',' or '}' is expected, not 'deadline'"
    ),
    (
      "{\n opencode: { path: opencode } }",
      "2: not valid JSON5: 'opencode' is no value; a text stands in quotes"
    ),
    ("{\n opencode: { path: 'x } }\n", "2: not valid JSON5: a text has no closing quote"),
    ("{ refresh: {\n\n", "3: not valid JSON5: the '{' of line 1 has no '}'"),
    ("{ /* never\n ends", "1: not valid JSON5: a comment has no closing '*/'"),
    ("{ refresh {} }", "1: not valid JSON5: ':' is expected behind 'refresh', not '{'"),
    ("{}\n}", "2: not valid JSON5: '}' follows the closing '}'"),
  ]

  @Test("A mistake is told with line, key, what is expected and what is there", arguments: messages)
  func message(_ row: (text: String, message: String)) throws {
    let error = failure { try read(row.text) }
    #expect(error?.message == "\(path):\(row.message)")
  }

  @Test("Nothing that is written is too odd to be told of")
  func oddTexts() throws {
    for text in [
      "{'", "{\"a\\", "[", "{a:[", "{a:/", "{a:'\\\nb", "\u{FEFF}{a:1,,}",
      "{a:" + String(repeating: "[", count: 5_000),
    ] {
      #expect(failure { try read(text) }?.status == .configuration)
    }
  }
}
