import Shared
import SystemPackage
import TestSupport
import Testing

struct KeyedLinesTests {
  private static let longest = 200

  private func check(
    _ bytes: [UInt8], from start: Int = 0, finds expected: [[UInt8]], end: Int
  ) throws {
    let folder = try TemporaryFolder("lines")
    try Fixture.write(bytes, to: folder.at("file"))
    let file = try FileDescriptor.open(folder.at("file"), .readOnly)
    defer { try? file.close() }
    var lines: [[UInt8]] = []
    let found = try KeyedLines(keys: ["key"], longestLine: Self.longest)
      .read(file, Int64(start)..<Int64(bytes.count)) { lines.append($0) }
    #expect(lines == expected)
    #expect(found == Int64(end))
  }

  @Test(
    "Whole lines with the key are found",
    arguments: [
      ("", [], 0), ("\n", [], 1), ("key", [], 0), ("key\n", ["key"], 4),
      ("a key b\nnone\n\nkeykey\nkey", ["a key b", "keykey"], 21),
      ("none\nke\ny\nkey\r\n", ["key\r"], 15), ("k\0key\n", ["k\0key"], 6),
    ] as [(String, [String], Int)])
  func small(text: String, expected: [String], end: Int) throws {
    try check(Array(text.utf8), finds: expected.map { Array($0.utf8) }, end: end)
  }

  @Test("Reading begins where it is told")
  func range() throws {
    try check(
      Array("key 1\nkey 2\nke".utf8), from: 6, finds: [Array("key 2".utf8)], end: 12)
  }

  @Test("Lines are found wherever the blocks end", arguments: 0..<8)
  func blocks(seed: UInt64) throws {
    var chance = SeededNumbers(seed: seed)
    var bytes: [UInt8] = []
    var expected: [[UInt8]] = []
    while bytes.count < 900_000 {
      let isLong = Int.random(in: 0..<300, using: &chance) == 0
      let count = Int.random(in: 0...(isLong ? 400_000 : 260), using: &chance)
      var line = [UInt8](repeating: UInt8(ascii: "x"), count: count)
      if Int.random(in: 0..<5, using: &chance) == 0 {
        line.insert(
          contentsOf: Array("key".utf8), at: Int.random(in: 0...count, using: &chance))
        if line.count <= Self.longest { expected.append(line) }
      }
      bytes += line + [UInt8(ascii: "\n")]
    }
    try check(bytes + Array("a key".utf8), finds: expected, end: bytes.count)
  }
}
