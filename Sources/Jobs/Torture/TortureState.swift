internal import Shared

/// What a command has left, in the form in which two runs of it can be compared.
struct TortureState: Equatable, Sendable {
  /// Ledgers and all other files of people and programs: the same, but for times and ids.
  private(set) var books: [String: String] = [:]
  /// What is wrong whatever was run.
  private(set) var litter: [String] = []

  init(_ files: [String: [UInt8]], root: String, ignoring: Set<String> = []) {
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) where !ignoring.contains(path) {
      if Self.isLeftover(path) { litter.append("left over: \(path)") }
      guard path.hasPrefix("work/.jobrunner/") || path.hasPrefix("tmp/") else {
        books[path] = NormalText.of(bytes, root: root)
        continue
      }
      if path.hasPrefix("work/.jobrunner/intents/") { litter.append("unfinished: \(path)") }
      if path.hasSuffix(".jsonl") { checkLines(bytes, of: path) }
    }
  }

  private static func isLeftover(_ path: String) -> Bool {
    // What a killed run has in the system's own place for such things is the system's to remove.
    !path.hasPrefix("tmp/")
      && [".tmp.", ".break.", ".rot.", "child-output", ".new"].contains { path.contains($0) }
  }

  private mutating func checkLines(_ bytes: [UInt8], of path: String) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      var scanner = JSONScanner(Array(line))
      guard (try? scanner.skipValue()) != nil else {
        litter.append("not JSON: \(path): \(String(decoding: line.prefix(60), as: UTF8.self))")
        continue
      }
    }
  }

  /// How this differs from what was expected, in one line; nil where it does not.
  func difference(from expected: TortureState) -> String? {
    litter.first ?? lack(beside: expected)
  }

  /// The same without what the next run may put away.
  func lack(beside expected: TortureState) -> String? {
    for (path, text) in expected.books.sorted(by: { $0.key < $1.key }) {
      guard let own = books[path] else { return "missing: \(path)" }
      guard own == text else { return "\(path): \(Self.firstDifference(own, text))" }
    }
    return books.keys.sorted().first { expected.books[$0] == nil }.map { "strange: \($0)" }
  }

  private static func firstDifference(_ own: String, _ expected: String) -> String {
    let lines = own.split(separator: "\n", omittingEmptySubsequences: false)
    let others = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let index = zip(lines, others).enumerated().first { $1.0 != $1.1 }?.offset
    guard let index else { return "\(lines.count) lines instead of \(others.count)" }
    let (left, right) = (Array(lines[index]), Array(others[index]))
    let column = zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset
    let start = max(0, (column ?? min(left.count, right.count)) - 20)
    let own = String(left.dropFirst(start).prefix(60))
    return "line \(index + 1): '\(own)' instead of '\(String(right.dropFirst(start).prefix(60)))'"
  }
}
