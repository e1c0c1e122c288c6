import TestSupport
import Testing

@testable import Jobs

struct LatencyCountsTests {
  /// The definition, on the whole sorted list.
  private func percentile(_ percent: Int, of values: [Double]) -> Double? {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return nil }
    let rank = percent * (sorted.count - 1)
    let low = sorted[rank / 100]
    guard rank % 100 > 0 else { return low }
    return low + (sorted[rank / 100 + 1] - low) * Double(rank % 100) / 100
  }

  private func counts(_ values: [Double]) -> LatencyCounts {
    var counts = LatencyCounts()
    for value in values { counts.add(value) }
    return counts
  }

  @Test(
    "Percentiles lie between the two nearest latencies",
    arguments: [
      ([], nil, nil), ([7], 7, 7), ([10, 20], 15, 19.5), ([1, 2, 3], 2, 2.9),
      ([120, 180, 260, 310, 340, 400, 520, 900], 325, 767),
      ([2_111, 3_002, 5_500.5], 3_002, 5_250.65), ([0, 0, 0, 1e15], 0, 8.5e14),
    ] as [([Double], Double?, Double?)])
  func known(values: [Double], p50: Double?, p95: Double?) {
    #expect(counts(values).percentiles([50, 95]) == [p50, p95])
  }

  enum Kind: CaseIterable {
    case whole, around, fewValues, fractions, huge, mixed

    func value(_ numbers: inout SeededNumbers) -> Double {
      switch self {
      case .whole: Double(Int.random(in: 0..<90_000, using: &numbers))
      case .around: Double(Int.random(in: 65_530..<65_545, using: &numbers))
      case .fewValues: Double(Int.random(in: 0..<3, using: &numbers))
      case .fractions: Double.random(in: 0..<50, using: &numbers)
      case .huge: Double(Int.random(in: 4_000_000_000..<1_000_000_000_000_000, using: &numbers))
      case .mixed:
        Kind.allCases[Int.random(in: 0..<5, using: &numbers)].value(&numbers)
      }
    }
  }

  @Test("They are those of the sorted list, whatever is in it", arguments: Kind.allCases)
  func oracle(kind: Kind) {
    var numbers = SeededNumbers(seed: 2_025)
    for count in [1, 2, 3, 19, 100, 101, 5_000] {
      let values = (0..<count).map { _ in kind.value(&numbers) }
      let counts = counts(values)
      for percent in [0, 1, 50, 95, 99, 100] {
        #expect(counts.percentile(percent) == percentile(percent, of: values), "\(count)")
      }
      var halves = self.counts(Array(values[..<(count / 2)]))
      halves.add(self.counts(Array(values[(count / 2)...])))
      #expect(halves.percentiles([50, 95]) == counts.percentiles([50, 95]))
      #expect(halves.count == count)
    }
  }

  @Test("A latency that comes more often than 32 bits can tell is still counted")
  func full() {
    var fives = counts([5])
    var nines = counts([9])
    for _ in 0..<32 {
      let copy = fives
      fives.add(copy)
      let other = nines
      nines.add(other)
    }
    fives.add(5)
    fives.add(nines)
    #expect(fives.count == (1 << 33) + 1)
    #expect(fives.percentiles([50, 51]) == [5, 9])
  }
}
