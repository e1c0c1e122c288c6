import SystemPackage
import TestSupport
import Testing

/// `report` through the built binary, and its page in a real browser.
@Suite(.fewAtOnce) struct ReportTests {
  private let workspace: WindowWorkspace

  init() throws {
    workspace = try WindowWorkspace([])
  }

  private var page: FilePath { workspace.root.appending("report.html") }

  /// Two windows with readings, one of them finalized, telemetry, a token row and an anomaly.
  private func fill() async throws {
    try makeFolder(workspace.data)
    var snapshots = ""
    for (window, day, before, after) in [("W0-40", 3, 4, 31), ("W0-41", 4, 2, 9)] {
      for (phase, hour, percent) in [("before", "08", before), ("after", "13", after)] {
        snapshots +=
          #"{"window":"\#(window)","provider":"codex","phase":"\#(phase)","captured_at":"2026-03-0\#(day)T\#(hour):00:00Z","notes":"","raw_text":"","parsed":{"fiveh_pct":\#(percent),"fiveh_resets":"14:00","weekly_pct":\#(percent / 2),"weekly_resets":"14:00 on 9 Mar","errors":[]},"source":"alias"}"#
          + "\n"
      }
    }
    try writeFile(workspace.snapshots, snapshots)
    let done = try await workspace.run(
      "complete", "--window", "W0-40", "--codex-features", "3", "--outcome", "pass")
    #expect(done.exit == 0, "\(done)")
    let events = ["zai", "anthropic"].enumerated().map { index, lane in
      #"{"ts":"2026-03-03T09:00:0\#(index)Z","rid":"R\#(index)","feature":"<b>search</b>","lane":"\#(lane)","model":"\#(lane == "zai" ? "glm-4.6" : "claude-sonnet-4-5")","status":200,"input_tokens":9000,"output_tokens":800,"latency_ms":\#(300 + index * 200)}"#
    }
    let stored = try await workspace.start(
      ["ingest", "proxy-telemetry", "--window", "W0-40", "--stdin"],
      text: events.joined(separator: "\n") + "\n"
    ).wait()
    #expect(stored.exit == 0, "\(stored)")
    try makeFolder(workspace.root.appending("docs/Ledgers"))
    try writeFile(
      workspace.root.appending("docs/Ledgers/Token_Churn_Ledger.csv"),
      """
      date,session_id,task,tokens_planned,tokens_actual,delta,commits,lines_added,lines_deleted,features_added,tests_added,notes
      2026-03-03,n/a,end_of_session,200000,231500,31500,0,0,0,3,0,window=W0-40; provider=codex

      """)
  }

  @Test("A report has what the ledgers have, of all windows, of one, and of those since a day")
  func content() async throws {
    try await fill()
    let run = try await workspace.run("report", "--output", "report.html")
    #expect(run.isSilentSuccess, "\(run)")
    let html = readText(page) ?? ""
    for text in [
      "4 % → 31 %", "2 % → 9 %", "231,500", "400 ms", "&lt;b&gt;search&lt;/b&gt;", "W0-41",
      "13 pp",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(!html.contains("<b>"))

    _ = try await workspace.run("report", "--window", "W0-41", "--output", "report.html")
    #expect(readText(page)?.contains("W0-40") == false && readText(page)?.contains("W0-41") == true)
    _ = try await workspace.run("report", "--since", "2026-03-04", "--output", "report.html")
    #expect(readText(page)?.contains("W0-40") == false && readText(page)?.contains("W0-41") == true)
  }

  @Test("What cannot be reported or written is an error that leaves the old page as it was")
  func refusals() async throws {
    try await fill()
    try writeFile(page, "old")
    let unknown = try await workspace.run(
      "report", "--window", "W0-99", "--output", "report.html")
    #expect(unknown.exit == 66 && unknown.stderr.contains("W0-99"), "\(unknown)")
    #expect(try await workspace.run("report").exit == 64)
    #expect(
      try await workspace.run("report", "--since", "soon", "--output", "report.html").exit == 64)
    let folder = try await workspace.run("report", "--output", "missing/report.html")
    #expect(folder.exit == 74 && folder.stderr.contains("/missing"), "\(folder)")
    #expect(readText(page) == "old")
  }

  @Test("A report writes the page and nothing else")
  func onlyThePage() async throws {
    #expect(try await workspace.run("report", "--output", "report.html").isSilentSuccess)
    #expect(listFolder(workspace.root) == ["report.html"])
  }

  @Test(
    "In a browser the page has no error, and on a telephone it does not scroll sideways",
    .enabled(if: requireTool("chromium")))
  func browser() async throws {
    try await fill()
    _ = try await workspace.run("report", "--output", "report.html")
    // A page of its own measures ours, which runs no script.
    let outer = workspace.root.appending("outer.html")
    try writeFile(
      outer,
      """
      <iframe id=page src="report.html" style="width:390px;height:3000px;border:0"></iframe>
      <p id=answer></p>
      <script>
      page.onload = () => {
        const root = page.contentDocument.documentElement;
        answer.textContent = `width=${root.scrollWidth} pictures=${root.querySelectorAll('svg').length}`;
      };
      </script>
      """)
    let chromium = try #require(findTool("chromium"))
    let run = try await SpawnedProcess(
      chromium,
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-web-security",
        "--allow-file-access-from-files", "--user-data-dir=\(workspace.home)",
        "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", "file://\(outer)",
      ], environment: workspace.environment
    ).wait(atMost: .seconds(120))
    #expect(run.stdout.contains("width=390 pictures=5"), "\(run)")
    #expect(!run.stderr.contains("CONSOLE"), "\(run.stderr)")
  }
}
