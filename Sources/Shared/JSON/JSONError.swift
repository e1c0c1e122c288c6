package import SystemPackage

/// What is wrong with a JSON text, and where.
package struct JSONError: Error, Equatable, Sendable {
  /// The ways in which a text can fail to be JSON, or fail to be read.
  package enum Kind: Equatable, Sendable {
    /// A byte that no JSON text can have at this place.
    case unexpectedByte
    /// The text ends inside a value: it is truncated, or was never started.
    case unexpectedEnd
    /// A number in a form that JSON does not know: `01`, `1.`, `.5`, `+1`, `1e`.
    case badNumber
    /// A backslash in a string followed by something that is no escape.
    case badEscape
    /// A raw control character in a string.
    case badString
    /// Bytes in a string that are not UTF-8.
    case invalidUTF8
    /// More than ``JSONScanner/maximumDepth`` containers in one another.
    case tooDeep
    /// A token longer than ``JSONScanner/maximumTokenLength``.
    case tokenTooLong
    /// Something other than white space after the top-level value.
    case trailingContent
    /// The call does not fit the place: a key was asked for in an array, for example.
    case outOfPlace
    /// Reading the file failed.
    case io(Errno)
  }

  package let kind: Kind

  /// The absolute offset, in bytes from the start of the text or file.
  package let offset: Int

  /// An error of some kind at an absolute offset.
  package init(kind: Kind, offset: Int) {
    self.kind = kind
    self.offset = offset
  }
}

extension JSONError: CustomStringConvertible {
  package var description: String {
    let what =
      switch kind {
      case .unexpectedByte: "unexpected byte"
      case .unexpectedEnd: "unexpected end"
      case .badNumber: "malformed number"
      case .badEscape: "malformed escape"
      case .badString: "control character in a string"
      case .invalidUTF8: "invalid UTF-8"
      case .tooDeep: "nested too deeply"
      case .tokenTooLong: "token too long"
      case .trailingContent: "content after the value"
      case .outOfPlace: "a value of another kind was expected"
      case .io(let errno): "\(errno)"
      }
    return "\(what) at byte \(offset)"
  }
}
