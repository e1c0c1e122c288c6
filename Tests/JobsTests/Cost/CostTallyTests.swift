import Shared
import TestSupport
import Testing

@testable import Jobs

/// Sums that are found in batches, against a plain table.
struct CostTallyTests {
  private static let models = [
    "glm-4.6", "z.ai/glm-4.7", "claude-haiku-4-5-20251001", "claude-haiku-4-5", "sonnet", "opus",
    "glm-4.5-air", "m",
  ]
  private static let days = ["2025-09-29", "2025-10-01", "2025-10-16", "2026-12-01"]

  private struct Event {
    var rid = ""
    var model = ""
    var day = ""
    var input = 0
    var output: Int?

    var isRouted: Bool { model.contains("glm") }

    var line: String {
      let tokens = output.map { #""input_tokens":\#(input),"output_tokens":\#($0),"# } ?? ""
      return #"{"ts":"\#(day)T10:00:00Z","rid":"\#(rid)","lane":"x","model":"\#(model)","#
        + tokens + #""status":200,"latency_ms":\#(input)}"# + "\n"
    }
  }

  private func events(_ count: Int, _ numbers: inout SeededNumbers) -> [Event] {
    (0..<count).map { _ in
      let rid = Int.random(in: 0..<400, using: &numbers)
      return Event(
        rid: "r" + String(repeating: "\(rid % 10)", count: rid % 23) + "-\(rid)",
        model: Self.models.randomElement(using: &numbers) ?? "",
        day: Self.days.randomElement(using: &numbers) ?? "",
        input: Int.random(in: 0..<9_000, using: &numbers),
        output: Int.random(in: 0..<10, using: &numbers) == 0
          ? nil : Int.random(in: 0..<900, using: &numbers))
    }
  }

  private func tally(_ text: String, by: CostKey = .feature) throws -> CostTally {
    var tally = CostTally(by: by, days: PriceBook().days, features: [:])
    _ = try StoredRows(source: .memory(Array(text.utf8)), rules: ProxyRules()).read(into: &tally)
    return tally
  }

  /// Every cell by what it is of.
  private func table(_ tally: CostTally) -> [String: [Int]] {
    Dictionary(
      uniqueKeysWithValues: tally.cells.map { cell in
        let name =
          "\(tally.key(cell.key)) \(tally.model(cell.model)) \(cell.isRouted) \(cell.period)"
        let counts = cell.counts
        let requests = [counts.requests, counts.withoutTokens].map(Int.init)
        return (name, requests + [counts.uncached, counts.tokens])
      })
  }

  private func expected(_ events: [Event]) -> [String: [Int]] {
    var table: [String: [Int]] = [:]
    for event in events {
      let day = Int(event.day.replacing("-", with: "")) ?? 0
      let period = PriceBook().days.filter { $0 <= day }.count
      let counted = event.output.map { [1, 0, event.input, event.input + $0] } ?? [1, 1, 0, 0]
      let name = "\(event.rid) \(event.model) \(event.isRouted) \(period)"
      table[name] = zip(table[name] ?? [0, 0, 0, 0], counted).map(+)
    }
    return table
  }

  @Test("Each name, model and price has the sums of its requests", arguments: [0, 1, 127, 9_000])
  func sums(count: Int) throws {
    var numbers = SeededNumbers(seed: UInt64(count))
    let events = events(count, &numbers)
    let stored = ProxySample.stored(events.map(\.line).joined(), window: "L-1")
    let whole = try tally(stored)
    #expect(table(whole) == expected(events))
    var halves = try tally(
      ProxySample.stored(events[..<(count / 3)].map(\.line).joined(), window: "L-1"))
    halves.merge(
      try tally(ProxySample.stored(events[(count / 3)...].map(\.line).joined(), window: "L-1")))
    #expect(table(halves) == expected(events))
    #expect(halves.cells.map(\.key) == whole.cells.map(\.key))
  }

  @Test("Rows that are compared with the one before say what those say that are read")
  func comparedRows() throws {
    var numbers = SeededNumbers(seed: 77)
    let log = events(2_000, &numbers).map(\.line).joined()
    let stored = ProxySample.stored(log, window: "L-1") + ProxySample.stored(log, window: "L-22")
    let odd = stored.replacing("{\"window\"", with: "{ \"window\"")
    #expect(table(try tally(stored)) == table(try tally(odd)))
    var summaries: [TelemetrySummary] = []
    for text in [stored, odd] {
      var tally = TelemetryTally()
      _ = try StoredRows(source: .memory(Array(text.utf8)), rules: ProxyRules()).read(into: &tally)
      summaries.append(tally.summary)
    }
    #expect(summaries[0] == summaries[1])
  }
}

struct NameTableTests {
  /// The number of a name of three parts.
  private func index(_ parts: [String], in table: inout NameTable) -> Int {
    // What stands behind a part is no part of it.
    let padded = parts.map { Array($0.utf8) + Array("another".utf8) + [0] }
    let counts = parts.map(\.utf8.count)
    return padded[0].withUnsafeBufferPointer { first in
      padded[1].withUnsafeBufferPointer { second in
        padded[2].withUnsafeBufferPointer { third in
          table.index(
            UnsafeBufferPointer(rebasing: first[..<counts[0]]),
            UnsafeBufferPointer(rebasing: second[..<counts[1]]),
            UnsafeBufferPointer(rebasing: third[..<counts[2]]))
        }
      }
    }
  }

  @Test("Names are numbered as they come, and each part is a part of its own")
  func numbers() {
    var numbers = SeededNumbers(seed: 9)
    var table = NameTable()
    var known: [[String]: Int] = [:]
    for _ in 0..<20_000 {
      let parts = (0..<3).map { _ in
        String(
          (0..<Int.random(in: 0...2, using: &numbers) * Int.random(in: 1...9, using: &numbers)).map
          { _ in Character(Bool.random(using: &numbers) ? "a" : "b") })
      }
      let expected = known[parts] ?? known.count
      known[parts] = expected
      #expect(index(parts, in: &table) == expected)
      #expect(table.parts(expected) == parts)
      #expect(table.text(expected) == parts[0])
    }
    #expect(table.count == known.count)
    var other = NameTable()
    _ = index(["x", "", "y"], in: &other)
    let places = other.indices(of: table)
    #expect(places.indices.allSatisfy { other.parts(places[$0]) == table.parts($0) })
  }
}
