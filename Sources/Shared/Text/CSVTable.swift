/// The rows of a CSV file with a known header, as RFC 4180 writes them.
///
/// Quoted cells may hold commas, doubled quotes and line breaks. Rows of another width than the
/// header are told apart with their line numbers: a comma too many shifts every cell behind it, so
/// they are never read by column.
package struct CSVTable: Sendable, Equatable {
  /// The names of the columns.
  package let header: [String]
  /// Rows with one cell a column, in the file's order.
  package private(set) var rows: [Row] = []
  /// Rows that cannot be read by column.
  package private(set) var misfits: [Misfit] = []
  /// How the file ends its lines; rows that are added end alike.
  package private(set) var lineEnd = "\n"
  /// Whether there is no header yet, because there is nothing but blank lines.
  package private(set) var isEmpty = true

  /// A row of the right width.
  package struct Row: Sendable, Equatable {
    /// Where it begins, counted from 1.
    package let line: Int
    package let cells: [String]
  }

  /// A row that cannot be read by column, and why.
  package struct Misfit: Sendable, Equatable {
    /// Where it begins, counted from 1.
    package let line: Int
    /// The number of its cells; nil when a quote is never closed.
    package let cells: Int?
  }

  /// A file that is another table than it should be.
  package struct ForeignHeader: Error, Equatable, Sendable {
    /// The cells of its first row.
    package let found: [String]
  }

  /// Reads a file's bytes; none, or blank lines alone, are a table without rows.
  ///
  /// - Throws: when the first row is not the header.
  package init(_ bytes: [UInt8], header: [String]) throws(ForeignHeader) {
    self.header = header
    var reader = CSVReader(bytes)
    guard let first = reader.next() else { return }
    guard first.cells == header else { throw ForeignHeader(found: first.cells) }
    isEmpty = false
    lineEnd = first.endsWithCarriageReturn ? "\r\n" : "\n"
    while let record = reader.next() {
      if !record.isClosed {
        misfits.append(Misfit(line: record.line, cells: nil))
      } else if record.cells.count != header.count {
        misfits.append(Misfit(line: record.line, cells: record.cells.count))
      } else {
        rows.append(Row(line: record.line, cells: record.cells))
      }
    }
  }

  /// Every record of a file that can be read, the header too, whatever their widths.
  package static func records(_ bytes: [UInt8]) -> [[String]] {
    var reader = CSVReader(bytes)
    var records: [[String]] = []
    while let record = reader.next() {
      if record.isClosed { records.append(record.cells) }
    }
    return records
  }

  /// What to append for a row: its line, behind the header's where there is none yet.
  package func addition(_ cells: [String]) -> [UInt8] {
    (isEmpty ? Self.line(header, end: lineEnd) : []) + Self.line(cells, end: lineEnd)
  }

  /// One row as a line of its own, with its line end.
  ///
  /// Line breaks and other controls inside a cell become spaces, so that a row is always one line.
  package static func line(_ cells: [String], end: String = "\n") -> [UInt8] {
    Array((cells.map(written).joined(separator: ",") + end).utf8)
  }

  /// A cell as it can stand in a line: without line breaks and other controls.
  package static func oneLine(_ cell: String) -> String {
    guard cell.unicodeScalars.contains(where: breaksLine) else { return cell }
    return cell.unicodeScalars.split(omittingEmptySubsequences: true, whereSeparator: breaksLine)
      .map { String($0) }.joined(separator: " ")
  }

  private static func written(_ cell: String) -> String {
    let text = oneLine(cell)
    let needsQuotes =
      text.utf8.contains { $0 == comma || $0 == quote } || text.first == " " || text.last == " "
    guard needsQuotes else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  /// Controls, and what some readers take for the end of a line (U+0085, U+2028, U+2029).
  private static func breaksLine(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09: false
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
    default: false
    }
  }
}

private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")

/// Goes through the records of a CSV file; blank lines are passed over.
struct CSVReader {
  struct Record {
    var line: Int
    var cells: [String]
    var endsWithCarriageReturn = false
    /// Whether every quoted cell ends where the cell does.
    var isClosed = true
  }

  private let bytes: [UInt8]
  private var index = 0
  private var line = 1

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // Spreadsheets put a byte order mark before the header.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  mutating func next() -> Record? {
    while index < bytes.count {
      let start = index
      var record = quotedRecord()
      if !record.isClosed {
        // One forgotten quote must not swallow the rest of the file: the record is its first line.
        index = start
        line = record.line
        record = unclosedRecord()
      }
      if record.cells != [""] || !record.isClosed { return record }
    }
    return nil
  }

  /// The record from here on; not closed when a quote reaches the end of the file, or another line
  /// where a cell goes on behind it: that is the first quote of a later row.
  private mutating func quotedRecord() -> Record {
    var record = Record(line: line, cells: [])
    var cell: [UInt8] = []
    var isQuoted = false
    var isAtStart = true
    var hasTextBehindQuote = false
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == newline { line += 1 }
      if isQuoted {
        if byte != quote {
          cell.append(byte)
        } else if index < bytes.count, bytes[index] == quote {
          cell.append(quote)
          index += 1
        } else {
          isQuoted = false
          hasTextBehindQuote = hasTextBehindQuote || line > record.line && !endsCell(at: index)
        }
      } else if byte == quote, isAtStart {
        isQuoted = true
      } else if byte == comma {
        record.cells.append(String(decoding: cell, as: UTF8.self))
        cell = []
        isAtStart = true
        continue
      } else if byte == newline {
        record.isClosed = !hasTextBehindQuote
        finish(&record, cell)
        return record
      } else {
        cell.append(byte)
      }
      isAtStart = false
    }
    record.isClosed = !isQuoted && !hasTextBehindQuote
    finish(&record, cell)
    return record
  }

  private func endsCell(at index: Int) -> Bool {
    index == bytes.count || [comma, newline, carriageReturn].contains(bytes[index])
  }

  private func finish(_ record: inout Record, _ cell: [UInt8]) {
    var cell = cell
    if cell.last == carriageReturn {
      cell.removeLast()
      record.endsWithCarriageReturn = true
    }
    record.cells.append(String(decoding: cell, as: UTF8.self))
  }

  private mutating func unclosedRecord() -> Record {
    let end = bytes[index...].firstIndex(of: newline) ?? bytes.endIndex
    let text = String(decoding: bytes[index..<end], as: UTF8.self)
    let record = Record(line: line, cells: [text], isClosed: false)
    index = min(end + 1, bytes.endIndex)
    line += 1
    return record
  }
}

private let carriageReturn = UInt8(ascii: "\r")
