internal import Shared

/// The rows of `codex_ccusage.jsonl`.
enum UsageReports {
  /// All reports, oldest first.
  static func read(_ bytes: [UInt8]) -> [UsageReport] {
    let reports = RowLedger.lines(bytes).compactMap { read(line: Array($0)) }
    return reports.enumerated().sorted { left, right in
      (left.element.capturedAt?.milliseconds ?? .min, left.offset)
        < (right.element.capturedAt?.milliseconds ?? .min, right.offset)
    }.map(\.element)
  }

  private static func read(line: [UInt8]) -> UsageReport? {
    var texts: [String: String] = [:]
    var parsed: Range<Int>?
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        let key = scanner.text()
        switch key {
        case "window", "agent_id", "captured_at", "scope", "raw_text":
          texts[key] = try scanner.nextString()
        case "parsed": parsed = try scanner.skipValue()
        default: try scanner.skipValue()
        }
      }
    } catch {
      return nil
    }
    guard let window = texts["window"], !window.isEmpty else { return nil }
    let scope = texts["scope"].flatMap(CcusageReport.Scope.init(rawValue:)) ?? .session
    return UsageReport(
      window: window, agent: texts["agent_id"] ?? AgentID.main,
      capturedAt: texts["captured_at"].flatMap { Timestamp($0) },
      report: report(scope, text: texts["raw_text"] ?? "", parsed.map { Array(line[$0]) }))
  }

  /// What the tool printed is read again: what was made of it then may have been wrong.
  private static func report(
    _ scope: CcusageReport.Scope, text: String, _ parsed: [UInt8]?
  ) -> CcusageReport {
    guard text.utf8.contains(where: { $0 > 0x20 }) else {
      return CcusageReport.read(parsed: parsed ?? [], scope: scope)
    }
    return CcusageReport.read(json: Array(text.utf8), scope: scope)
  }
}

/// The rows of `claude_monitor.jsonl`.
enum MonitorRows {
  /// The window of each row.
  static func windows(_ bytes: [UInt8]) -> [String] {
    RowLedger.lines(bytes).compactMap { line in
      var scanner = JSONScanner(Array(line))
      var window: String?
      do throws(JSONError) {
        guard try scanner.enterObject() else { return nil }
        while try scanner.nextKey() {
          if scanner.keyIs("window") {
            window = try scanner.nextString()
          } else {
            try scanner.skipValue()
          }
        }
      } catch {
        return nil
      }
      return window.flatMap { $0.isEmpty ? nil : $0 }
    }
  }
}
