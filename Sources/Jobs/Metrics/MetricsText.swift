internal import Shared

/// Metrics in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats), each
/// with its help and type, its samples together.
struct MetricsText: Sendable {
  /// A label of a sample.
  typealias Label = (name: String, value: String)

  private(set) var lines: [String] = []

  /// Adds a gauge and its samples; one without samples is left out.
  mutating func gauge(_ name: String, _ help: String, _ samples: [(labels: [Label], value: Double)])
  {
    guard !samples.isEmpty else { return }
    lines.append("# HELP \(name) \(Self.escaped(help, quotes: false))")
    lines.append("# TYPE \(name) gauge")
    for sample in samples {
      let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
      let part = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
      lines.append("\(name)\(part) \(JSONWriter.text(of: sample.value))")
    }
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
