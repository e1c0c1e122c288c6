package import Shared
internal import SystemPackage

/// Since when a schedule has a job: the modification time of an empty file that `schedule install`
/// makes, one a job and agent.
///
/// Told without asking a scheduler: every run looks at it, and a run of every minute starts nothing
/// for that.
package enum ScheduledMark {
  /// When a schedule with the job was installed for the agent; nil where none was.
  package static func time(
    _ job: String, agent: String?, in workspace: Workspace
  ) -> Timestamp? {
    FileMark.time(of: path(job, agent, workspace))
  }

  /// Marks jobs that are not marked yet; one that cannot be marked is missed once it has run.
  static func set(_ jobs: [ScheduledJob], agent: String?, in workspace: Workspace, isRoot: Bool) {
    let new = jobs.map { path($0.name, agent, workspace) }.filter { FileMark.time(of: $0) == nil }
    guard !new.isEmpty else { return }
    let folder = folder(workspace)
    try? makeFolders(folder)
    for path in new { FileMark.renew(path) }
    // Whom the workspace belongs to goes on with what root has begun.
    guard isRoot else { return }
    for made in [workspace.state, folder] + new { try? copyOwner(of: workspace.root, to: made) }
  }

  static func clear(_ jobs: [ScheduledJob], agent: String?, in workspace: Workspace) {
    for job in jobs { discardFile(path(job.name, agent, workspace)) }
    removeFolderIfEmpty(folder(workspace))
    removeFolderIfEmpty(workspace.state)
  }

  private static func folder(_ workspace: Workspace) -> FilePath {
    workspace.state.appending("scheduled")
  }

  private static func path(_ job: String, _ agent: String?, _ workspace: Workspace) -> FilePath {
    folder(workspace).appending(ScheduleName.file(job, agent: agent))
  }
}
