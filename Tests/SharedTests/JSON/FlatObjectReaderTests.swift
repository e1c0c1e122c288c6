import Shared
import TestSupport
import Testing

struct FlatObjectReaderTests {
  private static let keys = ["name", "count", "cached_input_tokens", "cached_input_tokenz"]

  /// What is found of a line, by key; nil where the line is refused.
  private func read(_ line: String) -> [String: String]? {
    let reader = FlatObjectReader(keys: Self.keys)
    let bytes = Array(line.utf8) + [UInt8](repeating: 0, count: LineBlocks.padding)
    return bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress, let length = reader.read(base) else { return nil }
      #expect(length == line.utf8.count)
      var found: [String: String] = [:]
      for (key, value) in zip(Self.keys, reader.values) where value.kind != .absent {
        found[key] = String(decoding: bytes[Int(value.start)..<Int(value.end)], as: UTF8.self)
      }
      return found
    }
  }

  @Test(
    "A line as we write it is read",
    arguments: [
      (#"{"name":"wick","count":12}"#, ["name": "wick", "count": "12"]),
      (#"{"count":12,"name":"wick"}"#, ["name": "wick", "count": "12"]),
      (#"{"name":"a","other":"x","more":-1.5e3,"count":0}"#, ["name": "a", "count": "0"]),
      (#"{"name":"a","name":"b"}"#, ["name": "b"]),
      (#"{"name":"","count":true}"#, ["name": "", "count": "true"]),
      (#"{"names":"a","nam":"b","":"c"}"#, [:]),
      (
        #"{"cached_input_tokenz":1,"cached_input_tokens":2}"#,
        ["cached_input_tokenz": "1", "cached_input_tokens": "2"]
      ),
      (
        #"{"name":"a text of more than eight bytes, and than sixteen"}"#,
        ["name": "a text of more than eight bytes, and than sixteen"]
      ),
    ])
  func plain(line: String, found: [String: String]) {
    #expect(read(line + "\n") == found)
  }

  @Test(
    "What is written otherwise is refused, whether it is JSON or not",
    arguments: [
      #"{}"#, #" {"name":"a"}"#, #"{"name": "a"}"#, #"{"name":"a" }"#, #"{"name":"\n"}"#,
      #"{"name":"ä"}"#, "{\"name\":\"a\u{1}\"}", #"{"name":["a"]}"#, #"{"name":{}}"#,
      #"{"count":01}"#, #"{"count":1.}"#, #"{"count":-}"#, #"{"count":+1}"#, #"{"count":nul}"#,
      #"{"name":"a"}{"name":"b"}"#, #"{"name":"a"},"#, #"{"name":"a","#, #"{"name":"a""#,
      #"{"name":"a"#, #"{"name""#, #"{"na"#, #"{"#, #"["a"]"#, "", #"{"name":"a","count":1,}"#,
      "{\"name\":\"a\"}\r",
    ])
  func refused(line: String) {
    #expect(read(line + "\n") == nil)
  }

  @Test("What it takes of cut and changed lines, the scanner takes as well")
  func damage() {
    var numbers = SeededNumbers(seed: 41)
    let line = Array(#"{"name":"wick","count":12.5,"cached_input_tokens":null,"x":-1e9}"#.utf8)
    let marks = Array(#"{}[]",:\0123456789.eE+-tfn"#.utf8) + [0x20, 0x0A, 0x01, 0xC3, 0xA4]
    var taken = 0
    for _ in 0..<20_000 {
      var changed = line
      for _ in 0..<Int.random(in: 1...2, using: &numbers) {
        let index = Int.random(in: changed.indices, using: &numbers)
        switch Int.random(in: 0..<3, using: &numbers) {
        case 0: changed[index] = marks.randomElement(using: &numbers) ?? 0
        case 1: changed.remove(at: index)
        default: changed.insert(marks.randomElement(using: &numbers) ?? 0, at: index)
        }
      }
      let reader = FlatObjectReader(keys: Self.keys)
      let padded = changed + [0x0A] + [UInt8](repeating: 0, count: LineBlocks.padding)
      let length = padded.withUnsafeBufferPointer { $0.baseAddress.flatMap { reader.read($0) } }
      guard let length else { continue }
      taken += 1
      var scanner = JSONScanner(Array(changed[..<(length - 1)]))
      #expect(throws: Never.self, "\(String(decoding: changed, as: UTF8.self))") {
        try scanner.skipValue()
        #expect(try scanner.next() == .end)
      }
    }
    #expect(taken > 1_000)
  }
}
