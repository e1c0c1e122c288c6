internal import Shared

/// A line of `usage-export.log`: one failed export.
enum ExportErrorLog {
  /// The line with its six fields, ending in a line feed.
  ///
  /// The fields and their order are those of the program the log is shared with.
  static func line(for result: ExportResult, at time: Timestamp) -> [UInt8]? {
    guard case .failure(let failure, let attempt, let retryAt) = result.outcome else { return nil }
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("time", time.text)
      writer.member("name", result.agent)
      writer.member("sessionId", result.sessionID)
      writer.member("error", failure.message)
      writer.member("attempt", attempt)
      writer.member("retryAt", retryAt.text)
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  /// The last telling line of a program's standard error, safe to keep in a log.
  ///
  /// Escape sequences and controls are removed, and every long run of letters and digits that
  /// could be a key or a token is replaced: no secret reaches the log.
  static func summary(ofErrorOutput tail: [UInt8]) -> String {
    let lines = String(decoding: tail, as: UTF8.self).strippingEscapeSequences
      .split(whereSeparator: \.isNewline)
      .map { $0.drop { $0.isWhitespace } }
      .filter { !$0.isEmpty && !$0.hasPrefix("Exporting session:") }
    let telling = lines.last { $0.hasPrefix("Error") } ?? lines.last ?? ""
    return redacted(cutBeforeSecret(String(telling))).escapingControls.truncated(toWidth: 160)
  }

  /// The line up to the value of the first field that may hold a secret or words of a dialog:
  /// `"x-api-key": …`, `token=…`.
  private static func cutBeforeSecret(_ line: String) -> String {
    var name = ""
    var isNameComplete = false
    for index in line.indices {
      let character = line[index]
      switch character {
      case _ where character.isLetter:
        if isNameComplete { name = "" }
        isNameComplete = false
        name += character.lowercased()
      case ":", "=":
        if secretFields.contains(name) { return line[...index] + " <redacted>" }
        name = ""
      // A closing quote and spaces may stand between a name and its value.
      case "\"", "'", " ": isNameComplete = true
      default: name = ""
      }
    }
    return line
  }

  private static let secretFields: Set<String> = [
    "key", "apikey", "token", "authorization", "secret", "password", "cookie", "credential",
    "credentials", "headers", "prompt", "body",
  ]

  /// Words of 16 and more characters with a digit in them are not shown.
  private static func redacted(_ line: String) -> String {
    line.split(separator: " ", omittingEmptySubsequences: false).map { word in
      let couldBeSecret =
        word.utf8.count >= 16 && word.contains { $0.isNumber } && word.contains { $0.isLetter }
      return couldBeSecret ? "<redacted>" : String(word)
    }.joined(separator: " ")
  }
}
