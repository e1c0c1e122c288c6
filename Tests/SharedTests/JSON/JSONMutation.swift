import TestSupport

/// Damages JSON texts the way crashes, cuts and careless programs do.
struct JSONMutation {
  var random: SeededNumbers

  /// A text that is one of the seeds with some damage, often one that keeps it valid.
  mutating func text() -> [UInt8] {
    if chance(400) { return nested() }
    var text = seed()
    for _ in 0..<Int.random(in: 0...3, using: &random) { change(&text) }
    return text
  }

  private mutating func change(_ text: inout [UInt8]) {
    let place = Int.random(in: 0...text.count, using: &random)
    let end = min(text.count, place + Int.random(in: 0...12, using: &random))
    switch Int.random(in: 0..<10, using: &random) {
    case 0: text.removeSubrange(place...)
    case 1: text.removeSubrange(place..<end)
    case 2: text.insert(contentsOf: text[place..<end], at: place)
    case 3:
      text.replaceSubrange(
        place..<min(end, place + 1), with: [random.next()].map(UInt8.init(truncatingIfNeeded:)))
    case 4:
      let other = seed()
      text.replaceSubrange(place..., with: other[min(place, other.count)...])
    case 5: changeInside(&text, of: UInt8(ascii: "\""), with: Self.stringPieces)
    case 6: changeInside(&text, of: UInt8(ascii: "1"), with: Self.numberPieces)
    case 7: changeInside(&text, of: UInt8(ascii: ","), with: Self.values)
    default: text.insert(contentsOf: pick(Self.pieces), at: place)
    }
  }

  /// Puts something behind one of the places where a byte occurs.
  private mutating func changeInside(
    _ text: inout [UInt8], of byte: UInt8, with pieces: [[UInt8]]
  ) {
    guard let place = text.indices.filter({ text[$0] == byte }).randomElement(using: &random)
    else { return }
    text.insert(contentsOf: pick(pieces), at: place + 1)
  }

  private mutating func nested() -> [UInt8] {
    let depth = Int.random(in: 509...515, using: &random)
    let (open, close) = Bool.random(using: &random) ? ("[", "]") : ("{\"a\":", "}")
    let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    return Array(text.utf8)
  }

  private mutating func seed() -> [UInt8] { pick(Self.seeds) }

  private mutating func pick(_ list: [[UInt8]]) -> [UInt8] {
    list[Int.random(in: 0..<list.count, using: &random)]
  }

  private mutating func chance(_ count: Int) -> Bool {
    Int.random(in: 0..<count, using: &random) == 0
  }

  private static let stringPieces: [[UInt8]] =
    [
      #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u0041"#, #"\u00E9"#, #"\u0000"#, #"\ud83d\ude00"#,
      #"\ud83d"#,
      #"\ude00"#, #"\uD83D\uD83D"#, #"\ud83dx"#, #"\ud83d\n"#, #"\u00"#, #"\u12G4"#, #"\x"#, "\\",
      "é", "漢", "😀", "\u{7F}",
      "\t", "\n", "\0", "\u{1F}", "e\u{301}", "01234567", "'",
      "plain text of some length, past the window",
    ].map { Array($0.utf8) } + badUTF8

  private static let badUTF8: [[UInt8]] = [
    [0x80], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
    [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8], [0xFF], [0xE2, 0x82],
    [0xF0, 0x9F, 0x98], [0xF4, 0x8F, 0xBF, 0xBF], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
  ]

  private static let numberPieces: [[UInt8]] = [
    "0", "00", ".", ".0", ".5", "e", "e5", "E+2", "e-3", "e-", "e400", "e-400", "-", "+",
    "234567890123456789", ".00000000000000000000001", "x", "_", "e+05", ".e1", "e308",
  ].map { Array($0.utf8) }

  private static let values: [[UInt8]] = [
    "0,", "-0,", "01,", "-,", "-01,", "0.1,", ".1,", "+1,", "1e5,", "true,", "false,", "null,",
    "nul,",
    "tRue,", "NaN,", "Infinity,", "\"\",", "[],", "{},", "[1,],", "{\"a\":1},", "{\"a\":1,},",
    "\"k\":1,",
    "\"id\":2,", "\"id\": {\"id\":[]},", "\"\":null,", "\"\\u0069d\":3,", "1:2,", "a:1,", ",",
    "/* c */",
    "\"e\u{301}\":1,", "\"é\":2,",
  ].map { Array($0.utf8) }

  private static let pieces: [[UInt8]] =
    [
      "{", "}", "[", "]", ",", ":", "\"", " ", "\n", "\r\n\t", "          ", "1", "0", "-", "e",
      ".",
      "true", "null", "\u{FEFF}", "\0", "\u{A0}", "\u{B}", "\u{C}", "//", "'", "}{", "][", "{}",
      "[]",
    ].map { Array($0.utf8) } + badUTF8

  private static let seeds: [[UInt8]] = [
    """
    {
      "version": 1,
      "agents": {
        "reviewer": {
          "sessionId": "ses_1A2b", "status": "running", "pid": 12, "usage": null,
          "note": "é漢😀 \\u00e9 \\"quoted\\""
        }
      }
    }
    """,
    #"{"info":{"id":"ses_1","time":{"created":1750000000000}},"messages":[{"info":{"role":"assistant","#
      + #""cost":0.0123,"tokens":{"input":12,"output":1,"cache":{"read":1e3,"write":0}}},"parts":[]}]}"#,
    #"{"id":"ses_2","messages":[{"type":"user"},{"type":"assistant","tokens":{"input":11,"output":-1.5E-7}}]}"#,
    #"{"ts":"2026-01-01T00:00:00Z","lane":"x","status":200,"input_tokens":1734,"ok":true,"rid":null}"#,
    "[\n  {\"id\": \"a/b\", \"limit\": {\"context\": 200000, \"output\": 8192}},\n  {\"id\": \"c\"}\n]\n",
    #"{"a":1,"a":{"b":1},"\u0061":[1],"é":"\ud83d\ude00"}"#,
    "[0,-0,1,-1,0.1,1e1,1E+2,1.5e-3,12345678901234567890,5e-324]",
    " \"text \\b\\f\\n\\r\\t\\/ é漢😀 end\" ", "[]", "{}", "1", "true", "null", "\"\"",
  ].map { Array($0.utf8) }
}
