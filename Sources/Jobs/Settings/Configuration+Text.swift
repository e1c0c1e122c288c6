extension Configuration {
  /// The settings as `jobrunner.json5`, each with what it means; read back they are the same.
  ///
  /// What nothing is set for stands there as a comment, with an example.
  package var json5Lines: [String] {
    var lines = ["{"]
    var section: String?
    for key in ConfigurationKey.all {
      if key.section != section {
        if section != nil { lines.append("  },") }
        if let name = key.section { lines.append("  \(name): {") }
        section = key.section
      }
      lines += Self.lines(of: key, value: key.value(self))
    }
    if section != nil { lines.append("  },") }
    return lines + ["}"]
  }

  private static let noteColumn = 33
  private static let widest = 100

  private static func lines(of key: ConfigurationKey, value: String?) -> [String] {
    let indent = key.section == nil ? "  " : "    "
    let member = value.map { "\(key.name): \($0)," } ?? "// \(key.name): \(key.example),"
    let line = indent + member
    let padding = String(repeating: " ", count: max(2, noteColumn - line.count))
    let whole = "\(line)\(padding)// \(key.note)"
    if whole.count <= widest { return [whole] }
    return wrapped(key.note, indent: indent) + [line]
  }

  /// The note above the setting, in as many lines as it takes.
  private static func wrapped(_ note: String, indent: String) -> [String] {
    var lines: [String] = []
    for word in note.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= widest {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append("\(indent)// \(word)")
      }
    }
    return lines
  }
}
