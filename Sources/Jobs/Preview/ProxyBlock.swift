internal import Shared

/// `Subagent Proxy:`, the telemetry of a window or of all.
package enum ProxyBlock {
  /// - Parameter summary: nil where nothing was ever stored.
  static func of(_ summary: TelemetrySummary?) -> PreviewBlock {
    PreviewBlock(.proxy, lines(summary ?? TelemetrySummary())) { writer in
      write(summary ?? TelemetrySummary(), into: &writer)
    }
  }

  private static func lines(_ summary: TelemetrySummary) -> [String] {
    var items = summary.total.events > 0 ? [text(summary.total)] : []
    if summary.pass.damaged > 0, let first = summary.pass.firstDamaged {
      items.append("\(summary.pass.damaged) damaged lines left out, the first is line \(first)")
    }
    return PreviewBlock.list("Subagent Proxy", items)
  }

  /// `routed=50% (events=8), latency=320 ms p50 / 537 ms p95, errors=12.5%`.
  package static func text(_ figures: TelemetrySummary.Figures) -> String {
    "routed=\(PercentText.of(figures.routedPercent)) (events=\(figures.events)), "
      + "latency=\(milliseconds(figures.p50)) p50 / \(milliseconds(figures.p95)) p95, "
      + "errors=\(PercentText.of(figures.errorPercent))"
  }

  private static func milliseconds(_ value: Double?) -> String {
    value.map { "\(PercentText.number($0)) ms" } ?? "n/a"
  }

  private static func write(_ summary: TelemetrySummary, into writer: inout JSONWriter) {
    writer.object { writer in
      summary.total.writeMembers(into: &writer)
      for (name, parts) in [
        ("windows", summary.windows), ("lanes", summary.lanes), ("models", summary.models),
      ] {
        writer.key(name)
        writer.array { writer in
          for part in parts {
            writer.object { writer in
              writer.member("name", part.name)
              part.figures.writeMembers(into: &writer)
            }
          }
        }
      }
      writer.member("damaged_lines", summary.pass.damaged)
      writer.member("first_damaged_line", summary.pass.firstDamaged)
    }
  }
}

extension TelemetrySummary.Figures {
  func writeMembers(into writer: inout JSONWriter) {
    writer.member("events", events)
    writer.member("requests", requests)
    writer.member("routed", routed)
    writer.member("errors", errors)
    writer.member("routed_pct", routedPercent)
    writer.member("error_pct", errorPercent)
    writer.member("latency_p50_ms", p50)
    writer.member("latency_p95_ms", p95)
    writer.member("input_tokens", inputTokens)
    writer.member("output_tokens", outputTokens)
    writer.member("requests_without_tokens", withoutTokens)
  }
}

/// Percentages of 0 to 100 as the tracker writes them.
package enum PercentText {
  /// A whole number where it is one within a hundredth, else one decimal: `50%`, `12.5%`, `99.9%`.
  package static func of(_ percent: Double?) -> String {
    guard let percent, percent.isFinite else { return "n/a" }
    return number(percent) + "%"
  }

  /// The same without the sign.
  package static func number(_ value: Double) -> String {
    guard value.magnitude < 1e15 else { return JSONWriter.text(of: value) }
    let whole = value.rounded()
    if (value - whole).magnitude < 0.01 { return String(Int64(whole)) }
    let tenths = Int64((value * 10).rounded(.toNearestOrEven))
    let sign = tenths < 0 ? "-" : ""
    return "\(sign)\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
  }
}
