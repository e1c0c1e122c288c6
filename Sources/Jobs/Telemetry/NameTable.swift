/// Numbers names in the order in which they are first seen, without making a string of one twice.
///
/// A name may have several parts; ("a", "bc") is another than ("ab", "c").
struct NameTable: Sendable {
  /// So many bytes behind each part of a name may be looked at.
  static let padding = 8

  /// Where a name stands, its hash, and how it begins: most names are told apart without a look at
  /// their bytes, which are far away in memory.
  private struct Name: Sendable {
    let hash: UInt64
    /// The first eight bytes of the first part.
    let head: UInt64
    /// In `bytes`, the parts one behind the other.
    let start: Int
    let counts: (first: UInt32, second: UInt32, third: UInt32)
  }

  /// Indices + 1 of names, below the upper half of their hashes; 0 where there is none.
  private var slots = [UInt64](repeating: 0, count: 64)
  private var names: [Name] = []
  /// Names with padding behind each.
  private var bytes: [UInt8] = []

  var count: Int { names.count }

  /// The parts of a name.
  func parts(_ index: Int) -> [String] {
    let (first, second, third) = ranges(index)
    return [first, second, third].map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// The first part of a name.
  func text(_ index: Int) -> String {
    String(decoding: bytes[ranges(index).first], as: UTF8.self)
  }

  private func ranges(_ index: Int) -> (first: Range<Int>, second: Range<Int>, third: Range<Int>) {
    let name = names[index]
    let second = name.start + Int(name.counts.first)
    let third = second + Int(name.counts.second)
    return (name.start..<second, second..<third, third..<third + Int(name.counts.third))
  }

  /// The number of a name of three parts.
  mutating func index(
    _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>,
    _ third: UnsafeBufferPointer<UInt8>
  ) -> Int {
    index(first, second, third, hash: Self.hash(first, second, third))
  }

  /// The number of a name of one part.
  ///
  /// - Parameter guess: What ``guess(_:)`` said of the hash, before or after other names came.
  @inline(__always)
  mutating func index(_ name: UnsafeBufferPointer<UInt8>, hash: UInt64, guess: Int32) -> Int {
    if guess >= 0, isName(Int(guess), name, Self.nothing, Self.nothing) { return Int(guess) }
    return index(name, Self.nothing, Self.nothing, hash: hash)
  }

  /// The number that a name with this hash has, unless it is another with the same; -1 if none is
  /// where it would be looked for first.
  @inline(__always)
  func guess(_ hash: UInt64) -> Int32 {
    let slot = slots[place(of: hash)]
    return Int32(truncatingIfNeeded: slot & 0xFFFF_FFFF) &- 1
  }

  /// The hash of a name of one part.
  @inline(__always)
  static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 { hash(name, nothing, nothing) }

  private static var nothing: UnsafeBufferPointer<UInt8> { .init(start: nil, count: 0) }

  @inline(__always)
  private static func hash(
    _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>,
    _ third: UnsafeBufferPointer<UInt8>
  ) -> UInt64 {
    mix(third, mix(second, mix(first, 0x9E37_79B9_7F4A_7C15)))
  }

  @inline(__always)
  private func place(of hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash >> 20) & (slots.count - 1)
  }

  private mutating func index(
    _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>,
    _ third: UnsafeBufferPointer<UInt8>, hash: UInt64
  ) -> Int {
    var place = place(of: hash)
    while slots[place] != 0 {
      let index = Int(slots[place] & 0xFFFF_FFFF) - 1
      if (slots[place] ^ hash) >> 32 == 0, isName(index, first, second, third) { return index }
      place = (place + 1) & (slots.count - 1)
    }
    add(hash, first, second, third)
    slots[place] = Self.slot(hash, names.count - 1)
    if names.count * 2 > slots.count { grow() }
    return names.count - 1
  }

  private mutating func add(
    _ hash: UInt64, _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>,
    _ third: UnsafeBufferPointer<UInt8>
  ) {
    names.append(
      Name(
        hash: hash, head: Self.head(first), start: bytes.count,
        counts: (UInt32(first.count), UInt32(second.count), UInt32(third.count))))
    bytes.append(contentsOf: first)
    bytes.append(contentsOf: second)
    bytes.append(contentsOf: third)
    for _ in 0..<Self.padding { bytes.append(0) }
  }

  private static func slot(_ hash: UInt64, _ index: Int) -> UInt64 {
    (hash & ~0xFFFF_FFFF) | UInt64(UInt32(index + 1))
  }

  @inline(__always)
  private func isName(
    _ index: Int, _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>,
    _ third: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let name = names[index]
    guard Int(name.counts.first) == first.count, Int(name.counts.second) == second.count,
      Int(name.counts.third) == third.count, name.head == Self.head(first)
    else { return false }
    if first.count <= 8, second.isEmpty, third.isEmpty { return true }
    return bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress.map({ $0 + name.start }) else { return true }
      return Self.isSame(start, first) && Self.isSame(start + first.count, second)
        && Self.isSame(start + first.count + second.count, third)
    }
  }

  @inline(__always)
  private static func head(_ part: UnsafeBufferPointer<UInt8>) -> UInt64 {
    UnsafeRawPointer(part.baseAddress).map { word($0) & used(part.count) } ?? 0
  }

  /// Eight bytes at a time.
  @inline(__always)
  private static func isSame(
    _ known: UnsafeRawPointer, _ part: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    guard let text = UnsafeRawPointer(part.baseAddress) else { return true }
    var index = 0
    while index < part.count {
      let difference = word(known + index) ^ word(text + index)
      if difference & used(part.count - index) != 0 { return false }
      index += 8
    }
    return true
  }

  @inline(__always)
  private static func word(_ bytes: UnsafeRawPointer) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
  }

  /// The bits of a word of which so many bytes belong to a part.
  @inline(__always)
  private static func used(_ left: Int) -> UInt64 {
    left < 8 ? (1 << UInt64(truncatingIfNeeded: left * 8)) - 1 : .max
  }

  /// Gives the number of each name of another table, which it gets here.
  mutating func indices(of other: NameTable) -> [Int] {
    other.bytes.withUnsafeBufferPointer { bytes in
      (0..<other.count).map { name in
        let (first, second, third) = other.ranges(name)
        return index(
          UnsafeBufferPointer(rebasing: bytes[first]),
          UnsafeBufferPointer(rebasing: bytes[second]), UnsafeBufferPointer(rebasing: bytes[third]))
      }
    }
  }

  private mutating func grow() {
    slots = [UInt64](repeating: 0, count: slots.count * 2)
    for (index, name) in names.enumerated() {
      var place = place(of: name.hash)
      while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
      slots[place] = Self.slot(name.hash, index)
    }
  }

  /// Eight bytes at a time; the length is in it, so that parts cannot flow together.
  @inline(__always)
  private static func mix(_ part: UnsafeBufferPointer<UInt8>, _ seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: part.count)
    if let base = UnsafeRawPointer(part.baseAddress) {
      var index = 0
      while index < part.count {
        hash = (hash ^ (word(base + index) & used(part.count - index))) &* 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 32
        index += 8
      }
    }
    return hash &* 0xC4CE_B9FE_1A85_EC53
  }
}
