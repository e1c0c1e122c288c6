/// Numbers with two decimals, as tables and ledgers show ratios.
package enum Decimals {
  /// `1.33`, `-2.50`, `0.00`: half of a hundredth goes to the even neighbour, by the value as it is
  /// stored, as Python and C print it.
  package static func two(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e13 else { return "n/a" }
    let scaled = value.magnitude * 100
    // What the multiplication rounded away decides where it fell on a half.
    let lost = (-scaled).addingProduct(value.magnitude, 100)
    let floor = scaled.rounded(.down)
    var hundredths = Int64(floor)
    let rest = scaled - floor
    if rest > 0.5 || rest == 0.5 && (lost > 0 || lost == 0 && hundredths % 2 == 1) {
      hundredths += 1
    }
    let fraction = hundredths % 100
    return (value.sign == .minus && hundredths > 0 ? "-" : "")
      + "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }
}
