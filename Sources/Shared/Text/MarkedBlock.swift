/// A part of somebody's Markdown file that is ours: the lines between two comments.
///
///     <!-- jobrunner:begin NAME -->
///     …
///     <!-- jobrunner:end NAME -->
///
/// Everything outside belongs to people and stays as it is, byte for byte.
package struct MarkedBlock: Sendable, Equatable {
  package let name: String
  /// What stands between the comments, without a line feed at its end.
  package let body: String

  /// A block of that name, of letters that no comment ends with.
  package init(name: String, body: String) {
    self.name = name
    self.body = body
  }

  private static let opening = "<!-- jobrunner:"
  private var begin: String { "\(Self.opening)begin \(name) -->" }
  private var end: String { "\(Self.opening)end \(name) -->" }

  /// The file with this block in the place of its last one of that name, else behind everything.
  ///
  /// A comment that lost its partner is text like any other: what is ours behind it cannot be told.
  package func placed(in bytes: [UInt8]) -> [UInt8] {
    let usesCarriageReturns = bytes.firstIndex(of: newline).map {
      $0 > 0 && bytes[$0 - 1] == UInt8(ascii: "\r")
    }
    let lineEnd = usesCarriageReturns == true ? "\r\n" : "\n"
    let block = Array(text(lineEnd: lineEnd).utf8)
    if let place = place(in: bytes) {
      return bytes[..<place.lowerBound] + block + bytes[place.upperBound...]
    }
    guard !bytes.isEmpty else { return block + Array(lineEnd.utf8) }
    let isWhole = bytes.last == newline
    let gap = isWhole ? lineEnd : lineEnd + lineEnd
    return bytes + Array(gap.utf8) + block + Array(lineEnd.utf8)
  }

  /// The two comments and what is between them, without a line end behind the last.
  private func text(lineEnd: String) -> String {
    // A comment of ours inside the body would end the block early when it is looked for again.
    let lines = body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map {
      $0.contains(Self.opening)
        ? String($0).split(separator: Self.opening, omittingEmptySubsequences: false)
          .joined(separator: "<!- - jobrunner:")
        : String($0)
    }
    return ([begin] + lines + [end]).joined(separator: lineEnd)
  }

  /// From the first byte of the opening comment's line to the last of the closing one's text.
  private func place(in bytes: [UInt8]) -> Range<Int>? {
    var open: Int?
    var found: Range<Int>?
    var start = 0
    while start < bytes.count {
      let feed = bytes[start...].firstIndex(of: newline) ?? bytes.count
      var stop = feed
      while stop > start, [0x20, 0x09, 0x0D].contains(bytes[stop - 1]) { stop -= 1 }
      if bytes[start..<stop].elementsEqual(begin.utf8) {
        open = start
      } else if let first = open, bytes[start..<stop].elementsEqual(end.utf8) {
        found = first..<stop
        open = nil
      }
      start = feed + 1
    }
    return found
  }
}
