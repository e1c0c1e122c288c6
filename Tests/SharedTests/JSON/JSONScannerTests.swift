import Shared
import Testing

struct JSONScannerTests {
  @Test func `the caller reads what it wants and skips the rest`() throws {
    let text = #"{"skip":{"usage":[1,{"a":"]}"}]},"usage":{"n":3},"x":[1,[2],"three"],"last":true}"#
    for window in [16, 40, 1 << 10] {
      var scanner = JSONScanner(Array(text.utf8), window: window)
      var seen: [String] = []
      #expect(try scanner.enterObject())
      while try scanner.nextKey() {
        if scanner.keyIs("usage") {
          #expect(try scanner.enterObject())
          while try scanner.nextKey() {
            #expect(scanner.keyIs("n") == true)
            seen.append("n=\(try scanner.nextInteger() ?? -1)")
          }
        } else if scanner.keyIs("x") {
          #expect(try scanner.enterArray())
          while try scanner.nextElement() {
            seen.append(try scanner.nextString() ?? "-")
          }
        } else {
          seen.append(scanner.text())
          try scanner.skipValue()
        }
      }
      #expect(seen == ["skip", "n=3", "-", "-", "three", "last"])
      #expect(try scanner.next() == .end)
    }
  }

  @Test func `a value of another kind is skipped whole`() throws {
    let text = #"[{"a":[1]},[{}],"s",1.5,7,true,null]"#
    let expected: [(inout JSONScanner) throws -> Bool] = [
      { try $0.nextString() == nil }, { try !$0.enterObject() }, { try $0.nextInteger() == nil },
      { try $0.nextInteger() == nil }, { try $0.nextDouble() == 7 }, { try $0.nextBool() == true },
      { try $0.nextBool() == nil },
    ]
    var scanner = JSONScanner(Array(text.utf8))
    #expect(try scanner.enterArray())
    for check in expected {
      #expect(try scanner.nextElement())
      let isRight = try check(&scanner)
      #expect(isRight)
    }
    #expect(try !scanner.nextElement())
    #expect(try scanner.next() == .end)
  }

  @Test func `a document is read out of the noise around it`() throws {
    let text = Array("Loading {...\n{\"a\":1}noise{\"b\":2}\u{1}".utf8)
    var scanner = JSONScanner(text, window: 16)
    #expect(throws: JSONError(kind: .unexpectedByte, offset: 0)) { try scanner.skipValue() }
    #expect(throws: JSONError(kind: .unexpectedByte, offset: 0)) { try scanner.next() }
    for (offset, end) in [(25, 32), (13, 20)] {
      scanner.restart(at: offset)
      try scanner.skipValue()
      #expect(scanner.position == end)
      #expect(scanner.tokenRange == offset..<end)
    }
    #expect(throws: JSONError(kind: .trailingContent, offset: 20)) { try scanner.next() }
    scanner.restart(at: 1000)
    #expect(throws: JSONError(kind: .unexpectedEnd, offset: 1000)) { try scanner.next() }
  }

