/// Takes out of another program's text what could be a secret.
///
/// Nobody can know every form of secret: rather a telling word too many is lost than a key kept.
package enum Redaction {
  /// The line without words that could be a key, and without anything behind the name of a secret.
  package static func redacted(_ line: String) -> String {
    let end = endOfSecretName(line.utf8)
    let open = String(decoding: line.utf8.prefix(end ?? .max), as: UTF8.self)
    let words = open.split(omittingEmptySubsequences: false) { $0.isWhitespace }
    let shown = words.map { couldBeSecret($0) ? SecretText.mark : String($0) }.joined(
      separator: " ")
    let hidden = line.utf8.dropFirst(end ?? .max)
    return hidden.contains { $0 > 0x20 } ? shown + SecretText.mark : shown
  }

  // MARK: Names

  /// What follows one of these is secret, whatever stands between.
  private static let names = ["secret", "password", "passwd", "passphrase", "bearer"]
  /// What is assigned to one of these is secret; the words alone are part of many messages.
  private static let assignedNames = [
    "key", "token", "auth", "authorization", "credential", "credentials", "cookie", "pwd",
    "headers", "prompt",
  ]
  private static let separators = Set("=:\"' ".utf8)

  /// Where the first name of a secret ends, with what separates it from its value.
  private static func endOfSecretName(_ line: String.UTF8View) -> Int? {
    let bytes = line.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    for start in bytes.indices {
      let isNamed = names.contains { bytes[start...].starts(with: $0.utf8) }
      let assigned = assignedNames.first {
        let rest = bytes[start...].dropFirst($0.utf8.count)
        return bytes[start...].starts(with: $0.utf8) && rest.first.map(isAssignment) == true
      }
      guard isNamed || assigned != nil else { continue }
      let name = bytes[start...].prefix { (0x61...0x7A).contains($0) }
      return bytes[name.endIndex...].firstIndex { !separators.contains($0) } ?? bytes.endIndex
    }
    return nil
  }

  private static func isAssignment(_ byte: UInt8) -> Bool {
    byte != UInt8(ascii: " ") && separators.contains(byte)
  }

  // MARK: Words

  /// Whether a word begins as the keys of well-known services do.
  package static func isKnownKey(_ word: Substring) -> Bool {
    SecretText.keyPrefixes.contains(where: word.hasPrefix)
  }

  /// Long words with a digit, of one run of letters, with a known beginning, or an address with a
  /// user in it.
  private static func couldBeSecret(_ word: Substring) -> Bool {
    guard word.utf8.count >= 16 else { return false }
    return word.contains { $0.isNumber } || SecretText.keyPrefixes.contains { word.contains($0) }
      || word.contains("://") && word.contains("@")
      || word.split { !$0.isLetter }.contains { $0.utf8.count >= 32 }
  }
}
