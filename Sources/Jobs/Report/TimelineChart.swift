internal import Shared

/// Windows over time: a track as long as the window, filled from the percentage it began with to
/// the one it ended with.
struct TimelineChart: Sendable {
  struct Row: Sendable {
    let name: String
    /// What stands at the right: `12 → 34 %`.
    let label: String
    let start: Timestamp
    let end: Timestamp
    /// Used percent at its beginning and end, 0 to 100; nil where unknown.
    let before: Double?
    let after: Double?
    /// Which colour, from 0.
    let series: Int
  }

  let title: String
  let series: [String]
  let rows: [Row]
  /// Writes the day of a moment.
  let dayText: @Sendable (Timestamp) -> String

  var svg: String {
    guard let start = rows.map(\.start).min(), let end = rows.map(\.end).max() else { return "" }
    let span = max(1, (end - start).inSeconds)
    func x(_ moment: Timestamp) -> Double { (moment - start).inSeconds / span * Drawing.width }
    var drawing = Drawing(title: title)
    drawing.legend(series)
    let top = drawing.height
    var y = top
    var body = ""
    for row in rows {
      body += Drawing.name(
        row.name, x: 0, y: y + 11, room: Drawing.width - Drawing.width(of: row.label) - 12)
      body += Drawing.text(row.label, x: Drawing.width, y: y + 11, anchor: .end, kind: "value")
      // A window of hours on an axis of weeks is still to be seen.
      let width = max(x(row.end) - x(row.start), 5)
      let left = min(x(row.start), Drawing.width - width)
      body += Drawing.box(x: left, y: y + 16, width: width, height: 9, kind: "track")
      if let after = row.after {
        let before = min(max(row.before ?? 0, 0), 100)
        let used = min(max(after, 0), 100)
        body += Drawing.box(
          x: left, y: y + 16, width: width * before / 100, height: 9, kind: "earlier")
        body += Drawing.box(
          x: left + width * min(before, used) / 100, y: y + 16,
          width: max(width * (used - before) / 100, used > before ? 1 : 0), height: 9,
          kind: "s\(row.series)")
      }
      y += 33
    }
    for (moment, anchor) in [(start, Drawing.Anchor.start), (end, .end)] {
      drawing.add(Drawing.line(x(moment), top, x(moment), y, kind: "grid"))
      drawing.add(
        Drawing.text(dayText(moment), x: x(moment), y: y + 12, anchor: anchor, kind: "axis"))
    }
    drawing.add(body)
    return drawing.svg(height: y + 16)
  }
}
