/// What models cost, and since when.
package struct PriceBook: Sendable, Equatable {
  /// The price of one model from a day on, in US dollars per million tokens.
  package struct Entry: Sendable, Equatable {
    /// The model's plain name: `claude-haiku-4-5`, `glm-4.6`.
    package let model: String
    package let input: Double
    /// Input that a cache held; nil where nobody says.
    package let cachedInput: Double?
    package let output: Double
    /// The UTC day from which it is valid, as 20251019.
    package let from: Int
    /// Who says so.
    package let source: String

    package init(
      model: String, input: Double, cachedInput: Double?, output: Double, from: Int, source: String
    ) {
      self.model = model
      self.input = input
      self.cachedInput = cachedInput
      self.output = output
      self.from = from
      self.source = source
    }

    /// How a row names the price it used.
    package var label: String { "\(model)@\(CalendarDay.text(from))" }

    /// Dollars for some tokens; nil where a part of them has no known price.
    package func cost(input tokens: Int, cached: Int, output: Int) -> Double? {
      if cached > 0, cachedInput == nil { return nil }
      return
        (Double(tokens) * self.input + Double(cached) * (cachedInput ?? 0)
        + Double(output) * self.output) / 1_000_000
    }
  }

  /// By model, the newest first; of two from one day the one that was added last.
  private var entries: [String: [Entry]] = [:]

  /// The days on which a price changes, in order.
  package private(set) var days: [Int] = []

  /// The prices that are known to everybody, and those of the configuration over them.
  package init(_ own: [Entry] = []) {
    for entry in Self.shipped + own {
      let model = Self.plainName(entry.model)
      entries[model, default: []].removeAll { $0.from == entry.from }
      entries[model, default: []].append(entry)
    }
    for model in entries.keys { entries[model]?.sort { $0.from > $1.from } }
    days = Set(entries.values.joined().map(\.from)).sorted()
  }

  /// The price of a model on a day; nil where it is not known.
  package func price(of model: String, on day: Int) -> Entry? {
    for name in Self.names(for: model) {
      if let found = entries[name] { return found.first { $0.from <= day } }
    }
    return nil
  }

  /// Whether any price of the model is known.
  package func knows(_ model: String) -> Bool {
    Self.names(for: model).contains { entries[$0] != nil }
  }

  // MARK: Names

  /// What a model may be listed under, the most exact first.
  static func names(for model: String) -> [String] {
    let exact = model.lowercased()
    let plain = plainName(exact)
    return [exact, plain, aliases[plain] ?? plain]
  }

  /// A name without what is in front of the last `/` and without a date at its end.
  static func plainName(_ model: String) -> String {
    var name = model.lowercased()
    if let slash = name.lastIndex(of: "/") { name = String(name[name.index(after: slash)...]) }
    for suffix in suffixes where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
    // `-20251001`, and `-2025-10-01`
    for digits in [[8], [4, 2, 2]] {
      let parts = name.split(separator: "-", omittingEmptySubsequences: false)
      let end = parts.suffix(digits.count)
      let isDate =
        end.map(\.count) == digits && end.allSatisfy { $0.allSatisfy(\.isWholeNumber) }
        && end.first?.hasPrefix("20") == true
      if isDate, parts.count > digits.count {
        return parts.dropLast(digits.count).joined(separator: "-")
      }
    }
    return name
  }

  private static let suffixes = ["-latest", ":latest"]

  /// Short names, and other spellings.
  private static let aliases = [
    "haiku": "claude-haiku-4-5",
    "haiku-4-5": "claude-haiku-4-5",
    "haiku-4.5": "claude-haiku-4-5",
    "claude-haiku-4.5": "claude-haiku-4-5",
    "sonnet-4-5": "claude-sonnet-4-5",
    "sonnet-4.5": "claude-sonnet-4-5",
    "claude-sonnet-4.5": "claude-sonnet-4-5",
    "sonnet": "claude-sonnet-5",
    "sonnet-5": "claude-sonnet-5",
    "opus": "claude-opus-5-5",
    "opus-5-5": "claude-opus-5-5",
    "opus-5.5": "claude-opus-5-5",
    "claude-opus-5.5": "claude-opus-5-5",
  ]

  // MARK: Prices

  /// What is known, and since when it is known to hold: an earlier day has no price.
  private static let shipped = [
    Entry(
      model: "claude-opus-5-5", input: 4, cachedInput: 0.2, output: 20, from: 20_261_121,
      source: "Claude Code 2.1.329, its own costs"),
    Entry(
      model: "claude-sonnet-5", input: 2, cachedInput: 0.2, output: 10, from: 20_261_121,
      source: "Claude Code 2.1.329, its own costs"),
    Entry(
      model: "claude-sonnet-4-5", input: 3, cachedInput: 0.3, output: 15, from: 20_250_929,
      source: "Anthropic's list"),
    Entry(
      model: "claude-haiku-4-5", input: 1, cachedInput: 0.1, output: 5, from: 20_251_015,
      source: "Anthropic's list; Claude Code 2.1.329 charges the same"),
    Entry(
      model: "glm-4.6", input: 0.6, cachedInput: 0.11, output: 2.2, from: 20_250_930,
      source: "Z.ai's list"),
    Entry(
      model: "glm-4.7", input: 0.6, cachedInput: 0.11, output: 2.2, from: 20_251_222,
      source: "Z.ai's list"),
  ]
}
