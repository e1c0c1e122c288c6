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

  /// A percentage as the tracker writes it: whole where it is within a hundredth of a whole number,
  /// else with one decimal; `n/a` where there is none.
  ///
  /// 50 is `50%`, 12.5 is `12.5%`, 0.04 is `0.0%`, 99.996 is `100%`.
  package static func plain(_ percent: Double?) -> String {
    guard let percent, percent.isFinite, abs(percent) < 1e15 else { return "n/a" }
    let whole = percent.rounded()
    if abs(percent - whole) < 0.01 { return "\(Int64(whole))%" }
    let tenths = Int64((abs(percent) * 10).rounded(.toNearestOrEven))
    return "\(percent < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)%"
  }
}
