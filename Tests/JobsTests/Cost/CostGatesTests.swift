import Shared
import TestSupport
import Testing

@testable import Jobs

struct CostGatesTests {
  /// Features that took some tokens on both sides, 40 unless said otherwise.
  private func gates(
    _ features: Int = 40, glmTokens: (Int) -> Int, glmLatency: Int = 1_000, glmFailures: Int = 0
  ) throws -> [String] {
    var log = ""
    for index in 0..<features {
      let status = index < glmFailures ? 500 : 200
      log +=
        #"{"ts":"2026-12-01T10:00:00Z","rid":"f\#(index)","lane":"x","model":"haiku","status":200,"#
        + #""input_tokens":\#(1_000 + index),"output_tokens":100,"latency_ms":1000}"# + "\n"
        + #"{"ts":"2026-12-01T10:00:01Z","rid":"f\#(index)","lane":"glm","model":"glm-4.6","#
        + #""status":\#(status),"input_tokens":\#(glmTokens(index)),"output_tokens":100,"#
        + #""latency_ms":\#(glmLatency)}"# + "\n"
    }
    let book = PriceBook()
    var tally = CostTally(by: .feature, days: book.days, features: [:])
    var rows = StoredRows(source: .memory(Array(log.utf8)), rules: ProxyRules())
    rows.takesEvents = true
    _ = try rows.read(into: &tally)
    let compare = CostCompare(tally, book: book, rules: ProxyRules(), reprice: nil)
    return CostGates(compare).gates.map(\.verdict.rawValue)
  }

  @Test("All is well: every gate is met")
  func met() throws {
    #expect(try gates { 1_000 + $0 } == ["met", "met", "met", "met"])
  }

  @Test("Each gate has its own bound")
  func bounds() throws {
    #expect(try gates(29) { 1_000 + $0 }[0] == "not met")
    #expect(try gates(30) { 1_000 + $0 }[0] == "met")
    #expect(try gates(glmTokens: { 1_000 + $0 }, glmFailures: 1)[1] == "met")
    #expect(try gates(glmTokens: { 1_000 + $0 }, glmFailures: 2)[1] == "not met")
    #expect(try gates(glmTokens: { 1_000 + $0 }, glmLatency: 1_150)[2] == "met")
    #expect(try gates(glmTokens: { 1_000 + $0 }, glmLatency: 1_151)[2] == "not met")
    #expect(try gates { 2_000 + $0 }[3] == "not met")
  }

  @Test("A saving that may as well be none is not met")
  func spread() throws {
    #expect(try gates { $0 % 8 == 0 ? 12_000 : 200 }[3] == "not met")
  }

  @Test("Little data tells nothing but that there is little")
  func little() throws {
    #expect(
      try gates(2) { 1_000 + $0 }
        == ["not met", "not enough data", "not enough data", "not enough data"])
    #expect(try gates(19) { 1_000 + $0 }[1...2] == ["not enough data", "not enough data"])
  }

  @Test("The interval is that of a ratio of sums")
  func interval() throws {
    // 30 of 100 saved; residuals 2, -2 and 0 of ratio 0.3.
    let saving = try #require(
      CostGates.saving([(before: 20, after: 12), (before: 40, after: 30), (before: 40, after: 28)]))
    #expect(abs(saving.percent - 30) < 1e-9)
    let error = 1.96 * (3.0 * 8 / 2).squareRoot()
    #expect(abs(saving.low - (30 - error)) < 1e-9)
    #expect(abs(saving.high - (30 + error)) < 1e-9)
    #expect(CostGates.saving([(1, 1), (1, 1)]) == nil)
    #expect(CostGates.saving([(0, 1), (0, 1), (0, 1)]) == nil)
  }
}
