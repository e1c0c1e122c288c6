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
    var text = text
    guard let id = text.withUTF8({ EventID(utf8: $0) }) else { return nil }
    self = id
  }

  init?(utf8 text: UnsafeBufferPointer<UInt8>) {
    guard text.count == 16 else { return nil }
    var bits: UInt64 = 0
    for byte in text {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): bits = bits << 4 | UInt64(byte & 0x0F)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): bits = bits << 4 | UInt64(byte &- 87)
      default: return nil
      }
    }
    self.bits = bits
  }

  /// The identity of an event with a moment; `rid` and `lane` are the hashes of their texts.
  @inline(__always)
  init(rid: UInt64, at milliseconds: Int64, kind: ProxyEvent.Kind, lane: UInt64) {
    var hash = ContentHash(seed: 1)
    hash.add(rid)
    hash.add(UInt64(bitPattern: milliseconds))
    hash.add(kind.code)
    hash.add(lane)
    bits = hash.value
  }

  /// The identity of one without.
  init(
    rid: UInt64, kind: ProxyEvent.Kind, model: UInt64, latency: Double?, inputTokens: Int?,
    outputTokens: Int?
  ) {
    var hash = ContentHash(seed: 2)
    hash.add(rid)
    hash.add(kind.code)
    hash.add(model)
    // What is absent is a number that cannot be.
    hash.add(latency.map { $0 == 0 ? 0 : $0.bitPattern } ?? .max)
    hash.add(UInt64(bitPattern: Int64(inputTokens ?? -1)))
    hash.add(UInt64(bitPattern: Int64(outputTokens ?? -1)))
    bits = hash.value
  }
}

extension ProxyEvent.Kind {
  /// Part of the identity of events that are stored: never to be changed.
  @inline(__always)
  fileprivate var code: UInt64 {
    switch self {
    case .decision: 1
    case .completion: 2
    case .error: 3
    }
  }
}

/// A hash of 64 bits, the same on every machine and for ever: eight bytes at a time are multiplied
/// into it, and the halves of the product folded (as wyhash does).
///
/// Among ten million events two differing ones agree with a chance of one in three hundred thousand.
struct ContentHash {
  private var state: UInt64

  init(seed: UInt64) { state = Self.fold(seed ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB) }

  @inline(__always)
  mutating func add(_ number: UInt64) {
    state = Self.fold(state ^ number, 0x8EBC_6AF0_9C88_C6E3)
    state ^= number.byteSwapped
  }

  /// Well mixed in every bit (the finaliser of MurmurHash3).
  var value: UInt64 {
    var bits = state
    bits = (bits ^ bits >> 33) &* 0xFF51_AFD7_ED55_8CCD
    bits = (bits ^ bits >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return bits ^ bits >> 33
  }

  static func of(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { of($0) }
  }

  /// The hash of a text, its length included.
  @inline(__always)
  static func of(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    of(UnsafeRawBufferPointer(text))
  }

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = ContentHash(seed: UInt64(bytes.count) &+ 3)
    var index = 0
    while index + 8 <= bytes.count {
      hash.add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
      index += 8
    }
    var rest: UInt64 = 0
    while index < bytes.count {
      rest = rest << 8 | UInt64(bytes[index])
      index += 1
    }
    hash.add(rest)
    return hash.value
  }

  @inline(__always)
  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}
