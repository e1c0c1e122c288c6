import Shared
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@testable import Jobs

/// What is kept for views: the same as what the files say, or nothing.
struct PreviewCacheTests {
  private let folder: TemporaryFolder
  private let workspace: Workspace

  init() throws {
    folder = try TemporaryFolder("preview")
    workspace = Workspace(flag: folder.path.string, environment: [:], currentFolder: "/")
    try makeFolder(workspace.data)
    try makeFolder(workspace.state)
  }

  private func cache(version: String = "1", rules: ProxyRules = ProxyRules()) -> PreviewCache {
    PreviewCache(
      ledgers: BookLedgers(workspace: workspace, tables: folder.path, zone: .universal),
      rules: rules, version: version, zone: "")
  }

  /// What the files say, with nothing kept.
  private func read(_ window: String?) throws -> Preview {
    let ledgers = BookLedgers(workspace: workspace, tables: folder.path, zone: .universal)
    return try Preview.read(ledgers, rules: ProxyRules(), window: window)
  }

  private func text(_ preview: Preview) -> String {
    String(decoding: preview.json(now: BookSample.now), as: UTF8.self)
      + preview.lines(now: BookSample.now, isWide: true).joined(separator: "\n")
  }

  private func expectSame(_ cache: PreviewCache, _ comment: Comment? = nil) throws {
    for window in [nil, "W1", "W2", "W3", "W9"] {
      #expect(text(try cache.preview(window: window)) == text(try read(window)), comment)
    }
  }

  private func fill() throws {
    var sample = BookSample()
    sample.read("W1", .before, at: "2026-05-04T06:00:00.000Z", (11, 40))
    sample.read("W1", .after, at: "2026-05-04T09:00:00.000Z", (31, 46))
    sample.finalize("W1", codex: 3)
    sample.read("W2", .before, at: "2026-05-04T09:10:00.000Z", (1, 46))
    try writeFile(workspace.snapshots, sample.snapshots)
    try writeFile(workspace.windows, sample.windows)
    try writeFile(
      workspace.proxyTelemetry,
      ProxySample.stored(ProxySample.lanterns, window: "W1")
        + ProxySample.stored(ProxySample.forced, window: "W3"))
  }

  @Test("What is kept is what the files say, for each window and for all")
  func same() throws {
    try fill()
    cache().renew()
    try expectSame(cache())
  }

  @Test("It is read, and not only made")
  func isRead() throws {
    try fill()
    cache().renew()
    var other = BookSample()
    other.finalize("W1", outcome: "other")
    let page = BookPage(other.book(), only: "W1")
    try PageFile(path: workspace.previewWindows)
      .write([("W1", page.cached)], key: cache().bookKey.value)
    let lines = try cache().preview(window: "W1").lines(now: BookSample.now, isWide: false)
    #expect(lines.contains("Outcome: quality=1.0, outcome=other"))
  }

  @Test("Telemetry of which much is new is left to a run that has nothing else to do")
  func muchNew() throws {
    let rows = ProxySample.stored(ProxySample.lanterns, window: "W1")
    let count = TelemetryBook.longestTail / rows.utf8.count + 1
    try Fixture.write(String(repeating: rows, count: count), to: workspace.proxyTelemetry)
    cache().renew(isBusy: true)
    #expect(Fixture.names(in: workspace.state).isEmpty)
    cache().renew()
    let kept = Fixture.names(in: workspace.state).sorted()
    #expect(kept == ["preview-telemetry.cache", "telemetry-cells.cache"])
    try Fixture.append(rows, to: workspace.proxyTelemetry)
    cache().renew(isBusy: true)
    let shown = try cache().preview(window: "W1").lines(now: BookSample.now, isWide: false)
    let events = rows.split(separator: "\n").count * (count + 1)
    #expect(shown.contains { $0.contains("(events=\(events))") }, "\(shown)")
  }

  @Test("A view makes no file")
  func viewMakesNothing() throws {
    try fill()
    _ = try cache().preview(window: nil)
    #expect(Fixture.names(in: workspace.state).isEmpty)
  }

