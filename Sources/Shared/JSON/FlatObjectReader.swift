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
  /// The lengths of the keys.
  private let lengths: UnsafeMutableBufferPointer<Int>
  private let found: UnsafeMutableBufferPointer<Value>

  /// Members that come again line after line.
  package struct Stretch: Sendable {
    /// The first and the last of its keys.
    let keys: ClosedRange<Int>
    let shapeCount: Int

    /// - Parameters:
    ///   - keys: The members that may be there, one behind the other in this order.
    ///   - shapeCount: How many texts there are most often, if digits are not counted; a power of
    ///     two. One is best where only digits tell them apart.
    package init(_ keys: ClosedRange<Int>, shapeCount: Int = 1) {
      self.keys = keys
      self.shapeCount = shapeCount
    }
  }

  private let stretches: UnsafeMutableBufferPointer<MemberStretch>
  /// Which stretch begins with a key; -1 if none does.
  private let stretchAtKey: UnsafeMutableBufferPointer<Int>
  /// Where a stretch began in this line that was not known; 0 if it was.
  private let missed: UnsafeMutableBufferPointer<Int>

  /// A reader that knows some keys, best in the order in which they are written.
  ///
  /// - Parameter stretches: What comes again in most lines; it changes nothing but the speed.
  package init(keys names: [String], stretches known: [Stretch] = []) {
    keys = .allocate(capacity: names.count)
    _ = keys.initialize(from: names.map(Key.init))
    lengths = .allocate(capacity: names.count)
    _ = lengths.initialize(from: keys.map(\.text.count))
    found = .allocate(capacity: names.count)
    found.initialize(repeating: Value())
    stretches = .allocate(capacity: known.count)
    missed = .allocate(capacity: known.count)
    missed.initialize(repeating: 0)
    // One more, for what is expected behind the last key.
    stretchAtKey = .allocate(capacity: names.count + 1)
    stretchAtKey.initialize(repeating: -1)
    for (index, stretch) in known.enumerated() {
      stretches.initializeElement(
        at: index, to: MemberStretch(keys: stretch.keys, shapeCount: stretch.shapeCount))
      stretchAtKey[stretch.keys.lowerBound] = index
    }
  }

  deinit {
    stretches.deinitialize()
    stretches.deallocate()
    stretchAtKey.deallocate()
    missed.deallocate()
    keys.deinitialize()
    keys.deallocate()
    lengths.deallocate()
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
    for index in found.indices { found[index].kind = .absent }
    guard line[0] == UInt8(ascii: "{") else { return nil }
    for index in missed.indices { missed[index] = 0 }
    var position = 1
    var expected = 0
    var hasMissed = false
    while true {
      guard line[position] == UInt8(ascii: "\"") else { return nil }
      if let match = match(line, position, expected) {
        position += match.length
        expected = match.lastKey + 1
        if !match.endsObject { continue }
        if hasMissed { remember(line) }
        return position
      }
      let key = key(at: line + position + 1, from: expected)
      if key >= 0 {
        let stretch = stretchAtKey[key]
        if stretch >= 0 {
          // Members that may be absent stood before it.
          if key > expected, let match = match(line, position, key) {
            position += match.length
            expected = match.lastKey + 1
            if !match.endsObject { continue }
            if hasMissed { remember(line) }
            return position
          }
          missed[stretch] = position
          hasMissed = true
        }
        position += 1 + lengths[key]
        expected = key + 1
      } else {
        position = Self.endOfPlainText(line, position + 1)
        guard line[position] == UInt8(ascii: "\""), line[position + 1] == UInt8(ascii: ":")
        else { return nil }
        position += 2
      }
      let start = position
      let kind = Self.skipValue(line, &position)
      guard kind != .absent else { return nil }
      if key >= 0 {
        let quote = kind == .text ? 1 : 0
        found[key] = Value(start: start + quote, end: position - quote, kind: kind)
      }
      if line[position] == UInt8(ascii: ",") {
        position += 1
        continue
      }
      guard line[position] == UInt8(ascii: "}"), line[position + 1] == UInt8(ascii: "\n")
      else { return nil }
      if hasMissed { remember(line) }
      return position + 2
    }
  }

  /// Compares what stands there with what is known of the stretch that begins with a key.
  @inline(__always)
  private func match(
    _ line: UnsafePointer<UInt8>, _ position: Int, _ key: Int
  ) -> MemberStretch.Match? {
    let stretch = stretchAtKey[key]
    return stretch >= 0 ? stretches[stretch].match(line, position, into: found) : nil
  }

  /// Remembers the stretches that were not known, of a line that was read to its end.
  private func remember(_ line: UnsafePointer<UInt8>) {
    for index in stretches.indices where missed[index] > 0 {
      stretches[index].remember(line, missed[index], found) { lengths[$0] }
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
    let count = lengths[index]
    guard count > 16 else { return true }
    return key.pointee.text.elementsEqual(UnsafeBufferPointer(start: bytes, count: count))
  }

  /// Goes over a value and says what it is; absent if it is none of those that are known.
  @inline(__always)
  private static func skipValue(
    _ line: UnsafePointer<UInt8>, _ position: inout Int
  ) -> Value.Kind {
    switch line[position] {
    case UInt8(ascii: "\""):
      let end = endOfPlainText(line, position + 1)
      guard line[end] == UInt8(ascii: "\"") else { return .absent }
      position = end + 1
      return .text
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let length = JSONNumberText.length(at: line + position)
      guard length > 0 else { return .absent }
      position += length
      return .number
    default: return skipWord(line, &position)
    }
  }

  private static func skipWord(
    _ line: UnsafePointer<UInt8>, _ position: inout Int
  ) -> Value.Kind {
    for word: StaticString in ["true", "false", "null"] {
      let count = word.utf8CodeUnitCount
      if memcmp(line + position, word.utf8Start, count) == 0 {
        position += count
        return .word
      }
    }
    return .absent
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
