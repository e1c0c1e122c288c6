import Jobs
import Shared
import SystemPackage
import TestSupport
import Testing

struct WindowPositionTests {
  private let folder: TemporaryFolder
  private let workspace: Workspace

  init() throws {
    folder = try TemporaryFolder("positions")
    workspace = Workspace(flag: folder.path.string, environment: [:], currentFolder: folder.path)
  }

  private func file(_ agent: String, isNamed: Bool) -> PositionFile {
    PositionFile(provider: .codex, agent: agent, isNamed: isNamed, workspace: workspace)
  }

  private var full: WindowPosition {
    var position = WindowPosition(provider: .codex)
    position.window = "W0-CHN"
    position.lastPhase = .before
    position.baselinePrompts = 12.5
    position.updatedAt = at("00:06")
    position.identity = WindowIdentity(limitID: "codex", minutes: 300, end: .resetsAt(at("05:02")))
    position.isConfirmed = false
    position.lookedAt = at("00:07")
    position.candidate = .init(
      identity: WindowIdentity(
        limitID: "daily", minutes: nil, end: .day(LocalDay(daysSinceEpoch: 20_000))),
      seenAt: at("00:07:30"))
    position.best = reading("00:06:30", 12.25, end: "05:02", account: "a1")
    position.best?.rawText = "{\"a\":\"é\\n\"}"
    position.best?.clientVersion = "0.163.0"
    position.lastRow = "0123456789abcdef"
    return position
  }

  // MARK: The file

  @Test("A position is read as it was written")
  func roundTrip() throws {
    for position in [full, WindowPosition(provider: .codex)] {
      let read = WindowPosition(provider: .codex, json: position.json)
      #expect(read == position)
    }
    var unseen = full
    unseen.candidate = .init(identity: nil, seenAt: at("00:08"))
    #expect(WindowPosition(provider: .codex, json: unseen.json) == unseen)
  }

