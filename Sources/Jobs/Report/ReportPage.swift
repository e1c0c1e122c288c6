internal import Shared

/// The page: one file, no script, nothing fetched, pictures with their values below.
package struct ReportPage: Sendable {
  private let data: ReportData

  package init(_ data: ReportData) { self.data = data }

  /// Pictures stay readable with so many rows; the tables below them have all.
  private static let drawnRows = 30

  package var html: String {
    var page = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
      style-src 'unsafe-inline'; img-src data:">
      <link rel="icon" href="data:,">
      <title>jobrunner report: \(Markup.escaped(data.scope))</title>
      <style>
      \(ReportStyle.sheet)
      </style>
      </head>
      <body>
      <header>
      <h1>\(Markup.escaped(data.scope))</h1>
      <p>Written \(data.writtenAt.tableText) UTC by jobrunner from the ledgers. A dash is a number \
      that is not known.</p>
      </header>
      <main>

      """
    for section in sections {
      page +=
        "<section\(section.isWide ? " class=\"wide\"" : "")><h2>\(Markup.escaped(section.title))</h2>\n"
      page +=
        section.rows.isEmpty
        ? "<p class=\"none\">\(Markup.escaped(section.nothing))</p>\n"
        : figure(section)
      page += "</section>\n"
    }
    return page + "</main>\n</body>\n</html>\n"
  }

  private func figure(_ section: Section) -> String {
    var text = "<p>\(Markup.escaped(section.lead))</p>\n"
    if !section.picture.isEmpty { text += "<figure>\(section.picture)</figure>\n" }
    if section.drawn > Self.drawnRows {
      text +=
        "<p class=\"none\">The picture has \(Self.drawnRows) of \(section.drawn) rows; the table "
        + "has all.</p>\n"
    }
    return text + Markup.table(section.headings, section.rows, kinds: section.kinds)
  }

  private struct Section {
    let title: String
    let lead: String
    /// What stands there where there is nothing to show.
    let nothing: String
    var picture = ""
    /// How many rows the picture would have.
    var drawn = 0
    /// Whether it takes both columns of a wide page.
    var isWide = false
    let headings: [String]
    /// Of the columns, for ``Markup/table(_:_:kinds:)``.
    var kinds: [Int: String] = [0: "text"]
    let rows: [[String]]
  }

  private var sections: [Section] {
    [windows, capacity, tokens, latency, costs, anomalies]
  }

  // MARK: Windows

  /// Agents are named where there are several.
  private var hasAgents: Bool { Set(data.windows.map(\.agent)).count > 1 }

  private func name(of window: ReportData.Window) -> String {
    hasAgents ? "\(window.name) \(window.agent)" : window.name
  }

  private var providers: [String] { Set(data.windows.map(\.provider)).sorted() }

  private func series(of window: ReportData.Window) -> Int {
    (providers.firstIndex(of: window.provider) ?? 0) % ReportStyle.seriesCount
  }

  private var windows: Section {
    let drawn = data.windows.suffix(Self.drawnRows).map { window in
      TimelineChart.Row(
        name: "\(name(of: window)) \(window.provider)", label: Self.used(window),
        start: window.start,
        end: window.end, before: window.before, after: window.after,
        series: series(of: window))
    }
    return Section(
      title: "Windows",
      lead: "Each bar is as long as its window; the coloured part is what was used in it.",
      nothing: "No window has a reading yet.",
      picture: TimelineChart(
        title: "Subscription windows over time with their used percent", series: providers,
        rows: drawn, dayText: Self.minute
      ).svg, drawn: data.windows.count, isWide: true,
      headings: ["Window", "Provider", "Agent", "From", "To", "Used", "State", "Outcome"],
      rows: data.windows.map { window in
        [
          window.name, window.provider, window.agent, Self.minute(window.start),
          Self.minute(window.end), Self.used(window), window.state, window.outcome ?? "–",
        ]
      })
  }

  private static func used(_ window: ReportData.Window) -> String {
    "\(percent(window.before)) → \(percent(window.after))"
  }

  private static func percent(_ value: Double?) -> String {
    value.map { "\(PercentText.number($0)) %" } ?? "–"
  }

  private var capacity: Section {
    let finalized = data.windows.filter { $0.features != nil }
    let points = finalized.filter { $0.unit == "pp" }.compactMap { window in
      window.capacity.map {
        ScatterChart.Point(
          name: name(of: window), x: $0, y: Double(window.features ?? 0), series: series(of: window)
        )
      }
    }
    return Section(
      title: "Capacity against features",
      lead: "Percentage points a finalized window used, and the features it brought.",
      nothing: "No window is finalized yet.",
      picture: points.isEmpty
        ? ""
        : ScatterChart(
          title: "Features by percentage points used", xTitle: "percentage points used",
          yTitle: "features", series: providers, points: points
        ).svg,
      headings: ["Window", "Provider", "Agent", "Capacity", "Features", "Features per point"],
      kinds: [0: "text", 3: "number", 4: "number", 5: "number"],
      rows: finalized.map { window in
        let features = window.features ?? 0
        let ratio = window.capacity.flatMap { $0 > 0 ? Double(features) / $0 : nil }
        return [
          window.name, window.provider, window.agent,
          window.capacity.map { "\(PercentText.number($0)) \(window.unit)" } ?? "–", "\(features)",
          ratio.map(Self.twoDecimals) ?? "–",
        ]
      })
  }

  // MARK: Tokens

  private var tokens: Section {
    let lasts = Self.lastOfEach(data.tokens)
    let drawn = lasts.suffix(Self.drawnRows).map { row in
      BarChart.Row(
        name: "\(row.window) \(row.task)",
        bars: [
          .init(series: 0, value: row.actual.map(Double.init), label: Self.count(row.actual))
        ], mark: row.planned.map(Double.init))
    }
    return Section(
      title: "Tokens planned and used",
      lead: "The line is the plan, the bar what was used by the last checkpoint of the work.",
      nothing: "The token ledger has no rows for this.",
      picture: BarChart(
        title: "Tokens used against the plan", series: ["used"], markName: "planned",
        rows: Array(drawn), axisText: Self.thousands
      ).svg, drawn: lasts.count,
      headings: ["Window", "Task", "Checkpoint", "Date", "Planned", "Used", "Difference"],
      kinds: [0: "text", 1: "text", 4: "number", 5: "number", 6: "number"],
      rows: data.tokens.map { row in
        let difference = row.actual.flatMap { actual in row.planned.map { actual - $0 } }
        return [
          row.window, row.task, row.checkpoint ?? "–", row.date, Self.count(row.planned),
          Self.count(row.actual), Self.count(difference),
        ]
      })
  }

  /// Of each window's task the last row that says what was used, else its plan.
  private static func lastOfEach(_ rows: [ReportData.Tokens]) -> [ReportData.Tokens] {
    var order: [[String]] = []
    var found: [[String]: ReportData.Tokens] = [:]
    for row in rows {
      let agent = row.checkpoint?.split(separator: " ").dropFirst().joined() ?? ""
      let place = [row.window, row.task, agent]
      if found[place] == nil { order.append(place) }
      if row.actual != nil || found[place]?.actual == nil { found[place] = row }
    }
    return order.compactMap { found[$0] }
  }

  // MARK: Proxy

  private var latency: Section {
    let drawn = data.proxy.suffix(Self.drawnRows).map { part in
      BarChart.Row(
        name: part.name,
        bars: [
          .init(series: 0, value: part.figures.p50, label: Self.milliseconds(part.figures.p50)),
          .init(series: 1, value: part.figures.p95, label: Self.milliseconds(part.figures.p95)),
        ])
    }
    return Section(
      title: "Proxy",
      lead: "Latency of the finished requests; percentages are of those as well.",
      nothing: "No telemetry was ingested for this.",
      picture: BarChart(
        title: "Latency of the proxy by window", series: ["p50", "p95"], rows: Array(drawn),
        axisText: { "\(PercentText.number($0)) ms" }
      ).svg, drawn: data.proxy.count,
      headings: ["Window", "Requests", "Routed", "p50", "p95", "Errors"],
      kinds: [0: "text", 1: "number", 2: "number", 3: "number", 4: "number", 5: "number"],
      rows: data.proxy.map { part in
        [
          part.name, Markup.grouped(part.figures.requests),
          PercentText.of(part.figures.routedPercent), Self.milliseconds(part.figures.p50),
          Self.milliseconds(part.figures.p95), PercentText.of(part.figures.errorPercent),
        ]
      })
  }

  private var costs: Section {
    let hasMoney = data.costs.contains { $0.baselineDollars != nil || $0.glmDollars != nil }
    let drawn = data.costs.prefix(Self.drawnRows).map { cost in
      BarChart.Row(
        name: cost.feature,
        bars: [
          Self.bar(0, cost.baselineDollars, cost.baselineTokens, inDollars: hasMoney),
          Self.bar(1, cost.glmDollars, cost.glmTokens, inDollars: hasMoney),
        ])
    }
    return Section(
      title: "Cost by feature",
      lead: hasMoney
        ? "What the same work cost on both sides, at the price of its own day."
        : "What the same work took on both sides, in tokens: no price is known.",
      nothing: "No telemetry was ingested for this.",
      picture: BarChart(
        title: "Cost by feature on both sides", series: ["baseline", "GLM"], rows: Array(drawn),
        axisText: hasMoney ? Self.money : Self.thousands
      ).svg, drawn: data.costs.count,
      headings: ["Feature", "Baseline tokens", "GLM tokens", "Baseline", "GLM"],
      kinds: [0: "text", 1: "number", 2: "number", 3: "number", 4: "number"],
      rows: data.costs.map { cost in
        [
          cost.feature, Markup.grouped(cost.baselineTokens), Markup.grouped(cost.glmTokens),
          Self.dollars(cost.baselineDollars), Self.dollars(cost.glmDollars),
        ]
      })
  }

  private static func bar(
    _ series: Int, _ dollars: Double?, _ tokens: Int, inDollars: Bool
  ) -> BarChart.Bar {
    guard inDollars else {
      return .init(series: series, value: Double(tokens), label: Markup.grouped(tokens))
    }
    return .init(series: series, value: dollars, label: Self.dollars(dollars))
  }

  private var anomalies: Section {
    Section(
      title: "Anomalies", lead: "What speaks against the numbers above, and is not settled.",
      nothing: "None.", isWide: true,
      headings: ["When", "Window", "Provider", "Type", "Found by"],
      kinds: [1: "text", 4: "text"],
      rows: data.anomalies.map { anomaly in
        [
          anomaly.at.map(Self.minute) ?? "–", anomaly.window, anomaly.provider, anomaly.type,
          anomaly.notes,
        ]
      })
  }

  // MARK: Numbers

  private static let minute: @Sendable (Timestamp) -> String = { String($0.tableText.prefix(16)) }

  private static func count(_ value: Int?) -> String { value.map(Markup.grouped) ?? "–" }

  private static func milliseconds(_ value: Double?) -> String {
    value.map { "\(PercentText.number($0)) ms" } ?? "–"
  }

  /// Cents, and more places where they say more.
  static func dollars(_ value: Double?) -> String {
    guard let value, value.magnitude < 1e12 else { return "–" }
    var text = Dollars.text(value)
    for _ in 1...2 where text.hasSuffix("0") { text.removeLast() }
    return text.hasPrefix("-") ? "-$" + text.dropFirst() : "$" + text
  }

  private static func twoDecimals(_ value: Double) -> String {
    guard value.magnitude < 1e12 else { return "–" }
    let hundredths = Int((value * 100).rounded())
    let fraction = hundredths.magnitude % 100
    return (hundredths < 0 ? "-" : "") + Markup.grouped(Int(hundredths.magnitude / 100))
      + (fraction < 10 ? ".0" : ".") + "\(fraction)"
  }

  private static let money: @Sendable (Double) -> String = { dollars($0) }

  private static let thousands: @Sendable (Double) -> String = { value in
    value < 1_000 ? PercentText.number(value) : "\(PercentText.number(value / 1_000))k"
  }
}
