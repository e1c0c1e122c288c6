internal import Shared

/// A row that is not written as ours are, or no row yet: brought into the one form that is counted.
struct StoredRowText: ~Copyable {
  /// The values, one behind the other, and room behind them.
  private var bytes: [UInt8] = []
  private var values: [FlatObjectReader.Value] = []

  /// Reads the objects of a line; a line holds several where a program appended to a torn one.
  ///
  /// - Returns: How many objects there were before the end or the first damage, and whether that
  ///   was the end.
  mutating func read(
    _ line: UnsafeBufferPointer<UInt8>, row: (StoredRow) -> Void
  ) -> (objects: Int, isWhole: Bool) {
    let line = Array(line)
    var scanner = JSONScanner(line)
    scanner.toleratesInvalidUTF8 = true
    // The log of a run is one text, as long as the row that holds it.
    scanner.longestToken = max(line.count, JSONScanner.maximumTokenLength)
    var objects = 0
    var position = Self.skipBlanks(line, 0)
    do throws(JSONError) {
      while position < line.count {
        scanner.restart(at: position)
        clear()
        guard try scanner.enterObject() else { return (objects, false) }
        while try scanner.nextKey() { try readMember(&scanner, line) }
        objects += 1
        give(row)
        position = Self.skipBlanks(line, scanner.position)
      }
      return (objects, true)
    } catch {
      return (objects, false)
    }
  }

  private static func skipBlanks(_ line: [UInt8], _ start: Int) -> Int {
    line[start...].firstIndex { $0 > 0x20 } ?? line.count
  }

  private mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    values.append(contentsOf: repeatElement(.init(), count: StoredRow.Key.allCases.count))
  }

  private mutating func readMember(
    _ scanner: inout JSONScanner, _ line: [UInt8]
  ) throws(JSONError) {
    let key = scanner.text()
    guard let index = Self.places[key] else {
      _ = try scanner.skipValue()
      return
    }
    let start = bytes.count
    switch try scanner.peekKind() {
    case .string:
      bytes += Array((try scanner.nextString() ?? "").utf8)
      values[index] = .init(start: start, end: bytes.count, kind: .text)
    case .number:
      bytes += line[try scanner.skipValue()]
      values[index] = .init(start: start, end: bytes.count, kind: .number)
    default:
      _ = try scanner.skipValue()
      values[index] = .init()
    }
  }

  private mutating func give(_ row: (StoredRow) -> Void) {
    bytes.append(contentsOf: repeatElement(0, count: LineBlocks.padding))
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      values.withUnsafeBufferPointer { row(StoredRow(bytes: base, values: $0)) }
    }
  }

  private static let places = Dictionary(
    uniqueKeysWithValues: StoredRow.Key.allCases.map { ($0.name, $0.rawValue) })
}
