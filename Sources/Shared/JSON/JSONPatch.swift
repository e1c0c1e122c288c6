/// A few changes to a JSON text that leave every other byte as it is.
package struct JSONPatch: Sendable {
  private struct Edit {
    let range: Range<Int>
    let bytes: [UInt8]
  }

  private struct Insertion {
    let style: JSONMemberStyle
    var members: [(key: String, value: [UInt8])]
  }

  private let bytes: [UInt8]

  /// What replaces a range, by the start of the range.
  private var replacements: [Int: Edit] = [:]

  /// What is added to an object, by the start of the object.
  private var insertions: [Int: Insertion] = [:]

  /// A patch of a text, without any change as yet.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Whether the patch changes nothing.
  package var isEmpty: Bool { replacements.isEmpty && insertions.isEmpty }

  /// Gives a member of an object a value, which is the text of one JSON value.
  ///
  /// A value that differs from the one in the text at most in white space changes nothing. A new member
  /// goes behind the last one, in its style; several of them keep the order of the calls. A second call
  /// for the same member replaces the first.
  package mutating func set(_ key: String, to value: [UInt8], in object: JSONObjectLayout) {
    precondition(object.range.upperBound <= bytes.count, "the layout is of another text")
    guard let member = object.member(key) else {
      insert(key, value, into: object)
      return
    }
    let old = JSONWriter.compacted(bytes, member.valueRange)
    if old == JSONWriter.compacted(value, value.indices) {
      replacements[member.valueRange.lowerBound] = nil
    } else {
      replace(member.valueRange, with: value)
    }
  }

  /// Replaces a range of the text.
  ///
  /// Ranges may not overlap; a second call for the same range replaces the first.
  package mutating func replace(_ range: Range<Int>, with value: [UInt8]) {
    precondition(range.upperBound <= bytes.count, "the range is of another text")
    let previous = replacements.updateValue(
      Edit(range: range, bytes: value), forKey: range.lowerBound)
    precondition(previous == nil || previous?.range == range, "edits overlap")
  }

  private mutating func insert(
    _ key: String, _ value: [UInt8], into object: JSONObjectLayout
  ) {
    let start = object.range.lowerBound
    var insertion =
      insertions[start] ?? Insertion(style: JSONMemberStyle(of: object, in: bytes), members: [])
    if let known = insertion.members.firstIndex(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
      insertion.members[known].value = value
    } else {
      insertion.members.append((key, value))
    }
    insertions[start] = insertion
  }

  /// The text with all changes.
  package func applied() -> [UInt8] {
    var edits = Array(replacements.values)
    for insertion in insertions.values {
      let place = insertion.style.place
      edits.append(Edit(range: place..<place, bytes: insertion.style.text(of: insertion.members)))
    }
    edits.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.bytes.count })
    var position = 0
    for edit in edits {
      precondition(edit.range.lowerBound >= position, "edits overlap")
      result += bytes[position..<edit.range.lowerBound]
      result += edit.bytes
      position = edit.range.upperBound
    }
    result += bytes[position...]
    return result
  }
}

/// How an object spaces its members, and where the next one goes.
private struct JSONMemberStyle {
  /// Where a new member goes: behind the last one, or behind the opening brace.
  let place: Int

  /// Whether the new member is the first.
  private let isFirst: Bool

  /// The white space before a key.
  private let lead: [UInt8]

  /// The colon and the white space around it.
  private let colon: [UInt8]

  init(of object: JSONObjectLayout, in bytes: [UInt8]) {
    guard let last = object.members.last else {
      place = object.range.lowerBound + 1
      isFirst = true
      let inner = Array(bytes[place..<object.range.upperBound - 1])
      let isIndented = inner.contains(UInt8(ascii: "\n"))
      let step = inner.contains(UInt8(ascii: "\t")) ? "\t" : "  "
      lead = isIndented ? inner + Array(step.utf8) : inner
      colon = Array((inner.isEmpty ? ":" : ": ").utf8)
      return
    }
    place = last.valueRange.upperBound
    isFirst = false
    colon = Array(bytes[last.keyRange.upperBound..<last.valueRange.lowerBound])
    let before = bytes[..<last.keyRange.lowerBound]
    let space = Array(before.suffix(from: before.lastIndex { !$0.isJSONSpace }.map { $0 + 1 } ?? 0))
    if object.members.count == 1, !space.contains(UInt8(ascii: "\n")) {
      // On one line the space behind the brace says nothing about the one behind a comma.
      lead = Array(colon.drop { $0 != UInt8(ascii: ":") }.dropFirst())
    } else {
      lead = space
    }
  }

  /// The text that adds some members.
  func text(of members: [(key: String, value: [UInt8])]) -> [UInt8] {
    var result: [UInt8] = []
    for (index, member) in members.enumerated() {
      if index > 0 || !isFirst { result.append(UInt8(ascii: ",")) }
      result += lead
      result += JSONWriter.quoted(member.key)
      result += colon
      result += member.value
    }
    return result
  }
}
