package import Shared
package import SystemPackage

/// Several files changed at once, for jobs: the journal of the workspace, in a job's words.
package struct Intents: Sendable {
  private let journal: IntentJournal

  /// Describes the journal; nothing is opened yet.
  package init(workspace: Workspace, world: World, job: String) {
    journal = IntentJournal(
      folder: workspace.intents, root: workspace.root, locks: workspace.locks,
      durability: world.durability, lockWait: .seconds(10),
      newFileMode: [.ownerReadWrite, .groupRead, .otherRead], context: world.locks(for: job))
  }

  /// Finishes what an interrupted run left, then decides on the targets as they are and changes
  /// them all or none.
  ///
  /// Nothing runs and nothing waits in `decide`: all targets are locked meanwhile.
  ///
  /// - Throws: 75 when a target waits for a decision on an earlier run that was interrupted, and
  ///   what `decide` throws, with nothing changed.
  package func commit<Outcome>(
    _ key: String, targets: [FilePath],
    deciding decide: (IntentTargets) throws(JobError) -> (steps: [IntentStep], outcome: Outcome)
  ) throws(JobError) -> Outcome {
    var result: Result<Outcome, JobError>?
    do throws(IntentError) {
      try journal.commit(key, targets: targets) { contents in
        do throws(JobError) {
          let (steps, outcome) = try decide(contents)
          result = .success(outcome)
          return steps
        } catch {
          result = .failure(error)
          return []
        }
      }
    } catch {
      throw JobError(error)
    }
    guard let result else { throw JobError(.software, "\(key): nothing was decided") }
    return try result.get()
  }

  /// Finishes what interrupted runs left, and says which cannot be finished.
  package func recover() throws(JobError) -> [IntentConflict] {
    do throws(IntentError) {
      return try journal.recover()
    } catch {
      throw JobError(error)
    }
  }

  /// The runs that were interrupted and are not finished; nothing is changed.
  package func open() throws(JobError) -> [IntentJournal.Open] {
    do throws(FileError) {
      return try journal.open()
    } catch {
      throw JobError(error)
    }
  }

  /// Finishes one run on the files as they are now.
  package func retry(_ key: String) throws(JobError) {
    do throws(IntentError) {
      if try journal.retry(key) { return }
    } catch {
      throw JobError(error)
    }
    throw Self.unknown(key)
  }

  /// Gives one run up; what it has changed stays.
  package func drop(_ key: String) throws(JobError) {
    do throws(IntentError) {
      if try journal.drop(key) { return }
    } catch {
      throw JobError(error)
    }
    throw Self.unknown(key)
  }

  package static func unknown(_ key: String) -> JobError {
    JobError(.noInput, "no intent has the key '\(key)'; 'jobrunner intents' lists them")
  }
}

extension JobError {
  package init(_ error: IntentError) {
    switch error {
    case .file(let error): self.init(error)
    case .conflict(let conflict):
      self.init(
        .tryLater,
        "\(conflict.path) was changed after '\(conflict.key)' was interrupted; look at it with "
          + "'jobrunner intents show \(conflict.key)', then 'retry' or 'drop' that")
    case .damaged(let path):
      self.init(.badData, "\(path): cannot be read as an intent; move it away and run again")
    }
  }
}
