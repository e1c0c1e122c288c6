import Shared
import SystemPackage
import Testing

struct JSONScannerTests {
  /// All tokens of a text, with what they say.
  private func tokens(
    of text: String, window: Int = 1 << 10
  ) throws(JSONError) -> [String] {
    var scanner = JSONScanner(Array(text.utf8), window: window)
    var result: [String] = []
    while true {
      switch try scanner.next() {
      case .beginObject: result.append("{")
      case .endObject: result.append("}")
      case .beginArray: result.append("[")
      case .endArray: result.append("]")
      case .key: result.append(scanner.text() + ":")
      case .string: result.append("'\(scanner.text())'")
      case .number: result.append(scanner.double().map { "\($0)" } ?? "?")
      case .bool(let value): result.append("\(value)")
      case .null: result.append("null")
      case .end: return result
      }
    }
  }

  @Test(
    arguments: [
      (#"{}"#, "{ }"),
      (#"[]"#, "[ ]"),
      (" \t\r\n[ ] \n", "[ ]"),
      (#"{"a":1,"b":[true,false,null]}"#, "{ a: 1.0 b: [ true false null ] }"),
      ("{\n  \"a\" : {\n          \"b\" : [ ]\n  }\n}\n", "{ a: { b: [ ] } }"),
      (#""\"\\\/\b\f\n\r\t""#, "'\"\\/\u{8}\u{C}\n\r\t'"),
      (#""\u0041\u00e9\u6F22\uD83D\uDE00""#, "'Aé漢😀'"),
      (#""\ud83d""#, "'\u{FFFD}'"),
      (#""\ude00\ud83dx\ud83d\ud83d\ude00\ud83d\n""#, "'\u{FFFD}\u{FFFD}x\u{FFFD}😀\u{FFFD}\n'"),
      (#"{"a":1,"a":2}"#, "{ a: 1.0 a: 2.0 }"),
      (#"{"":"","\u0061":"é漢😀"}"#, "{ : '' a: 'é漢😀' }"),
      ("0", "0.0"), ("-0", "-0.0"), ("-1.5e+2", "-150.0"), ("1E-2", "0.01"),
      ("1e999", "?"), ("\"\u{7F}\"", "'\u{7F}'"),
    ])
  func `a well-formed text is read token by token`(text: String, expected: String) throws {
    for window in [1, 16, 17, 23, 64, 1 << 10] {
      #expect(try tokens(of: text, window: window).joined(separator: " ") == expected)
    }
  }

  @Test(
    arguments: [
      ("", JSONError.Kind.unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("{", .unexpectedEnd, 1),
      (#"{"a"#, .unexpectedEnd, 3), (#"{"a""#, .unexpectedEnd, 4), (#"{"a":"#, .unexpectedEnd, 5),
      (#"{"a":1"#, .unexpectedEnd, 6), (#"{"a":1,"#, .unexpectedEnd, 7), ("[1", .unexpectedEnd, 2),
      ("[1,", .unexpectedEnd, 3), ("tru", .unexpectedEnd, 3), ("-", .unexpectedEnd, 1),
      ("1.", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), (#""\u00"#, .unexpectedEnd, 5),
      (#""\"#, .unexpectedEnd, 2),
      ("}", .unexpectedByte, 0), ("]", .unexpectedByte, 0), ("{]", .unexpectedByte, 1),
      ("[}", .unexpectedByte, 1), ("[1}", .unexpectedByte, 2), (#"{"a":1]"#, .unexpectedByte, 6),
      (#"{"a" 1}"#, .unexpectedByte, 5), (#"{"a",1}"#, .unexpectedByte, 4),
      (#"{"a":1,}"#, .unexpectedByte, 7), ("[1,]", .unexpectedByte, 3),
      ("[,1]", .unexpectedByte, 1),
      ("[1 2]", .unexpectedByte, 3), ("{,}", .unexpectedByte, 1), ("{1:2}", .unexpectedByte, 1),
      ("[1,,2]", .unexpectedByte, 3), ("{\"a\"::1}", .unexpectedByte, 5),
      ("nul1", .unexpectedByte, 3), ("True", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0),
      ("NaN", .unexpectedByte, 0), ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0),
      ("\u{FEFF}1", .unexpectedByte, 0), ("\u{A0}1", .unexpectedByte, 0),
      ("\u{B}1", .unexpectedByte, 0),
      ("\0", .unexpectedByte, 0), ("[1\0]", .unexpectedByte, 2),
      ("01", .badNumber, 1), ("-01", .badNumber, 2), ("1.x", .badNumber, 2),
      ("1.e5", .badNumber, 2),
      ("1ex", .badNumber, 2), ("-x", .badNumber, 1), ("1e+ ", .badNumber, 3),
      (#""\x""#, .badEscape, 1), (#""\u00g0""#, .badEscape, 1), (#""\U0041""#, .badEscape, 1),
      ("\"\\\0\"", .badEscape, 1),
      ("\"a\nb\"", .badString, 2), ("\"\t\"", .badString, 1), ("\"\u{1F}\"", .badString, 1),
      ("\"\0\"", .badString, 1), ("\"12345678\u{1}\"", .badString, 9),
      ("{} x", .trailingContent, 3), ("1 2", .trailingContent, 2), ("truex", .trailingContent, 4),
      ("{}}", .trailingContent, 2), ("[]\0", .trailingContent, 2), ("1a", .trailingContent, 1),
    ])
  func `a malformed text is refused where it goes wrong`(
    text: String, kind: JSONError.Kind, offset: Int
  ) {
    for window in [16, 64, 1 << 10] {
      #expect(throws: JSONError(kind: kind, offset: offset), "window \(window)") {
        try tokens(of: text, window: window)
      }
    }
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
      [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xFE], [0xFF],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are refused unless they are tolerated`(bytes: [UInt8]) throws {
    for lead in [0, 1, 7, 8, 13] {
      let text = [0x22] + [UInt8](repeating: 0x61, count: lead) + bytes + [0x22]
      #expect(throws: JSONError(kind: .invalidUTF8, offset: lead + 1)) {
        var scanner = JSONScanner(text, window: 16)
        try scanner.skipValue()
      }
      var scanner = JSONScanner(text, window: 16)
      scanner.toleratesInvalidUTF8 = true
      #expect(try scanner.next() == .string)
      #expect(scanner.text() == String(decoding: text.dropFirst().dropLast(), as: UTF8.self))
      #expect(try scanner.next() == .end)
    }
  }

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
