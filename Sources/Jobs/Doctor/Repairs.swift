internal import Shared
internal import SystemPackage

/// What `--fix` does: only what any job would do by itself when it comes across it, each by the
/// proof that the jobs go by.
enum Repairs {
  /// Something that was put right.
  struct Repair: Sendable, Equatable {
    let check: String
    let text: String
  }

  static func make(
    _ workspace: Workspace, configuration: Configuration, world: World
  ) -> [Repair] {
    removeLeftovers(workspace, world) + finishRotation(workspace, configuration, world)
      + clearLock(workspace, world) + finishIntents(workspace, world)
  }

  /// Temporary files of processes that are gone, of names that are ours or the registry's.
  static func leftovers(in workspace: Workspace, world: World) -> [FilePath] {
    places(workspace).flatMap { folder, names in
      (try? Leftovers.find(in: folder, of: names, processes: world.processes)) ?? []
    }
  }

  private static func places(_ workspace: Workspace) -> [(folder: FilePath, names: [String])] {
    let caches = [
      workspace.contextWindows, workspace.usageCopies, workspace.opencodeMemory,
      workspace.telemetryMemory, workspace.telemetryIndex, workspace.rolloutMemory,
      workspace.runHistory,
    ]
    let ledgers = [
      workspace.snapshots, workspace.windows, workspace.anomalies, workspace.proxyTelemetry,
      workspace.costCompare,
    ]
    return [
      (workspace.agents, ["registry.json", "usage-export.log"]),
      (workspace.state, [PrivateFile.name] + caches.compactMap { $0.lastComponent?.string }),
      (workspace.data, ledgers.compactMap { $0.lastComponent?.string }),
      (workspace.incidents, Siblings.jobs + Siblings.jobs.map { "overdue-\($0)" }),
    ]
  }

  private static func removeLeftovers(_ workspace: Workspace, _ world: World) -> [Repair] {
    let removed = leftovers(in: workspace, world: world).filter { path in
      discardFile(path)
      return (try? Stat(path, followTargetSymlink: false)) == nil
    }
    return removed.map { Repair(check: "leftovers", text: "removed \($0)") }
  }

  private static func finishRotation(
    _ workspace: Workspace, _ configuration: Configuration, _ world: World
  ) -> [Repair] {
    let log = ExportErrorLogFile(workspace: workspace, configuration: configuration, world: world)
    guard (try? log.isUnfinished()) == true else { return [] }
    try? log.recover()
    guard (try? log.isUnfinished()) == false else { return [] }
    let text = "finished a rotation of \(workspace.exportErrorLog)"
    return [Repair(check: "leftovers", text: text)]
  }

  private static func clearLock(_ workspace: Workspace, _ world: World) -> [Repair] {
    let path = workspace.registryLock
    guard let before = try? Stat(path, followTargetSymlink: false) else { return [] }
    RegistryFile.clearDeadLock(of: workspace, world: world)
    let after = try? Stat(path, followTargetSymlink: false)
    guard after?.identity != before.identity else { return [] }
    return [Repair(check: "locks", text: "removed \(path)")]
  }

  private static func finishIntents(_ workspace: Workspace, _ world: World) -> [Repair] {
    let intents = Intents(workspace: workspace, world: world, job: Doctor.name)
    let before = (try? intents.open())?.map(\.key) ?? []
    guard !before.isEmpty else { return [] }
    _ = try? intents.recover()
    let after = Set((try? intents.open())?.map(\.key) ?? before)
    return before.filter { !after.contains($0) }
      .map { Repair(check: "intents", text: "finished '\($0)'") }
  }
}
