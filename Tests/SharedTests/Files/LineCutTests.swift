import SystemPackage
import Testing

@testable import Shared

struct LineCutTests {
  private func cut(
    _ text: String, maxBytes: Int64, keepLines: Int, blockSize: Int64 = 65_536
  ) throws -> Int64 {
    let bytes = Array(text.utf8)
    let limits = LineRotation.Limits(maxBytes: maxBytes, keepLines: keepLines)
    return try LineCut.find(size: Int64(bytes.count), limits: limits, blockSize: blockSize) {
      Array(bytes[Int($0.lowerBound)..<Int($0.upperBound)])
    }
  }

  @Test(
    arguments: [
      ("", 10, 2, ""),
      ("a\nb\nc\n", 10, 2, "b\nc\n"),
      ("a\nb\nc\n", 10, 3, "a\nb\nc\n"),
      ("a\nb\nc", 10, 2, "b\nc"),
      ("a\nb\nc\n", 4, 9, "b\nc\n"),
      ("a\nb\nc\n", 3, 9, "c\n"),
      ("a\nlonger than the limit\n", 5, 9, "longer than the limit\n"),
      ("longer than the limit", 5, 9, "longer than the limit"),
      ("a\n\nb\n\nc\n\n", 10, 2, "b\n\nc\n\n"),
      ("   \n\t\r\na\nb\n", 20, 2, "a\nb\n"),
      ("a\r\nb\r\nc\r\n", 20, 2, "b\r\nc\r\n"),
      ("a\n\0\nb\0c\n", 20, 2, "\0\nb\0c\n"),
      ("\n\n\n", 1, 2, ""),
      ("a\nb\n", 10, 0, "b\n"),
    ] as [(String, Int64, Int, String)])
  func `the last lines stay, as many as fit`(
    text: String, maxBytes: Int64, keepLines: Int, rest: String
  ) throws {
    for blockSize: Int64 in [1, 2, 3, 65_536] {
      let cut = try cut(text, maxBytes: maxBytes, keepLines: keepLines, blockSize: blockSize)
      #expect(String(decoding: Array(text.utf8)[Int(cut)...], as: UTF8.self) == rest)
    }
  }

  @Test func `it agrees with the simple way on random texts`() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let length = Int.random(in: 0...40, using: &random)
      let bytes = (0..<length).map { _ in "ab \n\r".utf8.randomElement(using: &random) ?? 0 }
      let text = String(decoding: bytes, as: UTF8.self)
      let maxBytes = Int64.random(in: 0...30, using: &random)
      let keepLines = Int.random(in: 1...6, using: &random)
      let found = try cut(text, maxBytes: maxBytes, keepLines: keepLines, blockSize: 3)
      #expect(found == simple(bytes, maxBytes, keepLines), "\(text.debugDescription)")
    }
  }

  /// All starts of counted lines, then the first that is allowed.
  private func simple(_ bytes: [UInt8], _ maxBytes: Int64, _ keepLines: Int) -> Int64 {
    var starts: [Int] = []
    var start = 0
    for (index, byte) in bytes.enumerated() {
      let isEnd = byte == newline || index == bytes.count - 1
      guard isEnd else { continue }
      if bytes[start...index].contains(where: { !" \t\r\n".utf8.contains($0) }) {
        starts.append(start)
      }
      start = index + 1
    }
    guard let last = starts.last else { return Int64(bytes.count) }
    return Int64(starts.suffix(keepLines).first { bytes.count - $0 <= Int(maxBytes) } ?? last)
  }

  @Test func `a last line of many blocks is not read into memory at once`() throws {
    var largest: Int64 = 0
    let limits = LineRotation.Limits(maxBytes: 100, keepLines: 5)
    let cut = try LineCut.find(size: 10_000_000, limits: limits) { range in
      largest = max(largest, Int64(range.count))
      var block = [UInt8](repeating: 120, count: range.count)
      if range.contains(9) { block[Int(9 - range.lowerBound)] = newline }
      return block
    }
    #expect(cut == 10)
    #expect(largest <= 65_536)
  }
}
