internal import Shared

/// All that may be said to `codex app-server`.
///
/// The server also spends reset credits, signs out, writes files and starts turns
/// (`account/rateLimitResetCredit/consume` and many more). A list of what is forbidden would be out
/// of date with the next release: what is not a case here cannot be written at all.
enum CodexMethod: String, CaseIterable, Sendable {
  case initialize
  case initialized
  case accountRead = "account/read"
  case rateLimitsRead = "account/rateLimits/read"

  /// The request in one line; the one without an id is a notification.
  func line(id: Int?, version: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { object in
      if let id { object.member("id", id) }
      object.member("method", rawValue)
      switch self {
      case .initialize:
        object.key("params")
        object.object { params in
          params.key("clientInfo")
          params.object { info in
            info.member("name", "jobrunner")
            info.member("title", "jobrunner")
            info.member("version", version)
          }
        }
      case .accountRead:
        object.key("params")
        object.object { $0.member("refreshToken", true) }
      case .initialized, .rateLimitsRead:
        break
      }
    }
    return writer.bytes
  }
}
