/// Parts of other texts, and values by themselves.
extension JSONWriter {
  /// Writes a key that needs no escaping, as one that stands in the source.
  package mutating func key(literal key: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a part of another text that is a JSON value as it stands.
  package mutating func raw(_ text: [UInt8], _ range: Range<Int>) {
    separate()
    bytes.append(contentsOf: text[range])
    needsComma = true
  }

  /// Writes a value of another text without its white space.
  package mutating func compacting(_ text: [UInt8], _ range: Range<Int>) {
    switch text[range.lowerBound] {
    case UInt8(ascii: "{"), UInt8(ascii: "["): raw(Self.compacted(text, range))
    default: raw(text, range)
    }
  }

  /// Ends a line of JSON lines; the next value begins a new one.
  package mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  /// Hands over what was written so far, to go on writing behind it.
  package mutating func drain(_ emit: ([UInt8]) -> Void) {
    emit(bytes)
    bytes.removeAll(keepingCapacity: true)
  }

  /// The value `null`.
  package static let null = Array("null".utf8)

  /// A whole number as a value.
  package static func integer(_ value: Int) -> [UInt8] { Array(String(value).utf8) }

  /// A number as it is written, for text that people read.
  package static func text(of value: Double) -> String { JSONNumberText.text(of: value) }

  /// An array of values that are JSON already.
  package static func array(of elements: [[UInt8]]) -> [UInt8] {
    var writer = JSONWriter()
    writer.array { array in
      for element in elements { array.raw(element) }
    }
    return writer.bytes
  }
}
