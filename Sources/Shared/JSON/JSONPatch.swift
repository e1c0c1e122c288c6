/// Changes to a few places of a JSON text that leave every other byte as it is.
package struct JSONPatch: Sendable {
  private let bytes: [UInt8]
  private var edits: [Edit] = []

  private struct Edit {
    let range: Range<Int>
    let text: [UInt8]
  }

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Whether the text stays as it is.
  package var isEmpty: Bool { edits.isEmpty }

  /// Gives a member a value: in the place of the one it has, else behind the object's last member,
  /// in the object's own style.
  ///
  /// A value that is there already, but for white space, is no change.
  package mutating func set(_ key: String, to value: [UInt8], in object: JSONObjectLayout) {
    if let member = object.member(key) {
      guard JSONWriter.compacted(bytes, member.valueRange) != JSONWriter.compacted(value)
      else { return }
      replace(member.valueRange, with: value)
    } else if let last = object.members.last {
      let lead = separator(before: last, in: object)
      let text = lead + JSONWriter.string(key) + colon(of: last) + value
      insert([UInt8(ascii: ",")] + text, at: last.valueRange.upperBound)
    } else {
      let comma = edits.contains { $0.range == insertion(into: object) } ? [UInt8(ascii: ",")] : []
      insert(
        comma + JSONWriter.string(key) + [UInt8(ascii: ":")] + value,
        at: insertion(into: object).lowerBound)
    }
  }

  /// Puts other bytes in the place of these.
  package mutating func replace(_ range: Range<Int>, with text: [UInt8]) {
    precondition(
      !edits.contains { $0.range.overlaps(range) || $0.range == range && !range.isEmpty },
      "two changes of the same bytes")
    edits.append(Edit(range: range, text: text))
  }

  private mutating func insert(_ text: [UInt8], at offset: Int) {
    edits.append(Edit(range: offset..<offset, text: text))
  }

  /// The changed text.
  ///
  /// Insertions at one place stand in the order of their calls.
  package func applied() -> [UInt8] {
    let ordered = edits.enumerated().sorted { left, right in
      let (a, b) = (left.element.range.lowerBound, right.element.range.lowerBound)
      return a != b ? a < b : left.offset < right.offset
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.text.count })
    var position = 0
    for (_, edit) in ordered {
      result.append(contentsOf: bytes[position..<edit.range.lowerBound])
      result.append(contentsOf: edit.text)
      position = edit.range.upperBound
    }
    result.append(contentsOf: bytes[position...])
    return result
  }

  // MARK: Style

  private func insertion(into object: JSONObjectLayout) -> Range<Int> {
    let end = object.range.upperBound - 1
    return end..<end
  }

  /// The white space between the brace or comma before a member and its key.
  private func separator(before member: JSONMember, in object: JSONObjectLayout) -> [UInt8] {
    let end = member.keyRange.lowerBound
    var start = end
    while start > object.range.lowerBound + 1, Self.isWhiteSpace(bytes[start - 1]) { start -= 1 }
    return Array(bytes[start..<end])
  }

  /// The colon behind a member's key with the white space around it.
  private func colon(of member: JSONMember) -> [UInt8] {
    Array(bytes[member.keyRange.upperBound..<member.valueRange.lowerBound])
  }

  private static func isWhiteSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}
