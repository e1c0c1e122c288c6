/// Horizontal bars, one or more a row, each row under its own name.
///
/// Names stand above the bars and not beside them: they are as long as people make them, and the
/// page is read on telephones as well.
struct BarChart: Sendable {
  /// One bar of a row.
  struct Bar: Sendable {
    /// Which series it belongs to, from 0.
    let series: Int
    /// nil where the value is not known, which draws nothing.
    let value: Double?
    /// What is written behind it.
    let label: String
  }

  struct Row: Sendable {
    let name: String
    let bars: [Bar]
    /// A thin line across the row, such as a plan.
    var mark: Double?
  }

  let title: String
  /// What each series is called.
  let series: [String]
  /// What the line across a row is called.
  var markName: String?
  let rows: [Row]
  /// Writes a value of the axis.
  let axisText: @Sendable (Double) -> String

  private static let barHeight = 9.0
  private static let nameHeight = 17.0
  private static let gap = 9.0
  /// Room for what stands behind a bar.
  private static let labelWidth = 96.0

  var svg: String {
    let plot = Drawing.width - Self.labelWidth
    let values = rows.flatMap { row in row.bars.compactMap(\.value) + [row.mark].compactMap(\.self)
    }
    let scale = AxisScale(holding: values.max() ?? 1)
    var drawing = Drawing(title: title)
    drawing.legend(series + [markName].compactMap(\.self), lastIsLine: markName != nil)
    var y = drawing.height
    let top = y
    var body = ""
    for row in rows {
      let taken = row.mark == nil ? 0 : (row.bars.map { Drawing.width(of: $0.label) }.max() ?? 0)
      body += Drawing.name(
        row.name, x: 0, y: y + 12,
        room: row.mark == nil ? Drawing.width : plot - taken - 10)
      y += Self.nameHeight
      let start = y
      for bar in row.bars {
        let length = bar.value.map { scale.position(of: $0, over: plot) } ?? 0
        body += Drawing.box(
          x: 0, y: y, width: bar.value.map { $0 > 0 } == true ? max(length, 1) : 0,
          height: Self.barHeight, kind: "s\(bar.series)")
        // Behind the bar it would lie under the line.
        body +=
          row.mark == nil
          ? Drawing.text(
            bar.label, x: length + 5, y: y + Self.barHeight - 1, anchor: .start, kind: "value")
          : Drawing.text(bar.label, x: plot, y: start - 5, anchor: .end, kind: "value")
        y += Self.barHeight + 2
      }
      if let mark = row.mark {
        let x = scale.position(of: mark, over: plot)
        body += Drawing.line(x, start - 2, x, y, kind: "mark")
      }
      y += Self.gap
    }
    drawing.grid(scale, plot: plot, from: top, to: y, text: axisText)
    drawing.add(body)
    return drawing.svg(height: y + 16)
  }
}
