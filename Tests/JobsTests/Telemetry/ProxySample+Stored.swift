import Shared
import TestSupport

@testable import Jobs

extension ProxySample {
  /// The events of a log, each as the row it is stored as.
  static func stored(_ log: String, window: String) -> String {
    var writer = TelemetryRowWriter(
      stamp: RowStamp(toolVersion: "1.2.3", host: "lantern"), agent: "main",
      ingestedAt: Timestamp("2025-10-21T18:00:00.000Z"))
    var rows = RowBuffer(capacity: 1_024)
    var judge = EventJudge(ProxyRules())
    _ = ProxyEventReader().scan(
      Array(log.utf8),
      event: { fields, texts, _ in
        writer.write(
          fields, texts, judge.judge(fields, texts), window: window, to: &rows)
      }, fault: { _, _ in })
    return String(decoding: rows.bytes, as: UTF8.self)
  }
}
