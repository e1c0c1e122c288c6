import Jobs
import Shared
import TestSupport
import Testing

/// What `status` shows to people.
struct StatusDiagramTests {
  private static let now = StatusViewTests.now
  private static let live = ProcessTable.only(pid: 12_345, alive: true, start: nil)

  private func lines(
    _ agents: String, wide: Bool = false, coloured: Bool = false
  ) throws -> [String] {
    let view = try StatusViewTests.view("{\"agents\":{\(agents)}}", processes: Self.live)
    let diagram = StatusDiagram(view, isColoured: coloured)
    return wide ? diagram.wideLines : diagram.lines
  }

  private static func ago(_ seconds: Int) -> String { (now - .seconds(seconds)).text }

  // MARK: The table

  @Test func `the diagram is the plan's, byte for byte`() throws {
    let registry = try Fixtures.bytes("opencode/registries/v5-diagram.json")
    let view = StatusView(
      registry: try AgentRegistry(registry), name: nil, now: Self.now, processes: Self.live,
      copies: { UsageCopies() })
    let text = StatusDiagram(view, isColoured: false).lines.map { $0 + "\n" }.joined()
    #expect(
      text == """
        NAME                      STATUS   PID     MSG  DIALOG  FULL
        build/feature-x           running  12345   12   1200    0.6%
        review/feature-x          done     12340   18   1800    0.9%

        """)
  }

  typealias Row = (record: String, shown: String)
  static let rows: [Row] = [
    ("{}", "a                         -        -       -    -       -"),
    (#"{"name":"b","status":"done"}"#, "b                         done     -       -    -       -"),
    (
      #"{"name":7,"status":7,"pid":"7"}"#,
      "a                         -        -       -    -       -"
    ),
    (#"{"status":"paused","pid":7}"#, "a                         paused   7       -    -       -"),
    (#"{"status":"running","pid":7}"#, "a                         unknown  7       -    -       -"),
    (
      #"{"usage":{"messageCount":0,"dialogTokens":null,"contextFullPct":null}}"#,
      "a                         -        -       0    -       -"
    ),
    (
      #"{"usage":{"messageCount":3,"dialogTokens":0,"contextFullPct":0}}"#,
      "a                         -        -       3    0       0.0%"
    ),
    (
      #"{"usage":{"messageCount":12345,"dialogTokens":123456789,"contextFullPct":1.042}}"#,
      "a                         -        -       12345  123456789  104.2%"
    ),
    (#"{"usage":{"dialogTokens":3}}"#, "a                         -        -       -    -       -"),
    (#"{"usage":"none"}"#, "a                         -        -       -    -       -"),
    (
      #"{"name":"a\n\u001b[31mb"}"#, #"a\n\e[31mb                -        -       -    -       -"#
    ),
  ]

  @Test(arguments: rows)
  func `E54 a row shows what is known, and a dash for the rest`(_ row: Row) throws {
    #expect(try lines("\"a\":\(row.record)").last == row.shown)
  }

  @Test func `E54 wide characters are aligned by what they take on a terminal`() throws {
    let long = "a-name-longer-than-the-column"
    let rows = try lines(#""灯/ランタン":{},"🏮":{},"\#(long)":{}"#)
    #expect(
      rows == [
        "NAME                           STATUS   PID     MSG  DIALOG  FULL",
        "a-name-longer-than-the-column  -        -       -    -       -",
        "灯/ランタン                    -        -       -    -       -",
        "🏮                             -        -       -    -       -",
      ])
  }

  @Test func `colour says what needs a look, and only when it is wanted`() throws {
    func agent(_ status: String, _ full: Double) -> String {
      #"{"status":"\#(status)","pid":12345,"usage":{"messageCount":1,"contextFullPct":\#(full)}}"#
    }
    let agents =
      #""a":\#(agent("running", 0.9)),"b":\#(agent("done", 0.75)),"c":\#(agent("unknown", 0.7))"#
    let coloured = try lines(agents, coloured: true)
    #expect(coloured[0].utf8.allSatisfy { $0 != 0x1B })
    #expect(coloured[1].contains("\u{1B}[32mrunning\u{1B}[0m"))
    #expect(coloured[1].contains("\u{1B}[31m90.0%\u{1B}[0m"))
    #expect(coloured[2].contains("\u{1B}[2mdone\u{1B}[0m"))
    #expect(coloured[2].contains("\u{1B}[33m75.0%\u{1B}[0m"))
    #expect(coloured[3].contains("\u{1B}[33munknown\u{1B}[0m"))
    #expect(coloured[3].contains(" 70.0%"))
    let plain = try lines(agents)
    #expect(coloured.map(\.strippingEscapeSequences) == plain)
    #expect(plain.allSatisfy { !$0.contains("\u{1B}") })
  }

  // MARK: The wide table

  @Test func `the wide table adds age, model, times and sub-tasks`() throws {
    let children =
      #"[{"sessionId":"ses_1","status":"completed","title":"Chart the lantern room","#
      + #""model":"p/m","startedAt":"\#(Self.ago(70))","finishedAt":"\#(Self.ago(10))","#
      + #""usage":{"messageCount":2,"dialogTokens":5,"contextFullPct":0.5},"#
      + #""children":[{"status":"error","title":"灯"}]},"#
      + #"{"status":"running","startedAt":"\#(Self.ago(5))"},7]"#
    let running =
      #"{"status":"running","pid":12345,"model":"p/big","variant":"high","#
      + #""startedAt":"\#(Self.ago(84))","updatedAt":"\#(Self.ago(1))","#
      + #""finishedAt":"\#(Self.ago(80))","usage":{"messageCount":3},"#
      + #""usageUpdatedAt":"\#(Self.ago(45))","children":\#(children)}"#
    #expect(
      try lines(#""a":\#(running)"#, wide: true) == [
        "NAME                           STATUS     PID     MSG  DIALOG  FULL   "
          + "AGE  MODEL       STARTED              RUNTIME",
        "a                              running    12345   3    -       -      "
          + "45s  p/big-high  2027-01-15 07:58:36  00:01:24",
        "  - task:Chart the lantern...  completed  -       2    5       50.0%  "
          + "-    p/m         2027-01-15 07:58:50  00:01:00",
        "    - task:灯                  error      -       -    -       -      "
          + "-    -           -                    -",
        "  - task:-                     running    -       -    -       -      "
          + "-    -           2027-01-15 07:59:55  00:00:05",
        "  - task:-                     -          -       -    -       -      "
          + "-    -           -                    -",
      ])
  }

  @Test func `a sub-task left behind by its agent is unknown and runs no more`() throws {
    let agent =
      #"{"status":"done","startedAt":"\#(Self.ago(90_000))","finishedAt":"\#(Self.ago(0))","#
      + #""children":[{"status":"pending","startedAt":"\#(Self.ago(60))"}]}"#
    let rows = try lines(#""a":\#(agent)"#, wide: true)
    #expect(rows[1].hasSuffix("2027-01-14 07:00:00  25:00:00"))
    #expect(rows[2].contains("unknown"))
    #expect(rows[2].hasSuffix("2027-01-15 07:59:00  -"))
  }

  @Test(arguments: ["null", "7", "{}", "[]"])
  func `children of an odd kind are none`(_ children: String) throws {
    #expect(try lines(#""a":{"children":\#(children)}"#, wide: true).count == 2)
  }

  // MARK: The line

  @Test(arguments: [
    ("", "no agents"),
    (#""a":{"status":"done"}"#, "1 done"),
    (#""a":{}"#, ""),
    (
      #""a":{"status":"running","pid":12345},"b":{"status":"done"},"c":{"status":"unknown"},"#
        + #""d":{"status":"running","pid":1},"#
        + #""e":{"status":"scheduled","startedAt":"2027-01-15T07:59:59.000Z"}"#,
      "1 running, 1 scheduled, 1 done, 2 unknown"
    ),
    (
      #""a":{"status":"done","usage":{"messageCount":1,"contextFullPct":0.5}},"#
        + #""build/x":{"status":"done","usage":{"messageCount":1,"contextFullPct":0.842}}"#,
      "2 done, fullest build/x 84.2%"
    ),
    (
      #""a-name\nlonger-than-the-line":{"usage":{"messageCount":1,"contextFullPct":1.1}}"#,
      #"fullest a-name\nlonger-than-t... 110.0%"#
    ),
  ])
  func `the line counts the agents and names the fullest`(
    _ row: (agents: String, line: String)
  ) throws {
    let view = try StatusViewTests.view("{\"agents\":{\(row.agents)}}", processes: Self.live)
    #expect(StatusLine.text(view) == row.line)
  }

  // MARK: Whether anything refreshes

  typealias Health = (
    name: String, status: String, started: Int?, heartbeat: Int?, lastRun: Int?, warning: String?
  )
  /// Seconds ago; three minutes are too long.
  static let health: [Health] = [
    ("nothing runs", "done", 900, 900, 900, nil),
    ("fresh by the registry", "running", 900, 180, nil, nil),
    ("fresh by the mark", "running", 900, 900, 180, nil),
    ("stale", "running", 900, 181, nil, "no refresh for 3m"),
    ("stale by both", "running", 900, 7_200, 600, "no refresh for 10m"),
    ("just started", "running", 180, nil, nil, nil),
    ("never refreshed", "running", 181, nil, nil, "never refreshed"),
    ("never refreshed, start unknown", "running", nil, nil, nil, nil),
    ("the clock was set back", "running", 900, -900, nil, nil),
  ]

  @Test(arguments: health)
  func `E53 what runs without a refresh is pointed out`(_ row: Health) throws {
    let started = row.started.map { #","startedAt":"\#(Self.ago($0))""# } ?? ""
    let refresh = row.heartbeat.map { #","refresh":{"lastHeartbeatAt":"\#(Self.ago($0))"}"# } ?? ""
    let view = try StatusViewTests.view(
      #"{"agents":{"a":{"status":"\#(row.status)","pid":12345\#(started)}}\#(refresh)}"#,
      processes: Self.live)
    let warning = RefreshHealth.warning(
      view, lastRun: row.lastRun.map { Self.now - .seconds($0) }, staleAfter: .seconds(180))
    let ending = ": the timer of 'jobrunner refresh-usage' is missing or fails; see crontab.example"
    #expect(warning == row.warning.map { "! \($0)\(ending)" }, "\(row.name)")
  }
}