  @Test("The file has the tracker's members under the tracker's names")
  func form() throws {
    let text = String(decoding: full.json, as: UTF8.self)
    #expect(
      text.hasPrefix(
        #"{"provider": "codex", "current_window": "W0-CHN", "last_phase": "before", "#)
        || text.hasPrefix(#"{"provider":"codex","current_window":"W0-CHN","last_phase":"before","#))
    #expect(text.contains("baseline_prompts") && text.hasSuffix("\n"))
  }

  @Test(
    "A file of the tracker is read, whatever else stands in it",
    arguments: [
      #"{"provider":"codex","current_window":"W0-20","last_phase":"after","baseline_prompts":null}"#,
      #"{"current_window":"W0-20","last_phase":"after","updated_at":null,"later":[{"a":1}]}"#,
      #"{"identity":7,"candidate":"x","best":[],"row":3,"confirmed":null,"#
        + #""current_window":"W0-20","last_phase":"after"}"#,
      #"{"best":{"captured_at":"x"},"current_window":"W0-20","last_phase":"after"}"#,
    ])
  func trackersForm(_ text: String) throws {
    let read = try #require(WindowPosition(provider: .codex, json: Array(text.utf8)))
    #expect(read.window == "W0-20")
    #expect(read.lastPhase == .after)
    #expect(read.identity == nil && read.candidate?.identity == nil && read.best == nil)
    #expect(read.isConfirmed)
  }

  @Test(
    "A file that is none is no position", arguments: ["", "{", "[]", "null", "W0-20", "{\"a\":}"])
  func unreadable(_ text: String) throws {
    try writeFile(file("main", isNamed: true).path, text)
    #expect(file("main", isNamed: true).read(.codex) == nil)
  }

  @Test("Each agent has a file of its own; without a name the tracker's is read on")
  func paths() throws {
    let main = file("main", isNamed: false)
    let second = file("second", isNamed: true)
    #expect(main.path != second.path)
    #expect(main.read(.codex) == nil)
    let legacy = workspace.agentStates.appending("codex.json")
    try writeFile(legacy, #"{"current_window":"W0-19","last_phase":"before"}"#)
    #expect(main.read(.codex)?.window == "W0-19")
    #expect(second.read(.codex) == nil)
    #expect(file("main", isNamed: true).read(.codex) == nil)
    try makeFolder(main.path.removingLastComponent())
    try main.write(full)
    #expect(main.read(.codex) == full)
    #expect(second.read(.codex) == nil)
  }

  // MARK: The ledger

  private func row(
    _ window: String, _ phase: Phase, _ time: String, _ percent: Double = 5, end: String = "05:02",
    corrects: String? = nil
  ) -> Snapshot {
    var row = Snapshot(
      window: window, provider: .codex, phase: phase, agent: "main", capturedAt: at(time),
      recordedAt: at(time), notes: "", source: "window-reset",
      content: .reading(reading(time, percent, end: end)))
    row.corrects = corrects
    return row
  }

  private func missing(_ window: String, _ phase: Phase, _ time: String) -> Snapshot {
    Snapshot(
      window: window, provider: .codex, phase: phase, agent: "main", capturedAt: at(time),
      recordedAt: at(time), notes: "", source: "window-reset",
      content: .unavailable(ResetBench.failure))
  }

  private func current(_ rows: [Snapshot], stored: WindowPosition? = nil) -> WindowPosition {
    WindowPosition.current(
      .codex, own: SnapshotHistory(rows).rows, stored: stored, days: .universal)
  }

  @Test("A file that names the ledger's last row is believed")
  func fileIsAbout() {
    let rows = [row("W0-01", .before, "00:06")]
    var stored = full
    stored.lastRow = rows[0].id
    #expect(current(rows, stored: stored) == stored)
  }

  @Test("A file that is behind the ledger is not, but for the prompts that only it has")
  func fileIsBehind() {
    let rows = [
      row("W0-01", .before, "19:10", end: "00:01"), row("W0-01", .after, "23:50", end: "00:01"),
      row("W0-02", .before, "00:06"),
    ]
    var stored = full
    stored.lastRow = rows[0].id
    let position = current(rows, stored: stored)
    #expect(position.window == "W0-02")
    #expect(position.lastPhase == .before)
    #expect(position.identity?.end == .resetsAt(at("05:02")))
    #expect(position.lookedAt == at("00:06"))
    #expect(position.baselinePrompts == 12.5)
    #expect(position.candidate == nil && position.best == nil)
  }

  @Test(
    "A file of the tracker is believed while it is as new as the last row",
    arguments: [
      ("00:06", true), ("00:07", true), ("00:05:59", false), (nil, false),
    ] as [(String?, Bool)])
  func trackersFile(_ time: String?, _ isBelieved: Bool) {
    var stored = WindowPosition(provider: .codex)
    stored.window = "W0-20"
    stored.updatedAt = time.map(at)
    let position = current([row("W0-02", .before, "00:06")], stored: stored)
    #expect(position.window == (isBelieved ? "W0-20" : "W0-02"))
  }

  @Test("Without rows the file is believed, and without both there is no window")
  func noRows() {
    #expect(current([], stored: full) == full)
    #expect(current([]).window == nil)
  }

  @Test("A row that was deleted does not say where the agent stands")
  func tombstones() {
    let before = row("W0-01", .before, "19:10", end: "00:01")
    let mistaken = row("W0-02", .before, "00:06")
    let tombstone = Snapshot(
      window: "W0-02", provider: .codex, phase: .before, agent: "main", capturedAt: at("00:08"),
      recordedAt: at("00:08"), notes: "", source: "alias", content: .tombstone(of: mistaken.id))
    let position = current([before, mistaken, tombstone])
    #expect(position.window == "W0-01")
    #expect(position.identity?.end == .resetsAt(at("00:01")))
  }

  @Test("A correction of an older window does not make it the open one")
  func corrections() {
    let lost = missing("W0-01", .after, "00:06")
    let rows = [
      row("W0-01", .before, "19:10", end: "00:01"), lost, row("W0-02", .before, "00:06"),
      row("W0-01", .after, "23:40", end: "00:01", corrects: lost.id),
    ]
    #expect(current(rows).window == "W0-02")
    var override = row("W0-01", .before, "00:30", 1, end: "00:01", corrects: rows[0].id)
    override.source = "override"
    #expect(current(rows + [override]).window == "W0-02")
  }

  @Test("A window that is ended late is not where the agent stands")
  func lateEnd() {
    let rows = [
      row("W0-01", .before, "19:10", end: "00:01"), row("W0-02", .before, "00:06"),
      row("W0-01", .after, "00:08"),
    ]
    #expect(current(rows).window == "W0-02")
    #expect(current(rows).lastPhase == .before)
    let ended = rows + [row("W0-02", .after, "04:50"), row("W0-01", .after, "05:30")]
    #expect(current(ended).window == "W0-01", "none is open: the last row tells")
  }

  @Test("A BEFORE that replaces the news that there was none makes its window the open one")
  func replacedBefore() {
    let lost = missing("W0-02", .before, "00:06")
    let rows = [
      row("W0-01", .before, "19:10", end: "00:01"), row("W0-01", .after, "23:50", end: "00:01"),
      lost, row("W0-02", .before, "01:06", corrects: lost.id),
    ]
    let position = current(rows)
    #expect(position.window == "W0-02")
    #expect(position.identity?.end == .resetsAt(at("05:02")))
  }

  @Test("The end recorded last is told though a correction recorded it")
  func lastPhase() {
    let early = row("W0-01", .after, "23:59", 78, end: "00:01")
    let rows = [
      row("W0-01", .before, "19:10", end: "00:01"), early,
      row("W0-01", .after, "00:00:40", 80, end: "00:01", corrects: early.id),
    ]
    #expect(current(rows).lastPhase == .after)
  }

  @Test("A run killed before it wrote its position opens nothing twice", arguments: [false, true])
  func killed(_ isLostWhole: Bool) {
    var bench = ResetBench()
    bench.look(reading("19:10", 2, end: "00:01"))
    let file = bench.stored
    bench.look(reading("00:06", 1, end: "05:02"))
    bench.stored = isLostWhole ? [:] : file
    bench.look(reading("00:08", 1, end: "05:02"))
    bench.look(reading("01:06", 3, end: "05:02"))
    #expect(bench.lines.count == 3)
    #expect(bench.position.window == "W0-02")
  }

  @Test("One killed after a BEFORE that came late opens nothing twice either")
  func killedAfterFailure() {
    var bench = ResetBench()
    bench.look(reading("19:10", 2, end: "00:01"))
    bench.fail("00:06")
    bench.look(reading("01:06", 3, end: "05:02"))
    bench.losePosition()
    bench.look(reading("02:06", 4, end: "05:02"))
    #expect(bench.position.window == "W0-02")
    #expect(bench.lines.filter { $0.contains("before") }.count == 2)
  }
}
