/// Builds a compact JSON text, byte for byte as `JSON.stringify` would.
package struct JSONWriter: Sendable {
  /// What was written so far.
  package internal(set) var bytes: [UInt8] = []

  /// Whether a comma must come before the next key or value.
  var needsComma = false

  /// A writer that has written nothing; `capacity` bytes can follow without moving any.
  package init(reservingCapacity capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  /// Writes an object whose members are what the closure writes.
  package mutating func object<E: Error>(
    _ members: (inout JSONWriter) throws(E) -> Void
  ) throws(E) {
    open(UInt8(ascii: "{"))
    try members(&self)
    close(UInt8(ascii: "}"))
  }

  /// Writes an array whose elements are what the closure writes.
  package mutating func array<E: Error>(
    _ elements: (inout JSONWriter) throws(E) -> Void
  ) throws(E) {
    open(UInt8(ascii: "["))
    try elements(&self)
    close(UInt8(ascii: "]"))
  }

  /// Writes a key; its value must be written next.
  package mutating func key(_ key: String) {
    separate()
    bytes += Self.quoted(key)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a member whose value is a string, or null.
  package mutating func member(_ name: String, _ value: String?) {
    key(name)
    if let value { string(value) } else { null() }
  }

  /// Writes a member whose value is a whole number, or null.
  package mutating func member(_ name: String, _ value: Int?) {
    key(name)
    if let value { integer(value) } else { null() }
  }

  /// Writes a member whose value is a number, or null.
  package mutating func member(_ name: String, _ value: Double?) {
    key(name)
    if let value { double(value) } else { null() }
  }

  /// Writes a member whose value is true or false.
  package mutating func member(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }

  /// Writes a string.
  package mutating func string(_ value: String) {
    raw(Self.quoted(value))
  }

  /// Writes a whole number.
  package mutating func integer(_ value: Int) {
    raw(Array(String(value).utf8))
  }

  /// Writes a number as JavaScript prints it; one that is not finite becomes null.
  package mutating func double(_ value: Double) {
    raw(Array(JSONNumberText.text(of: value).utf8))
  }

  /// Writes true or false.
  package mutating func bool(_ value: Bool) {
    raw(Array((value ? "true" : "false").utf8))
  }

  /// Writes null.
  package mutating func null() {
    raw(Array("null".utf8))
  }

  /// Writes a value that is JSON already.
  package mutating func raw(_ value: [UInt8]) {
    separate()
    bytes += value
    needsComma = true
  }

  mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }
}

extension JSONWriter {
  /// A string in quotes; only what must be is escaped.
  package static func quoted(_ text: String) -> [UInt8] {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    result.reserveCapacity(text.utf8.count + 2)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case 0x08: result += Array(#"\b"#.utf8)
      case 0x09: result += Array(#"\t"#.utf8)
      case 0x0A: result += Array(#"\n"#.utf8)
      case 0x0C: result += Array(#"\f"#.utf8)
      case 0x0D: result += Array(#"\r"#.utf8)
      case 0..<0x10: result += Array((#"\u000"# + String(byte, radix: 16)).utf8)
      case 0x10..<0x20: result += Array((#"\u00"# + String(byte, radix: 16)).utf8)
      default: result.append(byte)
      }
    }
    result.append(UInt8(ascii: "\""))
    return result
  }

  /// A part of a JSON text without the white space outside strings.
  package static func compacted(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(range.count)
    var isInString = false
    var isEscaped = false
    for byte in bytes[range] {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else if byte.isJSONSpace {
        continue
      } else if byte == UInt8(ascii: "\"") {
        isInString = true
      }
      result.append(byte)
    }
    return result
  }
}

extension JSONNumberText {
  /// A number as JavaScript prints it: the fewest digits that read back as the same number.
  ///
  /// From 1e-6 up to 1e21 without an exponent, a whole number without a point, minus zero as `0`.
  static func text(of value: Double) -> String {
    guard value.isFinite else { return "null" }
    if value == 0 { return "0" }
    let sign = value < 0 ? "-" : ""
    // Swift finds the same digits and only lays them out differently.
    let parts = "\(value.magnitude)".split(separator: "e")
    let places = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = places[0]
    let fraction = places.count > 1 ? places[1] : ""
    let significant = (whole + fraction).drop { $0 == "0" }
    let leading = whole.count + fraction.count - significant.count
    let digits = String(significant.reversed().drop { $0 == "0" }.reversed())
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    // The value is 0.digits × 10^point.
    let point = whole.count - leading + exponent
    switch point {
    case _ where digits.count <= point && point <= 21:
      return sign + digits + String(repeating: "0", count: point - digits.count)
    case 1...21:
      return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    case -5...0:
      return sign + "0." + String(repeating: "0", count: -point) + digits
    default:
      let rest = digits.count > 1 ? "." + digits.dropFirst() : ""
      return sign + digits.prefix(1) + rest + (point > 0 ? "e+" : "e-") + "\((point - 1).magnitude)"
    }
  }
}

extension UInt8 {
  /// Whether the byte is white space in JSON.
  var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
