internal import Shared

/// `jobrunner.json5` as it is written: everything optional, durations in seconds.
///
/// Every number is read as one with a fraction: where none may be, the decoder would not say of
/// which setting it speaks.
struct ConfigurationFile: Decodable {
  var opencode: Opencode?
  var refresh: Refresh?
  var usage: Usage?
  var rotate: Rotate?
  var codex: Client?
  var claude: Client?
  var windows: Windows?
  var telemetry: Telemetry?
  var ledgers: Ledgers?
  var prices: [Price]?

  /// US dollars per million tokens, from a day on.
  struct Price: Decodable {
    var model: String
    var input: Double
    var cachedInput: Double?
    var output: Double
    var from: String
    var source: String?
  }

  struct Client: Decodable {
    var path: String?
  }

  struct Windows: Decodable {
    var providers: [String]?
    var settle: Double?
    var sequence: [String]?
  }

  struct Telemetry: Decodable {
    var file: String?
    var routedNames: [String]?
    var routedLanes: [String]?
    var healthyWords: [String]?
  }

  struct Ledgers: Decodable {
    var folder: String?
    var handoff: String?
    var budget: Double?
    var tokens: Configuration.Ledgers.CountedTokens?
  }

  struct Opencode: Decodable {
    var path: String?
    var exportArguments: [String]?
  }

  struct Refresh: Decodable {
    var runningInterval: Double?
    var concurrency: Double?
    var deadline: Double?
    var timeout: Double?
    var maximumExportBytes: Double?
    var windowsMaximumAge: Double?
    var windowsInterval: Double?
    var staleAfter: Double?
  }

  struct Usage: Decodable {
    var dialogTokens: Configuration.UsageRules.DialogTokens?
    var contextWindows: [String: Double]?
  }

  struct Rotate: Decodable {
    var maxBytes: Double?
    var keepLines: Double?
    var files: [File]?

    struct File: Decodable {
      var path: String
      var maxBytes: Double?
      var keepLines: Double?
    }
  }

  /// The settings over their defaults.
  func configuration() throws(JobError) -> Configuration {
    var result = Configuration()
    if let path = opencode?.path {
      guard !path.isEmpty else { throw JobError(.configuration, "opencode.path: it is empty") }
      result.opencode.path = path
    }
    if let arguments = opencode?.exportArguments { result.opencode.exportArguments = arguments }
    try apply(refresh, to: &result.refresh)
    try apply(usage, to: &result.usage)
    try apply(rotate, to: &result.rotate)
    try apply(codex, "codex", to: &result.codex)
    try apply(claude, "claude", to: &result.claude)
    try apply(windows, to: &result.windows)
    try apply(telemetry, to: &result.telemetry)
    try apply(ledgers, to: &result.ledgers)
    result.prices = try (prices ?? []).map { price throws(JobError) in try Self.entry(price) }
    return result
  }

  private func apply(
    _ file: Client?, _ name: String, to client: inout Configuration.Client
  ) throws(JobError) {
    guard let path = file?.path else { return }
    guard !path.isEmpty else { throw JobError(.configuration, "\(name).path: it is empty") }
    client.path = path
  }

  private func apply(
    _ file: Windows?, to settings: inout Configuration.Windows
  ) throws(JobError) {
    try seconds(file?.settle, "windows.settle", &settings.settle)
    if let names = file?.providers {
      settings.providers = try names.map { name throws(JobError) in
        guard let provider = Provider(rawValue: name), provider != .glm else {
          throw JobError(.configuration, "windows.providers: '\(name)' is not codex or claude")
        }
        return provider
      }
    }
    for name in file?.sequence ?? [] {
      if let fault = WindowName.fault(in: name) {
        throw JobError(.configuration, "windows.sequence: '\(name)' cannot be a name: \(fault)")
      }
      guard !settings.sequence.contains(name) else {
        throw JobError(.configuration, "windows.sequence: '\(name)' is there twice")
      }
      settings.sequence.append(name)
    }
  }

  private static func entry(_ price: Price) throws(JobError) -> PriceBook.Entry {
    guard !price.model.isEmpty else {
      throw JobError(.configuration, "prices: a model has no name")
    }
    for (key, value) in [
      ("input", price.input), ("cachedInput", price.cachedInput ?? 0), ("output", price.output),
    ] where !(value.isFinite && value >= 0) {
      throw JobError(.configuration, "prices.\(price.model).\(key): \(value) is no price")
    }
    guard let from = CalendarDay.number(date: price.from) else {
      throw JobError(
        .configuration, "prices.\(price.model).from: '\(price.from)' is not a day as 2025-10-19")
    }
    return PriceBook.Entry(
      model: price.model, input: price.input, cachedInput: price.cachedInput,
      output: price.output, from: from, source: price.source ?? "jobrunner.json5")
  }

