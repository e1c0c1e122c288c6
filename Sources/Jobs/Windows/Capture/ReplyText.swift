internal import Shared

/// What may be kept and shown of a vendor's reply.
enum ReplyText {
  /// What stands in place of an address or a key.
  private static let mark = "<redacted>"
  /// A longer reply is not kept: real ones have about two thousand bytes.
  static let longest = 64 << 10
  /// How much is shown of a message.
  private static let longestMessage = 120

  /// A member whose name holds one of these is left out.
  private static let secretNames = [
    "token", "mail", "secret", "password", "authorization", "cookie", "header", "credential",
    "bearer", "session", "apikey", "api_key", "account", "userid", "user_id", "uuid", "address",
  ]

  /// So is one that is called just this: a bare `id` is that of a credit or of a person, where
  /// limits have `limitId`.
  private static let bareNames = ["id", "auth", "key"]

  // MARK: Replies

  /// The JSON value at `range` in one line, without what names a person, an account or a secret;
  /// nil if too much is left of it to keep.
  static func kept(_ text: [UInt8], _ range: Range<Int>) -> String? {
    var writer = JSONWriter(reservingCapacity: min(range.count, longest))
    var scanner = JSONScanner(text, at: range.lowerBound)
    // Strings are written anew, and mended in that.
    scanner.toleratesInvalidUTF8 = true
    guard (try? copy(&scanner, to: &writer, of: text)) != nil, writer.bytes.count <= longest else {
      return nil
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func copy(
    _ scanner: inout JSONScanner, to writer: inout JSONWriter, of text: [UInt8]
  ) throws(JSONError) {
    switch try scanner.peekKind() {
    case .object:
      _ = try scanner.next()
      try writer.object { (writer) throws(JSONError) in
        while try scanner.nextKey() { try copyMember(&scanner, to: &writer, of: text) }
      }
    case .array:
      _ = try scanner.next()
      try writer.array { (writer) throws(JSONError) in
        while try scanner.nextElement() { try copy(&scanner, to: &writer, of: text) }
      }
    case .string:
      let value = try scanner.nextString() ?? ""
      writer.string(holdsAddressOrKey(value) ? mark : value)
    case .number, .bool, .null:
      writer.raw(text, try scanner.skipValue())
    }
  }

  private static func copyMember(
    _ scanner: inout JSONScanner, to writer: inout JSONWriter, of text: [UInt8]
  ) throws(JSONError) {
    let key = scanner.text()
    let name = key.lowercased()
    if bareNames.contains(name) || secretNames.contains(where: name.contains)
      || holdsAddressOrKey(key)
    {
      try scanner.skipValue()
      return
    }
    writer.key(key)
    try copy(&scanner, to: &writer, of: text)
  }

  // MARK: Messages

  /// A vendor's message for a person: one line, short, without addresses and secrets.
  static func shown(_ message: String) -> String {
    let words = message.split { $0.isWhitespace || $0.isNewline }
    let line = words.map { holdsAddressOrKey(String($0)) ? mark : String($0) }
      .joined(separator: " ").strippingEscapeSequences.escapingControls
    return Redaction.redacted(line).truncated(toWidth: longestMessage)
  }

  private static func holdsAddressOrKey(_ text: String) -> Bool {
    text.split { $0.isWhitespace || $0 == "\"" || $0 == "'" || $0 == "=" || $0 == ":" }
      .contains { word in
        let at = word.firstIndex(of: "@")
        return at.map { $0 != word.startIndex && $0 != word.index(before: word.endIndex) } == true
          || Redaction.isKnownKey(word)
      }
  }
}
