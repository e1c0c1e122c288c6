internal import Shared

/// Which event of the proxy a row is of, whatever file or pipe brought it.
struct EventID: Hashable, Sendable {
  let bits: UInt64

  /// 16 hex digits.
  var text: String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  init(bits: UInt64) {
    self.bits = bits
  }

  init?(text: String) {
    guard text.utf8.count == 16, let bits = UInt64(text, radix: 16) else { return nil }
    self.bits = bits
  }

  /// The request, the millisecond, the kind of line and the lane; where there is no moment, what
  /// else tells two events apart.
  init(_ event: ProxyEvent) {
    var hash = ContentHash()
    hash.add(event.rid)
    if let at = event.at {
      hash.add(UInt64(bitPattern: at.milliseconds))
      hash.add(event.kind.rawValue)
      hash.add(event.lane)
    } else {
      hash.add(event.model)
      hash.add(event.latency.map(\.bitPattern) ?? .max)
      hash.add(UInt64(bitPattern: Int64(event.inputTokens ?? -1)))
      hash.add(UInt64(bitPattern: Int64(event.outputTokens ?? -1)))
    }
    bits = hash.value
  }
}

/// FNV-1a over 64 bits with a final mixing, the same on every machine and for ever.
///
/// Among ten million events two differing ones agree with a chance of one in three hundred thousand.
private struct ContentHash {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Each part is followed by its length, so that no two lists of parts are one text.
  mutating func add(_ text: String) {
    var count: UInt64 = 0
    for byte in text.utf8 {
      state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
      count += 1
    }
    add(count)
  }

  mutating func add(_ number: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      state = (state ^ (number >> UInt64(shift) & 0xFF)) &* 0x0000_0100_0000_01B3
    }
  }

  /// Well mixed in every bit (the finaliser of MurmurHash3).
  var value: UInt64 {
    var bits = state
    bits = (bits ^ bits >> 33) &* 0xFF51_AFD7_ED55_8CCD
    bits = (bits ^ bits >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return bits ^ bits >> 33
  }
}

/// The events that are stored already, at about sixteen bytes each.
struct EventIDSet: Sendable {
  private var slots: [UInt64]
  private(set) var count = 0

  init(reserving capacity: Int = 0) {
    var size = 1_024
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: 0, count: size)
  }

  func contains(_ id: EventID) -> Bool { slots[place(of: Self.key(id))] != 0 }

  /// Adds an id; returns whether it is new.
  mutating func insert(_ id: EventID) -> Bool {
    let key = Self.key(id)
    let place = place(of: key)
    guard slots[place] == 0 else { return false }
    slots[place] = key
    count += 1
    if count * 2 > slots.count { grow() }
    return true
  }

  /// An empty slot is 0, so the id 0 shares one with 1.
  private static func key(_ id: EventID) -> UInt64 { max(id.bits, 1) }

  private func place(of key: UInt64) -> Int {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: key) & mask
    while slots[place] != 0, slots[place] != key { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: 0, count: old.count * 2)
    for key in old where key != 0 { slots[place(of: key)] = key }
  }
}