  private func apply(
    _ file: Telemetry?, to settings: inout Configuration.Telemetry
  ) throws(JobError) {
    if let path = file?.file {
      guard !path.isEmpty else { throw JobError(.configuration, "telemetry.file: it is empty") }
      settings.file = path
    }
    try words(file?.routedNames, "telemetry.routedNames", &settings.rules.routedNames)
    try words(file?.routedLanes, "telemetry.routedLanes", &settings.rules.routedLanes)
    try words(file?.healthyWords, "telemetry.healthyWords", &settings.rules.healthyWords)
  }

  private func apply(
    _ file: Ledgers?, to settings: inout Configuration.Ledgers
  ) throws(JobError) {
    if let path = file?.folder {
      guard !path.isEmpty else { throw JobError(.configuration, "ledgers.folder: it is empty") }
      settings.folder = path
    }
    if let path = file?.handoff {
      guard !path.isEmpty else { throw JobError(.configuration, "ledgers.handoff: it is empty") }
      settings.handoff = path
    }
    try positive(file?.budget, "ledgers.budget", &settings.budget)
    if let tokens = file?.tokens { settings.tokens = tokens }
  }

  /// Words are compared without regard to case and white space; an empty one would fit everything.
  private func words(
    _ words: [String]?, _ key: String, _ setting: inout [String]
  ) throws(JobError) {
    guard let words else { return }
    setting = words.map(ProxyRules.plain)
    guard !setting.contains("") else {
      throw JobError(.configuration, "\(key): a word is empty")
    }
  }

  private func apply(
    _ file: Refresh?, to settings: inout Configuration.Refresh
  ) throws(JobError) {
    guard let file else { return }
    try seconds(file.runningInterval, "refresh.runningInterval", &settings.runningInterval)
    try seconds(file.deadline, "refresh.deadline", &settings.deadline)
    try seconds(file.timeout, "refresh.timeout", &settings.timeout)
    guard settings.timeout > .zero else {
      throw JobError(.configuration, "refresh.timeout: 0 is not above 0")
    }
    try seconds(file.windowsMaximumAge, "refresh.windowsMaximumAge", &settings.windowsMaximumAge)
    try seconds(file.windowsInterval, "refresh.windowsInterval", &settings.windowsInterval)
    try seconds(file.staleAfter, "refresh.staleAfter", &settings.staleAfter)
    try positive(
      file.maximumExportBytes, "refresh.maximumExportBytes", &settings.maximumExportBytes)
    if let concurrency = file.concurrency {
      var checked = 0
      try positive(concurrency, "refresh.concurrency", &checked)
      settings.concurrency = checked
    }
  }

  private func apply(
    _ file: Usage?, to settings: inout Configuration.UsageRules
  ) throws(JobError) {
    if let dialogTokens = file?.dialogTokens { settings.dialogTokens = dialogTokens }
    for (model, window) in file?.contextWindows ?? [:] {
      var checked = 0
      try positive(window, "usage.contextWindows.\(model)", &checked)
      settings.contextWindows[model] = checked
    }
  }

  private func apply(
    _ file: Rotate?, to settings: inout Configuration.Rotate
  ) throws(JobError) {
    guard let file else { return }
    try positive(file.maxBytes, "rotate.maxBytes", &settings.maximumBytes)
    try positive(file.keepLines, "rotate.keepLines", &settings.keepLines)
    for entry in file.files ?? [] {
      guard !entry.path.isEmpty else {
        throw JobError(.configuration, "rotate.files: a path is empty")
      }
      var log = Configuration.Rotate.File(
        path: entry.path, maximumBytes: settings.maximumBytes, keepLines: settings.keepLines)
      try positive(entry.maxBytes, "rotate.files.\(entry.path).maxBytes", &log.maximumBytes)
      try positive(entry.keepLines, "rotate.files.\(entry.path).keepLines", &log.keepLines)
      settings.files.append(log)
    }
  }

  private func seconds(
    _ value: Double?, _ key: String, _ setting: inout Duration
  ) throws(JobError) {
    guard let value else { return }
    guard value.isFinite, value >= 0, value < 1e9 else {
      throw JobError(.configuration, "\(key): \(value) is not a number of seconds")
    }
    setting = .milliseconds(Int64(value * 1_000))
  }

  private func positive(_ value: Double?, _ key: String, _ setting: inout Int) throws(JobError) {
    guard let value else { return }
    guard value > 0, let whole = Int(exactly: value) else {
      throw JobError(.configuration, "\(key): \(value) is not a whole number above 0")
    }
    setting = whole
  }
}
