internal import Shared

/// One reply of `codex app-server`: to which request, and what.
struct CodexReply: Sendable, Equatable {
  enum Content: Sendable, Equatable {
    /// The JSON text of the result.
    case result([UInt8])
    case error(code: Int?, message: String)
    /// Neither of the two.
    case nothing
  }

  let id: Int
  let content: Content

  /// Reads one line; nil for notifications, and for requests of the server to us.
  ///
  /// The members come in any order: errors have `error` before `id`.
  init?(line: [UInt8]) throws(JSONError) {
    var scanner = JSONScanner(line)
    var id: Int?
    var content = Content.nothing
    var isReply = true
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("id") {
        id = try scanner.nextInteger()
      } else if scanner.keyIs("result") {
        content = .result(Array(line[try scanner.skipValue()]))
      } else if scanner.keyIs("error") {
        content = try Self.error(&scanner)
      } else {
        if scanner.keyIs("method") { isReply = false }
        try scanner.skipValue()
      }
    }
    guard try scanner.next() == .end, isReply, let id else { return nil }
    self.id = id
    self.content = content
  }

  private static func error(_ scanner: inout JSONScanner) throws(JSONError) -> Content {
    var code: Int?
    var message = ""
    guard try scanner.enterObject() else { return .nothing }
    while try scanner.nextKey() {
      if scanner.keyIs("code") {
        code = try scanner.nextInteger()
      } else if scanner.keyIs("message") {
        message = try scanner.nextString() ?? ""
      } else {
        try scanner.skipValue()
      }
    }
    return .error(code: code, message: message)
  }

  /// The result's text; throws what an error means.
  func result() throws(ReadingFailure) -> [UInt8] {
    switch content {
    case .result(let text): return text
    case .error(let code, let message): throw Self.failure(code: code, message: message)
    case .nothing:
      throw ReadingFailure(.malformedReply, "codex answered with neither result nor error")
    }
  }
}

// MARK: - What errors mean

extension CodexReply {
  /// Too much to do at the moment.
  private static let overload = -32001
  /// The request was understood and something broke.
  private static let internalError = -32603

  /// Words of errors without an HTTP status; the first that fits counts.
  private static let meanings: [(words: String, reason: ReadingFailure.Reason)] = [
    ("could not be refreshed", .unauthorized),
    ("chatgpt authentication required", .apiKey),
    ("authentication required", .notSignedIn),
    ("not logged in", .notSignedIn),
    ("not signed in", .notSignedIn),
    ("overload", .server),
  ]

  static func failure(code: Int?, message: String) -> ReadingFailure {
    // Bodies may hold anything, and tell nothing that the status does not.
    let head = String(message.prefix(before: "body="))
    if let status = httpStatus(in: head) {
      return ReadingFailure(reason(ofStatus: status), "HTTP \(status): \(ReplyText.shown(head))")
    }
    let lowercased = head.lowercased()
    let known = meanings.first { lowercased.contains($0.words) }?.reason
    let isServers = code == overload || code == internalError
    return ReadingFailure(
      known ?? (isServers ? .server : .malformedReply),
      "codex answered with error \(code.map(String.init) ?? "?"): \(ReplyText.shown(head))")
  }

  private static func reason(ofStatus status: Int) -> ReadingFailure.Reason {
    switch status {
    case 401: .unauthorized
    case 403: .forbidden
    default: .server
    }
  }

  /// The status in `… failed: 401 Unauthorized; content-type=…`.
  private static func httpStatus(in head: String) -> Int? {
    head.split { $0 == " " || $0 == ";" || $0 == "," }
      .lazy.filter { $0.utf8.count == 3 }.compactMap { Int($0) }
      .first { (400...599).contains($0) }
  }
}

extension String {
  /// What stands before the first `words`; all of it if they do not occur.
  fileprivate func prefix(before words: String) -> Substring {
    var rest = self[...]
    while !rest.isEmpty {
      if rest.hasPrefix(words) { return self[..<rest.startIndex] }
      rest = rest.dropFirst()
    }
    return self[...]
  }
}
