import Shared
import Testing

struct JSONWriterTests {
  @Test(
    arguments: [
      ("", #""""#), ("plain", #""plain""#), ("\"\\/", #""\"\\/""#),
      ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#),
      ("\u{0}\u{1}\u{B}\u{E}\u{1F}", #""\u0000\u0001\u000b\u000e\u001f""#),
      ("\u{7F}\u{2028}é漢😀", "\"\u{7F}\u{2028}é漢😀\""),
    ])
  func `a string is escaped as JSON stringify does`(text: String, expected: String) throws {
    let bytes = JSONWriter.quoted(text)
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
    var scanner = JSONScanner(bytes)
    #expect(try scanner.nextString() == text)
  }

  @Test func `objects and arrays are compact`() {
    var writer = JSONWriter()
    writer.object { object in
      object.member("name", "a\"b")
      object.member("gone", nil as String?)
      object.member("count", 3)
      object.member("none", nil as Int?)
      object.member("share", 0.5)
      object.member("unknown", nil as Double?)
      object.member("ok", true)
      object.key("list")
      object.array { list in
        list.integer(-1)
        list.double(2)
        list.string("x")
        list.bool(false)
        list.null()
        list.raw(Array("{\"raw\":1}".utf8))
        list.array { _ in }
        list.object { _ in }
      }
      object.key("after")
      object.object { $0.member("deep", 1) }
    }
    let expected =
      #"{"name":"a\"b","gone":null,"count":3,"none":null,"share":0.5,"unknown":null,"ok":true,"#
      + #""list":[-1,2,"x",false,null,{"raw":1},[],{}],"after":{"deep":1}}"#
    #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
  }

  @Test(
    arguments: [
      ("1", "1"), (" 1 ", "1"), ("{ \"a b\" : [ 1 ,\r\n\t2 ] }", #"{"a b":[1,2]}"#),
      (#"" \" \\" "#, #"" \" \\""#), (#"[ "\\" , "\\\" x" ]"#, #"["\\","\\\" x"]"#),
    ])
  func `compacting drops white space outside strings only`(text: String, expected: String) {
    let bytes = Array(("  " + text + "\n").utf8)
    let compact = JSONWriter.compacted(bytes, 2..<bytes.count - 1)
    #expect(String(decoding: compact, as: UTF8.self) == expected)
  }
}
