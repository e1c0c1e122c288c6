package import Shared

/// A pasted pane as a reading.
package enum PaneInput {
  /// Reads what can be read; a text that is no pane gives a reading without limits.
  ///
  /// The text is kept for people, with addresses and keys replaced.
  package static func reading(
    _ text: String, of provider: Provider, capturedAt: Timestamp, zone: LocalTime
  ) -> Reading {
    let text = text.withoutNulls
    let pane =
      switch provider {
      case .codex: CodexStatusPane.read(text, capturedAt: capturedAt, zone: zone)
      case .claude: ClaudeUsagePane.read(text, capturedAt: capturedAt, zone: zone)
      case .glm: PaneReading(limits: [], errors: [PaneFlag.insufficientData])
      }
    return Reading(
      provider: provider, account: nil, limits: pane.limits, capturedAt: capturedAt,
      method: .pane, errors: pane.errors, rawText: text.redactingAddresses.trimmedAtEnd)
  }
}

extension String {
  /// Without the null characters of a text in two-byte characters, as some shells redirect it; they
  /// hide an address from its reader, not from a person.
  var withoutNulls: String {
    guard utf8.contains(0) else { return self }
    return String(decoding: utf8.filter { $0 != 0 }, as: UTF8.self)
  }

  /// Without white space at the end, as the tracker keeps texts.
  var trimmedAtEnd: String {
    let end = unicodeScalars.lastIndex { !$0.properties.isWhitespace }
    return end.map { String(unicodeScalars[...$0]) } ?? ""
  }
}
