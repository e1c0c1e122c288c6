internal import Shared

/// Where in a JSON5 text each key stands and what is written there, for messages: a decoder's own
/// speak of its types and know no line.
///
/// Read where something is wrong already, so it forgives what a decoder would not.
struct ConfigurationOutline {
  struct Member: Equatable {
    /// `refresh.timeout`, `prices[0].model`.
    let path: String
    let line: Int
    /// The value as a person would quote it: a short one as it is written.
    let value: String
  }

  /// The first place where a text stops being JSON5.
  struct Fault: Error, Equatable {
    let line: Int
    /// What is wrong there.
    let text: String
  }

  private(set) var members: [Member] = []
  private(set) var fault: Fault?

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    do throws(Fault) {
      try readTop()
    } catch {
      fault = error
    }
  }

  /// The member of a path, else that of the nearest one around it.
  func member(around path: String) -> Member? {
    var path = path[...]
    while !path.isEmpty {
      if let found = members.first(where: { $0.path == path }) { return found }
      guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
      path = path[..<end]
    }
    return nil
  }

  /// The keys that stand right below a path.
  func keys(below path: String) -> [String] {
    members.compactMap { member in
      guard member.path.hasPrefix(path + ".") else { return nil }
      let name = member.path.dropFirst(path.count + 1)
      return name.contains(".") || name.contains("[") ? nil : String(name)
    }
  }

  // MARK: Reading

  private static let deepest = 64

  private mutating func readTop() throws(Fault) {
    try skipBlanks()
    guard next == UInt8(ascii: "{") else { throw fault("it begins with '{'") }
    try readObject("", depth: 0)
    try skipBlanks()
    guard next == nil else { throw fault("\(seen) follows the closing '}'") }
  }

  private mutating func readObject(_ path: String, depth: Int) throws(Fault) {
    let opened = line
    position += 1
    while true {
      try skipBlanks()
      guard let byte = next else { throw fault("the '{' of line \(opened) has no '}'") }
      if byte == UInt8(ascii: "}") { break }
      let start = line
      guard let key = try readKey() else { throw fault("a key or '}' is expected, not \(seen)") }
      try skipBlanks()
      guard next == UInt8(ascii: ":") else {
        throw fault("':' is expected behind '\(key.escapingControls)', not \(seen)")
      }
      position += 1
      try readValue(path.isEmpty ? key : "\(path).\(key)", line: start, depth: depth + 1)
      try skipBlanks()
      if next == UInt8(ascii: ",") {
        position += 1
      } else if next != UInt8(ascii: "}"), next != nil {
        throw fault("',' or '}' is expected, not \(seen)")
      }
    }
    position += 1
  }

  private mutating func readList(_ path: String, depth: Int) throws(Fault) {
    let opened = line
    position += 1
    var index = 0
    while true {
      try skipBlanks()
      guard let byte = next else { throw fault("the '[' of line \(opened) has no ']'") }
      if byte == UInt8(ascii: "]") { break }
      try readValue("\(path)[\(index)]", line: line, depth: depth + 1)
      index += 1
      try skipBlanks()
      if next == UInt8(ascii: ",") {
        position += 1
      } else if next != UInt8(ascii: "]"), next != nil {
        throw fault("',' or ']' is expected, not \(seen)")
      }
    }
    position += 1
  }

  /// Reads a value and notes it, before what is in it.
  private mutating func readValue(_ path: String, line start: Int, depth: Int) throws(Fault) {
    guard depth < Self.deepest else { throw fault("it is nested too deeply") }
    try skipBlanks()
    let index = members.count
    let begin = position
    var value = ""
    switch next {
    case UInt8(ascii: "{"):
      value = "an object"
      members.append(Member(path: path, line: start, value: value))
      return try readObject(path, depth: depth)
    case UInt8(ascii: "["):
      value = "a list"
      members.append(Member(path: path, line: start, value: value))
      return try readList(path, depth: depth)
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      _ = try readText()
    default:
      let word = readWord()
      guard !word.isEmpty else { throw fault("a value is expected, not \(seen)") }
      let isNumber = "0123456789+-.".contains(word.prefix(1)) || ["Infinity", "NaN"].contains(word)
      guard isNumber || ["true", "false", "null"].contains(word) else {
        throw fault("'\(word.escapingControls)' is no value; a text stands in quotes")
      }
    }
    let written = String(decoding: bytes[begin..<position], as: UTF8.self).escapingControls
    value = written.count > 40 ? "\(written.prefix(40))…" : written
    members.insert(Member(path: path, line: start, value: value), at: index)
  }

  /// nil where no key begins.
  private mutating func readKey() throws(Fault) -> String? {
    if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try readText() }
    let word = readWord()
    return word.isEmpty ? nil : word
  }

  private mutating func readText() throws(Fault) -> String {
    let quote = bytes[position]
    let opened = line
    let begin = position + 1
    position = begin
    while let byte = next, byte != quote {
      if byte == UInt8(ascii: "\n") {
        // Only a backslash before it carries a text over a line's end.
        guard bytes[position - 1] == UInt8(ascii: "\\") else {
          throw Fault(line: opened, text: "a text has no closing quote")
        }
        line += 1
      }
      let isEscape = byte == UInt8(ascii: "\\") && position + 1 < bytes.count
      position += isEscape && bytes[position + 1] != UInt8(ascii: "\n") ? 2 : 1
    }
    guard next == quote else { throw Fault(line: opened, text: "a text has no closing quote") }
    position += 1
    return String(decoding: bytes[begin..<position - 1], as: UTF8.self)
  }

  private mutating func readWord() -> String {
    let begin = position
    while let byte = next, Self.isWord(byte) { position += 1 }
    return String(decoding: bytes[begin..<position], as: UTF8.self)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
      true
    default: "_$+-.".utf8.contains(byte)
    }
  }

  /// Passes over white space and comments.
  private mutating func skipBlanks() throws(Fault) {
    while let byte = next {
      if byte == UInt8(ascii: "/") {
        try skipComment()
      } else if byte <= 0x20 {
        if byte == UInt8(ascii: "\n") { line += 1 }
        position += 1
      } else if byte == 0xC2, bytes[position...].starts(with: [0xC2, 0xA0]) {
        position += 2
      } else {
        return
      }
    }
  }

  private mutating func skipComment() throws(Fault) {
    let opened = line
    let mark = position + 1 < bytes.count ? bytes[position + 1] : 0
    switch mark {
    case UInt8(ascii: "/"):
      while let byte = next, byte != UInt8(ascii: "\n") { position += 1 }
    case UInt8(ascii: "*"):
      position += 2
      while !bytes[position...].starts(with: [UInt8(ascii: "*"), UInt8(ascii: "/")]) {
        guard let byte = next else {
          throw Fault(line: opened, text: "a comment has no closing '*/'")
        }
        if byte == UInt8(ascii: "\n") { line += 1 }
        position += 1
      }
      position += 2
    default: throw fault("'/' is no value")
    }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// What stands here, for a message.
  private var seen: String {
    var copy = self
    let word = copy.readWord()
    if !word.isEmpty { return "'\(String(word.prefix(40)).escapingControls)'" }
    guard let byte = next else { return "the end of the file" }
    return byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
      ? "a text" : "'\(String(decoding: [byte], as: UTF8.self).escapingControls)'"
  }

  private func fault(_ text: String) -> Fault { Fault(line: line, text: text) }
}
