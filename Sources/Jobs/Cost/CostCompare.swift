internal import Shared

/// What the same work took on the cheaper model and on the baseline, feature by feature.
package struct CostCompare: Sendable, Equatable {
  /// One side of a feature, or of all.
  package struct Side: Sendable, Equatable {
    package var requests = 0
    package var errors = 0
    /// Requests of whose tokens nothing is known.
    package var withoutTokens = 0
    /// Those among them that went well: what they cost is not known.
    package var unmetered = 0
    package var tokens = 0
    /// Dollars of the tokens with a known price.
    package var pricedCost = 0.0
    /// Tokens without one.
    package var unpricedTokens = 0
    /// The prices that were used, each once.
    package var prices: [String] = []

    /// Dollars; nil where a part of the tokens, or all of them, is not known or has no price.
    package var cost: Double? {
      unpricedTokens == 0 && (tokens > 0 || withoutTokens == 0) ? pricedCost : nil
    }

    /// Dollars of the part that has a price; nil where no part has, which is not 0.
    package var knownCost: Double? { tokens > unpricedTokens ? pricedCost : cost }

    package var errorPercent: Double? {
      requests > 0 ? Double(errors) * 100 / Double(requests) : nil
    }

    mutating func add(_ other: Side) {
      requests += other.requests
      errors += other.errors
      withoutTokens += other.withoutTokens
      unmetered += other.unmetered
      tokens += other.tokens
      pricedCost += other.pricedCost
      unpricedTokens += other.unpricedTokens
      for price in other.prices where !prices.contains(price) { prices.append(price) }
    }
  }

  package struct Row: Sendable, Equatable {
    package let name: String
    package var baseline = Side()
    package var glm = Side()

    /// Tokens that GLM took more.
    package var delta: Int { glm.tokens - baseline.tokens }
    package var isMatched: Bool { baseline.tokens > 0 && glm.tokens > 0 }

    /// Dollars of both sides; nil where there is nothing to compare, and where a request went well of
    /// which nobody counted the tokens, as of most streams: its side would look cheap.
    package var costs: (before: Double, after: Double)? {
      guard isMatched, baseline.unmetered + glm.unmetered == 0, let before = baseline.cost,
        let after = glm.cost
      else { return nil }
      return (before, after)
    }

    /// Dollars that GLM saved.
    package var saving: Double? { costs.map { $0.before - $0.after } }
  }

  /// The largest difference first; of equal ones the one that came first.
  package private(set) var rows: [Row] = []
  package private(set) var baseline = Side()
  package private(set) var glm = Side()
  /// Models without a price on the day they were used, with their tokens.
  package private(set) var unpriced: [(model: String, tokens: Int)] = []
  /// Milliseconds.
  package private(set) var p95: (baseline: Double?, glm: Double?)
  package private(set) var whatIf: WhatIf?

  /// The baseline's traffic at the price of another model.
  package struct WhatIf: Sendable, Equatable {
    package let model: String
    /// Dollars of the traffic that has both prices, at its own and at the other.
    package var before = 0.0
    package var after = 0.0
    package var pricedTokens = 0
    package var unpricedTokens = 0
    package var prices: [String] = []

    /// The share of the work, 0 to 100 or more, that must not have to be done again at the
    /// baseline's price: below it the change costs more than it saves.
    package var breakEvenPercent: Double? { before > 0 ? after / before * 100 : nil }
  }

  /// Those with tokens on both sides.
  package private(set) var matched: [Row] = []
  package var oneSided: [Row] { rows.filter { !$0.isMatched } }

  /// GLM's part of all tokens, 0 to 100; nil where there are none.
  package var glmSharePercent: Double? {
    let all = baseline.tokens + glm.tokens
    return all > 0 ? Double(glm.tokens) * 100 / Double(all) : nil
  }

  init(_ tally: CostTally, book: PriceBook, rules: ProxyRules, reprice: String?) {
    whatIf = reprice.map { WhatIf(model: $0) }
    p95 = (tally.latencies.baseline.percentile(95), tally.latencies.glm.percentile(95))
    var pricing = Pricing(book: book, rules: rules, reprice: reprice)
    // Where the row of each name is; -1 as long as there is none.
    var places = [Int](repeating: -1, count: tally.keyCount)
    for cell in tally.cells {
      let side = take(cell, pricing.quote(for: cell, of: tally))
      if cell.isRouted { glm.add(side) } else { baseline.add(side) }
      var place = places[Int(cell.key)]
      if place < 0 {
        let name = tally.key(cell.key)
        if name.isEmpty { continue }
        place = rows.count
        places[Int(cell.key)] = place
        rows.append(Row(name: name))
      }
      if cell.isRouted { rows[place].glm.add(side) } else { rows[place].baseline.add(side) }
    }
    unpriced.sort { ($1.tokens, $0.model) < ($0.tokens, $1.model) }
    // A request of which no token is known says nothing of cost.
    rows.removeAll { $0.baseline.tokens == 0 && $0.glm.tokens == 0 }
    let order = rows.enumerated().map { (size: $1.delta.magnitude, index: $0) }
      .sorted { ($1.size, $0.index) < ($0.size, $1.index) }
    rows = order.map { rows[$0.index] }
    matched = rows.filter(\.isMatched)
  }

  /// The side of a cell by itself; what has no price, and the what-if, are noted as they come.
  private mutating func take(_ cell: CostCell, _ quote: Quote) -> Side {
    var side = Side()
    side.requests = Int(cell.counts.requests)
    side.errors = Int(cell.counts.errors)
    side.withoutTokens = Int(cell.counts.withoutTokens)
    side.unmetered = Int(cell.counts.unmetered)
    side.tokens = cell.counts.tokens
    let cost = quote.price?.cost(of: cell)
    if let cost {
      side.pricedCost = cost
      if cell.counts.tokens > 0 { side.prices = quote.labels }
    } else if cell.counts.tokens > 0 {
      side.unpricedTokens = cell.counts.tokens
      let name = quote.name
      if let index = unpriced.firstIndex(where: { $0.model == name }) {
        unpriced[index].tokens += cell.counts.tokens
      } else {
        unpriced.append((name, cell.counts.tokens))
      }
    }
    if !cell.isRouted, cell.counts.tokens > 0 { whatIf?.add(cell, cost, quote.other) }
    return side
  }

  package static func == (left: CostCompare, right: CostCompare) -> Bool {
    left.rows == right.rows && left.baseline == right.baseline && left.glm == right.glm
      && left.p95 == right.p95 && left.whatIf == right.whatIf
      && left.unpriced.elementsEqual(right.unpriced, by: ==)
  }
}

