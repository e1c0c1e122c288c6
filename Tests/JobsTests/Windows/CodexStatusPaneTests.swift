import Jobs
import Shared
import TestSupport
import Testing

struct CodexStatusPaneTests {
  private static let clean =
    "codex/300 34 @18:20, codex/10080 57 @09:15 on 24 Nov"
  private static let spark = "GPT-5.3-Codex-Spark/300*"

  @Test(
    arguments: [
      ("used-wide", clean, []), ("used-wrapped-resets", clean, []), ("stray-border", clean, []),
      ("ascii-box", clean, []), ("terminal-wrapped", clean, []),
      ("used-clipped", "codex/300 7 @18:20, codex/10080 66 @09:15 on 24 Nov", []),
      ("too-narrow", "", ["insufficient-data"]), ("percent-cut-off", "", ["insufficient-data"]),
      (
        "left-with-banner",
        "codex/300 27 @18:20, codex/10080 9.5 @09:15 on 24 Nov, \(spark) 4 @19:44", []
      ),
      ("left-narrow-weekly-only", "codex/10080 9.5 @09:15 on 24 Nov, \(spark) 4 @19:44", []),
      (
        "left-groups-no-box",
        "codex/300 36 @18:20, codex/10080 12 @09:15 on 24 Nov, \(spark) 1 @19:44, "
          + "GPT-5.3-Codex-Spark/10080* 2 @00:10 on 27 Nov", []
      ),
      ("left-twelve-hours", "codex/10080 37 @12:58 AM on 24 Nov", []),
      ("left-compact", "codex/300 96 @6:04 PM, codex/10080 97 @Nov 24", []),
      ("monthly-and-credits", "codex/43200 12 @07:08 on 7 Dec", []),
      ("stale", "codex/300 72 @18:20, codex/10080 40 @09:15 on 24 Nov", ["stale-warning"]),
      ("no-data-visit", "", ["insufficient-data"]), ("no-data-not-yet", "", ["insufficient-data"]),
      ("no-data-refresh", "", ["insufficient-data"]),
      ("several", "codex/300 0 @23:20, codex/10080 41 @09:15 on 24 Nov", ["multi-pane-trimmed"]),
      (
        "several-prompts", "codex/300 12 @18:20, codex/10080 42 @09:15 on 24 Nov",
        ["multi-pane-trimmed"]
      ),
      (
        "several-headers", "codex/300 13 @18:20, codex/10080 43 @09:15 on 24 Nov",
        ["multi-pane-trimmed"]
      ),
      (
        "last-without-numbers", "codex/300 14 @18:20, codex/10080 44 @09:15 on 24 Nov",
        ["multi-pane-trimmed"]
      ),
      ("nested", "codex/300 21 @18:20, codex/10080 22 @09:15 on 24 Nov", ["multi-pane-trimmed"]),
      (
        "nested-in-row", "codex/300 23 @18:20, codex/10080 24 @09:15 on 24 Nov",
        ["multi-pane-trimmed"]
      ),
    ] as [(String, String, [String])])
  func `a pane is read in every shape it is copied in`(
    _ name: String, _ limits: String, _ errors: [String]
  ) throws {
    let text = try paneFixture("codex/\(name)")
    for text in [text, text.replacing("\n", with: "\r\n"), coloured(text)] {
      let reading = try codexPane(text)
      #expect(summary(reading) == limits)
      #expect(reading.errors == errors)
    }
  }

  private func coloured(_ text: String) -> String {
    text.replacing("█", with: "\u{1B}[32m█\u{1B}[0m").replacing("5h", with: "\u{1B}[1m5h\u{1B}[m")
  }

