/// How much was delivered for what was used, and how sure that is.
package struct Efficiency: Sendable, Equatable {
  /// One window of one provider.
  package struct Observation: Sendable, Equatable {
    package var features: Int
    /// Percentage points or prompts, never negative.
    package var capacity: Double

    package init(features: Int, capacity: Double) {
      self.features = features
      self.capacity = capacity
    }
  }

  /// 95 % of the time, by the normal distribution.
  package struct Interval: Sendable, Equatable {
    package let low: Double
    package let high: Double
  }

  /// Of all observations, those without capacity too: their features were delivered.
  package let features: Int
  package let capacity: Double
  /// How many observations used any capacity.
  package let count: Int
  /// Features for one unit of capacity; nil where none was used.
  package let value: Double?
  /// nil below three observations.
  package let interval: Interval?
  /// The chance to see a difference of 0.10; nil below three observations.
  package let power: Double?

  /// The fewest observations that say anything about chance.
  static let fewest = 3
  /// The difference that should be seen.
  static let effect = 0.10
  /// Of the normal distribution, both sides together 5 %.
  static let quantile = 1.96

  package init(_ observations: [Observation]) {
    let usable = observations.filter { $0.capacity > 0 }
    features = observations.reduce(0) { $0.addingSaturated($1.features) }
    capacity = usable.reduce(0) { $0 + $1.capacity }
    count = usable.count
    guard capacity > 0 else {
      (value, interval, power) = (nil, nil, nil)
      return
    }
    let value = Double(features) / capacity
    self.value = value
    guard count >= Self.fewest else {
      (interval, power) = (nil, nil)
      return
    }
    // The error of a ratio of sums, by what the line through zero leaves over.
    let squares = usable.reduce(0) { sum, observation in
      let rest = Double(observation.features) - value * observation.capacity
      return sum + rest * rest
    }
    let error = (squares / Double(count - 1)).squareRoot() / capacity
    interval = Interval(
      low: max(0, value - Self.quantile * error), high: value + Self.quantile * error)
    power = Self.power(error: error)
  }

  private static func power(error: Double) -> Double {
    guard error > 0 else { return 1 }
    let shift = effect / error
    return NormalDistribution.below(shift - quantile)
      + NormalDistribution.below(-shift - quantile)
  }
}
