internal import Shared
internal import SystemPackage

/// The requests that Codex' rollouts tell of.
///
/// Newer builds write a row for each answer, with its id. Older ones only repeat sums, some of them
/// twice: a request is then named by its turn and the thread's sum behind it. A fork may hold its
/// parent's rows once more under new times, so a request counts once, at the earliest time that any
/// file tells.
enum CodexTokens {
  static func read(
    environment: [String: String], _ spans: [WindowSpan]
  ) throws(TokenUsageReader.Unseen) -> TokenUsageReader.Findings {
    guard let home = CodexRollouts.home(environment: environment) else {
      throw .init(reason: "neither CODEX_HOME nor HOME is set")
    }
    guard (try? Stat(home))?.type == .directory else {
      throw .init(reason: "there is no folder \(home)")
    }
    var tree = FolderTree()
    for folder in ["sessions", "archived_sessions"] {
      tree.add(below: home.appending(folder), prefix: "rollout-", suffix: ".jsonl")
    }
    var run = CodexTokenRun(files: tree.files, failures: tree.failures.map(\.description))
    run.readFiles(changedSince: spans.startNanoseconds)
    return run.findings(spans)
  }
}

/// One reading of all rollouts that may matter.
private struct CodexTokenRun: ~Copyable {
  private let files: [FolderTree.File]
  private var failures: [String]
  private var requests: [String: RequestTokens] = [:]
  /// Threads that were forked, whose own rows may be older than all that matters.
  private var parents: Set<String> = []
  private var readFiles: Set<FileIdentity> = []
  private let lines = KeyedLines(
    keys: ["token_usage", "\"task_started\"", "\"turn_context\"", "\"session_meta\""],
    longestLine: 1 << 20)

  init(files: [FolderTree.File], failures: [String]) {
    self.files = files
    self.failures = failures
  }

  mutating func readFiles(changedSince since: Int64) {
    for file in files where file.version.modified >= since { read(file) }
    // The rows that a fork repeats stand under their own times in the file of its parent.
    var done: Set<String> = []
    while let parent = parents.subtracting(done).min() {
      done.insert(parent)
      for file in files where file.path.hasSuffix("-\(parent).jsonl") { read(file) }
    }
  }

  private mutating func read(_ file: FolderTree.File) {
    guard readFiles.insert(file.version.identity).inserted else { return }
    var reader = CodexTokenFile()
    do {
      let descriptor = try FileDescriptor.open(
        FilePath(file.path), .readOnly, options: [.closeOnExec, .nonBlocking])
      defer { try? descriptor.close() }
      _ = try lines.read(descriptor, 0..<file.version.size) { reader.take($0) }
    } catch {
      // One that vanished was moved to the archive or removed: nobody can read it.
      failures.append("read \(file.path): \(error)")
    }
    for (key, request) in reader.requests { requests.add(request, key) }
    parents.formUnion(reader.parents)
  }

  consuming func findings(_ spans: [WindowSpan]) -> TokenUsageReader.Findings {
    .init(
      requests: requests.values.filter { spans.contains($0.at) },
      gaps: failures.summarized)
  }
}

/// What one rollout tells.
private struct CodexTokenFile {
  private var turn = ""
  private var thread = ""
  private var answers: [(key: String, request: RequestTokens)] = []
  /// From sums, which count for the turns without answers of their own.
  private var sums: [(turn: String, key: String, request: RequestTokens)] = []
  private var turnsWithAnswers: Set<String> = []
  private(set) var parents: Set<String> = []

  var requests: [(key: String, request: RequestTokens)] {
    let old = sums.filter { sum in
      sum.turn.isEmpty ? turnsWithAnswers.isEmpty : !turnsWithAnswers.contains(sum.turn)
    }
    return answers + old.map { ($0.key, $0.request) }
  }

  mutating func take(_ line: [UInt8]) {
    guard let row = try? CodexTokenRow(line) else { return }
    switch row.kind {
    case "session_meta":
      // A fork that repeats its parent's rows has the parent's head before them.
      if !thread.isEmpty, thread != row.thread { parents.insert(row.thread) }
      thread = row.thread
      if !row.parent.isEmpty { parents.insert(row.parent) }
    case "task_started", "turn_context":
      if !row.turn.isEmpty { turn = row.turn }
    case "token_usage_record": takeAnswer(row)
    case "token_count": takeSum(row)
    default: break
    }
  }

