#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Finds the members of an object that a program wrote on one line, at the speed of memory.
///
/// It knows one shape alone, that of ``JSONWriter``: no white space, no containers inside, strings
/// without escapes and of ASCII. What looks otherwise is refused, not judged; ``JSONScanner`` reads
/// it. What is taken is JSON by the same rules as there.
package struct FlatObjectReader: ~Copyable {
  /// A value as it stands in the line: a string without its quotes, or a number.
  package struct Value: Sendable {
    package enum Kind: UInt8, Sendable {
      case absent, text, number, word
    }

    package var start: Int32 = 0
    package var end: Int32 = 0
    package var kind = Kind.absent

    package init(start: Int = 0, end: Int = 0, kind: Kind = .absent) {
      self.start = Int32(truncatingIfNeeded: start)
      self.end = Int32(truncatingIfNeeded: end)
      self.kind = kind
    }
  }

  /// A key with the quote and the colon behind it, sixteen bytes of it as two numbers.
  private struct Key {
    let text: [UInt8]
    let words: (UInt64, UInt64)
    let masks: (UInt64, UInt64)

    init(_ name: String) {
      text = Array(name.utf8) + [UInt8(ascii: "\""), UInt8(ascii: ":")]
      var bytes = [UInt8](repeating: 0, count: 16)
      var mask = bytes
      for (index, byte) in text.prefix(16).enumerated() {
        (bytes[index], mask[index]) = (byte, 255)
      }
      words = (Self.word(bytes[..<8]), Self.word(bytes[8...]))
      masks = (Self.word(mask[..<8]), Self.word(mask[8...]))
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  private let keys: UnsafeMutableBufferPointer<Key>
  private let found: UnsafeMutableBufferPointer<Value>

  /// A reader that knows some keys, best in the order in which they are written.
  package init(keys names: [String]) {
    keys = .allocate(capacity: names.count)
    _ = keys.initialize(from: names.map(Key.init))
    found = .allocate(capacity: names.count)
    found.initialize(repeating: Value())
  }

  deinit {
    keys.deinitialize()
    keys.deallocate()
    found.deallocate()
  }

  /// The values of the object read last, in the order of the keys, counted from its first byte.
  package var values: UnsafeBufferPointer<Value> { UnsafeBufferPointer(found) }

  /// Reads an object and the line feed behind it.
  ///
  /// Bytes up to ``LineBlocks/padding`` behind the line feed may be looked at.
  ///
  /// - Returns: The length with the line feed; nil if the line has another shape.
  package func read(_ line: UnsafePointer<UInt8>) -> Int? {
    found.update(repeating: Value())
    guard line[0] == UInt8(ascii: "{") else { return nil }
    var position = 1
    var expected = 0
    while true {
      guard line[position] == UInt8(ascii: "\"") else { return nil }
      position += 1
      let key = key(at: line + position, from: expected)
      if key >= 0 {
        position += keys[key].text.count
        expected = key + 1
      } else {
        position = Self.endOfPlainText(line, position)
        guard line[position] == UInt8(ascii: "\""), line[position + 1] == UInt8(ascii: ":")
        else { return nil }
        position += 2
      }
      guard let value = Self.value(line, position) else { return nil }
      if key >= 0 { found[key] = value }
      position = Int(value.end) + (value.kind == .text ? 1 : 0)
      if line[position] == UInt8(ascii: ",") {
        position += 1
        continue
      }
      guard line[position] == UInt8(ascii: "}"), line[position + 1] == UInt8(ascii: "\n")
      else { return nil }
      return position + 2
    }
  }

  /// Which key stands there, looked for behind the last one first; -1 if none does.
  @inline(__always)
  private func key(at bytes: UnsafePointer<UInt8>, from expected: Int) -> Int {
    let first = Self.load(bytes, 0)
    let second = Self.load(bytes, 8)
    for index in expected..<keys.count where isKey(index, first, second, bytes) { return index }
    for index in 0..<expected where isKey(index, first, second, bytes) { return index }
    return -1
  }

  @inline(__always)
  private func isKey(
    _ index: Int, _ first: UInt64, _ second: UInt64, _ bytes: UnsafePointer<UInt8>
  ) -> Bool {
    let key = keys.baseAddress.unsafelyUnwrapped + index
    guard first & key.pointee.masks.0 == key.pointee.words.0,
      second & key.pointee.masks.1 == key.pointee.words.1
    else { return false }
    let count = key.pointee.text.count
    guard count > 16 else { return true }
    return key.pointee.text.elementsEqual(UnsafeBufferPointer(start: bytes, count: count))
  }

  @inline(__always)
  private static func value(_ line: UnsafePointer<UInt8>, _ start: Int) -> Value? {
    switch line[start] {
    case UInt8(ascii: "\""):
      let end = endOfPlainText(line, start + 1)
      guard line[end] == UInt8(ascii: "\"") else { return nil }
      return Value(start: start + 1, end: end, kind: .text)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let length = JSONNumberText.length(at: line + start)
      return length > 0 ? Value(start: start, end: start + length, kind: .number) : nil
    case UInt8(ascii: "t"): return word("true", line, start)
    case UInt8(ascii: "f"): return word("false", line, start)
    case UInt8(ascii: "n"): return word("null", line, start)
    default: return nil
    }
  }

  private static func word(
    _ word: StaticString, _ line: UnsafePointer<UInt8>, _ start: Int
  ) -> Value? {
    let count = word.utf8CodeUnitCount
    guard memcmp(line + start, word.utf8Start, count) == 0 else { return nil }
    return Value(start: start, end: start + count, kind: .word)
  }

  /// The first byte that is a quote, a backslash, a control character or no ASCII.
  @inline(__always)
  private static func endOfPlainText(_ line: UnsafePointer<UInt8>, _ start: Int) -> Int {
    var index = start
    while true {
      let bytes = load(line, index)
      let control = bytes &- 0x2020_2020_2020_2020
      let quote = (bytes ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
      let backslash = (bytes ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
      let stop = (control | quote | backslash | bytes) & 0x8080_8080_8080_8080
      // Borrows only reach bytes behind the first that stops.
      if stop != 0 { return index + stop.trailingZeroBitCount >> 3 }
      index += 8
    }
  }

  @inline(__always)
  private static func load(_ bytes: UnsafePointer<UInt8>, _ index: Int) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self))
  }
}
