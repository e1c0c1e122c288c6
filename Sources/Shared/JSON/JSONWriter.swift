/// Writes compact JSON, escaped and numbered as JavaScript's `JSON.stringify` does.
package struct JSONWriter: Sendable {
  package private(set) var bytes: [UInt8] = []
  /// Whether the next key or element needs a comma before it.
  private var needsComma = false

  package init(reservingCapacity capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  // MARK: Structure

  package mutating func beginObject() { open("{") }
  package mutating func endObject() { close("}") }
  package mutating func beginArray() { open("[") }
  package mutating func endArray() { close("]") }

  package mutating func key(_ key: String) {
    separate()
    append(string: key)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A key that needs no escaping, as one written in the source.
  package mutating func key(literal key: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  private mutating func open(_ bracket: Unicode.Scalar) {
    separate()
    bytes.append(UInt8(ascii: bracket))
    needsComma = false
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(ascii: bracket))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  // MARK: Values

  package mutating func value(_ text: String) {
    separate()
    append(string: text)
  }

  /// A value that is JSON already.
  package mutating func raw(_ json: [UInt8]) {
    separate()
    bytes.append(contentsOf: json)
  }

  /// A part of another text that is a JSON value as it stands.
  package mutating func raw(_ text: [UInt8], _ range: Range<Int>) {
    separate()
    bytes.append(contentsOf: text[range])
  }

  package mutating func null() { raw(Self.null) }

  /// A value of another text, without its white space.
  package mutating func compacting(_ text: [UInt8], _ range: Range<Int>) {
    switch text[range.lowerBound] {
    case UInt8(ascii: "{"), UInt8(ascii: "["): raw(Self.compacted(text, range))
    default: raw(text, range)
    }
  }

  package mutating func member(_ key: String, _ value: String?) {
    self.key(key)
    if let value { self.value(value) } else { null() }
  }

  package mutating func member(_ key: String, _ value: Int?) {
    self.key(key)
    if let value { raw(Self.integer(value)) } else { null() }
  }

  /// A number that is not finite is `null`.
  package mutating func member(_ key: String, _ value: Double?) {
    self.key(key)
    raw(value.map(Self.number) ?? Self.null)
  }

  package mutating func member(_ key: String, _ value: Bool) {
    self.key(key)
    raw(Array((value ? "true" : "false").utf8))
  }

  private mutating func append(string: String) {
    var string = string
    bytes.append(UInt8(ascii: "\""))
    string.withUTF8 { text in
      var start = 0
      for (index, byte) in text.enumerated() where Self.needsEscape(byte) {
        bytes.append(contentsOf: text[start..<index])
        bytes.append(contentsOf: Self.escape(byte))
        start = index + 1
      }
      bytes.append(contentsOf: text[start...])
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

// MARK: - Single values

extension JSONWriter {
  package static let null = Array("null".utf8)

  package static func string(_ text: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.append(string: text)
    return writer.bytes
  }

  package static func integer(_ value: Int) -> [UInt8] { Array(String(value).utf8) }

  package static func array(_ elements: [[UInt8]]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginArray()
    for element in elements { writer.raw(element) }
    writer.endArray()
    return writer.bytes
  }

  /// The shortest text that reads back as the same number, as ECMAScript's Number::toString.
  package static func number(_ value: Double) -> [UInt8] {
    guard value.isFinite else { return null }
    guard value != 0 else { return [UInt8(ascii: "0")] }
    let (digits, point) = decimal(abs(value))
    let sign = value < 0 ? "-" : ""
    return Array((sign + text(digits: digits, point: point)).utf8)
  }

  /// The digits of a number without zeros around them, and how many stand before the point.
  private static func decimal(_ value: Double) -> (digits: String, point: Int) {
    let parts = "\(value)".lowercased().split(separator: "e")
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = mantissa[0]
    let all = whole + (mantissa.count > 1 ? mantissa[1] : "")
    let leading = all.prefix { $0 == "0" }.count
    var digits = all.dropFirst(leading)
    while digits.last == "0" { digits.removeLast() }
    return (String(digits), whole.count - leading + exponent)
  }

  private static func text(digits: String, point: Int) -> String {
    let zeros = { (count: Int) in String(repeating: "0", count: count) }
    switch point {
    case digits.count...21: return digits + zeros(point - digits.count)
    case 1...21: return digits.prefix(point) + "." + digits.dropFirst(point)
    case -5...0: return "0." + zeros(-point) + digits
    default:
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      return digits.prefix(1) + fraction + "e" + (point > 0 ? "+" : "") + String(point - 1)
    }
  }

  /// A value's bytes without the white space outside of its strings.
  package static func compacted(_ text: [UInt8], _ range: Range<Int>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(range.count)
    var isInString = false
    var isEscaped = false
    for byte in text[range] {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else {
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { continue }
        isInString = byte == UInt8(ascii: "\"")
      }
      result.append(byte)
    }
    return result
  }

  package static func compacted(_ text: [UInt8]) -> [UInt8] { compacted(text, text.indices) }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case UInt8(ascii: "\""): Array("\\\"".utf8)
    case UInt8(ascii: "\\"): Array("\\\\".utf8)
    case 0x08: Array("\\b".utf8)
    case 0x09: Array("\\t".utf8)
    case 0x0A: Array("\\n".utf8)
    case 0x0C: Array("\\f".utf8)
    case 0x0D: Array("\\r".utf8)
    default: Array(("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)).utf8)
    }
  }
}
