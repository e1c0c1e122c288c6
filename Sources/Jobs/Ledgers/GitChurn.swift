/// How much a range of commits changed, counted by git.
///
/// Lines, files and tests are those of the difference between the two ends, not the sum of what each
/// commit changed; commits and authors are those between them.
package struct GitChurn: Sendable, Equatable {
  /// The full ids of the commits the range begins behind and ends with.
  package var start: String
  package var end: String
  /// Files that differ; one that was renamed counts once.
  package var files = 0
  /// Lines; a file that git takes for binary has none, a submodule that moved one each.
  package var insertions = 0
  package var deletions = 0
  package var binaryFiles = 0
  package var renames = 0
  package var submodules = 0
  /// Files that differ and are tests by ``TestPath``.
  package var testsTouched = 0
  /// Commits that can be reached from the end and not from the start, merges too.
  package var commits = 0
  /// Their authors, each e-mail address once, as `.mailmap` has it.
  package var authors = 0

  package init(start: String, end: String) {
    self.start = start
    self.end = end
  }

  /// By how many lines the code grew.
  package var net: Int { insertions - deletions }
  /// How many lines were worked on.
  package var gross: Int { insertions + deletions }
  /// Whether the range has no commit in it by its very ends.
  package var isEmptyRange: Bool { start == end }
}

extension GitRepository {
  /// What changed between two commits, in all files or in those that the paths name.
  ///
  /// - Parameters:
  ///   - start: A full id, as ``commit(_:)`` gives it; `end` likewise.
  ///   - paths: As `git diff` takes them behind `--`, relative ones from the workspace on. Commits and
  ///     authors are then those that touched them.
  /// - Throws: 64 for a path that git does not take, 65 where it cannot compare, 66 where the clone
  ///   is too shallow to tell what is between.
  package func churn(
    from start: String, to end: String, paths: [String]
  ) async throws(JobError) -> GitChurn {
    guard Self.isID(start), Self.isID(end) else {
      throw JobError(.software, "'\(start)' or '\(end)' is not the full id of a commit")
    }
    var churn = GitChurn(start: start, end: end)
    guard start != end else { return churn }
    try await checkHistory(from: start, to: end)
    let difference = try await list(Self.difference + [start, end, "--"] + paths) { file in
      try GitDifference.read(file)
    }
    churn.take(difference)
    let history = try await list(Self.history + [end, "^\(start)", "--"] + paths) { file in
      try GitHistory.read(file)
    }
    churn.commits = history.commits
    churn.authors = history.authors
    return churn
  }

  /// Every setting that could change a number is given.
  ///
  /// Modes tell submodules, which git's counts do not.
  private static let difference = [
    "diff", "--numstat", "--raw", "-z", "--no-ext-diff", "--no-textconv", "--no-color",
    "--find-renames", "-l1000", "--diff-algorithm=myers", "--ignore-submodules=none",
  ]

  private static let history = ["rev-list", "--format=\(GitHistory.format)"]

  /// Where the history is cut off between the two, commits would be counted that lie before both.
  private func checkHistory(from start: String, to end: String) async throws(JobError) {
    guard isShallow else { return }
    let answer = try await ask(["merge-base", "--is-ancestor", start, end])
    guard !answer.isSuccess else { return }
    throw JobError(
      .noInput,
      "what is between \(start.prefix(12)) and \(end.prefix(12)) is not in \(folder), a shallow "
        + "clone; 'git fetch --unshallow' brings the commits it lacks")
  }
}

extension GitChurn {
  mutating func take(_ difference: GitDifference) {
    files = difference.files
    insertions = difference.insertions
    deletions = difference.deletions
    binaryFiles = difference.binaryFiles
    renames = difference.renames
    submodules = difference.submodules
    testsTouched = difference.testsTouched
  }
}
