import FoundationEssentials

/// A parsed JSON value, for looking into what a program wrote.
///
/// Read by the library's own decoder, so that a test never trusts the scanner it tests.
package enum JSON: Decodable, Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case array([JSON])
  case members([String: JSON])
  /// What a lookup finds where there is nothing; `null` is something.
  case missing

  /// Parses one document; throws what the decoder throws.
  package init(parsing bytes: some Sequence<UInt8>) throws {
    self = try JSONDecoder().decode(JSON.self, from: Data(bytes))
  }

  /// Parses one document; throws what the decoder throws.
  package init(parsing text: String) throws { try self.init(parsing: text.utf8) }

  /// Takes whatever kind of value is there.
  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let array = try? value.decode([JSON].self) {
      self = .array(array)
    } else {
      self = .members(try value.decode([String: JSON].self))
    }
  }

  /// A member of an object.
  package subscript(key: String) -> JSON {
    guard case .members(let members) = self else { return .missing }
    return members[key] ?? .missing
  }

  /// An element of an array.
  package subscript(index: Int) -> JSON {
    guard case .array(let array) = self, array.indices.contains(index) else { return .missing }
    return array[index]
  }

  /// The text, if this is one.
  package var string: String? {
    guard case .text(let text) = self else { return nil }
    return text
  }

  /// The number, if this is one.
  package var double: Double? {
    guard case .number(let number) = self else { return nil }
    return number
  }

  /// The number, if this is a whole one.
  package var integer: Int? { double.flatMap(Int.init(exactly:)) }

  /// The elements, if this is an array.
  package var array: [JSON]? {
    guard case .array(let array) = self else { return nil }
    return array
  }

  /// The members, if this is an object.
  package var object: [String: JSON]? {
    guard case .members(let members) = self else { return nil }
    return members
  }
}
