import Shared
import TestSupport
import Testing

struct JSONPatchTests {
  /// The text after some members of the object at `path` were set.
  private func patched(
    _ text: String, at path: [String] = [], _ changes: [(String, String)]
  ) throws -> String {
    let bytes = Array(text.utf8)
    var layout = try JSONObjectLayout(of: bytes)
    for key in path {
      layout = try JSONObjectLayout(
        of: bytes, at: #require(layout.member(key)).valueRange.lowerBound)
    }
    var patch = JSONPatch(bytes)
    for (key, value) in changes { patch.set(key, to: Array(value.utf8), in: layout) }
    let result = patch.applied()
    #expect(patch.isEmpty == (result == bytes))
    return String(decoding: result, as: UTF8.self)
  }

  @Test(
    arguments: [
      // Replaced values.
      (#"{"a":1,"b":2}"#, #"{"a":9,"b":2}"#),
      ("{ \"a\" :\t[1] , \"b\":2 }", "{ \"a\" :\t9 , \"b\":2 }"),
      (#"{"a":1,"b":{"a":2},"a":3}"#, #"{"a":1,"b":{"a":2},"a":9}"#),
      (#"{"\u0061":1.0}"#, #"{"\u0061":9}"#),
      (
        #" {"a":1,"n":1.0,"e":1e3,"l":12345678901234567890,"s":"\/\u00e9"} "#,
        #" {"a":9,"n":1.0,"e":1e3,"l":12345678901234567890,"s":"\/\u00e9"} "#
      ),
      // Added members.
      (#"{"b":2}"#, #"{"b":2,"a":9}"#), (#"{"b": 2}"#, #"{"b": 2, "a": 9}"#),
      (#"{"b":2, "c":3}"#, #"{"b":2, "c":3, "a":9}"#), (#"{ "b": 2 }"#, #"{ "b": 2, "a": 9 }"#),
      ("{\n  \"b\": 2\n}\n", "{\n  \"b\": 2,\n  \"a\": 9\n}\n"),
      ("{\r\n\t\"b\":\t2\r\n}\r\n", "{\r\n\t\"b\":\t2,\r\n\t\"a\":\t9\r\n}\r\n"),
      (
        "{\n  \"b\" : {\n    \"c\" : 1\n  }\n}",
        "{\n  \"b\" : {\n    \"c\" : 1\n  },\n  \"a\" : 9\n}"
      ),
      (#"{}"#, #"{"a":9}"#), ("{ }", "{ \"a\": 9 }"), ("{\n  }", "{\n    \"a\": 9\n  }"),
      ("{\r\n\t}", "{\r\n\t\t\"a\": 9\r\n\t}"),
    ])
  func `one member is set and nothing else moves`(text: String, expected: String) throws {
    #expect(try patched(text, [("a", "9")]) == expected)
    #expect(try patched(expected, [("a", " 9\n")]) == expected)
  }

  @Test(
    arguments: [
      (#"{"a":{ "x" : [1, 2], "y":"a b" }}"#, #"{"x":[1,2],"y":"a b"}"#, true),
      (#"{"a":{"x":"a b"}}"#, #"{"x":"ab"}"#, false),
      (#"{"a":1.0}"#, "1.0", true), (#"{"a":1.0}"#, "1", false),
      (#"{"a":"\u0061"}"#, #""a""#, false),
    ])
  func `white space alone is no change`(text: String, value: String, same: Bool) throws {
    #expect(try (patched(text, [("a", value)]) == text) == same)
  }

  @Test func `additions keep the order of the calls`() throws {
    let text = "{\n  \"agents\": {\n    \"x\": {\n      \"id\": 1\n    }\n  }\n}"
    let result = try patched(
      text, at: ["agents", "x"], [("p", "1"), ("id", "2"), ("q\"", "[]"), ("p", "3")])
    #expect(
      result
        == "{\n  \"agents\": {\n    \"x\": {\n      \"id\": 2,\n      \"p\": 3,\n      \"q\\\"\": []\n    }\n  }\n}"
    )
    #expect(try patched("{}", [("b", "1"), ("a", "2")]) == #"{"b":1,"a":2}"#)
  }

  @Test func `setting a member back leaves no change`() throws {
    #expect(try patched(#"{"a": 1}"#, [("a", "2"), ("a", "1")]) == #"{"a": 1}"#)
  }

  @Test func `several objects and ranges change in one patch`() throws {
    let bytes = Array(#"[{"a":1},{"a":2},{}]"#.utf8)
    var patch = JSONPatch(bytes)
    patch.set("b", to: Array("true".utf8), in: try JSONObjectLayout(of: bytes, at: 17))
    patch.set("b", to: Array("3".utf8), in: try JSONObjectLayout(of: bytes, at: 1))
    patch.set("a", to: Array("10".utf8), in: try JSONObjectLayout(of: bytes, at: 1))
    patch.replace(9..<16, with: Array("null".utf8))
    #expect(
      String(decoding: patch.applied(), as: UTF8.self) == #"[{"a":10,"b":3},null,{"b":true}]"#)
  }

  @Test func `a layout names members, and the last duplicate counts`() throws {
    let bytes = Array(#"x {"a":1, "\u0062":[2] ,"a": "3"} y"#.utf8)
    let layout = try JSONObjectLayout(of: bytes, at: 1)
    #expect(layout.range == 2..<bytes.count - 2)
    #expect(layout.members.map(\.key) == ["a", "b", "a"])
    let value = try #require(layout.member("a")).valueRange
    #expect(String(decoding: bytes[value], as: UTF8.self) == #""3""#)
    let key = try #require(layout.member("b")).keyRange
    #expect(String(decoding: bytes[key], as: UTF8.self) == #""\u0062""#)
    #expect(layout.member("c") == nil)
  }

  @Test(
    arguments: [
      ("[1]", JSONError.Kind.outOfPlace, 0), ("", .unexpectedEnd, 0),
      (#"{"a":1"#, .unexpectedEnd, 6),
      (#"{"a":01}"#, .badNumber, 6),
    ])
  func `only an object has a layout`(text: String, kind: JSONError.Kind, offset: Int) {
    #expect(throws: JSONError(kind: kind, offset: offset)) {
      try JSONObjectLayout(of: Array(text.utf8))
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `a change in a random document leaves the rest as it was`(seed: UInt64) throws {
    var random = SeededNumbers(seed: seed)
    for round in 0..<250 {
      let bytes = RandomDocument.object(&random)
      let layout = try JSONObjectLayout(of: bytes)
      let key = ["a", "b", "key c", "q\"q", "new"].randomElement(using: &random) ?? ""
      let value = RandomDocument.value(&random, depth: 2, space: "")
      var patch = JSONPatch(bytes)
      patch.set(key, to: value, in: layout)
      let result = patch.applied()
      let comment: Comment = "seed \(seed), round \(round)"
      let after = try JSONObjectLayout(of: result)
      let place = try #require(after.member(key))
      let old = layout.member(key)

      let expected = JSONWriter.compacted(value, value.indices)
      #expect(JSONWriter.compacted(result, place.valueRange) == expected, comment)
      #expect(after.members.count == layout.members.count + (old == nil ? 1 : 0), comment)
      for (before, now) in zip(layout.members, after.members) {
        #expect(before.key == now.key, comment)
        if now != place {
          #expect(bytes[before.valueRange] == result[now.valueRange], comment)
        }
      }
      // All in front of the change and all behind it are the same bytes.
      let grown = result.count - bytes.count
      let start = old?.valueRange.lowerBound ?? layout.members.last?.valueRange.upperBound ?? 1
      let end = old?.valueRange.upperBound ?? start
      #expect(bytes[..<start] == result[..<start], comment)
      #expect(bytes[end...] == result[(end + grown)...], comment)
    }
  }
}

/// Documents in many styles.
enum RandomDocument {
  static func object(_ random: inout SeededNumbers) -> [UInt8] {
    let space = ["", "", " ", "\n", "\r\n\t", "\n   "].randomElement(using: &random) ?? ""
    return container(&random, depth: 3, space: space, isObject: true)
  }

  static func value(_ random: inout SeededNumbers, depth: Int, space: String) -> [UInt8] {
    if depth > 0, Int.random(in: 0..<3, using: &random) == 0 {
      return container(&random, depth: depth - 1, space: space, isObject: .random(using: &random))
    }
    let scalars = [
      "1", "-0", "1.0", "1e3", "12345678901234567890", "true", "false", "null", #""""#, #""a b""#,
      #""\" , }""#, #""\ud83d\u00e9é漢😀""#, #""\\""#,
    ]
    return Array((scalars.randomElement(using: &random) ?? "0").utf8)
  }

  private static func container(
    _ random: inout SeededNumbers, depth: Int, space: String, isObject: Bool
  ) -> [UInt8] {
    let inner = space + (space.isEmpty ? "" : " ")
    let colon = Bool.random(using: &random) ? ":" : ": "
    var result = Array((isObject ? "{" : "[").utf8)
    let count = Int.random(in: 0..<5, using: &random)
    for index in 0..<count {
      result += Array((index == 0 ? inner : "," + inner).utf8)
      if isObject {
        let keys = [#""a""#, #""b""#, #""\u0062""#, #""key c""#, #""q\"q""#, #""é""#]
        result += Array(((keys.randomElement(using: &random) ?? "") + colon).utf8)
      }
      result += value(&random, depth: depth, space: inner)
    }
    result += Array((space + (isObject ? "}" : "]")).utf8)
    return result
  }
}
