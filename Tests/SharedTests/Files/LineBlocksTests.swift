import Shared
import SystemPackage
import TestSupport
import Testing

struct LineBlocksTests {
  private func blocks(
    _ source: LineBlocks.Source, from offset: Int = 0, longestLine: Int = 64 << 20
  ) throws -> (text: [UInt8], offsets: [Int], longLines: Int, lacksEnd: Bool) {
    var blocks = LineBlocks(source, from: offset, longestLine: longestLine)
    var text: [UInt8] = []
    var offsets: [Int] = []
    while let block = try blocks.next() {
      #expect(block.last == 0x0A)
      offsets.append(blocks.offset)
      text += Array(block)
    }
    return (text, offsets, blocks.longLines, blocks.lacksEnd)
  }

  /// Lines of odd lengths, more than two blocks of them.
  private static let text: [UInt8] = {
    var numbers = SeededNumbers(seed: 5)
    var text: [UInt8] = []
    while text.count < 700_000 {
      let count = Int.random(in: 0..<3_000, using: &numbers)
      text += [UInt8](repeating: UInt8.random(in: 97...122, using: &numbers), count: count) + [0x0A]
    }
    return text
  }()

  @Test("All lines come in order, from memory and from a file")
  func order() throws {
    let folder = try TemporaryFolder("blocks")
    try Fixture.write(Self.text, to: folder.at("lines"))
    let file = try FileDescriptor.open(folder.at("lines"), .readOnly)
    defer { try? file.close() }
    for source in [LineBlocks.Source.memory(Self.text), .file(file, size: Self.text.count)] {
      let read = try blocks(source)
      #expect(read.text == Self.text)
      #expect(read.offsets.count > 2)
      #expect(read.offsets.allSatisfy { $0 == 0 || Self.text[$0 - 1] == 0x0A })
      #expect(!read.lacksEnd)
    }
    let half = try #require(Self.text[300_000...].firstIndex(of: 0x0A)) + 1
    #expect(try blocks(.file(file, size: half)).text == Array(Self.text[..<half]))
    #expect(
      try blocks(.file(file, size: Self.text.count), from: half).text == Array(Self.text[half...]))
  }

  @Test("A last line without an end gets one, and is told")
  func end() throws {
    let read = try blocks(.memory(Array("a\nb".utf8)))
    #expect(String(decoding: read.text, as: UTF8.self) == "a\nb\n")
    #expect(read.lacksEnd)
    #expect(try blocks(.memory([])).text == [])
  }

  @Test("A line longer than the block is whole, one longer than allowed is passed over")
  func longLines() throws {
    let long = [UInt8](repeating: 97, count: 600_000) + [0x0A]
    let text = Array("first\n".utf8) + long + Array("last\n".utf8)
    #expect(try blocks(.memory(text)).text == text)
    let read = try blocks(.memory(text), longestLine: 300_000)
    #expect(String(decoding: read.text, as: UTF8.self) == "first\nlast\n")
    #expect(read.longLines == 1)
    #expect(try blocks(.memory(Array(long.dropLast())), longestLine: 300_000).longLines == 1)
  }

  @Test("The lines with a key are found, each once")
  func keys() throws {
    let text = Array("no\nkey a\nno\nb key key\n\nkey\n".utf8)
    var found: [String] = []
    text.withUnsafeBufferPointer { block in
      LineBlocks.lines(of: block, with: "key") { found.append(String(decoding: $0, as: UTF8.self)) }
    }
    #expect(found == ["key a\n", "b key key\n", "key\n"])
  }
}
