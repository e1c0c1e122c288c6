internal import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Numbers names in the order in which they are first seen, without making a string of one twice.
///
/// A name may have several parts; ("a", "bc") is another than ("ab", "c").
struct NameTable: Sendable {
  /// Indices + 1 of names; 0 where there is none.
  private var slots = [UInt32](repeating: 0, count: 64)
  private var hashes: [UInt64] = []
  /// Where the parts of the names end in `bytes`, three of each name.
  private var ends: [Int] = []
  private var bytes: [UInt8] = []

  var count: Int { hashes.count }

  /// The parts of a name.
  func parts(_ index: Int) -> [String] {
    (index * 3..<index * 3 + 3).map { part in
      String(decoding: bytes[(part == 0 ? 0 : ends[part - 1])..<ends[part]], as: UTF8.self)
    }
  }

  /// The number of a name of three parts, each with room of eight bytes behind it.
  mutating func index(
    _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>,
    _ third: UnsafeBufferPointer<UInt8>
  ) -> Int {
    var hash = Self.mix(first, 0x9E37_79B9_7F4A_7C15)
    hash = Self.mix(second, hash)
    hash = Self.mix(third, hash)
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash >> 20) & mask
    while slots[place] != 0 {
      let index = Int(slots[place]) - 1
      if hashes[index] == hash, isName(index, first, second, third) { return index }
      place = (place + 1) & mask
    }
    for part in [first, second, third] {
      bytes.append(contentsOf: part)
      ends.append(bytes.count)
    }
    hashes.append(hash)
    slots[place] = UInt32(hashes.count)
    if hashes.count * 2 > slots.count { grow() }
    return hashes.count - 1
  }

  @inline(__always)
  private func isName(
    _ index: Int, _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>,
    _ third: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let start = index == 0 ? 0 : ends[index * 3 - 1]
    guard ends[index * 3] - start == first.count,
      ends[index * 3 + 1] - ends[index * 3] == second.count,
      ends[index * 3 + 2] - ends[index * 3 + 1] == third.count
    else { return false }
    return bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress.map({ $0 + start }) else { return true }
      return Self.isSame(base, first) && Self.isSame(base + first.count, second)
        && Self.isSame(base + first.count + second.count, third)
    }
  }

  @inline(__always)
  private static func isSame(
    _ bytes: UnsafePointer<UInt8>, _ part: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    guard let start = part.baseAddress else { return true }
    return memcmp(bytes, start, part.count) == 0
  }

  /// Gives the number of each name of another table, which it gets here.
  mutating func indices(of other: NameTable) -> [Int] {
    let padded = other.bytes + Array(repeating: 0, count: LineBlocks.padding)
    return padded.withUnsafeBufferPointer { bytes in
      (0..<other.count).map { name in
        let ends = other.ends
        let start = name == 0 ? 0 : ends[name * 3 - 1]
        return index(
          UnsafeBufferPointer(rebasing: bytes[start..<ends[name * 3]]),
          UnsafeBufferPointer(rebasing: bytes[ends[name * 3]..<ends[name * 3 + 1]]),
          UnsafeBufferPointer(rebasing: bytes[ends[name * 3 + 1]..<ends[name * 3 + 2]]))
      }
    }
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 4)
    for (index, hash) in hashes.enumerated() {
      var place = Int(truncatingIfNeeded: hash >> 20) & (slots.count - 1)
      while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
      slots[place] = UInt32(index + 1)
    }
  }

  /// Eight bytes at a time; the length is in it, so that parts cannot flow together.
  @inline(__always)
  private static func mix(_ part: UnsafeBufferPointer<UInt8>, _ seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: part.count)
    guard let base = UnsafeRawPointer(part.baseAddress) else { return hash }
    var index = 0
    while index < part.count {
      var word = UInt64(littleEndian: (base + index).loadUnaligned(as: UInt64.self))
      let left = part.count - index
      if left < 8 { word &= (1 << UInt64(truncatingIfNeeded: left * 8)) - 1 }
      hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
      index += 8
    }
    return hash &* 0xC4CE_B9FE_1A85_EC53
  }
}
