import Testing

@testable import Jobs

/// Features for what was used, and how sure that is.
struct EfficiencyTests {
  struct Case: Sendable, CustomStringConvertible {
    let name: String
    let observations: [(Int, Double)]
    let value: Double?
    var low: Double?
    var high: Double?
    let count: Int
    var power: Double?

    var description: String { name }
  }

  // Worked out with another program from the formulas, to seven places.
  static let cases = [
    Case(name: "nothing", observations: [], value: nil, count: 0),
    Case(name: "features and no capacity", observations: [(4, 0)], value: nil, count: 0),
    Case(name: "one window", observations: [(3, 12)], value: 0.25, count: 1),
    Case(
      name: "two windows say nothing of chance", observations: [(3, 12), (1, 4)], value: 0.25,
      count: 2),
    Case(
      name: "three windows", observations: [(3, 12), (5, 9), (1, 7)], value: 0.3214286,
      low: 0.1929519, high: 0.4499052, count: 3, power: 0.3322333),
    Case(
      name: "no spread", observations: [(2, 8), (2, 8), (2, 8)], value: 0.25, low: 0.25,
      high: 0.25, count: 3, power: 1),
    Case(
      name: "features of a window without capacity count, the window does not",
      observations: [(3, 12), (5, 9), (1, 7), (2, 0)], value: 0.3928571, low: 0.2515906,
      high: 0.5341237, count: 3, power: 0.2838817),
    Case(
      name: "an interval does not go below zero", observations: [(9, 5), (0, 20), (0, 40)],
      value: 0.1384615, low: 0, high: 0.3593896, count: 3, power: 0.1438785),
  ]

  @Test("Efficiency, interval and power", arguments: cases)
  func figures(expected: Case) {
    let found = Efficiency(
      expected.observations.map { .init(features: $0.0, capacity: $0.1) })
    #expect(found.count == expected.count)
    #expect(isNear(found.value, expected.value))
    #expect(isNear(found.interval?.low, expected.low))
    #expect(isNear(found.interval?.high, expected.high))
    #expect(isNear(found.power, expected.power))
  }

  private func isNear(_ found: Double?, _ expected: Double?) -> Bool {
    guard let found, let expected else { return found == nil && expected == nil }
    return (found - expected).magnitude < 1e-6
  }
}
