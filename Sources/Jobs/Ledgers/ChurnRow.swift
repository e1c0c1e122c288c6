package import Shared

/// One row of `churn.jsonl`: what a range of commits that is charged to a window changed.
package struct ChurnRow: Sendable, Equatable {
  package var window: String
  /// Who recorded it; `main` where nobody says.
  package var agent: String
  /// A provider's name, `multi`, or `unknown`.
  package var provider: String
  package var methodology: String?
  /// Full ids; both empty in a row that only says that the first is not known.
  package var commitStart: String
  package var commitEnd: String
  package var files: Int
  package var insertions: Int
  package var deletions: Int
  /// Features delivered, 0 where none or none known.
  package var features: Int
  package var capturedAt: Timestamp
  package var notes: String
  /// The files it was narrowed to, as they were given; none is all.
  package var paths: [String]
  /// Commits and authors in the range, and tests among the files; nil in rows of the tracker.
  package var commits: Int?
  package var authors: Int?
  package var testsTouched: Int?
  /// The row that this one replaces in every report.
  package var corrects: String?
  /// The id that a row that was read bears; a row of the tracker has none.
  package var writtenID: String?

  package init(
    window: String, agent: String, provider: String, methodology: String?, churn: GitChurn?,
    features: Int, capturedAt: Timestamp, notes: String, paths: [String]
  ) {
    self.window = window
    self.agent = agent
    self.provider = provider
    self.methodology = methodology
    commitStart = churn?.start ?? ""
    commitEnd = churn?.end ?? ""
    files = churn?.files ?? 0
    insertions = churn?.insertions ?? 0
    deletions = churn?.deletions ?? 0
    self.features = features
    self.capturedAt = capturedAt
    self.notes = notes
    self.paths = paths
    commits = churn?.commits
    authors = churn?.authors
    testsTouched = churn?.testsTouched
  }

  package var net: Int { insertions - deletions }
  package var gross: Int { insertions + deletions }
  /// Whether the window's first commit was not known, so that nothing was measured.
  package var isSkipped: Bool { commitStart.isEmpty }
  /// Whether the range has no commit in it by its very ends.
  package var isEmptyRange: Bool { !isSkipped && commitStart == commitEnd }

  /// Lines the code grew by for each feature; nil where that says nothing.
  package var perFeature: Double? {
    features > 0 && !isSkipped ? Double(net) / Double(features) : nil
  }

  /// A function of the content, the moment and the notes left out.
  package var id: String {
    writtenID
      ?? ContentID.of(
        ["churn", window, agent, provider, methodology ?? "", commitStart, commitEnd]
          + [files, insertions, deletions, features].map { String($0) }
          + [commits, authors, testsTouched].map { $0.map { String($0) } ?? "" }
          + [corrects ?? ""] + paths)
  }
}

// MARK: - Among other rows

extension ChurnRow {
  /// Whether both charge the window with the same commits and features.
  ///
  /// Notes are no reason for another row.
  package func saysSame(as other: ChurnRow) -> Bool {
    isSamePlace(as: other) && isSameRange(as: other) && provider == other.provider
      && methodology == other.methodology && features == other.features
      && (files, insertions, deletions) == (other.files, other.insertions, other.deletions)
  }

  /// Whether this row counts in place of an earlier one of the same window: it says something else of
  /// the same provider, or of the same commits.
  package func replaces(_ other: ChurnRow) -> Bool {
    guard window == other.window, agent == other.agent else { return false }
    if other.isSkipped { return true }
    return !isSkipped && isSamePlace(as: other)
      && (provider == other.provider || isSameRange(as: other))
  }

  private func isSamePlace(as other: ChurnRow) -> Bool {
    window == other.window && agent == other.agent && paths == other.paths
  }

  package func isSameRange(as other: ChurnRow) -> Bool {
    commitStart == other.commitStart && commitEnd == other.commitEnd
  }

  /// The rows that count, in the order they were written.
  package static func standing(_ rows: [ChurnRow]) -> [ChurnRow] { charges(rows).map(\.row) }

  /// A row that counts, and which row charged the window with these commits first: rows that only put
  /// features or lines right leave that moment.
  struct Charge {
    let row: ChurnRow
    let since: Int
  }

  static func charges(_ rows: [ChurnRow]) -> [Charge] {
    var stands = Array(repeating: true, count: rows.count)
    var since = Array(rows.indices)
    var earlier: [String: [Int]] = [:]
    for (index, row) in rows.enumerated() {
      let others = earlier[row.window, default: []]
      for other in others where row.replaces(rows[other]) {
        stands[other] = false
        if row.isSameRange(as: rows[other]) { since[index] = min(since[index], since[other]) }
      }
      earlier[row.window] = others.filter { stands[$0] } + [index]
    }
    return rows.indices.filter { stands[$0] }.map { Charge(row: rows[$0], since: since[$0]) }
  }
}

// MARK: - As a line

extension ChurnRow {
  /// One line of `churn.jsonl`, with its line feed: the tracker's members, ours behind them.
  package func line(stamp: RowStamp) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", window)
      writer.member("provider", provider)
      writer.member("methodology", methodology?.redactingAddresses)
      writer.member("commit_start", commitStart)
      writer.member("commit_end", commitEnd)
      writer.member("files_changed", files)
      writer.member("insertions", insertions)
      writer.member("deletions", deletions)
      writer.member("net", net)
      writer.member("features", features)
      writer.member("normalized_churn", perFeature)
      writer.member("captured_at", capturedAt.text)
      writer.member("notes", notes.redactingAddresses)
      writer.member("source", "churn")
      if !paths.isEmpty { writer.member("paths", list: paths) }
      writer.member("gross", isSkipped ? nil : gross)
      writer.member("commits", commits)
      writer.member("authors", authors)
      writer.member("tests_touched", testsTouched)
      stamp.write(into: &writer, id: id, agent: agent)
      if let corrects { writer.member("corrects", corrects) }
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}
