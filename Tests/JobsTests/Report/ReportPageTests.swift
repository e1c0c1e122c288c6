import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

struct ReportPageTests {
  private static let start = Timestamp(milliseconds: 1_790_000_000_000)

  private static func window(
    _ name: String, _ provider: String, day: Int, before: Double?, after: Double?,
    features: Int? = 2
  ) -> ReportData.Window {
    .init(
      name: name, provider: provider, agent: "main", start: start + .seconds(day * 86_400),
      end: start + .seconds(day * 86_400 + 18_000), before: before, after: after,
      capacity: after.flatMap { after in before.map { after - $0 } }, unit: "pp",
      features: features,
      outcome: "pass", state: "finalized")
  }

  static func sample(_ name: String = "W0-11") -> ReportData {
    var data = ReportData(scope: "Window \(name)", writtenAt: start)
    data.windows = [
      window("W0-10", "codex", day: 0, before: 3, after: 41),
      window("W0-10", "claude", day: 0, before: 0, after: 22),
      window(name, "codex", day: 1, before: 5, after: 77, features: 5),
      window("W0-12", "codex", day: 2, before: 1, after: nil, features: nil),
    ]
    data.tokens = [
      .init(
        date: "2026-09-21", task: "docs", window: "W0-10", checkpoint: nil, planned: 200_000,
        actual: 164_000),
      .init(
        date: "2026-09-22", task: "parser", window: name, checkpoint: "final", planned: 200_000,
        actual: 231_500),
      .init(
        date: "2026-09-23", task: "next", window: "W0-12", checkpoint: "plan", planned: 200_000,
        actual: nil),
    ]
    var figures = TelemetrySummary.Figures()
    figures.p50 = 320
    figures.p95 = 537
    data.proxy = [.init(name: name, figures: figures)]
    data.costs = [
      .init(
        feature: "search", baselineTokens: 12_000, glmTokens: 9_000, baselineDollars: 0.18,
        glmDollars: 0.012),
      .init(
        feature: "login", baselineTokens: 2_000, glmTokens: 2_100, baselineDollars: nil,
        glmDollars: 0.0031),
    ]
    data.anomalies = [
      .init(at: start, window: name, provider: "codex", type: "negative-delta", notes: "")
    ]
    return data
  }

  @Test("Every picture has its values in a table, and what is unknown is a dash")
  func tables() {
    let html = ReportPage(Self.sample()).html
    #expect(html.split(separator: "<svg ").count == 6)
    #expect(html.split(separator: "<table>").count == 7)
    for text in ["77 %", "1 % → –", "231,500", "31,500", "320 ms", "$0.0031", "negative-delta"] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(html.contains("<td class=\"number\">–</td>"))
  }

  @Test("The page fetches nothing and runs nothing")
  func selfContained() {
    let html = ReportPage(Self.sample()).html
    for text in ["<script", "http:", "https:", "<link rel=\"stylesheet\"", "url(", "@import"] {
      #expect(!html.contains(text), "\(text)")
    }
  }

  @Test(
    "A name that is markup is shown, not obeyed",
    arguments: [
      "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "a & b", "'x'", "\u{1B}[2J",
    ])
  func hostileNames(name: String) {
    var data = Self.sample(name)
    data.scope = name
    let html = ReportPage(data).html
    #expect(!html.contains("<script") && !html.contains("<img") && !html.contains("\u{1B}"))
    #expect(name == Markup.escaped(name) || !html.contains(">\(name)<"))
  }

  @Test("A report of nothing says so in every part")
  func empty() {
    let html = ReportPage(ReportData(scope: "all", writtenAt: Self.start)).html
    #expect(html.split(separator: "class=\"none\"").count == 7)
    #expect(!html.contains("<svg") && !html.contains("<table"))
  }

  @Test("A long history is drawn in part, and the table has all of it")
  func longHistory() {
    var data = Self.sample()
    data.windows = (0..<500).map {
      Self.window("W0-\($0)", "codex", day: $0, before: 0, after: Double($0 % 100))
    }
    let html = ReportPage(data).html
    #expect(html.contains("30 of 500 rows"))
    #expect(
      html.contains("<th scope=\"row\">W0-0</th>") && html.contains(">W0-499<"))
  }

  @Test(
    "An axis ends at a round number at or above the largest value",
    arguments: [
      (0, 1), (1, 1), (0.7, 0.8), (3, 3), (7, 8), (41, 60), (100, 100), (101, 150), (999, 1_000),
      (231_500, 300_000), (1e12, 1e12), (.infinity, 1), (.nan, 1), (-5, 1),
    ] as [(Double, Double)])
  func axis(value: Double, top: Double) {
    let scale = AxisScale(holding: value)
    #expect(abs(scale.top - top) < 1e-9 * top, "\(scale)")
    #expect((2...5).contains(scale.marks.count), "\(scale)")
    #expect((0...100).contains(scale.position(of: value, over: 100)))
  }

  @Test(
    "Money keeps the places that mean something",
    arguments: [
      (0, "$0.00"), (1_234.5, "$1234.50"), (0.18, "$0.18"), (0.0031, "$0.0031"), (0.05, "$0.05"),
      (12, "$12.00"), (-0.004, "-$0.004"), (-2.5, "-$2.50"), (.infinity, "–"),
    ] as [(Double, String)])
  func money(value: Double, text: String) {
    #expect(ReportPage.dollars(value) == text)
  }
}
