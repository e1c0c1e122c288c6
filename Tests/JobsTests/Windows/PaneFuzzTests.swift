import Jobs
import Shared
import TestSupport
import Testing

struct PaneFuzzTests {
  private func fixtures() throws -> [String] {
    try ["codex", "claude"].flatMap { folder in
      try Fixture.names(in: Fixtures.path("windows/panes/\(folder)")).map {
        try Fixtures.text("windows/panes/\(folder)/\($0)")
      }
    }
  }

  /// A text with some of its bytes changed, lost, doubled or taken from another text.
  private func mutated(_ text: String, _ other: String, _ numbers: inout SeededNumbers) -> String {
    var bytes = Array(text.utf8)
    let others = Array(other.utf8)
    for _ in 0..<Int.random(in: 1...6, using: &numbers) {
      let place = Int.random(in: 0...bytes.count, using: &numbers)
      let length = min(bytes.count - place, Int.random(in: 0...60, using: &numbers))
      switch Int.random(in: 0..<5, using: &numbers) {
      case 0: bytes.removeSubrange(place..<place + length)
      case 1: bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: place)
      case 2: bytes.insert(contentsOf: others, at: place)
      case 3: bytes.insert(contentsOf: others.prefix(length), at: place)
      default:
        let digits = Array("0123456789%().:-\n |/\u{1B}[".utf8)
        let digit = digits[Int.random(in: digits.indices, using: &numbers)]
        if place < bytes.count { bytes[place] = digit } else { bytes.append(digit) }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `no text makes a reading that cannot be`() throws {
    let texts = try fixtures()
    var numbers = SeededNumbers(seed: 21)
    for round in 0..<(Scale.large ? 40_000 : 1_500) {
      let text = mutated(
        texts[round % texts.count], texts[Int.random(in: texts.indices, using: &numbers)], &numbers)
      let moment = Timestamp(milliseconds: round % 9 == 0 ? .max - 5 : 1_795_000_000_000)
      for reading in [
        CodexStatusPane.read(text, capturedAt: moment, zone: .universal),
        ClaudeUsagePane.read(text, capturedAt: moment, zone: .universal),
      ] {
        #expect(reading.limits.allSatisfy { (0...100).contains($0.usedPercent) })
        #expect(
          Set(reading.limits.map { "\($0.limitID) \($0.minutes ?? 0)" }).count
            == reading.limits.count)
        #expect(reading.limits.allSatisfy { $0.resetsAt.map { $0 > moment } ?? true })
        #expect(reading.limits.contains(where: \.isMain) || !reading.errors.isEmpty)
      }
      #expect(!text.redactingAddresses.contains("@example"))
    }
  }

  @Test func `a text without rows is read in no time and says nothing`() throws {
    var numbers = SeededNumbers(seed: 22)
    let rounds = Scale.large ? 1 << 20 : 1 << 17
    let bytes = (0..<rounds).map { _ in UInt8.random(in: 0...255, using: &numbers) }
    for text in [
      String(decoding: bytes, as: UTF8.self), String(repeating: "%", count: rounds),
      String(repeating: "\n", count: rounds), String(repeating: "[", count: rounds),
      String(repeating: "5h limit: ", count: rounds / 10),
      String(repeating: "5h limit:\n", count: rounds / 10),
      "Current session\n" + String(repeating: "5%", count: rounds / 2),
      String(repeating: "Current week (\n", count: rounds / 16),
      "5h limit:\n" + String(repeating: "resets", count: rounds / 6),
      String(repeating: "\u{1B}]", count: rounds / 2), String(repeating: "@a.", count: rounds / 3),
    ] {
      let moment = try paneMoment()
      let elapsed = processorTime {
        let codex = CodexStatusPane.read(text, capturedAt: moment, zone: .universal)
        let claude = ClaudeUsagePane.read(text, capturedAt: moment, zone: .universal)
        #expect(codex.limits.isEmpty && claude.limits.isEmpty)
        _ = text.redactingAddresses
      }
      #expect(elapsed < .seconds(5), "\(text.prefix(20)) took \(elapsed)")
    }
  }
}
