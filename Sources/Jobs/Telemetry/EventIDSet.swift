/// The events that are stored already, at 11 to 32 bytes each.
struct EventIDSet: ~Copyable {
  private var slots: UnsafeMutableBufferPointer<UInt64>
  private(set) var count = 0

  init(reserving capacity: Int = 0) {
    var size = 1_024
    while size * 3 < capacity * 4 { size *= 2 }
    slots = Self.empty(size)
  }

  deinit { slots.deallocate() }

  func contains(_ id: EventID) -> Bool { slots[place(of: Self.key(id))] != 0 }

  /// Adds an id; returns whether it is new.
  mutating func insert(_ id: EventID) -> Bool {
    let key = Self.key(id)
    let place = place(of: key)
    guard slots[place] == 0 else { return false }
    slots[place] = key
    count += 1
    // Three quarters full: 11 bytes an id, 32 while both tables are there.
    if count * 4 > slots.count * 3 { grow() }
    return true
  }

  mutating func removeAll() {
    slots.update(repeating: 0)
    count = 0
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
    slots = Self.empty(old.count * 2)
    for key in old where key != 0 { slots[place(of: key)] = key }
    old.deallocate()
  }

  private static func empty(_ size: Int) -> UnsafeMutableBufferPointer<UInt64> {
    let slots = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: size)
    slots.initialize(repeating: 0)
    return slots
  }
}
