import Shared
import TestSupport
import Testing

@testable import Jobs

struct CostCompareTests {
  /// The comparison of the events of a log.
  private func compare(
    _ log: String, by: CostKey = .feature, features: [String: String] = [:],
    reprice: String? = nil, prices: [PriceBook.Entry] = []
  ) throws -> CostCompare {
    let book = PriceBook(prices)
    var tally = CostTally(by: by, days: book.days, features: features)
    var rows = StoredRows(source: .memory(Array(log.utf8)), rules: ProxyRules())
    rows.takesEvents = true
    _ = try rows.read(into: &tally)
    return CostCompare(tally, book: book, rules: ProxyRules(), reprice: reprice)
  }

  private func text(_ compare: CostCompare, limit: Int? = nil) -> CostCompareText {
    CostCompareText(
      compare: compare, gates: CostGates(compare), by: .feature, pass: TelemetryPass(),
      limit: limit, minimumMatched: 3)
  }

  private func event(
    _ rid: String, _ model: String, _ input: Int, _ output: Int, day: String = "2026-12-01",
    more: String = ""
  ) -> String {
    #"{"ts":"\#(day)T10:00:00Z","rid":"\#(rid)","lane":"\#(model.hasPrefix("glm") ? "glm" : "x")","#
      + #""model":"\#(model)","status":200,"input_tokens":\#(input),"output_tokens":\#(output)\#(more)}"#
      + "\n"
  }

  // MARK: CSV

