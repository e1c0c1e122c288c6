internal import Shared

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Bytes that are only added to, in memory of its own that is used again.
struct RowBuffer: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = max(capacity, 64)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  mutating func removeAll() { count = 0 }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Makes room, so that what is added next up to that length is added without asking.
  mutating func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    let size = max(capacity * 2, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
    capacity = size
  }

  /// Adds bytes for which there is room.
  @inline(__always)
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    memcpy(base + count, source, bytes.count)
    count += bytes.count
  }

  @inline(__always)
  mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) { add(UnsafeRawBufferPointer(bytes)) }

  @inline(__always)
  mutating func add(_ text: StaticString) {
    memcpy(base + count, text.utf8Start, text.utf8CodeUnitCount)
    count += text.utf8CodeUnitCount
  }

  @inline(__always)
  mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  @inline(__always)
  mutating func add(byte: UInt8) {
    base[count] = byte
    count += 1
  }

  /// Adds once more what was added before.
  @inline(__always)
  mutating func add(again start: Int, count length: Int) {
    memcpy(base + count, base + start, length)
    count += length
  }

  /// Adds a number that is not negative, with so many digits at least.
  @inline(__always)
  mutating func add(_ number: Int, digits: Int = 1) {
    var rest = number
    var length = digits
    var limit = 1
    for _ in 0..<digits { limit &*= 10 }
    while length < 19, rest >= limit {
      limit &*= 10
      length += 1
    }
    var index = count + length
    count = index
    for _ in 0..<length {
      index -= 1
      base[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  /// Adds 16 hexadecimal digits.
  @inline(__always)
  mutating func add(hex bits: UInt64) {
    var shift: UInt64 = 60
    for offset in 0..<16 {
      let digit = UInt8(truncatingIfNeeded: bits >> shift & 0x0F)
      base[count + offset] = digit &+ (digit < 10 ? UInt8(ascii: "0") : 87)
      shift &-= 4
    }
    count += 16
  }

  /// Moves a part to the front of what is not kept.
  mutating func move(_ range: Range<Int>, to start: Int) {
    guard range.lowerBound != start else { return }
    memmove(base + start, base + range.lowerBound, range.count)
  }

  /// Forgets what is behind.
  mutating func shorten(to length: Int) { count = min(count, length) }
}
