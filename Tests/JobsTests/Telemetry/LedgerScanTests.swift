import Shared
import TestSupport
import Testing

@testable import Jobs

/// What a ledger is known to hold is what is counted of it, whatever stands in it: an event that is
/// known and not counted would be lost, one that is counted and not known stored once more.
struct LedgerScanTests {
  /// The ids of all events that are counted.
  private struct Counted: TelemetrySink {
    var ids: [String] = []
    mutating func add(_ row: StoredRow, window: UnsafeBufferPointer<UInt8>) {
      ids.append(row.string(.id))
    }
    func finish() {}
    mutating func merge(_ other: Counted) { ids += other.ids }
  }

  private func counted(_ bytes: [UInt8]) throws -> [String] {
    var sink = Counted()
    _ = try StoredRows(source: .memory(bytes), rules: ProxyRules()).read(into: &sink)
    return sink.ids.sorted()
  }

  private func known(_ bytes: [UInt8]) throws -> EventIndexBlock {
    var scan = LedgerScan()
    var found = EventIndexBlock(0..<Int64(bytes.count))
    var blocks = LineBlocks(.memory(bytes), longestLine: StoredRows.longestRow)
    while let block = try blocks.next() { scan.read(block, into: &found) }
    return found
  }

  private func knownIDs(_ bytes: [UInt8]) throws -> [String] {
    Set(try known(bytes).ids).map { EventID(bits: $0).text }.sorted()
  }

  private static let rows = ProxySample.stored(ProxySample.lanterns, window: "L-1")
    .split(separator: "\n").map { String($0) }
  private static let run = String(
    ProxySample.run(ProxySample.forced, window: "L-2").dropLast())

  struct Ledger: Sendable, CustomStringConvertible {
    let description: String
    let lines: [String]
    let events: Int

    init(_ description: String, _ lines: [String], _ events: Int) {
      self.description = description
      self.lines = lines
      self.events = events
    }
  }

  private static let ledgers = [
    Ledger("rows", rows, 8),
    Ledger("two rows on a line", [rows[0] + rows[1], rows[2]], 3),
    Ledger("a row behind a torn one", [rows[0], String(rows[1].prefix(60)) + rows[2], rows[3]], 2),
    Ledger("a torn row behind a whole one", [rows[0] + String(rows[1].prefix(60)), rows[2]], 2),
    Ledger("a row behind zeros", ["\0\0\0" + rows[0], rows[1]], 2),
    Ledger("the log of a run", [run], 9),
    Ledger("the log of a run, with white space", [run.replacing("\":", with: "\" : ")], 9),
    Ledger("the log of a run, with an id", [#"{"id":"00000000000000aa","# + run.dropFirst()], 9),
    Ledger("a log and a row on a line", [run + rows[0]], 10),
    Ledger("a log of nobody", [run.replacing("proxy-telemetry", with: "codex")], 0),
    Ledger("a row of nobody", [rows[0].replacing("proxy-telemetry", with: "codex"), rows[1]], 1),
    Ledger("a row that says no kind", [rows[0].replacing("\"kind\"", with: "\"sort\"")], 0),
    Ledger("a row in a list", ["[" + rows[0] + "]", rows[1]], 1),
    Ledger("a row in a row", [#"{"row":"# + rows[0] + "}", rows[1]], 1),
    Ledger("no row", ["{}", "null", "", "starting", rows[0]], 1),
  ]

  @Test("What is counted is known, and nothing else", arguments: ledgers)
  func ledger(_ ledger: Ledger) throws {
    let bytes = Array((ledger.lines.joined(separator: "\n") + "\n").utf8)
    #expect(try counted(bytes).count == ledger.events)
    #expect(try knownIDs(bytes) == counted(bytes))
  }

  @Test func `a log that is longer than a text of JSON elsewhere is known and counted`() throws {
    let line =
      #"{"rid":"n-0","ts":1760000000,"lane":"glm","pad":""#
      + String(repeating: "x", count: 900_000)
    let log = (0..<20).map { line.replacing("n-0", with: "n-\($0)") + "\"}\n" }.joined()
    let bytes = Array(ProxySample.run(log, window: "L-1").utf8)
    #expect(bytes.count > JSONScanner.maximumTokenLength)
    let counted = try counted(bytes)
    #expect(counted.count == 20)
    #expect(try knownIDs(bytes) == counted)
  }

  @Test func `whatever happens to a ledger, both say the same of it`() throws {
    var random = SeededNumbers(seed: 20_251_021)
    let whole = Array((Self.rows[..<3] + [Self.run, Self.rows[3]]).joined(separator: "\n").utf8)
    let marks = Array("\"\\{}[],:\n\0 a0".utf8) + [0xFF, 0xC3]
    var damaged = 0
    for _ in 0..<(Scale.large ? 20_000 : 600) {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = marks.randomElement(using: &random) ?? 0
        case 2: bytes.insert(marks.randomElement(using: &random) ?? 0, at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + 90))
        }
      }
      // An id that was changed is another event's.
      let events = Set(try counted(bytes).filter { EventID(text: $0) != nil })
      if events.count < 13 { damaged += 1 }
      #expect(Set(try knownIDs(bytes)) == events, "\(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(damaged > 100)
  }
}
