package import SystemPackage

/// Why a text is not JSON, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Kind: Equatable, Sendable {
    /// A byte that the grammar has no place for here.
    case unexpectedByte(UInt8)
    /// The text stops in the middle.
    case unexpectedEnd
    case badNumber
    case badEscape
    /// A control character in a string.
    case badString
    case invalidUTF8
    /// More than `JSONScanner.maximumDepth` containers inside each other.
    case tooDeep
    /// A key, string or number over `JSONScanner.maximumToken` bytes that was to be kept.
    case tokenTooLong
    /// Something other than white space behind the value.
    case trailingContent
    case io(Errno)
  }

  package let kind: Kind
  /// Bytes from the beginning of the text or file.
  package let offset: Int

  package init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  package var description: String {
    let what =
      switch kind {
      case .unexpectedByte(let byte): "unexpected \(Self.shown(byte))"
      case .unexpectedEnd: "it stops in the middle"
      case .badNumber: "malformed number"
      case .badEscape: "malformed escape in a string"
      case .badString: "control character in a string"
      case .invalidUTF8: "invalid UTF-8"
      case .tooDeep: "nested too deeply"
      case .tokenTooLong: "value too long"
      case .trailingContent: "something behind the end"
      case .io(let errno): "\(errno)"
      }
    return "\(what) at byte \(offset)"
  }

  private static func shown(_ byte: UInt8) -> String {
    (0x21...0x7E).contains(byte)
      ? "'\(Unicode.Scalar(byte))'" : "byte 0x\(String(byte, radix: 16))"
  }
}

/// What a scanner has read.
package enum JSONToken: Equatable, Sendable {
  case beginObject
  case endObject
  case beginArray
  case endArray
  case key
  case string
  case number
  case bool(Bool)
  case null
  /// The end of the text behind its one value.
  case end
}
