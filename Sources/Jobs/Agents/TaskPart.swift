internal import Shared

/// A message part in which a sub-agent was started: a call of the tool `task`.
enum TaskPart {
  /// Reads the part at hand; nil when it is no `task` call or names no session.
  static func read(_ scanner: inout JSONScanner) throws(JSONError) -> ChildSession? {
    var child = ChildSession(sessionID: "")
    var isTask: Bool?
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("tool") || scanner.keyIs("name") {
        isTask = try scanner.nextString() == "task"
      } else if scanner.keyIs("state"), isTask != false {
        try readState(&scanner, into: &child)
      } else if scanner.keyIs("time"), child.startedAt == nil {
        try readTime(&scanner, into: &child)
      } else {
        try scanner.skipValue()
      }
    }
    return isTask == true && !child.sessionID.isEmpty ? child : nil
  }

  private static func readState(
    _ scanner: inout JSONScanner, into child: inout ChildSession
  ) throws(JSONError) {
    var description: String?
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("status") {
        child.status = try scanner.nextString()
      } else if scanner.keyIs("title") {
        child.title = try scanner.nextString()
      } else if scanner.keyIs("time") {
        try readTime(&scanner, into: &child)
      } else if scanner.keyIs("metadata") {
        try readMetadata(&scanner, into: &child)
      } else if scanner.keyIs("input") {
        description = try readDescription(&scanner)
      } else {
        try scanner.skipValue()
      }
    }
    child.title = child.title ?? description
  }

  private static func readDescription(
    _ scanner: inout JSONScanner
  ) throws(JSONError) -> String? {
    var description: String?
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("description") {
        description = try scanner.nextString()
      } else {
        try scanner.skipValue()
      }
    }
    return description
  }

  private static func readMetadata(
    _ scanner: inout JSONScanner, into child: inout ChildSession
  ) throws(JSONError) {
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("sessionId") || scanner.keyIs("sessionID") {
        child.sessionID = try scanner.nextString() ?? ""
      } else if scanner.keyIs("model") {
        child.model = try scanner.readModel()
      } else {
        try scanner.skipValue()
      }
    }
  }

  private static func readTime(
    _ scanner: inout JSONScanner, into child: inout ChildSession
  ) throws(JSONError) {
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("start") || scanner.keyIs("created") {
        child.startedAt = try scanner.readMoment() ?? child.startedAt
      } else if scanner.keyIs("end") || scanner.keyIs("completed") {
        child.finishedAt = try scanner.readMoment() ?? child.finishedAt
      } else {
        try scanner.skipValue()
      }
    }
  }
}

// MARK: - Values as opencode writes them

extension JSONScanner {
  /// The value when it is a whole number that is not negative; anything else is passed over.
  mutating func readCount() throws(JSONError) -> Int? {
    try nextInteger().flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Milliseconds since 1970 (opencode) or RFC 3339 text (what imitates it).
  mutating func readMoment() throws(JSONError) -> Timestamp? {
    guard try peekKind() == .number else { return try nextString().flatMap { Timestamp($0) } }
    return try nextInteger().map { Timestamp(milliseconds: Int64($0)) }
  }

  /// `{providerID, modelID}` of 1.x or `{providerID, id}` of 2.x.
  mutating func readModel() throws(JSONError) -> ModelReference? {
    var provider: String?
    var model: String?
    guard try enterObject() else { return nil }
    while try nextKey() {
      if keyIs("providerID") {
        provider = try nextString()
      } else if keyIs("modelID") || (keyIs("id") && model == nil) {
        model = try nextString() ?? model
      } else {
        try skipValue()
      }
    }
    guard let provider, let model else { return nil }
    return ModelReference(provider: provider, model: model)
  }
}
