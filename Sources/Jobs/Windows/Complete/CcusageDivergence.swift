internal import Shared

/// Compares the share of the week that ccusage counts by tokens with the one the client shows.
enum CcusageDivergence {
  /// How far apart they may be: a tenth of the larger, and more than the rounding of whole points.
  static let share = 0.1
  static let rounding = 1.0

  /// The anomaly if the newest weekly count of the pair's window differs.
  static func find(in pair: WindowPair, rows: [UInt8]) -> Anomaly? {
    guard
      let shown = pair.after.reading?.limits.first(where: { $0.isMain && $0.minutes == 10_080 }),
      let counted = newestWeek(of: pair.before.window, pair.before.agent, in: rows)
    else { return nil }
    guard differ(counted: counted, shown: shown.usedPercent) else { return nil }
    return pair.after.anomaly(
      .ccusageDivergence,
      evidence: [
        .init("ccusage_weekly_pct", JSONWriter.text(of: counted)),
        .init("weekly_pct", JSONWriter.text(of: shown.usedPercent)),
        .init("after", pair.after.id),
      ])
  }

  /// Whether two shares of a week contradict each other.
  static func differ(counted: Double, shown: Double) -> Bool {
    let difference = (counted - shown).magnitude
    return difference > rounding && difference > share * max(counted, shown)
  }

  private static func newestWeek(
    of window: String, _ agent: String, in rows: [UInt8]
  ) -> Double? {
    for line in RowLedger.lines(rows).reversed() {
      if let percent = weekPercent(of: window, agent, in: Array(line)) { return percent }
    }
    return nil
  }

  /// The weekly percentage of one row of `codex_ccusage.jsonl`; nil where it has none.
  private static func weekPercent(
    of window: String, _ agent: String, in line: [UInt8]
  ) -> Double? {
    var isOfWindow = false
    var isOfAgent = agent == AgentID.main
    var isWeekly = false
    var percent: Double?
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        switch scanner.text() {
        case "window": isOfWindow = try scanner.nextString() == window
        case "agent_id": isOfAgent = try scanner.nextString() ?? AgentID.main == agent
        case "scope": isWeekly = try scanner.nextString() == "weekly"
        case "parsed": percent = try readPercent(&scanner)
        default: try scanner.skipValue()
        }
      }
    } catch {
      return nil
    }
    return isOfWindow && isOfAgent && isWeekly ? percent : nil
  }

  private static func readPercent(_ scanner: inout JSONScanner) throws(JSONError) -> Double? {
    var percent: Double?
    guard try scanner.enterObject() else { return nil }
    while try scanner.nextKey() {
      if scanner.keyIs("percent_used") {
        percent = try scanner.nextDouble() ?? percent
      } else if scanner.keyIs("weekly") {
        percent = try readPercent(&scanner) ?? percent
      } else {
        try scanner.skipValue()
      }
    }
    return percent
  }
}