  @Test func `ranges are absolute and strings have their quotes`() throws {
    let text = Array(#"  {"key" : ["value", -12.5 , true,{}]}  "#.utf8)
    let parts = ["{", #""key""#, "[", #""value""#, "-12.5", "true", "{", "}", "]", "}"]
    for window in [16, 64] {
      var scanner = JSONScanner(text, at: 1, window: window)
      for part in parts {
        _ = try scanner.next()
        #expect(String(decoding: text[scanner.tokenRange], as: UTF8.self) == part)
        #expect(scanner.position == scanner.tokenRange.upperBound)
      }
      #expect(try scanner.next() == .end)
      #expect(try scanner.next() == .end)
    }
  }

  @Test func `a call that does not fit the place is refused`() throws {
    let calls: [(String, (inout JSONScanner) throws -> Void)] = [
      ("[1]", { _ = try $0.nextKey() }),
      ("[1]", { _ = try $0.nextElement() }),
      (
        "[1]",
        {
          _ = try $0.enterArray(); _ = try $0.nextKey()
        }
      ),
      (
        "{}",
        {
          _ = try $0.enterObject(); _ = try $0.nextElement()
        }
      ),
      (
        "{}",
        {
          _ = try $0.enterObject(); try $0.skipValue()
        }
      ),
      (
        #"{"a":1}"#,
        {
          _ = try $0.enterObject(); _ = try $0.nextKey(); _ = try $0.nextKey()
        }
      ),
      (
        "[1,2]",
        {
          _ = try $0.enterArray(); _ = try $0.nextElement(); _ = try $0.nextElement()
        }
      ),
      (
        "1",
        {
          try $0.skipValue(); try $0.skipValue()
        }
      ),
    ]
    for (text, call) in calls {
      var scanner = JSONScanner(Array(text.utf8))
      do {
        try call(&scanner)
        Issue.record("\(text) was not refused")
      } catch let error as JSONError {
        #expect(error.kind == .outOfPlace)
      }
    }
  }

  @Test(arguments: [("[-x]", JSONError.Kind.badNumber, 2), ("[1]", .outOfPlace, 1)])
  func `the first error stays until a restart`(
    text: String, kind: JSONError.Kind, offset: Int
  ) throws {
    var scanner = JSONScanner(Array(text.utf8))
    let first = JSONError(kind: kind, offset: offset)
    #expect(try scanner.enterArray())
    #expect(throws: first) {
      if kind == .outOfPlace { _ = try scanner.nextKey() } else { try scanner.skipValue() }
    }
    #expect(throws: first) { try scanner.next() }
    #expect(throws: first) { try scanner.nextKey() }
    #expect(throws: first) { try scanner.nextElement() }
    #expect(throws: first) { try scanner.skipValue() }
    #expect(throws: first) { try scanner.peekKind() }
    scanner.restart(at: 0)
    #expect(try scanner.next() == .beginArray)
  }

  @Test func `peeking keeps the key readable`() throws {
    let text = #"{"a long key over the window":                                     [1]}"#
    var scanner = JSONScanner(Array(text.utf8), window: 16)
    #expect(try scanner.enterObject())
    #expect(try scanner.nextKey())
    #expect(try scanner.peekKind() == .array)
    #expect(scanner.keyIs("a long key over the window") == true)
    #expect(scanner.text() == "a long key over the window")
  }

  @Test(
    arguments: [
      (#""input_tokens""#, true), (#""input_token""#, false), (#""input_tokenX""#, false),
      (#""input_tokensX""#, false), (#""input\u005ftokens""#, true),
      (#""input_token\u0073s""#, false),
      (#""Input_tokens""#, false), (#""""#, false),
    ])
  func `a key is compared whole`(text: String, equal: Bool) throws {
    var scanner = JSONScanner(Array(text.utf8))
    #expect(try scanner.next() == .string)
    #expect(scanner.keyIs("input_tokens") == equal)
  }

  @Test(arguments: [("{\"a\":", "}", JSONToken.beginObject), ("[", "]", .beginArray)])
  func `containers nest up to the limit and no further`(
    open: String, close: String, first: JSONToken
  ) throws {
    func nested(_ depth: Int) -> [UInt8] {
      let inner = String(repeating: open, count: depth - 1) + (first == .beginArray ? "[]" : "{}")
      return Array((inner + String(repeating: close, count: depth - 1)).utf8)
    }
    var scanner = JSONScanner(nested(JSONScanner.maximumDepth), window: 16)
    try scanner.skipValue()
    #expect(try scanner.next() == .end)
    let offset = JSONScanner.maximumDepth * open.utf8.count
    #expect(throws: JSONError(kind: .tooDeep, offset: offset)) {
      var scanner = JSONScanner(nested(JSONScanner.maximumDepth + 1), window: 16)
      try scanner.skipValue()
    }
  }

  @Test func `a token over the limit is refused when read and passed when skipped`() throws {
    let long = [0x22] + [UInt8](repeating: 0x61, count: JSONScanner.maximumTokenLength) + [0x22]
    var scanner = JSONScanner(long, window: 1 << 16)
    #expect(throws: JSONError(kind: .tokenTooLong, offset: 0)) { try scanner.next() }
    scanner.restart(at: 0)
    try scanner.skipValue()
    #expect(scanner.tokenRange == 0..<long.count)
  }
}
