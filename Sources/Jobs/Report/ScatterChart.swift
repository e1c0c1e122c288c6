/// Points of two numbers each: what was spent, and what it brought.
struct ScatterChart: Sendable {
  struct Point: Sendable {
    let name: String
    let x: Double
    let y: Double
    let series: Int
  }

  let title: String
  let xTitle: String
  let yTitle: String
  let series: [String]
  let points: [Point]

  private static let left = 30.0
  private static let plotHeight = 180.0
  /// More names than this would lie over each other; the table has them all.
  private static let namedPoints = 12

  var svg: String {
    let horizontal = AxisScale(holding: points.map(\.x).max() ?? 1)
    let vertical = AxisScale(holding: points.map(\.y).max() ?? 1)
    let plot = Drawing.width - Self.left - 14
    var drawing = Drawing(title: title)
    drawing.legend(series)
    let top = drawing.height + 26
    let bottom = top + Self.plotHeight
    drawing.add(Drawing.text(yTitle, x: 0, y: top - 17, anchor: .start, kind: "axis"))
    for mark in vertical.marks {
      let y = bottom - vertical.position(of: mark, over: Self.plotHeight)
      drawing.add(Drawing.line(Self.left, y, Self.left + plot, y, kind: "grid"))
      drawing.add(
        Drawing.text(
          PercentText.number(mark), x: Self.left - 4, y: y + 3, anchor: .end, kind: "axis"))
    }
    for mark in horizontal.marks {
      let x = Self.left + horizontal.position(of: mark, over: plot)
      drawing.add(
        Drawing.text(PercentText.number(mark), x: x, y: bottom + 12, anchor: .middle, kind: "axis"))
    }
    drawing.add(
      Drawing.text(xTitle, x: Self.left + plot, y: bottom + 26, anchor: .end, kind: "axis"))
    var taken: [Label] = []
    for point in points {
      let x = Self.left + horizontal.position(of: point.x, over: plot)
      let y = bottom - vertical.position(of: point.y, over: Self.plotHeight)
      drawing.add(Drawing.dot(x: x, y: y, kind: "s\(point.series)"))
      guard points.count <= Self.namedPoints else { continue }
      let isRight = x > Drawing.width * 0.6
      let name = Drawing.shortened(point.name, to: isRight ? x - 10 : Drawing.width - x - 10)
      let width = Drawing.width(of: name)
      let label = Label(left: isRight ? x - 7 - width : x + 7, width: width, y: y - 4)
      // Names that lie over each other are no names; the table has them all.
      guard !taken.contains(where: label.overlaps) else { continue }
      taken.append(label)
      drawing.add(
        Drawing.text(
          name, x: x + (isRight ? -7 : 7), y: label.y, anchor: isRight ? .end : .start,
          kind: "value"))
    }
    return drawing.svg(height: bottom + 32)
  }

  /// Where a name stands.
  private struct Label {
    let left: Double
    let width: Double
    let y: Double

    private static let height = 11.0

    func overlaps(_ other: Label) -> Bool {
      left < other.left + other.width && other.left < left + width
        && abs(y - other.y) < Self.height
    }
  }
}