  @Test("Nothing is kept where there is nothing")
  func empty() throws {
    cache().renew()
    #expect(Fixture.names(in: workspace.state).isEmpty)
    #expect(
      try cache().preview(window: nil).lines(now: BookSample.now, isWide: false) == [
        "no windows recorded"
      ])
  }

  struct Change: Sendable, CustomStringConvertible {
    let description: String
    let change: @Sendable (Workspace) throws -> Void
  }

  static let changes = [
    Change(description: "a window more") { workspace in
      var sample = BookSample()
      sample.finalize("W2", codex: 9)
      try Fixture.append(sample.windows, to: workspace.windows)
    },
    Change(description: "a digit of the same length") { workspace in
      let text = (readText(workspace.windows) ?? "").replacing(
        "\"outcome\":\"pass\"", with: "\"outcome\":\"fail\"")
      try writeFile(workspace.windows, text)
    },
    Change(description: "an anomaly where there was no file") { workspace in
      var sample = BookSample()
      sample.note("glitch", "W1")
      try writeFile(workspace.anomalies, sample.anomalies)
    },
    Change(description: "readings that are gone") { workspace in
      try writeFile(workspace.snapshots, "")
    },
    Change(description: "events more") { workspace in
      try Fixture.append(
        ProxySample.stored(ProxySample.forced, window: "W2"), to: workspace.proxyTelemetry)
    },
    Change(description: "an event put into a window later") { workspace in
      try Fixture.append(
        ProxySample.stored(
          #"{"ts":"2026-05-04T07:00:00Z","rid":"U1","lane":"glm","model":"glm-4.6","status":200,"#
            + #""latency_ms":77}"# + "\n", window: "unassigned"), to: workspace.proxyTelemetry)
    },
    Change(description: "the log of a run in one row") { workspace in
      try Fixture.append(
        ProxySample.run(ProxySample.lanterns, window: "W2"), to: workspace.proxyTelemetry)
    },
    Change(description: "a damaged line") { workspace in
      try Fixture.append("{\"window\":\n", to: workspace.proxyTelemetry)
    },
    Change(description: "a line without its end") { workspace in
      let row = ProxySample.stored(ProxySample.forced, window: "W2").split(separator: "\n")[0]
      try Fixture.append(String(row), to: workspace.proxyTelemetry)
    },
    Change(description: "fewer events") { workspace in
      try writeFile(
        workspace.proxyTelemetry, ProxySample.stored(ProxySample.lanterns, window: "W1"))
    },
    Change(description: "no events") { workspace in
      removeTree(workspace.proxyTelemetry)
    },
  ]

  @Test("Whatever is written since is shown, before and after it is kept again", arguments: changes)
  func stale(change: Change) throws {
    try fill()
    cache().renew()
    try change.change(workspace)
    try expectSame(cache(), "before")
    cache().renew()
    try expectSame(cache(), "after")
  }

  @Test("A change that keeps size and time is seen by the time of the change itself")
  func forged() throws {
    try fill()
    cache().renew()
    let status = try Stat(workspace.windows)
    let text = (readText(workspace.windows) ?? "").replacing(
      "\"outcome\":\"pass\"", with: "\"outcome\":\"fail\"")
    let file = try FileDescriptor.open(workspace.windows, .writeOnly)
    try file.closeAfter { _ = try file.writeAll(toAbsoluteOffset: 0, Array(text.utf8)) }
    let time = timespec(
      tv_sec: Int(status.modificationNanoseconds / 1_000_000_000),
      tv_nsec: Int(status.modificationNanoseconds % 1_000_000_000))
    #expect(utimensat(AT_FDCWD, workspace.windows.string, [time, time], 0) == 0)
    try expectSame(cache())
  }

  @Test("Damage of what is kept, at any byte, is no matter")
  func damaged() throws {
    try fill()
    cache().renew()
    for path in [
      workspace.previewWindows, workspace.previewTelemetry, workspace.telemetryCells,
    ] {
      let bytes = try #require(readBytes(path))
      for index in stride(from: 0, to: bytes.count, by: 97) {
        var damaged = bytes
        damaged[index] ^= 0x41
        try writeFile(path, damaged)
        #expect(
          text(try cache().preview(window: "W1")) == text(try read("W1")), "\(path) \(index)")
      }
      for length in [0, 1, 31, bytes.count / 2, bytes.count - 1] {
        try writeFile(path, Array(bytes.prefix(length)))
        try expectSame(cache(), "\(path) \(length)")
      }
      try writeFile(path, bytes)
    }
  }

  @Test("Another version, zone or rule reads the files anew")
  func salt() throws {
    try fill()
    cache().renew()
    let kept = try #require(readBytes(workspace.previewTelemetry))
    var rules = ProxyRules()
    rules.routedLanes = ["baseline"]
    for other in [cache(version: "2"), cache(rules: rules)] {
      try expectSame(other)
      other.renew()
      #expect(readBytes(workspace.previewTelemetry) != kept)
    }
  }

  // MARK: Counting on

  @Test("Counting on from anywhere is counting all", arguments: 1...12)
  func countingOn(seed: UInt64) throws {
    var numbers = SeededNumbers(seed: seed)
    let rows = ProxySample.stored(Self.log(&numbers), window: "W1").split(separator: "\n")
    let lines = rows.map { row in
      row.replacing(
        #""window":"W1""#, with: #""window":"W\#(Int.random(in: 1...3, using: &numbers))""#)
    }
    var ledger = ""
    var known: TelemetryBook?
    for line in lines {
      ledger += line + "\n"
      guard Int.random(in: 0..<6, using: &numbers) == 0 else { continue }
      try append(ledger)
      known = try book(known)
    }
    try append(ledger)
    let gone = try #require(try book(known))
    let whole = try #require(try book(nil))
    #expect(Set(gone.pages.map { text($0.page) }) == Set(whole.pages.map { text($0.page) }))
    let cached = try #require(gone.cached(salt: 7))
    #expect(TelemetryBook(cached: cached, salt: 7)?.cells == gone.cells)
    #expect(TelemetryBook(cached: cached, salt: 8) == nil)
    let summary = try TelemetryLog(ledger: workspace.proxyTelemetry, rules: ProxyRules())
      .summary(window: nil)
    #expect(text(ProxyPage(summary, of: nil)) == text(gone.page(nil)))
  }

  private func append(_ ledger: String) throws {
    // In place: another file would be counted anew.
    let file = try FileDescriptor.open(
      workspace.proxyTelemetry, .writeOnly, options: [.create], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(toAbsoluteOffset: 0, Array(ledger.utf8)) }
  }

  private func book(_ known: TelemetryBook?) throws -> TelemetryBook? {
    let file = try FileDescriptor.open(workspace.proxyTelemetry, .readOnly)
    defer { try? file.close() }
    return try TelemetryBook.of(file, try Stat(file), known: known, rules: ProxyRules())
  }

  private func text(_ page: ProxyPage) -> String {
    String(decoding: page.block.json, as: UTF8.self) + page.block.lines.joined()
  }

  private static func log(_ numbers: inout SeededNumbers) -> String {
    (0..<60).map { index in
      let lane = ["glm", "baseline", "zai"].randomElement(using: &numbers) ?? ""
      let latency: Double = [12.0, 340, 340.5, 70_000, 1e12].randomElement(using: &numbers) ?? 0
      let tokens = Bool.random(using: &numbers) ? #","input_tokens":\#(index)"# : ""
      return #"{"ts":"2026-05-04T07:00:00Z","rid":"R\#(index)","lane":"\#(lane)","#
        + #""model":"m\#(index % 3)","status":\#(index % 7 == 0 ? 500 : 200),"#
        + #""latency_ms":\#(latency)\#(tokens)}"# + "\n"
    }.joined()
  }
}
