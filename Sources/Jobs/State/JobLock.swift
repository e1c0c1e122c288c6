package import Shared
internal import SystemPackage

/// One run of a job at a time.
package enum JobLock {
  /// Takes the job's lock, making its folder; nil when another run holds it for longer than the
  /// given time.
  ///
  /// The lock is free as soon as its holder is gone, however it went.
  package static func take(
    _ job: String, workspace: Workspace, waitingUpTo limit: Duration, world: World
  ) throws(JobError) -> FileLock? {
    do throws(FileError) {
      return try FileLock.acquire(
        workspace.lock(ofJob: job), waitingUpTo: limit, context: world.locks(for: job))
    } catch {
      throw JobError(error)
    }
  }

  /// Who holds it, for a message; nil when that is not known.
  package static func holder(_ job: String, workspace: Workspace) -> String? {
    FileLock.holder(of: workspace.lock(ofJob: job)).map { "process \($0.pid)" }
  }
}
