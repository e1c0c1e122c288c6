package import Shared

/// `preview`: what the ledgers say of a window, or of all, block by block.
package struct Preview: Sendable {
  package static let name = "preview"

  private let window: String?
  private let blocks: [PreviewBlock]
  private let isEmpty: Bool

  /// How many columns of a note are shown unless all are asked for.
  static let noteWidth = 120

  init(window: String?, book: BookPage, proxy: ProxyPage) {
    self.window = window
    isEmpty = book.isEmpty && proxy.isEmpty
    var blocks = book.blocks + [proxy.block]
    if window == nil {
      let finalized = Set(book.finalized)
      let open = Set(book.open).union(proxy.windows).subtracting(finalized).sorted()
      blocks.append(Self.notFinalized(open))
    }
    let order = Dictionary(
      uniqueKeysWithValues: PreviewBlock.Key.allCases.enumerated().map { ($1, $0) })
    self.blocks = blocks.sorted { (order[$0.key] ?? 0) < (order[$1.key] ?? 0) }
  }

  /// Windows that only have readings, events or counts so far.
  private static func notFinalized(_ names: [String]) -> PreviewBlock {
    let lines =
      names.isEmpty
      ? [] : ["Not finalized: \(names.map(\.escapingControls).joined(separator: ", "))"]
    return PreviewBlock(.notFinalized, lines) { writer in
      writer.array { array in
        for name in names { array.string(name) }
      }
    }
  }

  /// The lines for people; notes are cut unless `isWide`.
  package func lines(now: Timestamp, isWide: Bool) -> [String] {
    guard !isEmpty else { return ["no windows recorded"] }
    return blocks.flatMap { block in
      let holdsNotes = block.key == .outcome || block.key == .snapshots
      return block.lines.map { line in
        let line = AgeMark.settled(line, now: now)
        return holdsNotes && !isWide ? line.truncated(toWidth: Self.noteWidth) : line
      }
    }
  }

  /// One object with a member for each block, without a line feed.
  package func json(now: Timestamp) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", true)
      writer.member("window", window)
      for block in blocks {
        writer.key(block.key.rawValue)
        writer.raw(AgeMark.settled(block.json, now: now))
      }
    }
    return writer.bytes
  }
}

/// What the book says of one window or of all.
struct BookPage: Sendable {
  /// Those of telemetry left out.
  var blocks: [PreviewBlock]
  /// The names of the windows that are finalized, and of those that are not.
  var finalized: [String]
  var open: [String]

  var isEmpty: Bool { finalized.isEmpty && open.isEmpty }

  init(blocks: [PreviewBlock], finalized: [String], open: [String]) {
    self.blocks = blocks
    self.finalized = finalized
    self.open = open
  }

  /// - Parameter name: The one window; nil for all.
  init(_ book: WindowBook, only name: String?) {
    let shown = book.only(name)
    let windows = shown.windows
    self.init(
      blocks: OldBlocks.of(windows, only: name) + NewBlocks.of(windows, isOne: name != nil),
      finalized: shown.finalizedNames,
      open: windows.filter { $0.finalized.isEmpty }.map(\.name))
  }
}

/// What telemetry says of one window or of all.
struct ProxyPage: Sendable {
  var block: PreviewBlock
  /// The names of the windows with events.
  var windows: [String]

  /// Whether there is nothing to show.
  var isEmpty: Bool { block.lines.isEmpty }

  init(block: PreviewBlock, windows: [String]) {
    self.block = block
    self.windows = windows
  }

  /// - Parameter window: The one that the summary is of: without events of it there is nothing to
  ///   say, of damage elsewhere neither.
  init(_ summary: TelemetrySummary?, of window: String?) {
    let summary = window != nil && summary?.total.events == 0 ? nil : summary
    self.init(
      block: ProxyBlock.of(summary),
      windows: (summary?.windows ?? []).map(\.name)
        .filter { !$0.isEmpty && $0 != TelemetryRowWriter.unassigned })
  }
}

extension Preview {
  /// Reads the ledgers, with the rows that are about to be added, and nothing that was kept; makes none.
  package static func read(
    _ ledgers: BookLedgers, rules: ProxyRules, window: String?
  ) throws(JobError) -> Preview {
    let log = TelemetryLog(ledger: ledgers.workspace.proxyTelemetry, rules: rules)
    return Preview(
      window: window, book: BookPage(try ledgers.book(), only: window),
      proxy: ProxyPage(try log.summary(window: window), of: window))
  }
}
