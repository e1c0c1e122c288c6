import Shared
import Testing

struct JSONGrammarTests {
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
}