  @Test("CSV: the largest differences first, then the sums of all")
  func csv() throws {
    #expect(
      text(try compare(ProxySample.lanterns)).csv == [
        "rid,baseline_tokens,glm_tokens,delta_glm_minus_base",
        "L1,1110,1310,200",
        "L4,780,670,-110",
        "L2,860,910,50",
        "# totals baseline=3420 glm=3520 glm_share=50.7%",
      ])
  }

  @Test(
    "CSV: a side that is missing is 0, requests without a count are left out, ties as they came")
  func oneSidedCSV() throws {
    #expect(
      text(try compare(ProxySample.forced), limit: 50).csv == [
        "rid,baseline_tokens,glm_tokens,delta_glm_minus_base",
        "aa02,0,8160,8160",
        "aa01,0,145,145",
        "# totals baseline=0 glm=8305 glm_share=100.0%",
      ])
    let tied =
      event("b", "haiku", 5, 5) + event("a,1", "glm-4.6", 4, 6) + event("c", "haiku", 20, 0)
    #expect(text(try compare(tied)).csv[1...3] == ["c,20,0,-20", "b,10,0,-10", #""a,1",0,10,10"#])
  }

  // MARK: Pairs

  @Test("Requests are paired by feature, by the map, or each by itself")
  func keys() throws {
    let log =
      event("r1", "haiku", 10, 1, more: #","feature":"login""#) + event("r2", "glm-4.6", 20, 2)
      + event("r3", "glm-4.6", 30, 3, more: #","feature_id":"login""#) + event("r4", "haiku", 40, 4)
    func rows(_ compare: CostCompare) -> [String] {
      compare.rows.map { "\($0.name) \($0.baseline.tokens) \($0.glm.tokens)" }.sorted()
    }
    #expect(rows(try compare(log)) == ["login 11 33", "r2 0 22", "r4 44 0"])
    let map = ["r2": "search", "r4": "search", "r1": "other"]
    #expect(rows(try compare(log, features: map)) == ["login 11 33", "search 44 22"])
    #expect(rows(try compare(log, by: .rid)) == ["r1 11 0", "r2 0 22", "r3 0 33", "r4 44 0"])
    #expect(rows(try compare(log, by: .model)) == ["glm-4.6 0 55", "haiku 55 0"])
    #expect(try compare(log).matched.map(\.name) == ["login"])
    #expect(try compare(log).oneSided.map(\.name) == ["r4", "r2"])
  }

  // MARK: Money

  @Test("Every event is priced at its own day, and the row names each price")
  func ownDay() throws {
    let prices = [
      PriceBook.Entry(
        model: "lamp", input: 1, cachedInput: 0.5, output: 10, from: 20_260_101, source: "a"),
      PriceBook.Entry(
        model: "lamp", input: 2, cachedInput: 1, output: 20, from: 20_260_601, source: "b"),
    ]
    let log =
      event("r", "lamp", 1_000_000, 0, day: "2026-05-31")
      + event("r", "lamp", 1_000_000, 100_000, day: "2026-06-01")
      + event("q", "lamp", 1_000_000, 0, day: "2025-12-31")
      + event(
        "p", "lamp", 1_000_000, 0, day: "2026-07-01", more: #","cached_input_tokens":400000"#)
    let rows = try compare(log, prices: prices).rows
    let costs = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.baseline.cost) })
    #expect(costs == ["r": 1 + 2 + 2, "q": nil, "p": 1.2 + 0.4])
    #expect(
      rows.first { $0.name == "r" }?.baseline.prices == ["lamp@2026-01-01", "lamp@2026-06-01"])
  }

  @Test("An unknown price is no 0: the row has none, and the sums say what they leave out")
  func unknownPrice() throws {
    let log =
      event("r", "haiku", 1_000, 0) + event("r", "glm-9", 500, 0) + event("q", "haiku", 70, 0)
    let compare = try compare(log)
    #expect(compare.matched.first?.glm.cost == nil)
    #expect(compare.matched.first?.saving == nil)
    #expect(compare.glm.pricedCost == 0)
    #expect(compare.glm.unpricedTokens == 500)
    #expect(compare.unpriced.map(\.model) == ["glm-9"])
    let lines = text(compare).lines
    #expect(
      lines.contains("glm: 1 requests, 0 failed, 500 tokens, $ n/a, without 500 unpriced tokens"))
    #expect(lines.contains("no price known: glm-9, 500 tokens"))
  }

  @Test("Where tokens of a request that went well were not counted, no saving is told")
  func unmetered() throws {
    let pair = event("r", "haiku", 1_000_000, 0) + event("r", "glm-4.6", 500_000, 0)
    let stream = event("r", "glm-4.6", 0, 0, more: #","op":"stream","latency_ms":5"#)
      .replacing("T10:00:00Z", with: "T10:00:01Z")
    #expect(try compare(pair).matched.first?.saving == 0.7)
    let counted = try compare(pair + stream)
    #expect(counted.matched.first?.saving == nil)
    #expect(counted.matched.first?.glm.cost == 0.3)
    #expect(CostGates(counted).saving == nil)
    // What failed cost nothing.
    let failed = stream.replacing("\"status\":200", with: "\"status\":502")
    #expect(try compare(pair + failed).matched.first?.saving == 0.7)
  }

  @Test("What has a price is never shown as 0, what has none neither")
  func smallAmounts() throws {
    #expect(
      [0, 0.00001, 0.00005, 0.0001, 1, nil].map { Dollars.text($0) }
        == ["0.0000", "<0.0001", "0.0001", "0.0001", "1.0000", "n/a"])
    let json = try JSON(
      parsing: text(try compare(event("r", "haiku", 10, 0) + event("r", "glm-9", 7, 0))).json)
    #expect(json["glm"]["priced_usd"] == .null)
    #expect(json["glm"]["usd"] == .null)
    #expect(json["baseline"]["priced_usd"].double == 0.00001)
  }

  @Test("What a proxy sent elsewhere is not priced as what was asked for")
  func diverted() throws {
    let compare = try compare(ProxySample.forced)
    #expect(compare.glm.unpricedTokens == 8_305)
    #expect(compare.unpriced.map(\.model) == ["whatever answered for claude-haiku-4-5-20251001"])
    #expect(compare.glm.withoutTokens == 1)
  }

  @Test("What the baseline would cost elsewhere, and the share at which that pays")
  func whatIf() throws {
    let log = event("r", "haiku", 1_000_000, 0) + event("q", "unknown", 10, 0)
    let whatIf = try #require(try compare(log, reprice: "z.ai/glm-4.6").whatIf)
    #expect(whatIf.before == 1)
    #expect(whatIf.after == 0.6)
    #expect(whatIf.breakEvenPercent == 60)
    #expect(whatIf.unpricedTokens == 10)
    let lines = text(try compare(log, reprice: "glm-9")).lines
    #expect(lines.contains("what if: the baseline on glm-9: n/a, no price of both is known"))
  }

  // MARK: Table

  @Test("The table: matched first, one-sided ones apart, sums, what is left out, gates, a verdict")
  func table() throws {
    let log =
      event("one", "haiku", 1_000, 100) + event("one", "glm-4.6", 2_000, 50)
      + event("two", "haiku", 10, 1)
    #expect(
      text(try compare(log)).lines == [
        "FEATURE  BASELINE   GLM  DELTA  BASELINE $   GLM $  SAVED $  PRICES",
        "one          1100  2050    950      0.0015  0.0013   0.0002  "
          + "claude-haiku-4-5@2025-10-15 glm-4.6@2025-09-30",
        "",
        "On one side only:",
        "FEATURE  BASELINE  GLM  DELTA  BASELINE $   GLM $  SAVED $  PRICES",
        "two            11    0    -11     <0.0001  0.0000      n/a  claude-haiku-4-5@2025-10-15",
        "",
        "baseline: 2 requests, 0 failed, 1111 tokens, $ 0.0015",
        "glm: 1 requests, 0 failed, 2050 tokens, $ 0.0013",
        "glm share of tokens: 64.9%",
        "",
        "1 matched feature, fewer than 3: too few to compare",
        "gate matched features: 1 (>= 30): not met",
        "gate error delta: n/a (<= 3 pp): not enough data",
        "gate p95 regression: n/a (<= 15%): not enough data",
        "gate saving: n/a (>= 10%, interval above 0): not enough data",
      ])
    let all = try compare(ProxySample.lanterns)
    #expect(text(all, limit: 1).lines[2] == "(3 more matched; --min 4 shows all)")
  }
}
