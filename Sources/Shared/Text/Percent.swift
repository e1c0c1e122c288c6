/// A fraction shown as a percentage.
package enum Percent {
  /// One decimal of a hundred times the fraction: 0.006 is `0.6%`, 1.042 is `104.2%`.
  ///
  /// Rounds half away from zero on the value as stored, as the tables of the tools beside us do.
  package static func text(_ fraction: Double) -> String {
    guard fraction.isFinite, abs(fraction) < 1e12 else { return "-" }
    let tenths = Int64((abs(fraction) * 1_000).rounded(.toNearestOrAwayFromZero))
    let sign = fraction < 0 && tenths > 0 ? "-" : ""
    return "\(sign)\(tenths / 10).\(tenths % 10)%"
  }
}
