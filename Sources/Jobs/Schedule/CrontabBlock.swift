/// One workspace's lines in a crontab, between two marks; every other byte belongs to somebody else.
package struct CrontabBlock: Sendable {
  package let begin: String
  package let end: String

  package init(name: String) {
    begin = "# >>> jobrunner \(name) >>> made by `jobrunner schedule install`, which replaces it"
    end = "# <<< jobrunner \(name) <<<"
    beginMark = "# >>> jobrunner \(name) >>>"
  }

  private let beginMark: String
  private static let endedLine = "; ends the line above"

  /// How the comment above a job's line begins.
  static func comment(_ job: ScheduledJob) -> String { "# \(job.name):" }

  /// A crontab taken apart: what is before our lines, they themselves, and what is behind.
  package struct Parts: Sendable, Equatable {
    package var before: [UInt8]
    /// Without the marks; nil where there is no block.
    package var lines: [String]?
    package var after: [UInt8]
    /// Whether the line before the block had no end until the block came.
    package var endsLine = false
  }

  /// Finds the block.
  ///
  /// - Throws: 65 where its marks are not one pair in order: what belongs to whom cannot be told.
  package func find(in crontab: [UInt8]) throws(JobError) -> Parts {
    var parts = Parts(before: [], lines: nil, after: [])
    var isInside = false
    for line in crontab.split(afterEach: UInt8(ascii: "\n")) {
      let text = String(decoding: line, as: UTF8.self).droppingLineEnd
      if text == beginMark || text.hasPrefix(beginMark + " ") {
        guard parts.lines == nil else { throw damaged("begins twice") }
        parts.lines = []
        parts.endsLine = text.hasSuffix(Self.endedLine)
        isInside = true
      } else if text == end {
        guard isInside else { throw damaged("ends where it has not begun") }
        isInside = false
      } else if isInside {
        parts.lines?.append(text)
      } else if parts.lines == nil {
        parts.before += line
      } else {
        parts.after += line
      }
    }
    guard !isInside else { throw damaged("has no end") }
    return parts
  }

  private func damaged(_ what: String) -> JobError {
    JobError(
      .badData,
      "the block '\(beginMark)' of the crontab \(what); put its marks right with 'crontab -e'")
  }

  /// The crontab with these lines in place of the block's, or without a block where there are none.
  ///
  /// A new block comes last.
  package func replacing(_ parts: Parts, with lines: [String]) -> [UInt8] {
    guard !lines.isEmpty else {
      let isLast = parts.endsLine && parts.after.isEmpty
      return (isLast ? parts.before.dropLast() : parts.before) + parts.after
    }
    var before = parts.before
    var begin = begin
    // cron passes over a last line without an end; ours must not be joined to it.
    if let last = before.last, last != UInt8(ascii: "\n") { before.append(UInt8(ascii: "\n")) }
    if before.count > parts.before.count || parts.endsLine { begin += Self.endedLine }
    let block = ([begin] + lines + [end]).map { $0 + "\n" }.joined()
    return before + Array(block.utf8) + parts.after
  }

  /// The lines of each job, by the comment above them.
  static func jobs(in lines: [String]) -> [ScheduledJob: [String]] {
    var found: [ScheduledJob: [String]] = [:]
    var current: ScheduledJob?
    for line in lines {
      if let job = ScheduledJob.allCases.first(where: { line.hasPrefix(comment($0)) }) {
        current = job
      }
      if let current { found[current, default: []].append(line) }
    }
    return found
  }
}

extension [UInt8] {
  /// The pieces that end in `separator`, and what follows the last.
  fileprivate func split(afterEach separator: UInt8) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = startIndex
    while let end = self[start...].firstIndex(of: separator) {
      pieces.append(self[start...end])
      start = end + 1
    }
    if start < endIndex { pieces.append(self[start...]) }
    return pieces
  }
}

extension String {
  fileprivate var droppingLineEnd: String {
    var text = Substring(self).utf8
    if text.last == UInt8(ascii: "\n") { text.removeLast() }
    return String(text) ?? self
  }
}
