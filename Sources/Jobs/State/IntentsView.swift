package import Shared
internal import SystemPackage

/// `intents`: the runs that were interrupted, for whoever decides on them.
package enum IntentsView {
  package static let name = "intents"

  /// A table of all; the news where there are none.
  package static func list(_ runs: [IntentJournal.Open], now: Timestamp) -> [String] {
    guard !runs.isEmpty else { return ["no intents"] }
    var table = TextTable(columns: [.init("KEY"), .init("AGE", .right), .init("STATE")])
    for run in runs {
      table.append([
        .init(run.key), .init(DurationText.brief(now - run.written)), .init(state(of: run)),
      ])
    }
    return table.lines()
  }

  private static func state(of run: IntentJournal.Open) -> String {
    guard run.intent != nil else { return "cannot be read" }
    guard let path = run.changed else { return "interrupted; the next run finishes it" }
    return "waits for 'retry' or 'drop': \(path) was changed meanwhile"
  }

  /// What one run was to change, file by file.
  package static func show(_ run: IntentJournal.Open) -> [String] {
    var lines = ["\(run.key): \(state(of: run))"]
    for step in run.intent?.steps ?? [] {
      switch step {
      case .append(let append):
        let mark = step.path == run.changed ? ", which was changed meanwhile" : ""
        lines.append("append to \(append.path)\(mark), at byte \(append.base):")
        lines += text(append.data).map { "  + \($0)" }
      case .block(let path, let block):
        lines.append("block '\(block.name)' of \(path):")
        lines += text(Array(block.body.utf8)).map { "  | \($0)" }
      }
    }
    return lines
  }

  private static func text(_ bytes: [UInt8]) -> [String] {
    var lines = String(decoding: bytes, as: UTF8.self)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// One object, without a line feed.
  package static func json(_ runs: [IntentJournal.Open]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", true)
      writer.key("intents")
      writer.array { writer in
        for run in runs { writer.object { write(run, into: &$0) } }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func write(_ run: IntentJournal.Open, into writer: inout JSONWriter) {
    writer.member("key", run.key)
    writer.member("file", run.name)
    writer.member("written_at", run.written.text)
    writer.member("readable", run.intent != nil)
    writer.member("changed", run.changed?.string)
    writer.key("steps")
    writer.array { writer in
      for step in run.intent?.steps ?? [] {
        writer.object { writer in
          writer.member("path", step.path.string)
          switch step {
          case .append(let append):
            writer.member("append", String(decoding: append.data, as: UTF8.self))
          case .block(_, let block):
            writer.member("block", block.name)
            writer.member("body", block.body)
          }
        }
      }
    }
  }
}
