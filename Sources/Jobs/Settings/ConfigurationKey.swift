internal import Shared

/// A setting of `jobrunner.json5`: what it is called, what it means, and how it is written.
///
/// The one table of settings: `config print` writes it, and what is not in it is unknown.
package struct ConfigurationKey: Sendable {
  /// The object it stands in; nil at the top.
  package let section: String?
  package let name: String
  /// What it means, with its unit, in a line.
  package let note: String
  /// The setting as JSON5; nil where nothing is set.
  let value: @Sendable (Configuration) -> String?
  /// What is shown, commented out, where nothing is set.
  let example: String
  /// The keys of the objects that it lists; none where it lists none.
  let elementKeys: [String]
  /// Whether its own keys are names of the user's choice.
  let hasFreeKeys: Bool

  init(
    _ section: String?, _ name: String, _ note: String, example: String = "",
    elementKeys: [String] = [], hasFreeKeys: Bool = false,
    value: @escaping @Sendable (Configuration) -> String?
  ) {
    self.section = section
    self.name = name
    self.note = note
    self.value = value
    self.example = example
    self.elementKeys = elementKeys
    self.hasFreeKeys = hasFreeKeys
  }

  /// The name with that of its section: `refresh.timeout`.
  package var path: String { section.map { "\($0).\(name)" } ?? name }
}

extension ConfigurationKey {
  /// All settings, in the order they are written.
  package static let all: [ConfigurationKey] =
    clients + refresh + usage + rotate + windows + telemetry + ledgers + prices

  private static let clients = [
    ConfigurationKey("opencode", "path", "a name on PATH, or a path") { text($0.opencode.path) },
    ConfigurationKey(
      "opencode", "exportArguments", #"put behind the session id, for example ["--pure"]"#
    ) { list($0.opencode.exportArguments.map(text)) },
    ConfigurationKey("codex", "path", "a name on PATH, or a path") { text($0.codex.path) },
    ConfigurationKey("claude", "path", "a name on PATH, or a path") { text($0.claude.path) },
  ]

  private static let refresh = [
    ConfigurationKey(
      "refresh", "runningInterval", "seconds between two exports of a running session"
    ) { seconds($0.refresh.runningInterval) },
    ConfigurationKey(
      "refresh", "concurrency", "exports at a time; without it cores, at most 4", example: "4"
    ) { $0.refresh.concurrency.map(String.init) },
    ConfigurationKey(
      "refresh", "deadline", "seconds for a run; what is left waits for the next"
    ) { seconds($0.refresh.deadline) },
    ConfigurationKey("refresh", "timeout", "seconds for one export") {
      seconds($0.refresh.timeout)
    },
    ConfigurationKey("refresh", "maximumExportBytes", "bytes; a larger export is not read") {
      String($0.refresh.maximumExportBytes)
    },
    ConfigurationKey(
      "refresh", "windowsMaximumAge", "seconds for which the list of context windows is used"
    ) { seconds($0.refresh.windowsMaximumAge) },
    ConfigurationKey(
      "refresh", "windowsInterval", "seconds at least between two tries to get it"
    ) { seconds($0.refresh.windowsInterval) },
    ConfigurationKey(
      "refresh", "staleAfter", "seconds until `status --diagram` says that nothing refreshes"
    ) { seconds($0.refresh.staleAfter) },
  ]

  private static let usage = [
    ConfigurationKey(
      "usage", "dialogTokens", #""prompt": all that was sent; "input": what no cache held"#
    ) { text($0.usage.dialogTokens.rawValue) },
    ConfigurationKey(
      "usage", "contextWindows", #"tokens by model, { "lab/own-model": 32768 }; before opencode's"#,
      hasFreeKeys: true
    ) { configuration in
      object(
        configuration.usage.contextWindows.sorted { $0.key < $1.key }
          .map { (text($0.key), String($0.value)) })
    },
  ]

