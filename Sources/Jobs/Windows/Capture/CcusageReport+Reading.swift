internal import Shared

extension CcusageReport {
  /// Reads a report of the scope it was asked for.
  ///
  /// A field that is there under its newer name wins over the older one; zero is a value.
  package static func read(json: [UInt8], scope: Scope) -> CcusageReport {
    var result = CcusageReport(scope: scope)
    do throws(JSONError) {
      var scanner = JSONScanner(json)
      var parts = Parts()
      if try scanner.enterObject() {
        while try scanner.nextKey() { try result.readMember(&scanner, &parts) }
      }
      _ = try scanner.next()
      result.check(parts)
    } catch {
      result = CcusageReport(scope: scope)
      result.errors = [ReportFlag.invalidJSON]
    }
    return result
  }

  /// Which parts the report has.
  private struct Parts {
    var sessions = false
    /// `days` was there, which wins over `daily`.
    var days = false
    var daily = false
    var currentWeek = false
  }

  private mutating func check(_ parts: Parts) {
    switch scope {
    case .session where !parts.sessions: errors = ["invalid-sessions"]
    case .session where sessions.isEmpty: errors = ["no-sessions"]
    case .daily where !parts.days && !parts.daily: errors = ["invalid-days", "no-days"]
    case .daily where days.isEmpty: errors = ["no-days"]
    case .weekly where week == nil: errors = ["invalid-week"]
    case .session, .daily, .weekly: break
    }
  }

  private mutating func readMember(
    _ scanner: inout JSONScanner, _ parts: inout Parts
  ) throws(JSONError) {
    if scanner.keyIs("generated_at") || scanner.keyIs("generatedAt") {
      generatedAt = try scanner.nextString() ?? generatedAt
    } else if scanner.keyIs("resetAt") || scanner.keyIs("reset_at") {
      resetsAt = try scanner.nextString() ?? resetsAt
    } else if scanner.keyIs("totals") {
      try readTotals(&scanner)
    } else if scope == .session, scanner.keyIs("sessions") {
      parts.sessions = try readSessions(&scanner)
    } else if scope == .daily, scanner.keyIs("days") {
      parts.days = try readDays(&scanner)
    } else if scope == .daily, scanner.keyIs("daily"), !parts.days {
      parts.daily = try readDays(&scanner)
    } else if scope == .weekly, scanner.keyIs("currentWeek") {
      parts.currentWeek = try readWeek(&scanner)
    } else if scope == .weekly, scanner.keyIs("week"), !parts.currentWeek {
      _ = try readWeek(&scanner)
    } else {
      try scanner.skipValue()
    }
  }

  private mutating func readTotals(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if scanner.keyIs("totalTokens") {
        reportedTokens = try scanner.reportedCount()
      } else if scanner.keyIs("costUSD") {
        reportedCost = try scanner.reportedNumber()
      } else {
        try scanner.skipValue()
      }
    }
  }

  private mutating func readSessions(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    guard try scanner.enterArray() else { return false }
    while try scanner.nextElement() {
      guard try scanner.enterObject() else { continue }
      var session = Session()
      while try scanner.nextKey() {
        if scanner.keyIs("sessionId") {
          session.id = try scanner.nextString()
        } else if scanner.keyIs("totalTokens") {
          session.tokens = try scanner.reportedCount()
        } else if scanner.keyIs("costUSD") {
          session.cost = try scanner.reportedNumber()
        } else if scanner.keyIs("lastActivity") {
          session.lastActivity = try scanner.nextString()
        } else {
          try scanner.skipValue()
        }
      }
      sessions.append(session)
    }
    return true
  }

  private mutating func readDays(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    guard try scanner.enterArray() else { return false }
    days = []
    while try scanner.nextElement() {
      guard try scanner.enterObject() else { continue }
      var day = Day()
      var tokens = EitherName<Int>()
      var percent = EitherName<Double>()
      var cost = EitherName<Double>()
      while try scanner.nextKey() {
        if scanner.keyIs("date") {
          day.date = try scanner.nextString()
        } else if scanner.keyIs("totalTokens") {
          tokens.first = try scanner.reportedCount()
        } else if scanner.keyIs("tokens") {
          tokens.second = try scanner.reportedCount()
        } else {
          try Self.readShare(&scanner, &percent, &cost)
        }
      }
      day.tokens = tokens.value
      day.percentUsed = percent.value
      day.cost = cost.value
      days.append(day)
    }
    return true
  }

  private mutating func readWeek(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    guard try scanner.enterObject() else { return false }
    var week = Week()
    var start = EitherName<String>()
    var end = EitherName<String>()
    var tokens = EitherName<Int>()
    var percent = EitherName<Double>()
    var cost = EitherName<Double>()
    while try scanner.nextKey() {
      if scanner.keyIs("startDate") {
        start.first = try scanner.nextString()
      } else if scanner.keyIs("start") {
        start.second = try scanner.nextString()
      } else if scanner.keyIs("endDate") {
        end.first = try scanner.nextString()
      } else if scanner.keyIs("end") {
        end.second = try scanner.nextString()
      } else if scanner.keyIs("tokensUsed") {
        tokens.first = try scanner.reportedCount()
      } else if scanner.keyIs("totalTokens") {
        tokens.second = try scanner.reportedCount()
      } else if scanner.keyIs("tokensRemaining") {
        week.tokensRemaining = try scanner.reportedCount()
      } else {
        try Self.readShare(&scanner, &percent, &cost)
      }
    }
    week.start = start.value
    week.end = end.value
    week.tokens = tokens.value
    week.percentUsed = percent.value
    week.cost = cost.value
    self.week = week
    return true
  }

  private static func readShare(
    _ scanner: inout JSONScanner, _ percent: inout EitherName<Double>,
    _ cost: inout EitherName<Double>
  ) throws(JSONError) {
    if scanner.keyIs("percentUsed") {
      percent.first = try scanner.reportedNumber()
    } else if scanner.keyIs("percent") {
      percent.second = try scanner.reportedNumber()
    } else if scanner.keyIs("costUSD") {
      cost.first = try scanner.reportedNumber()
    } else if scanner.keyIs("cost") {
      cost.second = try scanner.reportedNumber()
    } else {
      try scanner.skipValue()
    }
  }
}

/// A field that reports write under one of two names.
private struct EitherName<Value> {
  var first: Value?
  var second: Value?

  var value: Value? { first ?? second }
}