extension CostCompare.WhatIf {
  fileprivate mutating func add(_ cell: CostCell, _ cost: Double?, _ price: PriceBook.Entry?) {
    guard let cost, let price, let other = price.cost(of: cell) else {
      unpricedTokens += cell.counts.tokens
      return
    }
    before += cost
    after += other
    pricedTokens += cell.counts.tokens
    if !prices.contains(price.label) { prices.append(price.label) }
  }
}

/// The prices for the tokens of a cell.
private final class Quote {
  /// nil as well where the proxy sent a request elsewhere than its model says: what answered it is
  /// not known.
  let price: PriceBook.Entry?
  let labels: [String]
  /// What the tokens are called where they have no price.
  let name: String
  /// That of the model of the what-if.
  let other: PriceBook.Entry?

  init(price: PriceBook.Entry?, name: String, other: PriceBook.Entry?) {
    self.price = price
    labels = price.map { [$0.label] } ?? []
    self.name = name
    self.other = other
  }
}

/// Looks each price up once: there are few models and many cells.
private struct Pricing {
  let book: PriceBook
  let rules: ProxyRules
  let reprice: String?
  private var quotes: [Key: Quote] = [:]

  private struct Key: Hashable {
    let model: Int32
    let mark: Int32
  }

  init(book: PriceBook, rules: ProxyRules, reprice: String?) {
    self.book = book
    self.rules = rules
    self.reprice = reprice
  }

  mutating func quote(for cell: CostCell, of tally: CostTally) -> Quote {
    let key = Key(model: cell.model, mark: cell.mark)
    if let known = quotes[key] { return known }
    let model = tally.model(cell.model)
    // A day on which the same prices held.
    let day = cell.period > 0 ? book.days[cell.period - 1] : 0
    var event = ProxyEvent()
    event.model = model
    let isDiverted = cell.isRouted && !rules.isRouted(event)
    let price = isDiverted ? nil : book.price(of: model, on: day)
    let quote = Quote(
      price: price,
      name: isDiverted ? "whatever answered for \(model)" : model,
      other: reprice.flatMap { book.price(of: $0, on: day) })
    quotes[key] = quote
    return quote
  }
}

extension PriceBook.Entry {
  fileprivate func cost(of cell: CostCell) -> Double? {
    cost(input: cell.counts.uncached, cached: cell.counts.cached, output: cell.counts.output)
  }
}
