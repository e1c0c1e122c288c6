internal import Shared

/// Why an export gave no usage.
package enum ExportFailure: Error, Equatable, Sendable {
  /// The id is not of the form `ses_…`; no process is started with it.
  case badSessionID
  /// opencode does not know the session.
  case notFound
  /// Neither way of asking for an export is known to this opencode.
  case noExportCommand
  case timedOut(Duration)
  case signalled(Int32)
  case exited(Int32, String)
  /// The reply stops in the middle.
  case truncated(bytes: Int)
  case tooLarge(limit: Int)
  /// The reply is no session export.
  case wrongShape(String)

  /// The failure's code, the first word of its message.
  package var code: String {
    switch self {
    case .badSessionID: "bad-session-id"
    case .notFound: "not-found"
    case .noExportCommand: "no-export-command"
    case .timedOut: "timed-out"
    case .signalled: "signalled"
    case .exited: "exited"
    case .truncated: "truncated"
    case .tooLarge: "too-large"
    case .wrongShape: "wrong-shape"
    }
  }

  /// What is written to the log and to the registry's `usageError`.
  package var message: String { "\(code): \(detail)" }

  private var detail: String {
    switch self {
    case .badSessionID: "the session id is not of the form ses_..."
    case .notFound: "session not found by opencode"
    case .noExportCommand: "neither 'export' nor 'session export' is a command of this opencode"
    case .timedOut(let limit): "no complete reply within \(DurationText.brief(limit))"
    case .signalled(let signal): "opencode was ended by signal \(signal)"
    case .exited(let status, ""): "opencode exited with status \(status)"
    case .exited(let status, let line): "opencode exited with status \(status): \(line)"
    case .truncated(let bytes): "the reply stops in the middle after \(bytes) bytes"
    case .tooLarge(let limit): "the reply is larger than \(limit >> 20) MiB"
    case .wrongShape(let reason): "the reply is no session export: \(reason)"
    }
  }

  /// Whether the fault may lie in how opencode was asked, not in the session.
  var isAboutTheProgram: Bool {
    switch self {
    case .exited, .wrongShape: true
    default: false
    }
  }

  /// Whether asking again within minutes would be answered the same.
  package var isPermanent: Bool { Self.permanentCodes.contains(code) }

  /// The same of a message read back from the registry; texts of other programs are passing.
  package static func isPermanent(message: String?) -> Bool {
    guard let message, let end = message.firstIndex(of: ":") else { return false }
    return permanentCodes.contains(String(message[..<end]))
  }

  private static let permanentCodes: Set<String> = [
    "bad-session-id", "not-found", "no-export-command",
  ]
}
