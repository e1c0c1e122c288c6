package import Shared
package import SystemPackage

/// The rollouts that Codex leaves of each of its sessions.
package struct CodexRollouts: Sendable {
  /// The folder of Codex, with `sessions` and `archived_sessions` in it.
  package let home: FilePath
  /// What was read so far; a cache, whose last writer wins.
  package let memory: FilePath

  package init(home: FilePath, memory: FilePath) {
    self.home = home
    self.memory = memory
  }

  /// `CODEX_HOME`, else `.codex` in the home folder; nil where neither is known.
  package static func home(environment: [String: String]) -> FilePath? {
    if let own = environment["CODEX_HOME"], !own.isEmpty { return FilePath(own) }
    guard let home = environment["HOME"], !home.isEmpty else { return nil }
    return FilePath(home).appending(".codex")
  }

  /// Files that were not written to for longer say nothing that still matters: no window is longer
  /// than a month.
  private static let horizon = Duration.seconds(35 * 86_400)

  /// Looks at all files, and reads what is new in them.
  package func read(now: Timestamp) -> RolloutFindings {
    var tree = FolderTree()
    for folder in ["sessions", "archived_sessions"] {
      tree.add(below: home.appending(folder), prefix: "rollout-", suffix: ".jsonl")
    }
    let known = RolloutMemory.decoded(StateFile.read(memory))
    var findings = RolloutFindings(home: home)
    findings.errors = tree.failures.map(\.description)
    let isChanged = findings.take(
      tree.files, known: known, now: now, since: (now - Self.horizon).milliseconds * 1_000_000)
    if isChanged || findings.files.count != known.count {
      do throws(JobError) {
        try StateFile.write(RolloutMemory.encoded(findings.files.map(\.file)), to: memory)
      } catch {
        findings.errors.append(error.message)
      }
    }
    return findings
  }
}

/// What the rollouts say, and what of them could not be read.
package struct RolloutFindings: Sendable {
  /// One line for each file or folder that could not be read, and for a memory not written.
  package fileprivate(set) var errors: [String] = []
  /// How many files had to be opened: those that are new or have changed.
  package private(set) var filesRead = 0
  fileprivate private(set) var files: [(path: String, file: RolloutFile)] = []
  private let home: FilePath

  fileprivate init(home: FilePath) { self.home = home }

  /// The newest row of all files that tells of the subscription.
  package func newest() throws(ReadingFailure) -> Reading {
    var best: (path: String, file: RolloutFile, row: RolloutFile.Newest)?
    for (path, file) in files {
      guard let row = file.newest else { continue }
      // Of two at the same time the one of the last path, so that the answer is always the same.
      if let best, (row.capturedAt, path) < (best.row.capturedAt, best.path) { continue }
      best = (path, file, row)
    }
    guard let best,
      let row = RolloutRow(
        rateLimits: Array(best.row.rateLimits), capturedAt: best.row.capturedAt)
    else { throw ReadingFailure(.noData, "no rollout below \(home) tells of the limits") }
    return Reading(
      provider: .codex, account: nil, limits: row.limits, capturedAt: row.capturedAt,
      method: .rollouts, clientVersion: best.file.clientVersion,
      errors: errors.isEmpty ? [] : ["unreadable-rollouts"], rawText: row.rawText)
  }

  /// The windows of the subscription that rows at or after a time tell of, by length and end.
  package func evidence(since: Timestamp) -> [RolloutObservation] {
    files.flatMap(\.file.windows).merged().filter { $0.lastRowAt >= since }
  }

  /// Takes in the files that matter, and returns whether any was opened.
  fileprivate mutating func take(
    _ found: [FolderTree.File], known: [FileIdentity: RolloutFile], now: Timestamp, since: Int64
  ) -> Bool {
    let reader = RolloutReader()
    var seen: Set<FileIdentity> = []
    for found in found where found.version.modified >= since {
      guard seen.insert(found.version.identity).inserted else { continue }
      let before = known[found.version.identity]
      if let before, before.step(to: found.version, changed: found.changed) == .keep {
        files.append((found.path, before))
        continue
      }
      filesRead += 1
      do throws(Errno) {
        guard let file = try reader.read(found.path, known: before, now: now) else { continue }
        files.append((found.path, file))
      } catch {
        errors.append("read \(found.path): \(error)")
      }
    }
    return filesRead > 0
  }
}
