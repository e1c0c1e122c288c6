internal import Shared

/// A sub-task in the registry, as positions of the fields that a view shows.
struct ChildView {
  private static let keys: [StaticString] = [
    "sessionId", "status", "title", "model", "startedAt", "finishedAt", "usage",
  ]

  private var fields = [Range<Int>?](repeating: nil, count: keys.count)
  /// The sub-tasks below it.
  private(set) var children: [ChildView] = []

  /// The sub-tasks of an array, in its order; what is no object shows as one without fields.
  static func all(in bytes: [UInt8], at range: Range<Int>) -> [ChildView] {
    var scanner = JSONScanner(bytes, at: range.lowerBound)
    // The registry was read whole before: an array in it cannot fail to scan.
    return (try? read(&scanner, bytes, depth: 1)) ?? []
  }

  private static func read(
    _ scanner: inout JSONScanner, _ bytes: [UInt8], depth: Int
  ) throws(JSONError) -> [ChildView] {
    var found: [ChildView] = []
    guard try scanner.enterArray() else { return [] }
    while try scanner.nextElement() {
      var child = ChildView()
      try child.readFields(&scanner, bytes, depth: depth)
      found.append(child)
    }
    return found
  }

  private mutating func readFields(
    _ scanner: inout JSONScanner, _ bytes: [UInt8], depth: Int
  ) throws(JSONError) {
    guard try scanner.enterObject() else { return }
    while try scanner.nextKey() {
      if let index = Self.keys.firstIndex(where: { scanner.keyIs($0) }) {
        fields[index] = try scanner.skipValue()
      } else if scanner.keyIs("children"), depth < SessionNode.maximumDepth {
        children = try Self.read(&scanner, bytes, depth: depth + 1)
      } else {
        try scanner.skipValue()
      }
    }
  }

  /// The seven fields in order, `null` where absent; the sub-tasks below behind them if any.
  func write(to writer: inout JSONWriter, from bytes: [UInt8]) {
    writer.object { writer in
      for (key, field) in zip(Self.keys, fields) {
        writer.key(literal: key)
        if let field { writer.compacting(bytes, field) } else { writer.null() }
      }
      if !children.isEmpty {
        writer.key(literal: "children")
        writer.array { writer in
          for child in children { child.write(to: &writer, from: bytes) }
        }
      }
    }
  }

  // MARK: Values for a table

  func status(_ bytes: [UInt8]) -> String? { text(1, bytes) }
  func title(_ bytes: [UInt8]) -> String? { text(2, bytes) }
  func model(_ bytes: [UInt8]) -> String? { text(3, bytes) }
  func startedAt(_ bytes: [UInt8]) -> Timestamp? { text(4, bytes).flatMap { Timestamp($0) } }
  func finishedAt(_ bytes: [UInt8]) -> Timestamp? { text(5, bytes).flatMap { Timestamp($0) } }
  func usage(_ bytes: [UInt8]) -> Usage? { fields[6].flatMap { Usage(bytes, at: $0) } }

  private func text(_ index: Int, _ bytes: [UInt8]) -> String? {
    fields[index].flatMap { JSONValue.string(bytes, $0) }
  }
}
