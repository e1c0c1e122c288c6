package import SystemPackage

/// One strict pull scanner over JSON (RFC 8259), from memory or from a file of any size.
///
/// The caller asks for what it expects (`nextKey`, `nextElement`, `next`) and passes over the rest
/// (`skipValue`), which is checked as strictly but never kept. Memory is bounded by the window and
/// the longest token that was asked for.
///
/// Stricter than nothing and looser than `JSONDecoder` in one point: an escape of half a surrogate
/// pair is read as U+FFFD, because JavaScript writes such strings.
package struct JSONScanner: ~Copyable {
  /// Containers inside each other, as deep as `JSONDecoder` follows.
  package static let maximumDepth = 512
  /// Bytes of one key, string or number that is kept.
  package static let maximumToken = 16 << 20

  /// Whether bytes that are no UTF-8 pass; they are then read as U+FFFD.
  package var toleratesInvalidUTF8 = false
  /// Whether white space outside of strings was passed so far.
  package private(set) var hasWhiteSpace = false

  var window: JSONWindow
  /// The next unread byte, as an index of the window.
  var cursor = 0
  /// The last token, as indices of the window; valid until the next call.
  var tokenStart = 0
  var tokenEnd = 0
  var tokenHasEscape = false
  /// Whether bytes from `tokenStart` on must stay in the window.
  var isKeeping = false
  private var place = Place.value
  private var depth = 0
  /// One bit a level: set for an object.
  private let levels: UnsafeMutablePointer<UInt64>

  /// What the grammar expects next.
  private enum Place: UInt8 {
    case value
    case firstElementOrEnd
    case commaOrArrayEnd
    case firstKeyOrEnd
    case commaOrObjectEnd
    case colon
    case end
  }

  /// Scans a text in memory from `offset` on, without taking a copy of all of it.
  package init(_ bytes: [UInt8], at offset: Int = 0) {
    self.init(.memory(bytes), at: offset, window: 512, growingTo: 32 << 10)
  }

  /// Scans a regular file from `offset` on, `window` bytes at a time, without moving its position.
  package init(reading file: FileDescriptor, from offset: Int = 0, window: Int = 256 << 10) {
    self.init(.file(file), at: offset, window: window, growingTo: window)
  }

  private init(
    _ source: JSONWindow.Source, at offset: Int, window capacity: Int, growingTo comfortable: Int
  ) {
    window = JSONWindow(
      source, at: offset, capacity: max(16, capacity), comfortable: comfortable)
    levels = .allocate(capacity: Self.maximumDepth / 64)
    levels.initialize(repeating: 0, count: Self.maximumDepth / 64)
  }

  deinit { levels.deallocate() }

  /// Forgets all state and begins a new text at `offset`.
  package mutating func restart(at offset: Int) {
    window.move(to: offset)
    cursor = offset - window.origin
    place = .value
    depth = 0
    isKeeping = false
  }

  /// The next unread byte, counted from the beginning of the text or file.
  package var position: Int { window.origin + cursor }

  /// The last token, strings with their quotes, counted from the beginning of the text or file.
  package var tokenRange: Range<Int> { window.origin + tokenStart..<window.origin + tokenEnd }

  func error(_ kind: JSONError.Kind) -> JSONError { JSONError(kind, at: position) }

  // MARK: Tokens

  /// Reads the next token.
  ///
  /// Behind the value there may only be white space, and then `.end`.
  package mutating func next() throws(JSONError) -> JSONToken {
    try advance(keeping: true)
  }

  /// In an object: reads the next key, or its end.
  ///
  /// - Returns: Whether there is a key; its value comes next.
  package mutating func nextKey() throws(JSONError) -> Bool {
    precondition(place == .firstKeyOrEnd || place == .commaOrObjectEnd, "not between members")
    return try advance(keeping: true) == .key
  }

  /// In an array: goes to the next element, or past its end.
  ///
  /// - Returns: Whether there is an element; it is not read yet.
  package mutating func nextElement() throws(JSONError) -> Bool {
    precondition(place == .firstElementOrEnd || place == .commaOrArrayEnd, "not in an array")
    let byte = try significantByte()
    if byte == UInt8(ascii: "]") {
      cursor += 1
      try leave()
      return false
    }
    if place == .commaOrArrayEnd {
      guard byte == UInt8(ascii: ",") else { throw unexpected(byte) }
      cursor += 1
    }
    place = .value
    return true
  }

  /// What kind of value comes next; nothing is read.
  package mutating func peekKind() throws(JSONError) -> JSONToken {
    let byte = try beginValue()
    switch byte {
    case UInt8(ascii: "{"): return .beginObject
    case UInt8(ascii: "["): return .beginArray
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"): return .bool(true)
    case UInt8(ascii: "f"): return .bool(false)
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw unexpected(byte)
    }
  }

  /// Passes over the next value, whole, checking it and keeping nothing.
  ///
  /// - Returns: Where it stands, counted from the beginning of the text or file.
  @discardableResult
  package mutating func skipValue() throws(JSONError) -> Range<Int> {
    let first = try beginValue()
    let start = position
    let outside = depth
    _ = try value(first, keeping: false)
    while depth > outside { _ = try advance(keeping: false) }
    return start..<position
  }

  // MARK: Grammar

  @inline(__always)
  private mutating func advance(keeping: Bool) throws(JSONError) -> JSONToken {
    var byte = try significantByte()
    switch place {
    case .value: break
    case .colon:
      guard byte == UInt8(ascii: ":") else { throw unexpected(byte) }
      cursor += 1
      byte = try significantByte()
    case .firstElementOrEnd:
      if byte == UInt8(ascii: "]") { return try close(.endArray) }
    case .commaOrArrayEnd:
      if byte == UInt8(ascii: "]") { return try close(.endArray) }
      byte = try pastComma(byte)
    case .firstKeyOrEnd:
      if byte == UInt8(ascii: "}") { return try close(.endObject) }
      return try key(byte, keeping: keeping)
    case .commaOrObjectEnd:
      if byte == UInt8(ascii: "}") { return try close(.endObject) }
      return try key(try pastComma(byte), keeping: keeping)
    case .end:
      guard byte == 0, atEnd else { throw error(.trailingContent) }
      return .end
    }
    return try value(byte, keeping: keeping)
  }

  @inline(__always)
  private mutating func value(_ byte: UInt8, keeping: Bool) throws(JSONError) -> JSONToken {
    switch byte {
    case UInt8(ascii: "\""):
      try scanString(keeping: keeping)
      endValue()
      return .string
    case UInt8(ascii: "{"):
      try enter(object: true)
      return .beginObject
    case UInt8(ascii: "["):
      try enter(object: false)
      return .beginArray
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      try scanNumber(keeping: keeping)
      endValue()
      return .number
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw unexpected(byte)
    }
  }

  private mutating func key(_ byte: UInt8, keeping: Bool) throws(JSONError) -> JSONToken {
    guard byte == UInt8(ascii: "\"") else { throw unexpected(byte) }
    try scanString(keeping: keeping)
    place = .colon
    return .key
  }

  private mutating func pastComma(_ byte: UInt8) throws(JSONError) -> UInt8 {
    guard byte == UInt8(ascii: ",") else { throw unexpected(byte) }
    cursor += 1
    return try significantByte()
  }

  /// Goes to the first byte of a value, past the colon or comma before it.
  private mutating func beginValue() throws(JSONError) -> UInt8 {
    var byte = try significantByte()
    if place == .colon {
      guard byte == UInt8(ascii: ":") else { throw unexpected(byte) }
      cursor += 1
      place = .value
      byte = try significantByte()
    }
    precondition(place == .value, "no value here; ask for an element or a key first")
    return byte
  }

  private mutating func enter(object: Bool) throws(JSONError) {
    guard depth < Self.maximumDepth else { throw error(.tooDeep) }
    let bit = UInt64(1) << UInt64(depth & 63)
    if object { levels[depth >> 6] |= bit } else { levels[depth >> 6] &= ~bit }
    depth += 1
    (tokenStart, tokenEnd) = (cursor, cursor + 1)
    cursor += 1
    place = object ? .firstKeyOrEnd : .firstElementOrEnd
  }

  private mutating func close(_ token: JSONToken) throws(JSONError) -> JSONToken {
    (tokenStart, tokenEnd) = (cursor, cursor + 1)
    cursor += 1
    try leave()
    return token
  }

  private mutating func leave() throws(JSONError) {
    depth -= 1
    endValue()
  }

  @inline(__always)
  private mutating func endValue() {
    guard depth > 0 else {
      place = .end
      return
    }
    let outer = depth - 1
    let isObject = levels[outer >> 6] >> UInt64(outer & 63) & 1 == 1
    place = isObject ? .commaOrObjectEnd : .commaOrArrayEnd
  }

  private mutating func word(
    _ word: StaticString, _ token: JSONToken
  ) throws(JSONError) -> JSONToken {
    for index in 0..<word.utf8CodeUnitCount {
      if cursor == window.filled, try !refill() { throw error(.unexpectedEnd) }
      guard window.base[cursor] == word.utf8Start[index] else {
        throw unexpected(window.base[cursor])
      }
      cursor += 1
    }
    // A word is never kept whole over a refill; where it stood is all that is asked of it.
    (tokenStart, tokenEnd) = (cursor - word.utf8CodeUnitCount, cursor)
    endValue()
    return token
  }

  // MARK: Bytes

  /// The byte at the cursor behind any white space; 0 at the end of the text, and only there or
  /// where the text has a zero byte of its own, which the grammar refuses.
  @inline(__always)
  private mutating func significantByte() throws(JSONError) -> UInt8 {
    while true {
      let byte = window.base[cursor]
      if byte > 0x20 { return byte }
      if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
        hasWhiteSpace = true
        cursor += 1
        skipSpaces()
      } else if byte == 0, cursor == window.filled {
        if try !refill() {
          guard place == .end else { throw error(.unexpectedEnd) }
          return 0
        }
      } else {
        throw unexpected(byte)
      }
    }
  }

  /// Indented texts have long runs of spaces: eight at a time.
  @inline(__always)
  private mutating func skipSpaces() {
    let spaces: UInt64 = 0x2020_2020_2020_2020
    while true {
      let word = UnsafeRawPointer(window.base + cursor).loadUnaligned(as: UInt64.self)
      let different = word ^ spaces
      guard different == 0 else {
        cursor += UInt64(littleEndian: different).trailingZeroBitCount / 8
        return
      }
      cursor += 8
    }
  }

  private var atEnd: Bool { cursor == window.filled && window.isAtEnd }

  private func unexpected(_ byte: UInt8) -> JSONError {
    if byte == 0, cursor == window.filled { return error(.unexpectedEnd) }
    return error(place == .end ? .trailingContent : .unexpectedByte(byte))
  }

  /// Brings in more bytes at the end of the window, keeping the token at hand.
  ///
  /// - Returns: Whether there are any.
  mutating func refill() throws(JSONError) -> Bool {
    let kept = isKeeping ? tokenStart : cursor
    guard cursor - kept <= Self.maximumToken else { throw error(.tokenTooLong) }
    do {
      let before = window.filled - kept
      guard let moved = try window.refill(keepingFrom: kept) else { return false }
      cursor -= moved
      tokenStart -= moved
      tokenEnd -= moved
      return window.filled > before
    } catch {
      throw self.error(.io(error))
    }
  }
}
