/// How often each latency came, to tell any percentile exactly.
///
/// Latencies are whole milliseconds in practice: each that differs takes four to sixteen bytes or so,
/// however often it comes. Fractions and what has more than 32 bits are counted as they are.
struct LatencyCounts: Sendable, Equatable {
  /// Of sixteen milliseconds each, where their counts are: behind so many others, from 1; 0 where
  /// none of them came.
  ///
  /// Up to the longest that came, of those below ``farLatency``.
  private var near: [UInt16] = []
  private var nearCounts: [UInt32] = []
  private var far = FarLatencies()
  private var others: [Double: Int] = [:]
  private(set) var count = 0

  /// Milliseconds: sixty-five seconds, over which few requests take.
  private static let farLatency = 1 << 16

  @inline(__always)
  mutating func add(_ latency: Double) {
    guard let whole = UInt32(exactly: latency), whole < Self.farLatency else {
      return addRare(latency, times: 1)
    }
    count += 1
    addNear(Int(whole), times: 1)
  }

  /// Adds a latency of less than ``farLatency``.
  @inline(__always)
  private mutating func addNear(_ whole: Int, times: Int) {
    let group = whole >> 4
    if group >= near.count || near[group] == 0 { makeRoom(group) }
    let place = (Int(near[group]) - 1) << 4 | whole & 15
    // A count that would run over goes on among the others.
    guard Int(nearCounts[place]) + times <= UInt32.max else {
      others[Double(whole), default: 0] += times
      return
    }
    nearCounts[place] += UInt32(times)
  }

  private mutating func makeRoom(_ group: Int) {
    if group >= near.count {
      let more = max(group + 1, near.count * 2, 64) - near.count
      near.append(contentsOf: repeatElement(0, count: more))
    }
    nearCounts.append(contentsOf: repeatElement(0, count: 16))
    near[group] = UInt16(nearCounts.count >> 4)
  }

  private mutating func addRare(_ latency: Double, times: Int) {
    count += times
    if let whole = UInt32(exactly: latency), whole < .max, far.add(whole, times: times) { return }
    others[latency, default: 0] += times
  }

  mutating func add(_ other: LatencyCounts) {
    other.forEachNear { whole, times in
      count += times
      addNear(whole, times: times)
    }
    for (latency, times) in other.rare { addRare(latency, times: times) }
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
    var values: [(latency: Double, times: Int)] = []
    forEachNear { values.append((Double($0), $1)) }
    return values + rare
  }

  /// Those that are not near.
  private var rare: [(latency: Double, times: Int)] {
    far.values + others.map { ($0.key, $0.value) }
  }

  private func forEachNear(_ body: (_ whole: Int, _ times: Int) -> Void) {
    for (group, place) in near.enumerated() where place > 0 {
      for offset in 0..<16 {
        let times = nearCounts[(Int(place) - 1) << 4 | offset]
        if times > 0 { body(group << 4 | offset, Int(times)) }
      }
    }
  }
}

/// Counts of whole milliseconds that lie far from each other.
private struct FarLatencies: Sendable, Equatable {
  /// A whole number of milliseconds + 1 above, its count below; 0 where there is none.
  private var slots: [UInt64] = []
  private var used = 0

  /// Adds to a count; false if it has no room for so many.
  mutating func add(_ whole: UInt32, times: Int) -> Bool {
    if (used + 1) * 4 > slots.count * 3 { grow() }
    let place = place(of: whole)
    if slots[place] == 0 {
      slots[place] = (UInt64(whole) + 1) << 32
      used += 1
    }
    guard Int(slots[place] & 0xFFFF_FFFF) + times <= UInt32.max else { return false }
    slots[place] += UInt64(times)
    return true
  }

  var values: [(latency: Double, times: Int)] {
    slots.compactMap { slot in
      slot & 0xFFFF_FFFF == 0 ? nil : (Double(slot >> 32 - 1), Int(slot & 0xFFFF_FFFF))
    }
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