  @Test(arguments: [
    ("5h limit: 12% used (resets 18:20)", "codex/300 12 @18:20"),
    ("5H LIMIT : 12 % USED (RESETS 18:20)", "codex/300 12 @18:20"),
    ("5hlimit:12%used(resets18:20)", "codex/300 12 @18:20"),
    ("5-hour limit: 12% used", "codex/300 12"), ("5h limit: 88% remaining", "codex/300 12"),
    ("5h limit: 3.5% used", "codex/300 3.5"), ("5h limit: 3,5% used", "codex/300 3.5"),
    ("Weekly limit: 82% u", "codex/10080 82"), ("Weekly limit: 82% use", "codex/10080 82"),
    ("Weekly limit: 82% lef", "codex/10080 18"), ("Weekly limit: 82% l", "codex/10080 18"),
    ("Weekly limit: 82% l (resets 18:20)", "codex/10080 18 @18:20"),
    ("Weekly limit: 82% us resets 18:20", "codex/10080 82 @18:20"),
    ("Weekly limit: 82% left · resets 18:20", "codex/10080 18 @18:20"),
    // The percent alone, or with another word, says nothing.
    ("Weekly limit: 82%", ""), ("Weekly limit: 82% (resets 18:20)", ""),
    ("Weekly limit: 82% unknown", ""), ("Weekly limit: 82% of the plan", ""),
    // What is cut off, or is no percentage, is not zero.
    ("5h limit: [██░░] (resets 18:20)", ""), ("5h limit: [██░░] 2\n(resets 18:20)", ""),
    ("5h limit: 101% used", ""), ("5h limit: -5% used", ""), ("5h limit: 1e5% used", ""),
    ("5h limit: nan% used", ""), ("5h limit: % used", ""), ("5h limit: 1.2.3% used", ""),
    // A limit never takes the next one's reset, nor what else follows it.
    (
      "5h limit: 12% used\nWeekly limit: 30% used (resets 09:15 on 24 Nov)",
      "codex/300 12, codex/10080 30 @09:15 on 24 Nov"
    ),
    ("5h limit: 12% used\nall well (resets 18:20)", "codex/300 12"),
    ("5h limit:\n\n12% used", ""),
    // A label that was cut off is none, unless its month is there.
    ("5h limit: 12% used (resets 18:2", "codex/300 12"),
    ("5h limit: 12% used (resets 18:20", "codex/300 12"),
    ("5h limit: 12% used (resets 09:15 on 2", "codex/300 12"),
    ("5h limit: 12% used (resets 09:15 on 24 Nov", "codex/300 12 @09:15 on 24 Nov"),
    ("5h limit: 12% used (res", "codex/300 12"),
    // What counts something else is no limit.
    ("Context window: 12% used (1K used / 2K)", ""), ("Credits: 12% used", ""),
    ("Monthly credit limit: 12% used", ""), ("• my 5h limit: 12% used", ""),
    ("The 5h limit is at 12% used", ""), ("", ""), ("\n\n", ""), ("%", ""), ("5h limit:", ""),
    ("Monthly limit: 12% used", "codex/43200 12"), ("Daily limit: 12% used", "codex/1440 12"),
    (
      "Weekly limit: 30% used\no3 weekly limit: 5% used\nCodex-Mini 5h limit: 95% left",
      "codex/10080 30, o3/10080* 5, Codex-Mini/300* 5"
    ),
    ("Spark limit:\n5h limit: 5% used", "Spark/300* 5"),
    ("Monthly credit limit:\n5h limit: 5% used", "codex/300 5"),
    // Rows that come again are of a later pane.
    ("5h limit: 5% used\nWeekly limit: 1% used\n5h limit: 6% used", "codex/300 6"),
  ])
  func `a row is read by what is there of it`(_ text: String, _ limits: String) throws {
    #expect(summary(try codexPane(text)) == limits)
  }

  @Test func `a text with models alone has no main limit`() throws {
    #expect(try codexPane("Spark limit:\n5h limit: 5% used").errors == ["insufficient-data"])
  }

  @Test func `the labels are resolved by the zone and the moment of the capture`() throws {
    let text = try paneFixture("codex/used-wide")
    let helsinki = try #require(LocalTime(named: "Europe/Helsinki"))
    let reading = CodexStatusPane.read(text, capturedAt: try paneMoment(), zone: helsinki)
    #expect(
      reading.limits.map(\.resetsAt?.text) == [
        "2026-11-21T16:20:00.000Z", "2026-11-24T07:15:00.000Z",
      ])
    let old = CodexStatusPane.read(
      text, capturedAt: try #require(Timestamp("2026-11-24T09:20:00Z")), zone: .universal)
    #expect(old.limits.map(\.resetsAt) == [nil, nil])
    #expect(old.limits.map(\.resetsLabel) == ["18:20", "09:15 on 24 Nov"])
  }

  @Test func `a pane inside of another ends with its box`() throws {
    let text = """
      ╭────────────────────╮
      │ >_ OpenAI Codex    │
      │ Session: EXAMPLE   │
      ╭────────────────────╮
      │ >_ OpenAI Codex    │
      │ Weekly limit: 8% l │
      ╰────────────────────╯
      │ 5h limit: 7% used  │
      │ Weekly limit: 6% u │
      ╰────────────────────╯
      """
    #expect(summary(try codexPane(text)) == "codex/10080 92")
    #expect(try codexPane(text).errors == ["multi-pane-trimmed"])
  }

  @Test func `boxes of every kind hold the same pane`() throws {
    let text = try paneFixture("codex/nested")
    for glyphs in ["┌┐└┘─│", "╔╗╚╝═║", "┏┓┗┛━┃"] {
      let pairs = zip("╭╮╰╯─│", glyphs)
      let box = String(text.map { glyph in pairs.first { $0.0 == glyph }?.1 ?? glyph })
      #expect(try codexPane(box) == codexPane(text))
    }
  }
}
