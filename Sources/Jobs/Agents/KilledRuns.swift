internal import Shared
internal import SystemPackage

/// What a run that was killed may have left behind, cleared by the next.
enum KilledRuns {
  /// Removes temporary files of dead processes beside the registry and among our own state, and
  /// finishes a rotation of the log that was cut short.
  static func clear(
    of workspace: Workspace, configuration: Configuration, world: World
  ) throws(JobError) {
    do throws(FileError) {
      try Leftovers.sweep(
        in: workspace.agents, of: "registry.json", processes: world.processes)
      for file in [workspace.contextWindows, workspace.usageCopies, workspace.opencodeMemory] {
        guard let name = file.lastComponent?.string else { continue }
        try Leftovers.sweep(in: workspace.state, of: name, processes: world.processes)
      }
      try Leftovers.sweep(
        in: workspace.state, of: PrivateFile.name, processes: world.processes)
      try ExportErrorLogFile(
        workspace: workspace, configuration: configuration, world: world
      ).recover()
    } catch {
      throw JobError(error)
    }
  }
}
