package import SystemPackage

/// Reads a JSON text piece by piece, strictly by RFC 8259, in bounded memory.
///
/// The caller pulls: either every token with ``next()``, or with ``nextKey()``, ``nextElement()`` and
/// ``skipValue()`` only what it wants to know:
///
///     guard try scanner.enterObject() else { return }
///     while try scanner.nextKey() {
///       if scanner.keyIs("usage") { usage = try read(&scanner) } else { try scanner.skipValue() }
///     }
///
/// Nothing after the last byte of a value is looked at before it is asked for, so a document can be read
/// out of the noise around it. Duplicate keys are delivered as they come. Escapes of lone surrogates
/// (`"\ud83d"`, which JavaScript writes for text cut in the middle of a character) are accepted and read
/// as U+FFFD. Once an error is thrown, every call throws it again until ``restart(at:)``.
package struct JSONScanner: ~Copyable {
  /// How many containers may be open at a time.
  package static let maximumDepth = 512

  /// How long a token may be, in bytes; strings that are skipped may be of any length.
  package static let maximumTokenLength = 16 << 20

  /// What may come next.
  enum Place {
    case top, element, firstElement, member, firstKey, afterValue, done
  }

  var window: JSONWindow
  var place = Place.top
  var nesting = JSONNesting()
  var token = JSONTokenSpan()
  var failure: JSONError?

  /// Whether strings may hold bytes that are not UTF-8; they are then read as U+FFFD.
  package var toleratesInvalidUTF8 = false

  /// How long a token may be, in bytes, where it is another length than ``maximumTokenLength``.
  package var longestToken: Int {
    get { window.longestToken }
    set { window.longestToken = newValue }
  }

  /// Whether white space outside of strings was gone over so far.
  package internal(set) var hasWhiteSpace = false

  /// A scanner over a text in memory.
  package init(_ bytes: [UInt8], at offset: Int = 0, window: Int = 32 << 10) {
    self.window = JSONWindow(.memory(bytes), at: offset, first: 512, size: window)
  }

  /// A scanner over a regular file, which it neither owns nor moves.
  ///
  /// It holds `window` bytes, or at most twice the longest token that was read if that is more.
  package init(reading file: FileDescriptor, from offset: Int = 0, window: Int = 256 << 10) {
    self.window = JSONWindow(.file(file), at: offset, first: window, size: window)
  }

  /// The absolute offset of the next unread byte.
  package var position: Int { window.origin + window.cursor }

  /// The absolute range of the last token (strings with their quotes) or skipped value.
  package var tokenRange: Range<Int> { token.start..<token.end }

  /// Forgets everything and continues with a new document at an absolute offset.
  package mutating func restart(at offset: Int) {
    window.move(to: offset)
    place = .top
    nesting.clear()
    token = JSONTokenSpan(at: offset)
    failure = nil
  }

  /// The next token of the text, whatever it is.
  package mutating func next() throws(JSONError) -> JSONToken {
    if let failure { throw failure }
    window.kept = .max
    return try advance(capturing: true)
  }

  /// Reads the next key of the innermost object; false, and the object is left, if there is none.
  ///
  /// The value before it must have been read or skipped.
  package mutating func nextKey() throws(JSONError) -> Bool {
    guard nesting.isInObject, place != .member else { throw fail(.outOfPlace) }
    if case .key = try next() { return true }
    return false
  }

  /// Goes to the next value of the innermost array; false, and the array is left, if there is none.
  ///
  /// The value itself is not read yet.
  package mutating func nextElement() throws(JSONError) -> Bool {
    if let failure { throw failure }
    guard nesting.depth > 0, !nesting.isInObject, place != .element else { throw fail(.outOfPlace) }
    window.kept = .max
    return try !closesArray()
  }

  /// Reads the next value whole, checking it but keeping nothing of it.
  ///
  /// - Returns: Its absolute range, which is that of the last token now.
  @discardableResult
  package mutating func skipValue() throws(JSONError) -> Range<Int> {
    _ = try peekKind()
    window.kept = .max
    let start = position
    let depth = nesting.depth
    repeat { _ = try advance(capturing: false) } while nesting.depth > depth
    token = JSONTokenSpan(at: start, end: position)
    return start..<position
  }

  /// Says what kind of value comes next, without reading it; the last token stays readable.
  package mutating func peekKind() throws(JSONError) -> JSONKind {
    if let failure { throw failure }
    let byte = try startOfValue()
    switch byte {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw unexpected()
    }
  }
}
