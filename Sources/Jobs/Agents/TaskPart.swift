internal import Shared

/// A message part in which a sub-agent was started: a call of the tool `task`.
enum TaskPart {
  /// Reads the part at hand; nil when it is no `task` call or names no session.
  static func read(_ scanner: inout JSONScanner) throws(JSONError) -> ChildSession? {
    var child = ChildSession(sessionID: "")
    var isTask: Bool?
    _ = try scanner.next()
    while try scanner.nextKey() {
      if scanner.keyIs("tool") || scanner.keyIs("name") {
        isTask = try scanner.readString() == "task"
      } else if scanner.keyIs("state"), isTask != false,
        try scanner.peekKind() == .beginObject
      {
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
    _ = try scanner.next()
    while try scanner.nextKey() {
      if scanner.keyIs("status") {
        child.status = try scanner.readString()
      } else if scanner.keyIs("title") {
        child.title = try scanner.readString()
      } else if scanner.keyIs("time") {
        try readTime(&scanner, into: &child)
      } else if scanner.keyIs("metadata") {
        try readMetadata(&scanner, into: &child)
      } else if scanner.keyIs("input"), try scanner.peekKind() == .beginObject {
        _ = try scanner.next()
        while try scanner.nextKey() {
          if scanner.keyIs("description") {
            description = try scanner.readString()
          } else {
            try scanner.skipValue()
          }
        }
      } else {
        try scanner.skipValue()
      }
    }
    child.title = child.title ?? description
  }

  private static func readMetadata(
    _ scanner: inout JSONScanner, into child: inout ChildSession
  ) throws(JSONError) {
    guard try scanner.peekKind() == .beginObject else {
      try scanner.skipValue()
      return
    }
    _ = try scanner.next()
    while try scanner.nextKey() {
      if scanner.keyIs("sessionId") || scanner.keyIs("sessionID") {
        child.sessionID = try scanner.readString() ?? ""
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
    guard try scanner.peekKind() == .beginObject else {
      try scanner.skipValue()
      return
    }
    _ = try scanner.next()
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
  /// The value when it is a string; anything else is passed over.
  mutating func readString() throws(JSONError) -> String? {
    guard try peekKind() == .string else {
      try skipValue()
      return nil
    }
    _ = try next()
    return text()
  }

  /// The value when it is a whole number that is not negative; anything else is passed over.
  mutating func readCount() throws(JSONError) -> Int? {
    guard try peekKind() == .number else {
      try skipValue()
      return nil
    }
    _ = try next()
    return integer().flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Milliseconds since 1970 (opencode) or RFC 3339 text (what imitates it).
  mutating func readMoment() throws(JSONError) -> Timestamp? {
    guard try peekKind() == .number else { return try readString().flatMap { Timestamp($0) } }
    _ = try next()
    return integer().map { Timestamp(milliseconds: Int64($0)) }
  }

  /// `{providerID, modelID}` of 1.x or `{providerID, id}` of 2.x.
  mutating func readModel() throws(JSONError) -> ModelReference? {
    guard try peekKind() == .beginObject else {
      try skipValue()
      return nil
    }
    var provider: String?
    var model: String?
    _ = try next()
    while try nextKey() {
      if keyIs("providerID") {
        provider = try readString()
      } else if keyIs("modelID") || (keyIs("id") && model == nil) {
        model = try readString() ?? model
      } else {
        try skipValue()
      }
    }
    guard let provider, let model else { return nil }
    return ModelReference(provider: provider, model: model)
  }
}
