internal import Shared

/// An SVG picture being drawn, in units that are pixels on a telephone.
struct Drawing: Sendable {
  /// The width of every picture.
  static let width = 360.0

  private let title: String
  private var content = ""
  /// How far down it goes so far.
  private(set) var height = 4.0

  init(title: String) { self.title = title }

  enum Anchor: String { case start, middle, end }

  mutating func add(_ elements: String) { content += elements }

  /// What the colours mean, in a line of its own; one series needs none.
  mutating func legend(_ names: [String], lastIsLine: Bool = false) {
    guard names.count > 1 else { return }
    var x = 0.0
    for (index, name) in names.enumerated() {
      if lastIsLine, index == names.count - 1 {
        content += Self.line(x + 4, height, x + 4, height + 10, kind: "mark")
      } else {
        content += Self.box(x: x, y: height, width: 10, height: 10, kind: "s\(index)")
      }
      content += Self.text(name, x: x + 14, y: height + 9, anchor: .start, kind: "value")
      x += 26 + Double(name.count) * 5.6
    }
    height += 20
  }

  /// Thin lines at the marks of an axis, their values below.
  mutating func grid(
    _ scale: AxisScale, plot: Double, from top: Double, to bottom: Double,
    text: (Double) -> String
  ) {
    for mark in scale.marks {
      let x = scale.position(of: mark, over: plot)
      content += Self.line(x, top, x, bottom, kind: "grid")
      content += Self.text(
        text(mark), x: x, y: bottom + 12, anchor: mark == 0 ? .start : .middle, kind: "axis")
    }
  }

  func svg(height: Double) -> String {
    let size = "\(Markup.number(Self.width)) \(Markup.number(height))"
    return "<svg viewBox=\"0 0 \(size)\" role=\"img\" aria-label=\"\(Markup.escaped(title))\">"
      + content + "</svg>\n"
  }

  // MARK: Elements

  /// The name of something in at most so much room: what is cut stands in the table in full.
  static func name(_ text: String, x: Double, y: Double, room: Double) -> String {
    Self.text(shortened(text, to: room), x: x, y: y, anchor: .start, kind: "name")
  }

  /// About how wide a character is, and a wide one twice that.
  private static let characterWidth = 5.9

  static func shortened(_ text: String, to room: Double) -> String {
    text.escapingControls.truncated(toWidth: max(4, Int(room / characterWidth)))
  }

  static func width(of text: String) -> Double {
    Double(DisplayWidth.of(text)) * characterWidth
  }

  static func text(
    _ text: String, x: Double, y: Double, anchor: Anchor, kind: String
  ) -> String {
    "<text class=\"\(kind)\" x=\"\(Markup.number(x))\" y=\"\(Markup.number(y))\" "
      + "text-anchor=\"\(anchor.rawValue)\">\(Markup.escaped(text))</text>"
  }

  static func box(
    x: Double, y: Double, width: Double, height: Double, kind: String
  ) -> String {
    "<rect class=\"\(kind)\" x=\"\(Markup.number(x))\" y=\"\(Markup.number(y))\" "
      + "width=\"\(Markup.number(width))\" height=\"\(Markup.number(height))\" rx=\"2\"/>"
  }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, kind: String
  ) -> String {
    "<line class=\"\(kind)\" x1=\"\(Markup.number(x1))\" y1=\"\(Markup.number(y1))\" "
      + "x2=\"\(Markup.number(x2))\" y2=\"\(Markup.number(y2))\"/>"
  }

  static func dot(x: Double, y: Double, kind: String) -> String {
    "<circle class=\"\(kind)\" cx=\"\(Markup.number(x))\" cy=\"\(Markup.number(y))\" r=\"4\"/>"
  }
}
