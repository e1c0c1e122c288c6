/// One step through a JSON text.
package enum JSONToken: Equatable, Sendable {
  case beginObject, endObject, beginArray, endArray
  case key, string, number
  case bool(Bool)
  case null
  /// The top-level value is complete and only white space follows it.
  case end
}

/// What kind of value comes next.
package enum JSONKind: Equatable, Sendable {
  case object, array, string, number, bool, null
}

/// Which containers are open, outermost first.
struct JSONNesting {
  private(set) var depth = 0
  private(set) var isInObject = false
  private var objects = [UInt64](repeating: 0, count: JSONScanner.maximumDepth / 64 + 1)

  /// Enters a container; false if that would be one too many.
  mutating func push(object: Bool) -> Bool {
    guard depth < JSONScanner.maximumDepth else { return false }
    depth += 1
    let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: depth & 63)
    if object { objects[depth >> 6] |= bit } else { objects[depth >> 6] &= ~bit }
    isInObject = object
    return true
  }

  /// Leaves the innermost container.
  mutating func pop() {
    depth -= 1
    isInObject = depth > 0 && objects[depth >> 6] >> UInt64(truncatingIfNeeded: depth & 63) & 1 == 1
  }

  /// Leaves all containers.
  mutating func clear() {
    depth = 0
    isInObject = false
  }
}
