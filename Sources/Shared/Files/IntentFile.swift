import SystemPackage

/// The form of an intent on disk: one JSON object.
///
/// Files below the root are named from there, so that a workspace that was moved, or is looked at
/// where it is mounted, is finished where it lies.
extension Intent {
  func json(root: FilePath) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", 1)
      writer.member("key", key)
      writer.key("steps")
      writer.array { writer in
        for step in steps { writer.object { step.write(into: &$0, root: root) } }
      }
    }
    return writer.bytes + [newline]
  }

  /// Reads an intent back; nil where it is not one, or not whole.
  init?(json: [UInt8], root: FilePath) {
    var scanner = JSONScanner(json)
    var version: Int?
    var key: String?
    var steps: [Step]?
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        switch scanner.text() {
        case "version": version = try scanner.nextInteger()
        case "key": key = try scanner.nextString()
        case "steps": steps = try Self.steps(&scanner, root: root)
        default: try scanner.skipValue()
        }
      }
    } catch {
      return nil
    }
    guard version == 1, let key, let steps else { return nil }
    self.init(key: key, steps: steps)
  }

  /// The next value if every element of it is a step; otherwise nil.
  private static func steps(
    _ scanner: inout JSONScanner, root: FilePath
  ) throws(JSONError) -> [Step]? {
    guard try scanner.enterArray() else { return nil }
    var steps: [Step] = []
    var isWhole = true
    while try scanner.nextElement() {
      guard try scanner.enterObject() else { return nil }
      var texts: [String: String] = [:]
      var numbers: [String: Int] = [:]
      while try scanner.nextKey() {
        let name = scanner.text()
        if try scanner.peekKind() == .number {
          numbers[name] = try scanner.nextInteger()
        } else {
          texts[name] = try scanner.nextString()
        }
      }
      if let step = Step(texts, numbers, root: root) { steps.append(step) } else { isWhole = false }
    }
    return isWhole ? steps : nil
  }
}

extension Intent.Step {
  fileprivate func write(into writer: inout JSONWriter, root: FilePath) {
    writer.member("path", path.named(from: root))
    switch self {
    case .append(let append):
      writer.member("step", "append")
      writer.member("base", Int(append.base))
      writer.member("prefix_sha256", append.prefixHash)
      writer.member("copies", append.copies)
      writer.member("header", String(decoding: append.header, as: UTF8.self))
      writer.member("start", String(decoding: append.start, as: UTF8.self))
      writer.member("lines", String(decoding: append.lines, as: UTF8.self))
    case .block(_, let block):
      writer.member("step", "block")
      writer.member("name", block.name)
      writer.member("body", block.body)
    }
  }

  fileprivate init?(_ texts: [String: String], _ numbers: [String: Int], root: FilePath) {
    guard let path = texts["path"].map({ root.pushing(FilePath($0)) }) else { return nil }
    switch texts["step"] {
    case "append":
      guard let base = numbers["base"], base >= 0, let hash = texts["prefix_sha256"],
        let copies = numbers["copies"], let header = texts["header"], let start = texts["start"],
        let lines = texts["lines"]
      else { return nil }
      self = .append(
        Intent.Append(
          path: path, base: Int64(base), prefixHash: hash, copies: copies,
          start: Array(start.utf8), header: Array(header.utf8), lines: Array(lines.utf8)))
    case "block":
      guard let name = texts["name"], let body = texts["body"] else { return nil }
      self = .block(path: path, MarkedBlock(name: name, body: body))
    default: return nil
    }
  }
}

extension FilePath {
  /// The path from a folder on where it lies below that; else the whole.
  fileprivate func named(from root: FilePath) -> String {
    var rest = self
    return rest.removePrefix(root) && !rest.isEmpty ? rest.string : string
  }
}
