internal import Shared

/// What reports of other programs have in common.
extension JSONScanner {
  /// A number that is told as such or as text; nil for anything else, with the value skipped.
  ///
  /// A negative number or one of no size that could be true is damage, and nil as well.
  mutating func reportedNumber() throws(JSONError) -> Double? {
    let value =
      switch try peekKind() {
      case .number: try nextDouble()
      case .string: try nextString().flatMap { Self.plainNumber($0) }
      default: try skippedNumber()
      }
    guard let value, (0...1e15).contains(value) else { return nil }
    return value
  }

  /// A count; a fraction is cut off.
  mutating func reportedCount() throws(JSONError) -> Int? {
    try reportedNumber().map { Int($0) }
  }

  private mutating func skippedNumber() throws(JSONError) -> Double? {
    try skipValue()
    return nil
  }

  /// Digits only: `Double` itself would take `nan`, `inf` and hexadecimals.
  private static func plainNumber(_ text: String) -> Double? {
    let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
    return isPlain ? Double(text) : nil
  }
}

extension JSONWriter {
  /// Writes a list of texts.
  mutating func member(_ name: String, list: [String]) {
    key(name)
    array { array in
      for text in list { array.string(text) }
    }
  }
}

/// A flag that says the text is no JSON at all.
enum ReportFlag {
  static let invalidJSON = "invalid-json"
}
