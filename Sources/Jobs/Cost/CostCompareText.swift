internal import Shared

/// The comparison as people, spreadsheets and programs read it.
package struct CostCompareText: Sendable {
  package let compare: CostCompare
  let gates: CostGates
  let by: CostKey
  let pass: TelemetryPass
  /// How many rows of a section are shown; nil for what suits the form.
  let limit: Int?
  let minimumMatched: Int

  // MARK: CSV

  /// The form that the scripts around it have always read: the largest differences, then the sums.
  package var csv: [String] {
    let rows = compare.rows.prefix(limit ?? 3).map { row in
      "\(Self.quoted(row.name)),\(row.baseline.tokens),\(row.glm.tokens),\(row.delta)"
    }
    let share = compare.glmSharePercent.map { Percent.text($0 / 100) } ?? "n/a"
    return ["rid,baseline_tokens,glm_tokens,delta_glm_minus_base"] + rows + [
      "# totals baseline=\(compare.baseline.tokens) glm=\(compare.glm.tokens) glm_share=\(share)"
    ]
  }

  /// RFC 4180, where it must be.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  // MARK: Table

  package var lines: [String] {
    let matched = compare.matched
    var lines = section("matched", matched)
    let oneSided = compare.oneSided
    if !oneSided.isEmpty {
      if !lines.isEmpty { lines.append("") }
      lines += ["On one side only:"] + section("on one side", oneSided)
    }
    lines += [""] + totals + whatIf + notes
    lines.append("")
    if let tooFew { lines.append(tooFew) }
    lines += gates.gates.map { gate in
      "gate \(gate.name): \(gate.found) (\(gate.bound)): \(gate.verdict.rawValue)"
    }
    return lines
  }

  /// What is said when fewer features are matched than were asked for.
  package var tooFew: String? {
    let count = compare.matched.count
    guard count < minimumMatched else { return nil }
    return "\(count) matched \(noun(count)), fewer than \(minimumMatched): too few to compare"
  }

  private func noun(_ count: Int) -> String {
    switch by {
    case .feature: count == 1 ? "feature" : "features"
    case .rid: count == 1 ? "request" : "requests"
    case .model: count == 1 ? "model" : "models"
    }
  }

  private func section(_ name: String, _ rows: [CostCompare.Row]) -> [String] {
    guard !rows.isEmpty else { return ["no \(noun(2)) matched"] }
    let shown = rows.prefix(limit ?? 20)
    var table = TextTable(columns: [
      .init(by.rawValue.uppercased()), .init("BASELINE", .right), .init("GLM", .right),
      .init("DELTA", .right), .init("BASELINE $", .right), .init("GLM $", .right),
      .init("SAVED $", .right), .init("PRICES"),
    ])
    for row in shown {
      let prices = row.baseline.prices + row.glm.prices.filter { !row.baseline.prices.contains($0) }
      table.append(
        [
          row.name, "\(row.baseline.tokens)", "\(row.glm.tokens)", "\(row.delta)",
          Dollars.text(row.baseline.cost), Dollars.text(row.glm.cost), Dollars.text(row.saving),
          prices.isEmpty ? "n/a" : prices.joined(separator: " "),
        ].map { TextTable.Cell($0) })
    }
    let more = rows.count - shown.count
    return table.lines()
      + (more > 0 ? ["(\(more) more \(name); --min \(rows.count) shows all)"] : [])
  }

  private var totals: [String] {
    let share = compare.glmSharePercent.map(PercentText.of) ?? "n/a"
    return [
      "baseline: \(Self.text(compare.baseline))", "glm: \(Self.text(compare.glm))",
      "glm share of tokens: \(share)",
    ]
  }

  private static func text(_ side: CostCompare.Side) -> String {
    let money = Dollars.text(side.knownCost)
    let left = side.unpricedTokens > 0 ? ", without \(side.unpricedTokens) unpriced tokens" : ""
    return "\(side.requests) requests, \(side.errors) failed, \(side.tokens) tokens, "
      + "$ \(money)\(left)"
  }

  private var whatIf: [String] {
    guard let whatIf = compare.whatIf else { return [] }
    guard whatIf.pricedTokens > 0, let share = whatIf.breakEvenPercent else {
      return ["what if: the baseline on \(whatIf.model): n/a, no price of both is known"]
    }
    let left =
      whatIf.unpricedTokens > 0 ? ", without \(whatIf.unpricedTokens) unpriced tokens" : ""
    return [
      "what if: the baseline on \(whatIf.model): $ \(Dollars.text(whatIf.after)) in place of "
        + "\(Dollars.text(whatIf.before))\(left) (\(whatIf.prices.joined(separator: " ")))",
      "break-even share: \(PercentText.of(share)); it pays while at least that much of the work "
        + "need not be done again on the baseline",
    ]
  }

  /// What the numbers leave out.
  private var notes: [String] {
    var lines: [String] = []
    for entry in compare.unpriced {
      lines.append("no price known: \(entry.model), \(entry.tokens) tokens")
    }
    let unknown = compare.baseline.withoutTokens + compare.glm.withoutTokens
    if unknown > 0 { lines.append("without token counts: \(unknown) requests") }
    if pass.damaged > 0, let first = pass.firstDamaged {
      lines.append("damaged lines left out: \(pass.damaged), the first is line \(first)")
    }
    return lines
  }

  // MARK: JSON

  package var json: String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", true)
      writer.member("by", by.rawValue)
      writeMembers(into: &writer)
      for (key, rows) in [("matched", compare.matched), ("one_sided", compare.oneSided)] {
        writer.key(key)
        writer.array { writer in
          for row in rows.prefix(limit ?? rows.count) { Self.write(row, into: &writer) }
        }
      }
      writer.member("damaged_lines", pass.damaged)
      writer.member("first_damaged_line", pass.firstDamaged)
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// What stands in the ledger as well.
  func writeMembers(into writer: inout JSONWriter) {
    writer.member("matched_count", compare.matched.count)
    writer.member("one_sided_count", compare.oneSided.count)
    for (key, side) in [("baseline", compare.baseline), ("glm", compare.glm)] {
      writer.key(key)
      Self.write(side, into: &writer)
    }
    writer.member("glm_share_pct", compare.glmSharePercent)
    writer.member("error_delta_pp", gates.errorDelta)
    writer.member("baseline_p95_ms", compare.p95.baseline)
    writer.member("glm_p95_ms", compare.p95.glm)
    writer.member("p95_regression_pct", gates.p95Regression)
    writer.member("saving_pct", gates.saving?.percent)
    writer.member("saving_low_pct", gates.saving?.low)
    writer.member("saving_high_pct", gates.saving?.high)
    writer.key("unpriced")
    writer.array { writer in
      for entry in compare.unpriced {
        writer.object { writer in
          writer.member("model", entry.model)
          writer.member("tokens", entry.tokens)
        }
      }
    }
    if let whatIf = compare.whatIf { Self.write(whatIf, into: &writer) }
    writer.key("gates")
    writer.object { writer in
      for gate in gates.gates { writer.member(gate.key, gate.verdict.rawValue) }
    }
  }

  private static func write(_ whatIf: CostCompare.WhatIf, into writer: inout JSONWriter) {
    writer.key("what_if")
    writer.object { writer in
      writer.member("model", whatIf.model)
      let isKnown = whatIf.pricedTokens > 0
      writer.member("baseline_usd", isKnown ? Dollars.rounded(whatIf.before) : nil)
      writer.member("usd", isKnown ? Dollars.rounded(whatIf.after) : nil)
      writer.member("break_even_pct", whatIf.breakEvenPercent)
      writer.member("unpriced_tokens", whatIf.unpricedTokens)
      writer.key("prices")
      writer.array { writer in for price in whatIf.prices { writer.string(price) } }
    }
  }

  private static func write(_ row: CostCompare.Row, into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", row.name)
      for (key, side) in [("baseline", row.baseline), ("glm", row.glm)] {
        writer.key(key)
        write(side, into: &writer)
      }
      writer.member("delta_tokens", row.delta)
      writer.member("saving_usd", row.saving.map(Dollars.rounded))
    }
  }

  private static func write(_ side: CostCompare.Side, into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("requests", side.requests)
      writer.member("errors", side.errors)
      writer.member("requests_without_tokens", side.withoutTokens)
      writer.member("tokens", side.tokens)
      writer.member("usd", side.cost.map(Dollars.rounded))
      writer.member("priced_usd", side.knownCost.map(Dollars.rounded))
      writer.member("unpriced_tokens", side.unpricedTokens)
      writer.key("prices")
      writer.array { writer in for price in side.prices { writer.string(price) } }
    }
  }
}

/// Amounts of US dollars.
enum Dollars {
  /// Four decimals: a request costs less than a cent.
  ///
  /// What is less than these tell is no 0.
  static func text(_ amount: Double?) -> String {
    guard let amount, amount.isFinite, amount.magnitude < 1e12 else { return "n/a" }
    if amount > 0, amount < 0.00005 { return "<0.0001" }
    let parts = Int64((amount * 10_000).rounded())
    let fraction = String(parts.magnitude % 10_000)
    let zeros = String(repeating: "0", count: 4 - fraction.count)
    return "\(parts < 0 ? "-" : "")\(parts.magnitude / 10_000).\(zeros)\(fraction)"
  }

  /// To a millionth of a dollar, below which sums of doubles are noise.
  static func rounded(_ amount: Double) -> Double { (amount * 1_000_000).rounded() / 1_000_000 }
}
