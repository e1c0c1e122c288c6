internal import Shared
internal import SystemPackage

/// The requests that Claude's session files tell of.
///
/// A message has a row for each of its blocks, and sessions that are resumed repeat rows: it counts
/// once, by its id, with the highest output of all; of two alike the later row.
enum ClaudeTokens {
  /// After how long the client deletes sessions, unless it is told otherwise.
  private static let retention = Duration.seconds(30 * 86_400)

  static func read(
    environment: [String: String], _ spans: [WindowSpan], now: Timestamp
  ) throws(TokenUsageReader.Unseen) -> TokenUsageReader.Findings {
    let homes = homes(environment)
    guard !homes.isEmpty else { throw .init(reason: "neither CLAUDE_CONFIG_DIR nor HOME is set") }
    let folders = homes.map { $0.appending("projects") }
    guard folders.contains(where: { (try? Stat($0))?.type == .directory }) else {
      throw .init(reason: "there is no folder \(folders[0])")
    }
    var tree = FolderTree()
    for folder in folders { tree.add(below: folder, prefix: "", suffix: ".jsonl") }
    var failures = tree.failures.map(\.description)
    var requests: [String: RequestTokens] = [:]
    var read: Set<FileIdentity> = []
    let lines = KeyedLines(keys: ["\"usage\""], longestLine: longestLine)
    for file in tree.files where file.version.modified >= spans.startNanoseconds {
      guard read.insert(file.version.identity).inserted else { continue }
      do {
        try add(file, lines, to: &requests)
      } catch {
        failures.append("read \(file.path): \(error)")
      }
    }
    var gaps = failures.summarized
    if spans.contains(where: { now - $0.from > retention }) {
      gaps.append("the client deletes sessions after 30 days; those before may be missing")
    }
    return .init(requests: requests.values.filter { spans.contains($0.at) }, gaps: gaps)
  }

  /// In bytes; an answer has at most some hundred thousand.
  private static let longestLine = 4 << 20

  /// `CLAUDE_CONFIG_DIR`, else the two folders that clients have had below the home folder.
  private static func homes(_ environment: [String: String]) -> [FilePath] {
    if let own = environment["CLAUDE_CONFIG_DIR"], !own.isEmpty { return [FilePath(own)] }
    guard let home = environment["HOME"], !home.isEmpty else { return [] }
    let settings = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : FilePath($0) }
    return [
      FilePath(home).appending(".claude"),
      (settings ?? FilePath(home).appending(".config")).appending("claude"),
    ]
  }

  private static func add(
    _ file: FolderTree.File, _ lines: borrowing KeyedLines,
    to requests: inout [String: RequestTokens]
  ) throws {
    let descriptor = try FileDescriptor.open(
      FilePath(file.path), .readOnly, options: [.closeOnExec, .nonBlocking])
    defer { try? descriptor.close() }
    _ = try lines.read(descriptor, 0..<file.version.size) { line in
      guard let row = try? ClaudeTokenRow(line), let request = row.request else { return }
      requests.add(request, row.key)
    }
  }
}

/// An answer's row in a session file.
private struct ClaudeTokenRow {
  private var time: Timestamp?
  private var type = ""
  private var requestID = ""
  private var rowID = ""
  private var messageID = ""
  private var model = ""
  private var input: Int?
  private var written = 0
  private var held = 0
  private var output = 0

  init(_ line: [UInt8]) throws(JSONError) {
    var scanner = JSONScanner(line, window: 64 << 10)
    scanner.toleratesInvalidUTF8 = true
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      switch scanner.text() {
      case "timestamp": time = try scanner.nextString().flatMap { Timestamp($0) }
      case "type": type = try scanner.nextString() ?? ""
      case "requestId": requestID = try scanner.nextString() ?? ""
      case "uuid": rowID = try scanner.nextString() ?? ""
      case "message": try takeMessage(&scanner)
      default: try scanner.skipValue()
      }
    }
  }

  /// What names the message.
  var key: String {
    if !messageID.isEmpty { return messageID }
    return requestID.isEmpty ? "row \(rowID)" : "request \(requestID)"
  }

  /// Nil for rows that are no answers of a model.
  var request: RequestTokens? {
    guard type == "assistant", let time, let input, model != "<synthetic>" else { return nil }
    return RequestTokens(
      at: time, counts: .init(input: input + written, cachedInput: held, output: output),
      sent: input)
  }

  private mutating func takeMessage(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      switch scanner.text() {
      case "id": messageID = try scanner.nextString() ?? ""
      case "model": model = try scanner.nextString() ?? ""
      case "usage": try takeUsage(&scanner)
      default: try scanner.skipValue()
      }
    }
  }

  private mutating func takeUsage(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterObject() else { return }
    input = 0
    while try scanner.nextKey() {
      switch scanner.text() {
      case "input_tokens": input = try scanner.reportedCount() ?? 0
      case "cache_creation_input_tokens": written = try scanner.reportedCount() ?? 0
      case "cache_read_input_tokens": held = try scanner.reportedCount() ?? 0
      case "output_tokens": output = try scanner.reportedCount() ?? 0
      default: try scanner.skipValue()
      }
    }
  }
}
