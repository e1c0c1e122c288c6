package import Shared

/// Reads the JSON of ccusage's Codex reports.
package struct CcusageReport: Sendable, Equatable {
  /// Which of the reports it is.
  package enum Scope: String, Sendable, CaseIterable {
    case session
    case daily
    case weekly
  }

  /// The tokens of one session.
  package struct Session: Sendable, Equatable {
    package var id: String?
    package var tokens: Int?
    package var cost: Double?
    /// As reported, RFC 3339.
    package var lastActivity: String?
  }

  /// The tokens of one day.
  package struct Day: Sendable, Equatable {
    /// As reported: `2025-10-19` or `Oct 19, 2025`.
    package var date: String?
    package var tokens: Int?
    package var percentUsed: Double?
    package var cost: Double?

    /// The date as one that can be compared.
    package var day: LocalDay? { date.flatMap { CcusageReport.day($0) } }
  }

  /// The current week.
  package struct Week: Sendable, Equatable {
    package var start: String?
    package var end: String?
    package var percentUsed: Double?
    package var tokens: Int?
    package var tokensRemaining: Int?
    package var cost: Double?
  }

  package let scope: Scope
  package internal(set) var generatedAt: String?
  package internal(set) var resetsAt: String?
  package internal(set) var sessions: [Session] = []
  package internal(set) var days: [Day] = []
  package internal(set) var week: Week?
  /// What the report itself says of the whole.
  var reportedTokens: Int?
  var reportedCost: Double?
  package internal(set) var errors: [String] = []

  init(scope: Scope) {
    self.scope = scope
  }

  /// The report's own total, or the sum where it has none.
  package var totalTokens: Int {
    switch scope {
    case .session: reportedTokens ?? Self.sum(sessions.map(\.tokens))
    case .daily: reportedTokens ?? Self.sum(days.map(\.tokens))
    case .weekly: week?.tokens ?? 0
    }
  }

  /// US dollars.
  package var cost: Double {
    switch scope {
    case .session: reportedCost ?? sessions.reduce(0) { $0 + ($1.cost ?? 0) }
    case .daily: reportedCost ?? days.reduce(0) { $0 + ($1.cost ?? 0) }
    case .weekly: week?.cost ?? 0
    }
  }

  /// The session with the latest activity, the last of several.
  package var latestSession: Session? {
    var latest: (session: Session, moment: Timestamp)?
    for session in sessions {
      guard let moment = session.lastActivity.flatMap({ Timestamp($0) }) else { continue }
      if latest.map({ moment >= $0.moment }) ?? true { latest = (session, moment) }
    }
    return latest?.session
  }

  /// The latest day, by the calendar and not by its text.
  package var latestDay: Day? {
    var latest: (entry: Day, day: LocalDay)?
    for entry in days {
      guard let day = entry.day else { continue }
      if latest.map({ day >= $0.day }) ?? true { latest = (entry, day) }
    }
    return latest?.entry
  }

  private static func sum(_ numbers: [Int?]) -> Int {
    numbers.reduce(0) { total, number in
      let (sum, overflow) = total.addingReportingOverflow(number ?? 0)
      return overflow ? .max : sum
    }
  }

  /// Reads `2025-10-19` and `Oct 19, 2025`.
  private static func day(_ text: String) -> LocalDay? {
    if let day = LocalDay(text.prefix(10)) { return day }
    guard let label = ResetLabel(text), let year = label.year, let month = label.month,
      let day = label.day
    else { return nil }
    return LocalDay(year: year, month: month, day: day)
  }
}

extension CcusageReport {
  /// Writes the `parsed` object of a row of `codex_ccusage.jsonl`.
  package func writeParsed(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("scope", scope.rawValue)
      switch scope {
      case .session: writeSessions(&writer)
      case .daily: writeDays(&writer)
      case .weekly: writeWeek(&writer)
      }
      writer.member("errors", list: errors)
    }
  }

  private func writeSessions(_ writer: inout JSONWriter) {
    writer.member("session_count", sessions.count)
    writer.member("total_tokens", totalTokens)
    writer.member("cost_usd", cost)
    writer.key("latest_session")
    if let latestSession { Self.write(latestSession, &writer) } else { writer.null() }
    writer.key("sessions")
    writer.array { array in
      for session in sessions { Self.write(session, &array) }
    }
  }

  private static func write(_ session: Session, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("session_id", session.id?.redactingAddresses)
      writer.member("total_tokens", session.tokens)
      writer.member("cost_usd", session.cost)
      writer.member("last_activity", session.lastActivity)
    }
  }

  private func writeDays(_ writer: inout JSONWriter) {
    writer.member("generated_at", generatedAt)
    writer.member("reset_at", resetsAt)
    writer.key("days")
    writer.array { array in
      for day in days {
        array.object { writer in
          writer.member("date", day.date)
          writer.member("total_tokens", day.tokens)
          writer.member("percent_used", day.percentUsed)
          writer.member("cost_usd", day.cost)
        }
      }
    }
    writer.member("total_tokens", totalTokens)
    writer.member("cost_usd", cost)
  }

  private func writeWeek(_ writer: inout JSONWriter) {
    writer.member("generated_at", generatedAt)
    writer.member("reset_at", resetsAt)
    writer.key("weekly")
    writer.object { writer in
      guard let week else { return }
      writer.member("start_date", week.start)
      writer.member("end_date", week.end)
      writer.member("percent_used", week.percentUsed)
      writer.member("tokens_used", week.tokens)
      writer.member("tokens_remaining", week.tokensRemaining)
      writer.member("cost_usd", week.cost)
    }
    writer.member("total_tokens", totalTokens)
  }
}
