/// How often each latency came, to tell any percentile exactly.
///
/// Latencies are whole milliseconds in practice: each that differs takes eight bytes or so, however
/// often it comes. Fractions and what has more than 32 bits are counted as they are.
struct LatencyCounts: Sendable, Equatable {
  /// A whole number of milliseconds + 1 above, its count below; 0 where there is none.
  private var slots: [UInt64] = []
  private var used = 0
  private var others: [Double: Int] = [:]
  private(set) var count = 0

  mutating func add(_ latency: Double, times: Int = 1) {
    count += times
    guard let whole = UInt32(exactly: latency), whole < .max else {
      others[latency, default: 0] += times
      return
    }
    if (used + 1) * 4 > slots.count * 3 { grow() }
    let place = place(of: whole)
    if slots[place] == 0 {
      slots[place] = (UInt64(whole) + 1) << 32
      used += 1
    }
    // A count that would run over goes on among the others.
    guard Int(slots[place] & 0xFFFF_FFFF) + times <= 0xFFFF_FFFF else {
      others[latency, default: 0] += times
      return
    }
    slots[place] += UInt64(times)
  }

  mutating func add(_ other: LatencyCounts) {
    for (latency, times) in other.values { add(latency, times: times) }
  }

  /// The latencies at whole percentages, by linear interpolation at rank percent/100 · (n − 1).
  ///
  /// The rank is a fraction of whole numbers: no rounding moves it.
  func percentiles(_ percents: [Int]) -> [Double?] {
    guard count > 0 else { return percents.map { _ in nil } }
    let sorted = values.sorted { $0.latency < $1.latency }
    var total = 0
    let ends = sorted.map { entry in
      total += entry.times
      return total
    }
    func latency(at rank: Int) -> Double {
      sorted[ends.firstIndex { $0 > rank } ?? sorted.count - 1].latency
    }
    return percents.map { percent in
      let (rank, part) = (percent * (total - 1)).quotientAndRemainder(dividingBy: 100)
      let low = latency(at: rank)
      return part > 0 ? low + (latency(at: rank + 1) - low) * Double(part) / 100 : low
    }
  }

  func percentile(_ percent: Int) -> Double? { percentiles([percent])[0] }

  /// Every latency with how often it came; one may be there twice.
  private var values: [(latency: Double, times: Int)] {
    slots.compactMap { slot in
      slot == 0 ? nil : (Double(slot >> 32 - 1), Int(slot & 0xFFFF_FFFF))
    } + others.map { ($0.key, $0.value) }
  }

  private func place(of whole: UInt32) -> Int {
    let mask = slots.count - 1
    var place = Int((whole &* 0x9E37_79B1) >> 7) & mask
    while slots[place] != 0, slots[place] >> 32 != UInt64(whole) + 1 { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: 0, count: max(64, old.count * 2))
    for slot in old where slot != 0 {
      slots[place(of: UInt32(truncatingIfNeeded: slot >> 32 - 1))] = slot
    }
  }
}
