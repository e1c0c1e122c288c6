/// A range of numbers laid over a length, with round marks.
struct AxisScale: Sendable, Equatable {
  /// The largest value of the axis, which begins at 0.
  let top: Double
  /// Where marks stand, 0 and `top` among them.
  let marks: [Double]

  /// The smallest axis of 1, 2 or 5 times a power of ten a step that holds a value.
  init(holding value: Double) {
    let value = value > 1e-12 && value < 1e15 ? value : 1
    var power = 1.0
    while power * 10 <= value { power *= 10 }
    while power > value { power /= 10 }
    let steps = [0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5].map { $0 * power }
    let step = steps.first { ($0 * 4) >= value * (1 - 1e-9) } ?? power * 10
    let count = max(1, Int((value / step * (1 - 1e-9)).rounded(.up)))
    top = step * Double(count)
    marks = (0...count).map { step * Double($0) }
  }

  /// Where a value is, from 0 to `length`; what is beyond the axis is at its end.
  func position(of value: Double, over length: Double) -> Double {
    value.isNaN ? 0 : min(max(value / top, 0), 1) * length
  }
}
