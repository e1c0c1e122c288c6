internal import Shared
internal import SystemPackage

/// What a run that was killed may have left behind, cleared by the next.
enum Leftovers {
  /// Removes temporary files of dead processes beside the registry and among our own state.
  static func clear(of workspace: Workspace, world: World) throws(JobError) {
    do throws(FileError) {
      try clear([workspace.registry], in: workspace.agents, world)
      try clear(
        [workspace.contextWindows, workspace.usageCopies, workspace.opencodeMemory],
        in: workspace.state, world)
    } catch {
      throw JobError(error)
    }
  }

  private static func clear(
    _ files: [FilePath], in folder: FilePath, _ world: World
  ) throws(FileError) {
    let names = Folder.names(in: folder)
    for file in files {
      guard let name = file.lastComponent?.string else { continue }
      try AtomicReplace.removeLeftovers(
        of: name, in: folder, names: names, processes: world.processes)
    }
    // A child's output has a name for a moment only; what is older belongs to nobody.
    for name in names where name.hasPrefix(PrivateFile.prefix) {
      let path = folder.appending(name)
      guard let status = try? Stat(path, followTargetSymlink: false),
        world.clock.now() - Timestamp(modificationOf: status) > .seconds(60)
      else { continue }
      try Folder.remove(path)
    }
  }
}