  private static let rotate = [
    ConfigurationKey("rotate", "maxBytes", "bytes; a log over it is cut") {
      String($0.rotate.maximumBytes)
    },
    ConfigurationKey("rotate", "keepLines", "lines that are kept, fewer where they are too long") {
      String($0.rotate.keepLines)
    },
    ConfigurationKey(
      "rotate", "files", #"more logs, { path: "other.log", maxBytes: 65536, keepLines: 50 }"#,
      elementKeys: ["path", "maxBytes", "keepLines"]
    ) { configuration in
      list(
        configuration.rotate.files.map { file in
          object([
            ("path", text(file.path)), ("maxBytes", String(file.maximumBytes)),
            ("keepLines", String(file.keepLines)),
          ])
        })
    },
  ]

  private static let windows = [
    ConfigurationKey(
      "windows", "providers", "without it those whose program is found",
      example: #"["codex", "claude"]"#
    ) { $0.windows.providers.map { list($0.map { text($0.rawValue) }) } },
    ConfigurationKey("windows", "settle", "seconds after a reset before a reading counts") {
      seconds($0.windows.settle)
    },
    ConfigurationKey(
      "windows", "sequence", #"names in their order, ["W0-CHN", "W0-CHP"]; then by counting"#
    ) { list($0.windows.sequence.map(text)) },
  ]

  private static let telemetry = [
    ConfigurationKey("telemetry", "file", "the proxy's log") { text($0.telemetry.file) },
    ConfigurationKey(
      "telemetry", "routedNames", "a model or lane that names one was routed"
    ) { list($0.telemetry.rules.routedNames.map(text)) },
    ConfigurationKey("telemetry", "routedLanes", "so was a lane called just this") {
      list($0.telemetry.rules.routedLanes.map(text))
    },
    ConfigurationKey("telemetry", "healthyWords", "beside any 2xx") {
      list($0.telemetry.rules.healthyWords.map(text))
    },
  ]

  private static let ledgers = [
    ConfigurationKey("ledgers", "folder", "of the CSV ledgers") { text($0.ledgers.folder) },
    ConfigurationKey("ledgers", "handoff", "the note for whoever takes over") {
      text($0.ledgers.handoff)
    },
    ConfigurationKey("ledgers", "budget", "tokens for a window") { String($0.ledgers.budget) },
    ConfigurationKey(
      "ledgers", "tokens", #"--actual auto counts "all", or "fresh": what no cache held"#
    ) { text($0.ledgers.tokens.rawValue) },
  ]

  private static let prices = [
    ConfigurationKey(
      nil, "prices",
      #"US dollars per million tokens, beside those that are shipped: { model: "glm-4.7", "#
        + #"input: 0.5, cachedInput: 0.1, output: 2, from: "2026-01-01", source: "our contract" }"#,
      elementKeys: ["model", "input", "cachedInput", "output", "from", "source"]
    ) { configuration in list(configuration.prices.map(price)) }
  ]

  private static func price(_ entry: PriceBook.Entry) -> String {
    var members = [
      ("model", text(entry.model)), ("input", JSONWriter.text(of: entry.input)),
      ("output", JSONWriter.text(of: entry.output)),
      ("from", text(CalendarDay.text(entry.from))), ("source", text(entry.source)),
    ]
    if let cached = entry.cachedInput {
      members.insert(("cachedInput", JSONWriter.text(of: cached)), at: 2)
    }
    return object(members)
  }

  // MARK: Values as JSON5

  private static func text(_ text: String) -> String {
    var writer = JSONWriter()
    writer.string(text)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func seconds(_ duration: Duration) -> String {
    JSONWriter.text(of: duration.inSeconds)
  }

  private static func list(_ elements: [String]) -> String {
    "[" + elements.joined(separator: ", ") + "]"
  }

  private static func object(_ members: [(String, String)]) -> String {
    guard !members.isEmpty else { return "{}" }
    return "{ " + members.map { "\($0): \($1)" }.joined(separator: ", ") + " }"
  }
}
