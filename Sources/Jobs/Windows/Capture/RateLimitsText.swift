internal import Shared

/// A vendor's reply as it may be kept: in one line, without addresses and secrets.
enum RateLimitsText {
  /// A member whose name holds one of these is left out.
  private static let secretNames = [
    "token", "email", "mail", "secret", "password", "auth", "cookie", "credential", "api_key",
    "apikey", "account", "user_id", "bearer",
  ]

  /// The JSON value at `range` of a text that was read before.
  static func shown(_ text: [UInt8], _ range: Range<Int>) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: range.count)
    var scanner = JSONScanner(text, at: range.lowerBound)
    scanner.toleratesInvalidUTF8 = true
    guard (try? copy(&scanner, to: &writer, of: text)) != nil else { return [] }
    return writer.bytes
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
      writer.string(isAddress(value) ? "" : value)
    default:
      writer.raw(text, try scanner.skipValue())
    }
  }

  private static func copyMember(
    _ scanner: inout JSONScanner, to writer: inout JSONWriter, of text: [UInt8]
  ) throws(JSONError) {
    let key = scanner.text()
    let name = key.lowercased()
    guard !secretNames.contains(where: name.contains), !isAddress(key) else {
      try scanner.skipValue()
      return
    }
    writer.key(key)
    try copy(&scanner, to: &writer, of: text)
  }

  private static func isAddress(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "@")) }
}