  private mutating func takeAnswer(_ row: CodexTokenRow) {
    guard let at = row.time, let usage = row.usage else { return }
    turnsWithAnswers.insert(row.turn.isEmpty ? turn : row.turn)
    let key =
      row.response.isEmpty ? "thread \(row.turn) \(row.sum ?? 0)" : "response \(row.response)"
    answers.append((key, usage.request(at: at)))
  }

  private mutating func takeSum(_ row: CodexTokenRow) {
    guard let at = row.time, let usage = row.usage, let sum = row.sum else { return }
    let key = turn.isEmpty ? "thread \(thread) \(sum)" : "turn \(turn) \(sum)"
    sums.append((turn, key, usage.request(at: at)))
  }
}

/// A line of a rollout that tells of tokens, of a turn, or of the thread.
private struct CodexTokenRow {
  var time: Timestamp?
  var kind = ""
  var thread = ""
  var parent = ""
  var turn = ""
  var response = ""
  var usage: CodexTokenCounts?
  /// All tokens of the thread up to here.
  var sum: Int?

  init(_ line: [UInt8]) throws(JSONError) {
    var scanner = JSONScanner(line, window: 64 << 10)
    scanner.toleratesInvalidUTF8 = true
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("timestamp") {
        time = try scanner.nextString().flatMap { Timestamp($0) }
      } else if scanner.keyIs("type") {
        let type = try scanner.nextString() ?? ""
        if kind.isEmpty || type != "event_msg" { kind = type }
      } else if scanner.keyIs("payload") {
        try takePayload(&scanner)
      } else {
        try scanner.skipValue()
      }
    }
  }

  private mutating func takePayload(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      switch scanner.text() {
      case "type":
        let type = try scanner.nextString() ?? ""
        if kind.isEmpty || kind == "event_msg" { kind = type }
      case "id": thread = try scanner.nextString() ?? ""
      case "forked_from_id": parent = try scanner.nextString() ?? ""
      case "turn_id": turn = try scanner.nextString() ?? ""
      case "response_id": response = try scanner.nextString() ?? ""
      case "usage": usage = try CodexTokenCounts(&scanner)
      case "thread_token_usage": sum = try CodexTokenCounts(&scanner)?.total
      case "info": try takeInfo(&scanner)
      default: try scanner.skipValue()
      }
    }
  }

  private mutating func takeInfo(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("last_token_usage") {
        usage = try CodexTokenCounts(&scanner)
      } else if scanner.keyIs("total_token_usage") {
        sum = try CodexTokenCounts(&scanner)?.total
      } else {
        try scanner.skipValue()
      }
    }
  }
}

/// Tokens as Codex writes them: what a cache held is part of the input, reasoning of the output.
private struct CodexTokenCounts {
  private var input = 0
  private var cached = 0
  private var output = 0

  init?(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("input_tokens") {
        input = try scanner.reportedCount() ?? 0
      } else if scanner.keyIs("cached_input_tokens") {
        cached = try scanner.reportedCount() ?? 0
      } else if scanner.keyIs("output_tokens") {
        output = try scanner.reportedCount() ?? 0
      } else {
        try scanner.skipValue()
      }
    }
  }

  var total: Int { input + output }

  func request(at moment: Timestamp) -> RequestTokens {
    let held = min(cached, input)
    return RequestTokens(
      at: moment, counts: .init(input: input - held, cachedInput: held, output: output),
      sent: input)
  }
}

extension [String: RequestTokens] {
  /// A request that is told again counts at its earliest time, with the most that was answered.
  mutating func add(_ request: RequestTokens, _ key: String) {
    guard var known = self[key] else {
      self[key] = request
      return
    }
    let earliest = Swift.min(known.at, request.at)
    if request.counts.output >= known.counts.output { known = request }
    known.at = earliest
    self[key] = known
  }
}

extension [String] {
  /// One line for many failures: the first, and how many more.
  var summarized: [String] {
    guard let first else { return [] }
    return [count > 1 ? "\(first), and \(count - 1) more" : first]
  }
}
