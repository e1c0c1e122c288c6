internal import Shared
internal import SystemPackage

/// The answer that Claude's client last got of its server, in its settings file `.claude.json`.
///
/// Costs no process and no network, and may be of any age. The file is only read, never locked or
/// written; it can have many megabytes, of which all but a few hundred bytes are passed over.
package struct ClaudeCache: Sendable {
  private let path: FilePath?

  /// - Parameter environment: That of the client: `CLAUDE_CONFIG_DIR`, else `HOME`.
  package init(environment: [String: String]) {
    let folder = [environment["CLAUDE_CONFIG_DIR"], environment["HOME"]]
      .lazy.compactMap(\.self).first { !$0.isEmpty }
    path = folder.map { FilePath($0).appending(".claude.json") }
  }

  /// The numbers of the last answer, as of the moment the client got it.
  package func read() -> Result<Reading, ReadingFailure> {
    do throws(ReadingFailure) {
      let entry = try entry()
      guard let fetchedAt = entry.fetchedAt else {
        throw ReadingFailure(.noData, "claude has asked for no limits yet")
      }
      guard entry.limits.contains(where: \.isMain) else {
        throw ReadingFailure(.noData, "what claude last heard holds no limit of the subscription")
      }
      return .success(
        Reading(
          provider: .claude, account: entry.account, limits: entry.limits, capturedAt: fetchedAt,
          method: .claudeCache, rawText: entry.rawText))
    } catch {
      return .failure(error)
    }
  }

  /// What the file says of limits.
  struct Entry: Sendable {
    /// When the client last heard of its server; nil if never.
    var fetchedAt: Timestamp?
    /// Our name of the account that the numbers belong to.
    var account: String?
    var limits: [LimitReading] = []
    var rawText = ""
  }

  func entry() throws(ReadingFailure) -> Entry {
    guard let path else { throw ReadingFailure(.noData, "neither HOME nor CLAUDE_CONFIG_DIR") }
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
      defer { try? file.close() }
      return try Self.entry(in: file)
    } catch let error as JSONError {
      // The client replaces the file; a half one is that of another program, or of a full disk.
      throw ReadingFailure(.malformedReply, "\(path): \(error)")
    } catch {
      throw ReadingFailure(.noData, "\(path): \(error)")
    }
  }

  private static func entry(in file: FileDescriptor) throws(JSONError) -> Entry {
    var scanner = JSONScanner(reading: file)
    // Prompts are kept there too, cut anywhere.
    scanner.toleratesInvalidUTF8 = true
    var entry = Entry()
    var signedIn: String?
    var range: Range<Int>?
    guard try scanner.enterObject() else { return entry }
    while try scanner.nextKey() {
      if scanner.keyIs("cachedUsageUtilization") {
        range = try scanner.skipValue()
      } else if scanner.keyIs("oauthAccount") {
        signedIn = try account(&scanner)
      } else {
        try scanner.skipValue()
      }
    }
    guard let range else { return entry }
    try entry.read(file, range)
    entry.account = entry.account ?? signedIn
    return entry
  }

  fileprivate static func account(_ scanner: inout JSONScanner) throws(JSONError) -> String? {
    var account: String?
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("accountUuid") {
        account = try scanner.nextString().map { Provider.claude.account(id: $0) }
      } else {
        try scanner.skipValue()
      }
    }
    return account
  }
}

extension ClaudeCache.Entry {
  /// Reads `{"fetchedAtMs":…,"accountUuid":"…","utilization":{…}}`.
  fileprivate mutating func read(_ file: FileDescriptor, _ range: Range<Int>) throws(JSONError) {
    guard range.count <= ReplyText.longest else { return }
    let text: [UInt8]
    do throws(Errno) {
      text = try file.bytes(from: range.lowerBound, upTo: range.count)
    } catch {
      throw JSONError(kind: .io(error), offset: range.lowerBound)
    }
    var scanner = JSONScanner(text)
    scanner.toleratesInvalidUTF8 = true
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("fetchedAtMs") {
        fetchedAt = try scanner.nextInteger().map { Timestamp(milliseconds: Int64($0)) }
      } else if scanner.keyIs("accountUuid") {
        account = try scanner.nextString().map { Provider.claude.account(id: $0) }
      } else if scanner.keyIs("utilization") {
        _ = try scanner.peekKind()
        let start = scanner.position
        limits = try ClaudeLimits.read(&scanner) ?? []
        rawText = ReplyText.kept(text, start..<scanner.position) ?? ""
      } else {
        try scanner.skipValue()
      }
    }
  }
}
