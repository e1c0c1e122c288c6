/// How a run ends, for the shell, cron and systemd: a subset of sysexits.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Done, or nothing to do.
  case success = 0
  /// The answer is no.
  case negative = 1
  case usage = 64
  /// Damaged input, left untouched.
  case badData = 65
  case noInput = 66
  /// A needed program or service is not there.
  case unavailable = 69
  /// A defect of ours.
  case software = 70
  /// No space, or no way to create a file.
  case cannotCreate = 73
  case ioError = 74
  /// Another program is in the way; try again later.
  case tryLater = 75
  case noPermission = 77
  case configuration = 78
  case deadline = 124
  case interrupted = 130
  case terminated = 143

  /// The `code` of the JSON error object.
  package var code: String {
    switch self {
    case .success: "OK"
    case .negative: "E_NO"
    case .usage: "E_USAGE"
    case .badData: "E_DATA"
    case .noInput: "E_NO_INPUT"
    case .unavailable: "E_UNAVAILABLE"
    case .software: "E_SOFTWARE"
    case .cannotCreate: "E_CANNOT_CREATE"
    case .ioError: "E_IO"
    case .tryLater: "E_TRY_LATER"
    case .noPermission: "E_NO_PERMISSION"
    case .configuration: "E_CONFIGURATION"
    case .deadline: "E_DEADLINE"
    case .interrupted: "E_INTERRUPTED"
    case .terminated: "E_TERMINATED"
    }
  }
}
