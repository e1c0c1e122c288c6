internal import Shared

/// Text on its way into a page.
///
/// Names come from files that others write.
enum Markup {
  /// The text with what means something to HTML or SVG written out, and control characters made
  /// visible.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.escapingControls {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.append(character)
      }
    }
    return result
  }

  /// A length or position of a drawing, to a tenth.
  static func number(_ value: Double) -> String {
    // Ledgers hold whatever number somebody wrote into them.
    guard value.magnitude < 1e9 else { return "0" }
    let tenths = Int((value * 10).rounded())
    guard tenths % 10 != 0 else { return "\(tenths / 10)" }
    return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
  }

  /// A whole number in groups of three: `1,234,567`.
  static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var result = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return result
  }

  /// In characters; what is longer may be wrapped.
  private static let longestWhole = 24

  /// A table whose first column names the row, scrolling by itself where it is too wide.
  ///
  /// - Parameter kinds: Of the columns, as a style sheet names them: `text` may be long and is
  ///   wrapped, `number` stands at the right; none is short.
  static func table(
    _ headings: [String], _ rows: [[String]], kinds: [Int: String] = [:]
  ) -> String {
    func style(_ index: Int, _ cell: String) -> String {
      // Short names stay in one piece.
      guard let kind = kinds[index], kind != "text" || cell.count > longestWhole else { return "" }
      return " class=\"\(kind)\""
    }
    var text = "<div class=\"scroll\"><table><thead><tr>"
    for (index, heading) in headings.enumerated() {
      text += "<th scope=\"col\"\(style(index, heading))>\(escaped(heading))</th>"
    }
    text += "</tr></thead><tbody>\n"
    for row in rows {
      text += "<tr>"
      for (index, cell) in row.enumerated() {
        let tag = index == 0 ? "th scope=\"row\"" : "td"
        text += "<\(tag)\(style(index, cell))>\(escaped(cell))</\(tag.prefix(2))>"
      }
      text += "</tr>\n"
    }
    return text + "</tbody></table></div>\n"
  }
}
