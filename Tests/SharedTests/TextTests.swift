import Shared
import Testing

struct PercentTests {
  @Test(arguments: [
    (0.006, "0.6%"), (0.009, "0.9%"), (0.7586, "75.9%"), (1.042, "104.2%"), (0, "0.0%"),
    (1, "100.0%"), (0.0004, "0.0%"), (0.0005, "0.1%"), (12.5, "1250.0%"), (-0.25, "-25.0%"),
    (.infinity, "-"), (.nan, "-"),
  ])
  func `a fraction is shown with one decimal`(_ fraction: Double, _ text: String) {
    #expect(Percent.text(fraction) == text)
  }
}

struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("naïve", 5), ("日本語", 6), ("한글", 4), ("e\u{301}", 1), ("👍", 2), ("👩‍👩‍👧", 2),
    ("❤️", 2), ("ｆｕｌｌ", 8), ("a\u{200B}b", 2), ("🇫🇮", 2), ("→", 1),
  ])
  func `a text takes the columns a terminal gives it`(_ text: String, _ width: Int) {
    #expect(DisplayWidth.of(text) == width)
  }
}

struct PrintableTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("a\nb", "a\\nb"), ("a\u{1B}[31mb", "a\\e[31mb"), ("\u{7}", "\\u{7}"),
    ("\u{9B}2J", "\\u{9b}2J"), ("\u{202E}gpj", "\\u{202e}gpj"), ("tab\t", "tab\\t"), ("é日", "é日"),
  ])
  func `controls are made visible`(_ text: String, _ shown: String) {
    #expect(text.escapingControls == shown)
  }

  @Test(arguments: [
    ("\u{1B}[91m\u{1B}[1mError: \u{1B}[0mgone", "Error: gone"),
    ("\u{1B}]0;title\u{7}text", "text"), ("plain", "plain"), ("cut \u{1B}[3", "cut "),
    ("\u{1B}", ""), ("\u{1B}]8;;https://example.com\u{1B}\\link\u{1B}]8;;\u{1B}\\ on", "link on"),
    ("\u{1B}(Bplain\u{1B}[?25l \u{1B}=on", "plain on"), ("\u{9B}2Jone é", "one é"),
    ("\u{1B}]0;cut\nnext", "\nnext"), ("\u{1B}[38;5\n│ next", "\n│ next"),
  ])
  func `escape sequences are removed`(_ text: String, _ plain: String) {
    #expect(text.strippingEscapeSequences == plain)
  }

  @Test func `a long text is cut to its columns`() {
    #expect("Explore the repository".truncated(toWidth: 20) == "Explore the repos...")
    #expect("日本語日本語".truncated(toWidth: 9) == "日本語...")
    #expect("short".truncated(toWidth: 20) == "short")
  }
}

struct TextTableTests {
  private func table(_ rows: [[TextTable.Cell]]) -> TextTable {
    var table = TextTable(columns: [
      .init("NAME", minimumWidth: 6), .init("N", .right), .init("LAST"),
    ])
    for row in rows { table.append(row) }
    return table
  }

  @Test func `cells are aligned by display width`() {
    let lines = table([["日本", "1", "x"], ["a\u{1B}", "200", ""], ["👍long name", "3", "y"]]).lines()
    #expect(
      lines == [
        "NAME           N  LAST", "日本           1  x", "a\\e          200",
        "👍long name    3  y",
      ])
  }

  @Test func `colour changes no column`() {
    let row: [TextTable.Cell] = [.init("a", .green), "1", .init("z", .red)]
    let coloured = table([row]).lines(coloured: true)
    #expect(coloured[1] == "\u{1B}[32ma\u{1B}[0m       1  \u{1B}[31mz\u{1B}[0m")
    #expect(coloured.map(\.strippingEscapeSequences) == table([row]).lines())
  }
}
