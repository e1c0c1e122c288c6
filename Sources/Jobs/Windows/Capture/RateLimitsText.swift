internal import Shared

/// A vendor's reply as it may be kept: in one line, without addresses and secrets.
enum RateLimitsText {
  /// A member whose name holds one of these is left out.
  private static let secretNames = [
    "token", "mail", "secret", "password", "auth", "cookie", "credential", "api_key", "apikey",
    "account", "user_id", "bearer",
  ].map { Array($0.utf8) }

  /// A JSON text that was read before; empty when it is none.
  static func shown(_ text: [UInt8]) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: text.count)
    var scanner = JSONScanner(text)
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
      writer.string(isAddress(value) ? "<redacted>" : value)
    default:
      writer.raw(text, try scanner.skipValue())
    }
  }

  private static func copyMember(
    _ scanner: inout JSONScanner, to writer: inout JSONWriter, of text: [UInt8]
  ) throws(JSONError) {
    let key = scanner.text()
    guard !isSecret(key), !isAddress(key) else {
      try scanner.skipValue()
      return
    }
    writer.key(key)
    try copy(&scanner, to: &writer, of: text)
  }

  private static func isSecret(_ key: String) -> Bool {
    let name = key.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return secretNames.contains { secret in
      name.indices.contains { name[$0...].starts(with: secret) }
    }
  }

  private static func isAddress(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "@")) }
}
