internal import Shared

/// `cost-compare`: pairs the two sides, and keeps what was found where it changed.
package struct CostCompareJob: Sendable {
  package static let name = "cost-compare"

  package struct Options: Sendable {
    package var window: String?
    package var by = CostKey.feature
    package var reprice: String?
    /// How many rows of a section are shown.
    package var limit: Int?
    package var minimumMatched = 3
    package var isDryRun = false
    /// The feature of a request.
    package var features: [String: String] = [:]

    package init() {}
  }

  private let options: Options
  private let log: TelemetryLog
  private let prices: PriceBook
  private let rules: ProxyRules
  private let ledgers: WindowLedgers

  package init(
    options: Options, log: TelemetryLog, prices: PriceBook, rules: ProxyRules,
    ledgers: WindowLedgers
  ) {
    self.options = options
    self.log = log
    self.prices = prices
    self.rules = rules
    self.ledgers = ledgers
  }

  /// What a run found, and whether it was new.
  package struct Result: Sendable {
    /// nil where there is no telemetry.
    package let text: CostCompareText?
    /// Whether a row was appended.
    package let isKept: Bool
  }

  /// Reads, pairs and keeps.
  package func run() throws(JobError) -> Result {
    var tally = CostTally(by: options.by, days: prices.days, features: options.features)
    guard let pass = try log.read(window: options.window, into: &tally), pass.events > 0 else {
      return Result(text: nil, isKept: false)
    }
    let compare = CostCompare(tally, book: prices, rules: rules, reprice: options.reprice)
    let text = CostCompareText(
      compare: compare, gates: CostGates(compare), by: options.by, pass: pass,
      limit: options.limit, minimumMatched: options.minimumMatched)
    // Another file than the ledger is looked at, not kept.
    let isKept = log.isLedger && !options.isDryRun ? try keep(text) : false
    return Result(text: text, isKept: isKept)
  }

  /// Appends the row unless the last one that answers the same question says the same.
  ///
  /// - Returns: Whether it was appended.
  private func keep(_ text: CostCompareText) throws(JobError) -> Bool {
    let agent = try AgentID.current(ledgers.world.environment)
    var content = JSONWriter()
    content.object { content in text.writeMembers(into: &content) }
    let features = text.compare.rows.flatMap {
      [$0.name, "\($0.baseline.tokens)", "\($0.glm.tokens)"]
    }
    let question = [options.window ?? "", options.by.rawValue, options.reprice ?? ""]
    let id = ContentID.of(
      [Self.name] + question + [String(decoding: content.bytes, as: UTF8.self)] + features)
    return try ledgers.ledger(ledgers.workspace.costCompare).append { bytes throws(JobError) in
      guard Self.lastID(of: question, in: bytes) != id else { return ([], false) }
      return (row(text, id: id, agent: agent), true)
    }
  }

  private func row(_ text: CostCompareText, id: String, agent: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", options.window)
      writer.member("provider", "proxy-telemetry")
      writer.member("captured_at", ledgers.world.clock.now().text)
      writer.member("by", options.by.rawValue)
      writer.member("reprice", options.reprice)
      text.writeMembers(into: &writer)
      writer.member("source", Self.name)
      ledgers.stamp.write(into: &writer, id: id, agent: agent)
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  /// The id of the newest row with the same window, key and what-if.
  private static func lastID(of question: [String], in bytes: [UInt8]) -> String? {
    for line in RowLedger.lines(bytes).reversed() {
      var texts: [String: String] = [:]
      var scanner = JSONScanner(Array(line))
      do throws(JSONError) {
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() {
          let key = scanner.text()
          texts[key] = try scanner.nextString()
        }
      } catch {
        continue
      }
      if [texts["window"] ?? "", texts["by"] ?? "", texts["reprice"] ?? ""] == question {
        return texts["id"]
      }
    }
    return nil
  }
}
