/// The grammar: which token may follow which. All reading goes through `advance`.
extension JSONScanner {
  /// Reads one token; keys and strings stay in memory only if they are captured.
  @inline(__always)
  mutating func advance(capturing: Bool) throws(JSONError) -> JSONToken {
    switch place {
    case .top, .element, .member, .firstElement:
      let byte = try startOfValue()
      if byte == UInt8(ascii: "]"), place == .firstElement { return close(.endArray) }
      return try value(byte, capturing: capturing)
    case .firstKey:
      if try white() == UInt8(ascii: "}") { return close(.endObject) }
      return try key(capturing: capturing)
    case .afterValue:
      if nesting.isInObject {
        let byte = try white()
        if byte == UInt8(ascii: "}") { return close(.endObject) }
        guard byte == UInt8(ascii: ",") else { throw unexpected() }
        window.cursor += 1
        _ = try white()
        return try key(capturing: capturing)
      }
      if try closesArray() { return .endArray }
      return try value(window.base[window.cursor], capturing: capturing)
    case .done:
      return try end()
    }
  }

  /// Goes over the comma before a further element; true if the array was closed instead.
  @inline(__always)
  mutating func closesArray() throws(JSONError) -> Bool {
    var byte = try white()
    if byte == UInt8(ascii: "]") {
      _ = close(.endArray)
      return true
    }
    if place == .afterValue {
      guard byte == UInt8(ascii: ",") else { throw unexpected() }
      window.cursor += 1
      byte = try white()
    }
    if byte == 0, window.cursor == window.end { throw fail(.unexpectedEnd) }
    place = .element
    return false
  }

  /// Goes to the first byte of the value that must come next, over the colon before it.
  @inline(__always)
  mutating func startOfValue() throws(JSONError) -> UInt8 {
    switch place {
    case .top, .element, .firstElement:
      return try white()
    case .member:
      // A member's value follows the colon, and `.element` is what is left when that has been read.
      guard try white() == UInt8(ascii: ":") else { throw unexpected() }
      window.cursor += 1
      place = .element
      return try white()
    case .firstKey, .afterValue, .done:
      throw fail(.outOfPlace)
    }
  }

  @inline(__always)
  private mutating func value(_ byte: UInt8, capturing: Bool) throws(JSONError) -> JSONToken {
    let start = window.cursor
    switch byte {
    case UInt8(ascii: "\""):
      try string(capturing: capturing)
      return finish(.string)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      try number(capturing: capturing)
      return finish(.number)
    case UInt8(ascii: "{"):
      guard nesting.push(object: true) else { throw fail(.tooDeep) }
      place = .firstKey
      window.cursor += 1
      token = JSONTokenSpan(at: position - 1, end: position)
      return .beginObject
    case UInt8(ascii: "["):
      guard nesting.push(object: false) else { throw fail(.tooDeep) }
      place = .firstElement
      window.cursor += 1
      token = JSONTokenSpan(at: position - 1, end: position)
      return .beginArray
    case UInt8(ascii: "t"):
      try literal("true", from: start)
      return finish(.bool(true))
    case UInt8(ascii: "f"):
      try literal("false", from: start)
      return finish(.bool(false))
    case UInt8(ascii: "n"):
      try literal("null", from: start)
      return finish(.null)
    default:
      throw unexpected()
    }
  }

  @inline(__always)
  private mutating func key(capturing: Bool) throws(JSONError) -> JSONToken {
    guard window.base[window.cursor] == UInt8(ascii: "\"") else { throw unexpected() }
    try string(capturing: capturing)
    place = .member
    return .key
  }

  @inline(__always)
  private mutating func close(_ closing: JSONToken) -> JSONToken {
    nesting.pop()
    window.cursor += 1
    token = JSONTokenSpan(at: position - 1, end: position)
    return finish(closing)
  }

  @inline(__always)
  private mutating func finish(_ token: JSONToken) -> JSONToken {
    place = nesting.depth == 0 ? .done : .afterValue
    return token
  }

  private mutating func end() throws(JSONError) -> JSONToken {
    _ = try white()
    guard window.cursor == window.end else { throw fail(.trailingContent) }
    token = JSONTokenSpan(at: position)
    return .end
  }

  private mutating func literal(_ word: StaticString, from start: Int) throws(JSONError) {
    let count = word.utf8CodeUnitCount
    while window.end - window.cursor < count, try refill() {}
    let base = window.base + window.cursor
    let available = min(count, window.end - window.cursor)
    let common = word.withUTF8Buffer { word in
      (0..<available).first { word[$0] != base[$0] } ?? available
    }
    guard common == count else {
      window.cursor += common
      throw unexpected()
    }
    token = JSONTokenSpan(at: position, end: position + count)
    window.cursor += count
  }

  /// Goes over white space to the next byte, and returns it; 0 at the end of the text.
  @inline(__always)
  mutating func white() throws(JSONError) -> UInt8 {
    let byte = window.base[window.cursor]
    return byte > 0x20 ? byte : try whiteRun()
  }

  private mutating func whiteRun() throws(JSONError) -> UInt8 {
    var index = window.cursor
    if window.base[index] > 0 { hasWhiteSpace = true }
    while true {
      let byte = window.base[index]
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
        index += 1
      case UInt8(ascii: "\n"):
        index += 1
        // Indentation: eight spaces at a time.
        var odd = window.load(index) ^ 0x2020_2020_2020_2020
        while odd == 0 {
          index += 8
          odd = window.load(index) ^ 0x2020_2020_2020_2020
        }
        index += odd.trailingZeroBitCount >> 3
      default:
        window.cursor = index
        guard byte == 0, index == window.end, try refill() else { return byte }
        index = window.cursor
      }
    }
  }

  mutating func refill() throws(JSONError) -> Bool {
    do {
      return try window.refill()
    } catch {
      failure = error
      throw error
    }
  }

  /// The error for the byte at the cursor, which may be the end of the text.
  mutating func unexpected() -> JSONError {
    fail(window.cursor == window.end ? .unexpectedEnd : .unexpectedByte)
  }

  /// Makes an error at the cursor, the one that all further calls throw.
  mutating func fail(_ kind: JSONError.Kind) -> JSONError {
    if let failure { return failure }
    let error = JSONError(kind: kind, offset: position)
    failure = error
    return error
  }
}
