/// Whether the cheaper model may take over: four conditions, each met, not met, or not to be told.
package struct CostGates: Sendable, Equatable {
  package enum Verdict: String, Sendable {
    case met
    case notMet = "not met"
    case notEnoughData = "not enough data"
  }

  package struct Gate: Sendable, Equatable {
    /// For `--json`.
    package let key: String
    package let name: String
    /// What was found; `n/a` where nothing can be.
    package let found: String
    package let bound: String
    package let verdict: Verdict
  }

  /// The saving on matched features in percent, with its 95 % confidence interval.
  package struct Saving: Sendable, Equatable {
    package let percent: Double
    package let low: Double
    package let high: Double
  }

  package let gates: [Gate]
  package let saving: Saving?
  /// Percentage points that GLM fails more often.
  package let errorDelta: Double?
  /// Percent by which GLM's p95 is longer.
  package let p95Regression: Double?

  /// How many matched features it takes.
  package static let wantedMatches = 30
  /// How many finished requests a side must have for shares and p95 to mean anything.
  package static let wantedRequests = 20
  static let errorBound = 3.0
  static let p95Bound = 15.0
  static let savingBound = 10.0

  package init(_ compare: CostCompare) {
    let matched = compare.matched
    saving = Self.saving(matched.compactMap(\.costs))
    let isEnough =
      min(compare.glm.requests, compare.baseline.requests) >= Self.wantedRequests
    errorDelta =
      !isEnough
      ? nil
      : compare.glm.errorPercent.flatMap { glm in
        compare.baseline.errorPercent.map { glm - $0 }
      }
    p95Regression =
      !isEnough
      ? nil
      : compare.p95.glm.flatMap { glm in
        compare.p95.baseline.flatMap { $0 > 0 ? (glm / $0 - 1) * 100 : nil }
      }
    gates = [
      Gate(
        key: "matched", name: "matched features", found: "\(matched.count)",
        bound: ">= \(Self.wantedMatches)",
        verdict: matched.count >= Self.wantedMatches ? .met : .notMet),
      Gate(
        key: "error_delta", name: "error delta", found: Self.text(errorDelta, "pp", signed: true),
        bound: "<= 3 pp", verdict: Self.verdict(errorDelta) { $0 <= Self.errorBound }),
      Gate(
        key: "p95_regression", name: "p95 regression",
        found: Self.text(p95Regression, "%", signed: true), bound: "<= 15%",
        verdict: Self.verdict(p95Regression) { $0 <= Self.p95Bound }),
      Gate(
        key: "saving", name: "saving", found: Self.text(saving),
        bound: ">= 10%, interval above 0",
        verdict: Self.verdict(saving) { $0.percent >= Self.savingBound && $0.low > 0 }),
    ]
  }

  private static func verdict<Value>(_ value: Value?, _ isMet: (Value) -> Bool) -> Verdict {
    value.map { isMet($0) ? .met : .notMet } ?? .notEnoughData
  }

  private static func text(_ value: Double?, _ unit: String, signed: Bool) -> String {
    guard let value else { return "n/a" }
    let number = PercentText.number(value)
    let sign = signed && value > 0 ? "+" : ""
    return sign + number + (unit == "%" ? "%" : " \(unit)")
  }

  private static func text(_ saving: Saving?) -> String {
    guard let saving else { return "n/a" }
    return PercentText.of(saving.percent)
      + " [\(PercentText.of(saving.low)), \(PercentText.of(saving.high))]"
  }

  /// What pairs of costs say together: Σ(before − after) / Σ before, a ratio of sums whose error is
  /// that of the residuals (before − after) − ratio · before, √(n · variance) / Σ before.
  ///
  /// - Returns: nil of fewer than three pairs, which have no spread worth the name.
  static func saving(_ pairs: [(before: Double, after: Double)]) -> Saving? {
    let count = Double(pairs.count)
    let total = pairs.reduce(0) { $0 + $1.before }
    guard count >= 3, total > 0 else { return nil }
    let ratio = pairs.reduce(0) { $0 + $1.before - $1.after } / total
    let squares = pairs.reduce(0) { sum, pair in
      let residual = pair.before - pair.after - ratio * pair.before
      return sum + residual * residual
    }
    let error = (count * squares / (count - 1)).squareRoot() / total
    return Saving(
      percent: ratio * 100, low: (ratio - 1.96 * error) * 100, high: (ratio + 1.96 * error) * 100)
  }
}
