/// Which feature a request was made for: lines of `rid,feature`.
package enum FeatureMap {
  /// Reads the lines; a heading, blank lines and comments are passed over.
  ///
  /// - Throws: 65 with the line that has no comma, or nothing beside it.
  package static func read(_ bytes: [UInt8], name: String) throws(JobError) -> [String: String] {
    var result: [String: String] = [:]
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let text = trimmed(String(decoding: line, as: UTF8.self))
      if text.isEmpty || text.hasPrefix("#") || text == "rid,feature" { continue }
      let parts = text.split(separator: ",", maxSplits: 1).map { trimmed(String($0)) }
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw JobError(.badData, "\(name), line \(index + 1): not 'rid,feature'")
      }
      result[parts[0]] = parts[1]
    }
    return result
  }

  /// Without white space, a byte order mark and quotes around it.
  private static func trimmed(_ text: String) -> String {
    let marks: Set<Character> = ["\u{FEFF}", "\""]
    let isEdge = { (character: Character) in character.isWhitespace || marks.contains(character) }
    return String(text.drop(while: isEdge).reversed().drop(while: isEdge).reversed())
  }
}
