/// Reading the next value when it is of the kind that is wanted, and passing over it otherwise.
extension JSONScanner {
  /// Goes into the next value if it is an object; otherwise skips it whole.
  package mutating func enterObject() throws(JSONError) -> Bool {
    try take(.object)
  }

  /// Goes into the next value if it is an array; otherwise skips it whole.
  package mutating func enterArray() throws(JSONError) -> Bool {
    try take(.array)
  }

  /// The next value if it is a string; otherwise nil, and the value is skipped whole.
  package mutating func nextString() throws(JSONError) -> String? {
    try take(.string) ? text() : nil
  }

  /// The next value if it is a whole number that fits; otherwise nil, and the value is skipped whole.
  package mutating func nextInteger() throws(JSONError) -> Int? {
    try take(.number) ? integer() : nil
  }

  /// The next value if it is a number; otherwise nil, and the value is skipped whole.
  package mutating func nextDouble() throws(JSONError) -> Double? {
    try take(.number) ? double() : nil
  }

  /// The next value if it is true or false; otherwise nil, and the value is skipped whole.
  package mutating func nextBool() throws(JSONError) -> Bool? {
    guard try peekKind() == .bool else {
      try skipValue()
      return nil
    }
    return try next() == .bool(true)
  }

  private mutating func take(_ kind: JSONKind) throws(JSONError) -> Bool {
    guard try peekKind() == kind else {
      try skipValue()
      return false
    }
    _ = try next()
    return true
  }
}
