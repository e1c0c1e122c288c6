import Jobs
import Shared
import TestSupport
import Testing

struct ClaudeUsagePaneTests {
  private static let none = [
    "section-missing-session", "section-missing-week", "insufficient-data",
  ]
  private static let session = "7:40pm (Europe/Helsinki)"
  private static let week = "Nov 24, 5am (Europe/Helsinki)"

  @Test(
    arguments: [
      ("wide", "five_hour/300 19 @\(session), seven_day/10080 52 @\(week)", []),
      (
        "three-models",
        "five_hour/300 19 @\(session), seven_day/10080 52 @\(week), seven_day_opus/10080* 0, "
          + "seven_day_sonnet/10080* 4 @Nov 25, 11:59am (Europe/Helsinki), seven_day_fable/10080* 6",
        []
      ),
      (
        "narrow",
        "five_hour/300 3 @7pm (Europe/Helsinki), "
          + "seven_day/10080 81 @Nov 24, 2am (Europe/Helsinki), seven_day_opus/10080* 0", []
      ),
      (
        "one-line",
        "five_hour/300 22 @\(session), seven_day/10080 53 @Nov 24 at 3am (Europe/Helsinki), "
          + "seven_day_sonnet/10080* 0", []
      ),
      (
        "print",
        "five_hour/300 24 @Nov 21, 7:10pm (Europe/Helsinki), seven_day/10080 54 @\(week)", []
      ),
      (
        "garbled",
        "five_hour/300 2 @7:59pm(Europe/Helsinki), seven_day/10080 55 @Nov24,5am(Europe/Helsinki)",
        []
      ),
      ("left-relative", "five_hour/300 12 @in 2h 11m, seven_day/10080 70 @in 3 days", []),
      ("failed", "", ["usage-not-loaded"]), ("dismissed", "", ["usage-not-loaded"]),
      ("loading", "", ["usage-not-loaded"]), ("not-signed-in", "", none),
      (
        "dismissed-then-good", "five_hour/300 26 @\(session), seven_day/10080 56 @\(week)", []
      ),
      (
        "several", "five_hour/300 27 @\(session), seven_day/10080 57 @\(week)",
        ["multi-pane-trimmed"]
      ),
      ("session-only", "five_hour/300 28 @\(session)", ["section-missing-week"]),
    ] as [(String, String, [String])])
  func `a pane is read in every shape it is copied in`(
    _ name: String, _ limits: String, _ errors: [String]
  ) throws {
    let text = try paneFixture("claude/\(name)")
    for text in [text, text.replacing("\n", with: "\r\n"), "\u{1B}[1m\(text)\u{1B}[0m"] {
      let reading = try claudePane(text)
      #expect(summary(reading) == limits)
      #expect(reading.errors == errors)
    }
  }

  @Test(arguments: [
    ("Current session\n1% us", "five_hour/300 1"), ("current session: 1% l", "five_hour/300 99"),
    ("Current session\n25%\nused", "five_hour/300 25"),
    ("Current session\n25%", ""), ("Current session\n25% of your usage", ""),
    ("Current session\n125% used", ""), ("Current sessions are long\n5% used", ""),
    ("Current week\n5% used", "seven_day/10080 5"),
    ("Current week (all\nmodels)\n5% used", "seven_day/10080 5"),
    ("Current week (all mod\n\n5% used", "seven_day/10080 5"),
    ("Current week (Son\nnet only)\n5% used\n", "seven_day_son_net/10080* 5"),
    (
      "Current session · Resets 9pm (Europe/\nHelsinki)\n5% used",
      "five_hour/300 5 @9pm (Europe/Helsinki)"
    ),
    ("Current session · Resets 9p\n5% used", "five_hour/300 5 @9p"),
    (
      "Current session\n5% used\n\nCurrent week (Opus)\n1% used\nResets 9pm",
      "five_hour/300 5, seven_day_opus/10080* 1 @9pm"
    ),
    // What stands behind a section is not of it.
    ("Current session\n5% used\n\nResets 9pm", "five_hour/300 5"),
    ("Current session\nExtra usage\n5% used · Resets Dec 1", ""),
    ("Current week (Opus)\n0% used\n\n40% used by subagents", "seven_day_opus/10080* 0"),
    ("Extra usage\n1% used", ""), ("", ""), ("Current week (", ""), ("Current session", ""),
  ])
  func `a section is read by what is there of it`(_ text: String, _ limits: String) throws {
    #expect(summary(try claudePane(text)) == limits)
  }

  @Test func `the labels are resolved in the zone they name`() throws {
    let reading = try claudePane(paneFixture("claude/wide"))
    #expect(
      reading.limits.map(\.resetsAt?.text) == [
        "2026-11-21T17:40:00.000Z", "2026-11-24T03:00:00.000Z",
      ])
    let relative = try claudePane(paneFixture("claude/left-relative"))
    #expect(
      relative.limits.map(\.resetsAt?.text) == [
        "2026-11-21T17:11:00.000Z", "2026-11-24T15:00:00.000Z",
      ])
  }
}
