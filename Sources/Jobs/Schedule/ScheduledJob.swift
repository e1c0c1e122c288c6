/// A job that a scheduler triggers, and everything that its trigger is made of.
///
/// The one table of all schedules: every crontab line, unit, property list and manifest is made of
/// these rows.
package enum ScheduledJob: String, CaseIterable, Sendable, Equatable {
  case refreshUsage = "refresh-usage"
  case rotateLog = "rotate-log"
  case ingestTelemetry = "ingest-telemetry"
  case windowReset = "window-reset"
  case costCompare = "cost-compare"
  case ledgerCheckpoint = "ledger-checkpoint"

  /// The command's name.
  package var name: String { rawValue }

  /// What the trigger is for, for comments and descriptions.
  package var summary: String {
    switch self {
    case .refreshUsage: "usage of every opencode session that is due"
    case .rotateLog: "the export error log, short again"
    case .ingestTelemetry: "what is new in the proxy's log"
    case .windowReset: "subscription windows: AFTER of the one that has reset, BEFORE of the next"
    case .costCompare: "GLM against the baseline, from what was ingested"
    case .ledgerCheckpoint: "the checkpoint of the window that has closed; again is a no-op"
    }
  }

  /// When it is triggered.
  ///
  /// A checkpoint comes two minutes after the look that closes a window.
  package var cadence: Cadence {
    switch self {
    case .refreshUsage: .everyMinute
    case .rotateLog: .daily(hour: 3, minute: 17)
    case .ingestTelemetry: .everyMinutes(5)
    case .windowReset: .hourly(minute: 6)
    case .costCompare: .daily(hour: 3, minute: 27)
    case .ledgerCheckpoint: .hourly(minute: 8)
    }
  }

  /// What follows the command's name.
  package var arguments: [String] {
    switch self {
    case .ledgerCheckpoint: ["--closed", "--actual", "auto", "--quiet"]
    default: ["--quiet"]
    }
  }

  /// The random part of the delay in seconds, which keeps machines from acting as one; never near
  /// the time between two triggers.
  package var randomDelay: Int {
    switch self {
    case .refreshUsage, .windowReset: 0
    case .rotateLog, .costCompare: 300
    case .ingestTelemetry, .ledgerCheckpoint: 10
    }
  }

  /// Seconds after which a run counts as hung; above every deadline that the job has itself.
  package var timeLimit: Int {
    switch self {
    case .refreshUsage: 90
    case .rotateLog, .windowReset: 120
    case .ingestTelemetry: 240
    case .costCompare, .ledgerCheckpoint: 300
    }
  }

  /// Whether it starts a vendor's client, which compiles code as it runs and talks to its server.
  package var startsClients: Bool {
    switch self {
    case .refreshUsage, .windowReset: true
    default: false
    }
  }

  /// Whether it asks what other processes are and have open: agents, and who writes to a log.
  package var looksAtProcesses: Bool {
    switch self {
    case .refreshUsage, .rotateLog: true
    default: false
    }
  }
}

/// How often, told the same way to every scheduler.
package enum Cadence: Sendable, Equatable {
  case everyMinute
  case everyMinutes(Int)
  case hourly(minute: Int)
  /// By the local clock.
  case daily(hour: Int, minute: Int)

  /// The five fields of a crontab line.
  package var cron: String {
    switch self {
    case .everyMinute: "* * * * *"
    case .everyMinutes(let count): "*/\(count) * * * *"
    case .hourly(let minute): "\(minute) * * * *"
    case .daily(let hour, let minute): "\(minute) \(hour) * * *"
    }
  }
}
