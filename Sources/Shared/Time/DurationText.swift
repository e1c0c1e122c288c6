/// Durations as people write and read them.
package enum DurationText {
  /// Reads `15`, `1.5`, `15s`, `2m`, `1h`, `500ms`; a bare number is seconds.
  ///
  /// Nothing negative.
  package static func parse(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), number.isFinite, number >= 0,
      let unit = units[text.dropFirst(digits.count).lowercased()], number * unit < 1e12
    else { return nil }
    return .milliseconds(Int64(number * unit * 1_000))
  }

  private static let units: [String: Double] = [
    "": 1, "s": 1, "ms": 0.001, "m": 60, "min": 60, "h": 3_600, "d": 86_400,
  ]

  /// One short unit, cut down: `45s`, `12m`, `3h`, `2d`.
  package static func brief(_ duration: Duration) -> String {
    let seconds = max(0, duration.inMilliseconds / 1_000)
    switch seconds {
    case ..<60: return "\(seconds)s"
    case ..<3_600: return "\(seconds / 60)m"
    case ..<86_400: return "\(seconds / 3_600)h"
    default: return "\(seconds / 86_400)d"
    }
  }

  /// Hours, minutes and seconds with two digits each, hours without bound: `00:01:24`.
  package static func clock(_ duration: Duration) -> String {
    let seconds = max(0, duration.inMilliseconds / 1_000)
    return [seconds / 3_600, seconds / 60 % 60, seconds % 60]
      .map { $0 < 10 ? "0\($0)" : "\($0)" }
      .joined(separator: ":")
  }
}
