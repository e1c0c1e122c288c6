internal import Shared

extension RunHistory {
  /// The table of `history`, its heading first.
  package static func lines(_ rows: some Sequence<RunRecord>, coloured: Bool) -> [String] {
    var table = TextTable(columns: [
      .init("STARTED"), .init("JOB"), .init("OUTCOME"), .init("EXIT", .right),
      .init("TOOK", .right), .init("TRIGGER"), .init("DETAILS"),
    ])
    for row in rows {
      let counts = row.counts.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
      table.append([
        .init(row.started.tableText), .init(row.runKey),
        .init(row.outcome.rawValue, style(of: row.outcome)), .init("\(row.exit)"),
        .init(took(row.duration)), .init(row.trigger.rawValue), .init(row.error ?? counts),
      ])
    }
    return table.lines(coloured: coloured)
  }

  private static func took(_ duration: Duration) -> String {
    duration < .seconds(1)
      ? "\(duration.inMilliseconds)ms" : "\(PercentText.number(duration.inSeconds))s"
  }

  private static func style(of outcome: RunRecord.Outcome) -> TextTable.Style {
    switch outcome {
    case .done: .plain
    case .partial: .yellow
    case .failed: .red
    }
  }

  /// One object, without a line feed.
  package static func json(_ rows: some Sequence<RunRecord>) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", true)
      writer.key("runs")
      writer.array { writer in
        for row in rows { writer.raw(row.row) }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
