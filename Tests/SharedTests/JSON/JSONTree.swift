import Shared

/// A whole JSON value, as the scanner reads it.
indirect enum JSONTree: Equatable {
  struct Member: Equatable {
    let key: String
    let value: JSONTree
  }

  case null
  case bool(Bool)
  case number(Double?)
  case string(String)
  case array([JSONTree])
  case object([Member])

  /// All of a text, token by token.
  init(tokensOf scanner: inout JSONScanner) throws(JSONError) {
    try self.init(scanner.next(), &scanner)
    _ = try scanner.next()
  }

  private init(_ token: JSONToken, _ scanner: inout JSONScanner) throws(JSONError) {
    switch token {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .number: self = .number(scanner.double())
    case .string: self = .string(scanner.text())
    case .beginArray:
      var elements: [JSONTree] = []
      while case let token = try scanner.next(), token != .endArray {
        elements.append(try JSONTree(token, &scanner))
      }
      self = .array(elements)
    case .beginObject:
      var members: [Member] = []
      while try scanner.next() == .key {
        let key = scanner.text()
        members.append(Member(key: key, value: try JSONTree(scanner.next(), &scanner)))
      }
      self = .object(members)
    case .key, .endObject, .endArray, .end:
      throw JSONError(kind: .outOfPlace, offset: scanner.position)
    }
  }

  /// All of a text, asked for piece by piece.
  init(piecesOf scanner: inout JSONScanner) throws(JSONError) {
    self = try Self.pull(&scanner)
    _ = try scanner.next()
  }

  private static func pull(_ scanner: inout JSONScanner) throws(JSONError) -> JSONTree {
    switch try scanner.peekKind() {
    case .object:
      var members: [Member] = []
      _ = try scanner.enterObject()
      while try scanner.nextKey() {
        let key = scanner.text()
        members.append(Member(key: key, value: try pull(&scanner)))
      }
      return .object(members)
    case .array:
      var elements: [JSONTree] = []
      _ = try scanner.enterArray()
      while try scanner.nextElement() { elements.append(try pull(&scanner)) }
      return .array(elements)
    case .string: return .string(try scanner.nextString() ?? "")
    case .number: return .number(try scanner.nextDouble())
    case .bool: return .bool(try scanner.nextBool() ?? false)
    case .null:
      try scanner.skipValue()
      return .null
    }
  }
}
