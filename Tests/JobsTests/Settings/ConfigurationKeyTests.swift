import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

/// The table of settings: whole, true, and what unknown keys are measured by.
struct ConfigurationKeyTests {
  private let folder: TemporaryFolder
  private var path: FilePath { folder.at("jobrunner.json5") }

  init() throws { folder = try TemporaryFolder("settings") }

  private func readBack(_ configuration: Configuration) throws -> Configuration {
    try writeFile(path, configuration.json5Lines.joined(separator: "\n"))
    return try Configuration.read(path, named: true)
  }

  // MARK: The table

  @Test("Every setting that is read is in the table, and nothing else")
  func whole() {
    let read = KeyRecorder.keys(of: ConfigurationFile.self)
    let sections = Set(ConfigurationKey.all.compactMap(\.section))
    let known = ConfigurationKey.all.flatMap { key in
      [key.path] + key.elementKeys.map { "\(key.path)[].\($0)" }
    }
    #expect(Set(read) == Set(known).union(sections))
    #expect(read.count > 35, "\(read)")
  }

  @Test("The printed defaults are the defaults, and name every setting with a note")
  func defaults() throws {
    #expect(try readBack(Configuration()) == Configuration())
    let text = Configuration().json5Lines
    for key in ConfigurationKey.all {
      #expect(text.contains { $0.contains(" \(key.name): ") }, "\(key.path)")
      #expect(!key.note.isEmpty && text.allSatisfy { $0.count <= 100 }, "\(key.path)")
    }
  }

  @Test("Printed settings are read as they were")
  func roundTrip() throws {
    var settings = Configuration()
    settings.opencode.path = "bin/\"open\\code\""
    settings.opencode.exportArguments = ["--pure", "a b"]
    settings.codex.path = "/opt/codex"
    settings.claude.path = "clåude"
    settings.refresh.runningInterval = .milliseconds(1_500)
    settings.refresh.concurrency = 3
    settings.refresh.deadline = .seconds(51)
    settings.refresh.timeout = .milliseconds(250)
    settings.refresh.maximumExportBytes = 4_096
    settings.refresh.windowsMaximumAge = .seconds(7)
    settings.refresh.windowsInterval = .seconds(8)
    settings.refresh.staleAfter = .seconds(9)
    settings.usage.dialogTokens = .input
    settings.usage.contextWindows = ["lab/b": 5, "lab/a": 6]
    settings.rotate.maximumBytes = 10
    settings.rotate.keepLines = 11
    settings.rotate.files = [.init(path: "a.log", maximumBytes: 12, keepLines: 13)]
    settings.windows.providers = [.claude]
    settings.windows.settle = .seconds(14)
    settings.windows.sequence = ["W1-A", "W1-B"]
    settings.telemetry.file = "p.jsonl"
    settings.telemetry.rules.routedNames = ["cheap"]
    settings.telemetry.rules.routedLanes = []
    settings.telemetry.rules.healthyWords = ["fine", "well"]
    settings.ledgers.folder = "books"
    settings.ledgers.handoff = "NOTE.md"
    settings.ledgers.budget = 15
    settings.ledgers.tokens = .fresh
    settings.prices = [
      .init(
        model: "m-1", input: 0.5, cachedInput: 0.125, output: 2, from: 20_260_102, source: "us"),
      .init(model: "m-2", input: 1, cachedInput: nil, output: 3, from: 20_260_203, source: "them"),
    ]
    // Two equal texts would mean that a setting of the test is its default and tells nothing.
    for key in ConfigurationKey.all {
      #expect(key.value(settings) != key.value(Configuration()), "\(key.path)")
    }
    #expect(try readBack(settings) == settings)
  }

  @Test("The README shows the settings as they are printed")
  func readme() throws {
    let readme = try #require(readText(Fixtures.packageRoot.appending("README.md")))
    #expect(readme.contains("```json5\n\(Configuration().json5Lines.joined(separator: "\n"))\n```"))
  }

  // MARK: Unknown keys

  @Test(
    "An unknown key is named with the one that was meant",
    arguments: [
      (#"{refersh: {timeout: 3}}"#, "refersh", "refresh"),
      (#"{refresh: {timout: 3}}"#, "refresh.timout", "refresh.timeout"),
      (#"{refresh: {tiemout: 3}}"#, "refresh.tiemout", "refresh.timeout"),
      (#"{rotate: {max_bytes: 3}}"#, "rotate.max_bytes", "rotate.maxBytes"),
      (#"{Rotate: {}}"#, "Rotate", "rotate"),
      (#"{runningInterval: 3}"#, "runningInterval", "refresh.runningInterval"),
      (#"{usage: {staleAfter: 3}}"#, "usage.staleAfter", "refresh.staleAfter"),
      (
        #"{rotate: {files: [{path: "a"}, {path: "b", maxByte: 3}]}}"#, "rotate.files[1].maxByte",
        "maxBytes"
      ),
      (#"{prices: [{models: "a"}]}"#, "prices[0].models", "model"),
      (#"{price: []}"#, "price", "prices"),
      (#"{refresh: {colour: "red"}}"#, "refresh.colour", nil),
      (#"{path: "opencode"}"#, "path", nil),
    ] as [(String, String, String?)])
  func unknown(text: String, key: String, nearest: String?) throws {
    try writeFile(path, text)
    #expect(
      try ConfigurationCheck.unknownKeys(inFile: path) == [
        UnknownKey(path: key, nearest: nearest, line: 1)
      ])
  }

  @Test("Known keys, names of the user's choice and values are not asked about")
  func known() throws {
    try writeFile(
      path,
      """
      // A comment.
      {'refresh': {timeout: 3}, usage: {contextWindows: {"lab/timout": 5}},
       telemetry: {routedNames: ["refersh"]}, opencode: 3,}
      """)
    #expect(try ConfigurationCheck.unknownKeys(inFile: path).isEmpty)
    #expect(try ConfigurationCheck.unknownKeys(inFile: folder.at("none")).isEmpty)
    try writeFile(path, Configuration().json5Lines.joined(separator: "\n"))
    #expect(try ConfigurationCheck.unknownKeys(inFile: path).isEmpty)
    try writeFile(path, "{nonsense")
    let fault = "not valid JSON5: ':' is expected behind 'nonsense', not the end of the file"
    #expect(throws: JobError(.configuration, "\(path):1: \(fault)")) {
      try ConfigurationCheck.unknownKeys(inFile: path)
    }
  }
}
