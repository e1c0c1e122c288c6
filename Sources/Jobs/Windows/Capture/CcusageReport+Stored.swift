internal import Shared

extension CcusageReport {
  /// Reads the `parsed` object of a row whose own text is gone.
  ///
  /// Parts of it stand in an object of their own or beside it, as versions of the tracker differ.
  static func read(parsed: [UInt8], scope: Scope) -> CcusageReport {
    var result = CcusageReport(scope: scope)
    var scanner = JSONScanner(parsed)
    do throws(JSONError) {
      try result.readStored(&scanner)
    } catch {
      result = CcusageReport(scope: scope)
      result.errors = [ReportFlag.invalidJSON]
    }
    return result
  }

  private mutating func readStored(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterObject() else {
      errors = [ReportFlag.invalidJSON]
      return
    }
    var week = Week()
    while try scanner.nextKey() {
      let key = scanner.text()
      switch key {
      case "generated_at": generatedAt = try scanner.nextString()
      case "reset_at": resetsAt = try scanner.nextString()
      case "total_tokens": reportedTokens = try scanner.reportedCount()
      case "cost_usd": reportedCost = try scanner.reportedNumber()
      case "sessions" where scope == .session: try readStoredSessions(&scanner)
      case "days" where scope == .daily: try readStoredDays(&scanner)
      case "weekly" where scope == .weekly:
        guard try scanner.enterObject() else { continue }
        while try scanner.nextKey() { try Self.readStored(&week, scanner.text(), &scanner) }
      case "errors":
        guard try scanner.enterArray() else { continue }
        while try scanner.nextElement() {
          if let error = try scanner.nextString() { errors.append(error) }
        }
      default: try Self.readStored(&week, key, &scanner)
      }
    }
    if scope == .weekly {
      week.tokens = week.tokens ?? reportedTokens
      self.week = week
    }
  }

  private static func readStored(
    _ week: inout Week, _ key: String, _ scanner: inout JSONScanner
  ) throws(JSONError) {
    switch key {
    case "start_date": week.start = try scanner.nextString()
    case "end_date": week.end = try scanner.nextString()
    case "percent_used": week.percentUsed = try scanner.reportedNumber()
    case "tokens_used": week.tokens = try scanner.reportedCount()
    case "tokens_remaining": week.tokensRemaining = try scanner.reportedCount()
    default: try scanner.skipValue()
    }
  }

  private mutating func readStoredSessions(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterArray() else { return }
    while try scanner.nextElement() {
      guard try scanner.enterObject() else { continue }
      var session = Session()
      while try scanner.nextKey() {
        switch scanner.text() {
        case "session_id": session.id = try scanner.nextString()
        case "total_tokens": session.tokens = try scanner.reportedCount()
        case "cost_usd": session.cost = try scanner.reportedNumber()
        case "last_activity": session.lastActivity = try scanner.nextString()
        default: try scanner.skipValue()
        }
      }
      sessions.append(session)
    }
  }

  private mutating func readStoredDays(_ scanner: inout JSONScanner) throws(JSONError) {
    guard try scanner.enterArray() else { return }
    while try scanner.nextElement() {
      guard try scanner.enterObject() else { continue }
      var day = Day()
      while try scanner.nextKey() {
        switch scanner.text() {
        case "date": day.date = try scanner.nextString()
        case "total_tokens": day.tokens = try scanner.reportedCount()
        case "percent_used": day.percentUsed = try scanner.reportedNumber()
        case "cost_usd": day.cost = try scanner.reportedNumber()
        default: try scanner.skipValue()
        }
      }
      days.append(day)
    }
  }
}
