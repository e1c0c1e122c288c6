import TestSupport
import Testing

@testable import Shared

/// A reader that compares what comes again finds what one finds that reads every member.
struct MemberStretchTests {
  private static let keys = [
    "keeper", "at", "rid", "lamp", "lamp2", "state", "oil", "wind", "made", "version", "id", "host",
  ]

  private static let stretches: [FlatObjectReader.Stretch] = [
    .init(0...1), .init(3...5, shapeCount: 8), .init(8...9), .init(11...11),
  ]

  /// A line as a program writes it, from few texts.
  private func line(_ numbers: inout SeededNumbers) -> String {
    func pick(_ texts: String...) -> String { texts.randomElement(using: &numbers) ?? "" }
    let second = Int.random(in: 10..<60, using: &numbers)
    var text = #"{"keeper":"K-\#(second % 3)","at":"12:30:\#(second)","rid":"r\#(second * 7)""#
    text += pick(#","lamp":"north""#, #","lamp":"glm-4.6""#, #","lamp":"x/haiku-4-5-2025""#)
    text += pick(#","lamp2":"2""#, "", #","lamp2":17"#)
    text += pick(#","state":"ok""#, #","state":200"#, #","state":-1"#, #","state":null"#, "")
    text += pick(#","oil":\#(second),"wind":2.5"#, "", #","other":"x""#)
    text += pick(#","made":"here","version":"1.0.0","id":"a\#(second)f""#, #","made":"here""#)
    return text + pick(#","host":"east-1"}"#, #","host":"east-1","more":1}"#, "}", "}{")
  }

  private func damage(_ text: String, _ numbers: inout SeededNumbers) -> [UInt8] {
    var bytes = Array(text.utf8)
    let marks = Array(#"0123456789:;<=>?/@"\,{}[] -.eE+abc"#.utf8) + [0x0A, 0x01, 0x1F, 0x7F, 0xC3]
    for _ in 0..<Int.random(in: 0...2, using: &numbers) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &numbers)
      let digits = bytes.indices.filter { bytes[$0] &- 0x30 < 10 }
      switch Int.random(in: 0..<5, using: &numbers) {
      case 0: bytes[index] = marks.randomElement(using: &numbers) ?? 0
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(marks.randomElement(using: &numbers) ?? 0, at: index)
      case 3: bytes.removeSubrange(index...)
      default:
        guard let digit = digits.randomElement(using: &numbers) else { continue }
        bytes[digit] = marks.randomElement(using: &numbers) ?? 0
      }
    }
    return bytes
  }

  /// What a reader finds: the length, and kind and text of each value.
  private func found(_ reader: borrowing FlatObjectReader, _ line: [UInt8]) -> [String]? {
    let padded = line + [0x0A] + [UInt8](repeating: 0x37, count: LineBlocks.padding)
    return padded.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress, let length = reader.read(base) else { return nil }
      return ["\(length)"]
        + reader.values.map { value in
          guard value.kind != .absent else { return "" }
          let text = String(
            decoding: bytes[Int(value.start)..<Int(value.end)], as: UTF8.self)
          return "\(value.kind) \(text)"
        }
    }
  }

  @Test("Of lines in any order, whole and damaged, it finds the same", arguments: [1, 2, 3, 4])
  func same(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let fast = FlatObjectReader(keys: Self.keys, stretches: Self.stretches)
    let plain = FlatObjectReader(keys: Self.keys)
    var taken = 0
    for _ in 0..<(Scale.large ? 1_000_000 : 20_000) {
      let whole = line(&numbers)
      let bytes = Bool.random(using: &numbers) ? Array(whole.utf8) : damage(whole, &numbers)
      let expected = found(plain, bytes)
      #expect(found(fast, bytes) == expected, "\(String(decoding: bytes, as: UTF8.self))")
      if expected != nil { taken += 1 }
    }
    #expect(taken > 5_000)
  }

  @Test(
    "What was remembered is not taken for what only looks alike",
    arguments: [
      #"{"keeper":"K-1","at":"12:30:1\"","rid":"r"}"#,
      #"{"keeper":"K-1","at":"12:30:1"","rid":"r"}"#,
      #"{"keeper":"K-1","at":"12:30:1ä","rid":"r"}"#,
      #"{"keeper":"K-1","at":"12:30:1:","rid":"r"}"#,
      #"{"keeper":"K-1","at":"12:30:15","lamp3":"x"}"#, #"{"keeper":"K-1","at":"12:30:15"}"#,
      #"{"keeper":"K-1","at":"12:30:15"},"rid":"r"}"#,
      #"{"keeper":"K-1","at":"12:30:15","at":"2"}"#,
      #"{"keeper":"K-1","at":1230:15,"rid":"r"}"#, #"{"keeper":"K-1","at":"12:30:15"#, "",
      #"{"host":"east-2"}"#, #"{"host":"east-2","more":1}"#, #"{"host":"east-2"}}"#,
      "{\"host\":\"east-2\"",
      #"{"lamp":"north","lamp7":"2"}"#, #"{"lamp":"north","lamp2":"2","state":201}"#,
      #"{"lamp":"north","lamp2":"2","state":020}"#, #"{"lamp":"north","lamp2":"2","state":2:0}"#,
    ])
  func alike(line: String) {
    let fast = FlatObjectReader(keys: Self.keys, stretches: Self.stretches)
    for known in [
      #"{"keeper":"K-1","at":"12:30:15","rid":"r"}"#, #"{"host":"east-1"}"#,
      #"{"lamp":"north","lamp2":"2","state":200}"#,
    ] {
      for _ in 0..<2 { #expect(found(fast, Array(known.utf8)) != nil) }
    }
    let plain = FlatObjectReader(keys: Self.keys)
    #expect(found(fast, Array(line.utf8)) == found(plain, Array(line.utf8)))
  }

  @Test("A stretch that is longer than what is remembered is read all the same")
  func long() {
    let fast = FlatObjectReader(keys: Self.keys, stretches: Self.stretches)
    for length in [1, 200, 239, 240, 241, 242, 243, 244, 245, 246, 300, 5_000] {
      let text = String(repeating: "k", count: length)
      let line = #"{"keeper":"\#(text)","at":"12:30:1","rid":"r"}"#
      for _ in 0..<3 {
        #expect(
          found(fast, Array(line.utf8))
            == ["\(line.utf8.count + 1)", "text \(text)", "text 12:30:1", "text r"]
            + Array(repeating: "", count: 9))
      }
    }
  }
}
