internal import Shared

/// A reply of Claude's client to the control request `get_usage`.
struct ClaudeUsageReply: Sendable, Equatable {
  enum Content: Sendable, Equatable {
    case limits([LimitReading], rawText: String?)
    /// Signed in with a subscription, and nothing is known.
    case noLimits
    case notSignedIn
    /// The client refused to answer, with its words.
    case refusal(String)
  }

  /// How the reply is told from those to other requests.
  static let requestID = "r1"

  /// The request in one line; `skip_behaviors` leaves out advice that takes a look at all sessions.
  static let request: [UInt8] = {
    let request = #""request":{"subtype":"get_usage","skip_behaviors":true}"#
    return Array(#"{"type":"control_request","request_id":"\#(requestID)",\#(request)}"#.utf8)
  }()

  let content: Content

  /// Reads one line; nil for anything that is no reply to our request.
  init?(line: [UInt8]) throws(JSONError) {
    var scanner = JSONScanner(line)
    var type: String?
    var response: Response?
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("type") {
        type = try scanner.nextString()
      } else if scanner.keyIs("response") {
        response = try Response(&scanner, of: line)
      } else {
        try scanner.skipValue()
      }
    }
    guard try scanner.next() == .end, type == "control_response",
      let response, response.requestID == Self.requestID
    else { return nil }
    content = response.content
  }

  /// `{"subtype":"success","request_id":"r1","response":{…}}`.
  private struct Response {
    private var subtype: String?
    private(set) var requestID: String?
    private var error: String?
    private var isAvailable = true
    private var limits: [LimitReading]?
    private var rawText: String?

    var content: Content {
      guard subtype == "success" else { return .refusal(error ?? "") }
      guard isAvailable else { return .notSignedIn }
      return limits.map { .limits($0, rawText: rawText) } ?? .noLimits
    }

    init(_ scanner: inout JSONScanner, of line: [UInt8]) throws(JSONError) {
      guard try scanner.enterObject() else { return }
      while try scanner.nextKey() {
        if scanner.keyIs("subtype") {
          subtype = try scanner.nextString()
        } else if scanner.keyIs("request_id") {
          requestID = try scanner.nextString()
        } else if scanner.keyIs("error") {
          error = try scanner.nextString()
        } else if scanner.keyIs("response") {
          try readUsage(&scanner, of: line)
        } else {
          try scanner.skipValue()
        }
      }
    }

    private mutating func readUsage(
      _ scanner: inout JSONScanner, of line: [UInt8]
    ) throws(JSONError) {
      guard try scanner.enterObject() else { return }
      while try scanner.nextKey() {
        if scanner.keyIs("rate_limits_available") {
          isAvailable = try scanner.nextBool() ?? true
        } else if scanner.keyIs("rate_limits") {
          _ = try scanner.peekKind()
          let start = scanner.position
          limits = try ClaudeLimits.read(&scanner)
          rawText = ReplyText.kept(line, start..<scanner.position)
        } else {
          try scanner.skipValue()
        }
      }
    }
  }
}
