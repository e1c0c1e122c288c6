/// A member of an object: what its key says, and where key and value are in the text.
package struct JSONMember: Equatable, Sendable {
  /// The key with its escapes resolved.
  package let key: String

  /// The bytes of the key, with its quotes.
  package let keyRange: Range<Int>

  /// The bytes of the value.
  package let valueRange: Range<Int>
}

/// Where an object and its members are in a text.
package struct JSONObjectLayout: Equatable, Sendable {
  /// The bytes of the object, with its braces.
  package let range: Range<Int>

  /// The members in the order of the text; a key may occur more than once.
  package let members: [JSONMember]

  /// The layout of the object that starts, after white space, at an offset of a text.
  package init(of bytes: [UInt8], at offset: Int = 0) throws(JSONError) {
    var scanner = JSONScanner(bytes, at: offset, window: 16 << 10)
    try self.init(reading: &scanner)
  }

  /// The layout of the scanner's next value, which must be an object and is consumed.
  package init(reading scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.peekKind() == .object else { throw scanner.fail(.outOfPlace) }
    let start = scanner.position
    _ = try scanner.next()
    var members: [JSONMember] = []
    while try scanner.nextKey() {
      let key = scanner.text()
      let keyRange = scanner.tokenRange
      try scanner.skipValue()
      members.append(JSONMember(key: key, keyRange: keyRange, valueRange: scanner.tokenRange))
    }
    range = start..<scanner.position
    self.members = members
  }

  /// The member that counts for a key: the last one, as in JavaScript.
  package func member(_ key: String) -> JSONMember? {
    members.last { $0.key.utf8.elementsEqual(key.utf8) }
  }
}
