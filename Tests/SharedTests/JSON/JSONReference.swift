import FoundationEssentials

/// What `JSONDecoder` makes of a text, to compare the scanner with.
enum JSONReference {
  /// Whether the decoder accepts a text and everything in it that it ever looks at.
  static func accepts(_ text: [UInt8]) -> Bool {
    // Most damage is found before anything is decoded, which is quick.
    (try? JSONDecoder().decode(NoValue.self, from: Data(text))) != nil
      && (try? JSONDecoder().decode(AnyValue.self, from: Data(text))) != nil
  }

  /// Throws unless the decoder reads exactly this from a text.
  ///
  /// Of duplicate keys it reads the first. A number that is no double must be 0 in the text.
  static func read(_ text: [UInt8], expecting tree: JSONTree) throws {
    _ = try JSONDecoder().decode(SameValue.self, from: Data(text), configuration: tree)
  }
}

private struct DecodedKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

private struct SameValue: DecodableWithConfiguration {
  struct Differs: Error {
    let path: [String]
  }

  init(from decoder: any Decoder, configuration expected: JSONTree) throws {
    let isEqual: Bool
    switch expected {
    case .null:
      isEqual = try decoder.singleValueContainer().decodeNil()
    case .bool(let value):
      isEqual = try decoder.singleValueContainer().decode(Bool.self) == value
    case .number(let value):
      let decoded = try decoder.singleValueContainer().decode(Double.self)
      isEqual = decoded.bitPattern == (value ?? 0).bitPattern
    case .string(let value):
      let decoded = try decoder.singleValueContainer().decode(String.self)
      isEqual = decoded.utf8.elementsEqual(value.utf8)
    case .array(let elements):
      var container = try decoder.unkeyedContainer()
      for element in elements {
        _ = try container.decode(SameValue.self, configuration: element)
      }
      isEqual = container.isAtEnd
    case .object(let members):
      let container = try decoder.container(keyedBy: DecodedKey.self)
      let first = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
      isEqual = container.allKeys.count == first.count
      for (name, value) in first {
        guard let key = DecodedKey(stringValue: name) else { continue }
        _ = try container.decode(SameValue.self, forKey: key, configuration: value)
      }
    }
    guard isEqual else { throw Differs(path: decoder.codingPath.map(\.stringValue)) }
  }
}

/// Decodes everything, whatever it is, so that no string or number stays unchecked.
private struct AnyValue: Decodable {
  init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: DecodedKey.self) {
      for key in container.allKeys { _ = try container.decode(AnyValue.self, forKey: key) }
    } else if var container = try? decoder.unkeyedContainer() {
      while !container.isAtEnd { _ = try container.decode(AnyValue.self) }
    } else {
      let container = try decoder.singleValueContainer()
      guard !container.decodeNil(), (try? container.decode(Bool.self)) == nil else { return }
      if (try? container.decode(String.self)) == nil { _ = try container.decode(Double.self) }
    }
  }
}

private struct NoValue: Decodable {
  init(from decoder: any Decoder) throws {}
}
