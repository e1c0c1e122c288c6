/// A member of an object, as positions in the text.
package struct JSONMember: Sendable, Equatable {
  /// The key, decoded.
  package let key: String
  /// The key with its quotes.
  package let keyRange: Range<Int>
  package let valueRange: Range<Int>
}

/// Where an object's members stand in a text.
package struct JSONObjectLayout: Sendable, Equatable {
  /// From `{` to `}`.
  package let range: Range<Int>
  package let members: [JSONMember]

  /// Notes the members of the object that begins at `offset`, behind any white space.
  ///
  /// - Throws: when there is no whole object there. What follows it is not looked at.
  package init(of bytes: [UInt8], at offset: Int = 0) throws(JSONError) {
    var scanner = JSONScanner(bytes, at: offset)
    var found: [JSONMember] = []
    guard try scanner.next() == .beginObject else {
      throw JSONError(.unexpectedByte(bytes[scanner.tokenRange.lowerBound]), at: offset)
    }
    let start = scanner.tokenRange.lowerBound
    while try scanner.nextKey() {
      let (key, keyRange) = (scanner.text(), scanner.tokenRange)
      found.append(
        JSONMember(key: key, keyRange: keyRange, valueRange: try scanner.skipValue()))
    }
    range = start..<scanner.position
    members = found
  }

  /// The member of that key; the last of several, as `JSON.parse` takes it.
  package func member(_ key: String) -> JSONMember? {
    members.last { $0.key == key }
  }
}
