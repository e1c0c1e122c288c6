/// A table of plain text, aligned by display width.
package struct TextTable: Sendable {
  /// On which side a column's cells are padded.
  package enum Alignment: Sendable {
    case left
    case right
  }

  /// A column's heading and shape.
  package struct Column: Sendable {
    package let heading: String
    package let alignment: Alignment
    /// Columns of the terminal this column takes even where its cells are narrower.
    package let minimumWidth: Int

    package init(_ heading: String, _ alignment: Alignment = .left, minimumWidth: Int = 0) {
      self.heading = heading
      self.alignment = alignment
      self.minimumWidth = minimumWidth
    }
  }

  /// A cell's text, and how it is set off where colour is wanted.
  package struct Cell: Sendable, ExpressibleByStringLiteral {
    fileprivate let text: String
    fileprivate let style: Style

    /// Control characters in the text are made visible.
    package init(_ text: String, _ style: Style = .plain) {
      self.text = text.escapingControls
      self.style = style
    }

    package init(stringLiteral text: String) {
      self.init(text)
    }
  }

  /// A colour of the terminal's own palette (ECMA-48 SGR).
  package enum Style: String, Sendable {
    case plain = ""
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
  }

  private let columns: [Column]
  private var rows: [[Cell]] = []

  package init(columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row of one cell a column.
  package mutating func append(_ cells: [Cell]) {
    precondition(cells.count == columns.count, "a row has one cell for each column")
    rows.append(cells)
  }

  /// The heading and the rows, one line each, two spaces between columns, none at a line's end.
  package func lines(coloured: Bool = false) -> [String] {
    let widths = columns.indices.map { index in
      let narrowest = max(columns[index].minimumWidth, DisplayWidth.of(columns[index].heading))
      return rows.reduce(narrowest) { max($0, DisplayWidth.of($1[index].text)) }
    }
    let heading = columns.map { Cell($0.heading) }
    return ([heading] + rows).map { line($0, widths: widths, coloured: coloured) }
  }

  private func line(_ cells: [Cell], widths: [Int], coloured: Bool) -> String {
    let last = cells.lastIndex { !$0.text.isEmpty } ?? 0
    var line = ""
    for (index, cell) in cells[...last].enumerated() {
      if index > 0 { line += "  " }
      let width = DisplayWidth.of(cell.text)
      let padding = String(repeating: " ", count: max(0, widths[index] - width))
      let text = coloured ? styled(cell) : cell.text
      switch columns[index].alignment {
      case .right: line += padding + text
      case .left: line += index == last ? text : text + padding
      }
    }
    return line
  }

  private func styled(_ cell: Cell) -> String {
    guard cell.style != .plain else { return cell.text }
    return "\u{1B}[\(cell.style.rawValue)m\(cell.text)\u{1B}[0m"
  }
}
