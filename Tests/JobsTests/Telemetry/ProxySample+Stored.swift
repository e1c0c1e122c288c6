import Shared
import TestSupport

@testable import Jobs

extension ProxySample {
  /// The events of a log, each as the row it is stored as.
  static func stored(_ log: String, window: String) -> String {
    var writer = JSONWriter()
    let stamp = RowStamp(toolVersion: "1.2.3", host: "lantern")
    _ = ProxyEventReader().read(
      Array(log.utf8),
      event: { event, _ in
        TelemetryRow(event, id: EventID(event), window: window, rules: ProxyRules())
          .append(to: &writer, stamp: stamp, agent: "main", ingestedAt: "2025-10-21T18:00:00.000Z")
      }, fault: { _, _ in })
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
