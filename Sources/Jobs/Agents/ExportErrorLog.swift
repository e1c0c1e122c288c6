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
  /// Escape sequences and controls are removed, and what could be a key or a token is replaced: no
  /// secret reaches the log.
  static func summary(ofErrorOutput tail: [UInt8]) -> String {
    let lines = String(decoding: tail, as: UTF8.self).strippingEscapeSequences
      .split(whereSeparator: \.isNewline)
      .map { $0.drop { $0.isWhitespace } }
      .filter { !$0.isEmpty && !$0.hasPrefix("Exporting session:") }
    let telling = lines.last { $0.hasPrefix("Error") } ?? lines.last ?? ""
    return Redaction.redacted(String(telling)).escapingControls.truncated(toWidth: 160)
  }
}
