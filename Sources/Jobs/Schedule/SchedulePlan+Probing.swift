internal import Shared
package import SystemPackage

extension SchedulePlan {
  /// The programs that jobs start, and those that their scripts are run by.
  private static let programs = ["opencode", "codex", "claude", "git", "node", "bun"]

  private static let systemFolders = ["/usr/local/bin", "/usr/bin", "/bin"]

  /// The variables that say where things are; nothing else of an environment is kept, for it may hold
  /// secrets.
  private static let kept = [
    "AGENT_ID", "OPENCODE_PSA_DIR", "JOBRUNNER_STATE_DIR", "TRACKER_DATA_DIR",
    "TRACKER_ALIAS_STATE_DIR", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TZ",
  ]

  /// A plan of fixed values: the same on every machine.
  package init(fixed workspace: FilePath, binary: FilePath) {
    let places = Workspace(
      flag: workspace.string, environment: [:], currentFolder: "/")
    self.init(
      workspace: places.root, registry: places.registry, state: places.state, binary: binary,
      searchPath: Self.systemFolders.joined(separator: ":"),
      account: Account(name: "jobrunner", home: "/var/lib/jobrunner"))
  }

  /// A plan of what is found on this machine.
  package init(
    probing workspace: Workspace, binary: FilePath, configuration: Configuration,
    environment: [String: String]
  ) {
    self.init(
      workspace: workspace.root, registry: workspace.registry, state: workspace.state,
      binary: binary,
      searchPath: Self.searchPath(configuration, workspace, environment["PATH"] ?? ""),
      account: Account(
        name: environment["USER"] ?? environment["LOGNAME"] ?? "",
        home: FilePath(environment["HOME"] ?? "/")))
    variables = Self.kept.compactMap { name in
      environment[name].flatMap { $0.isEmpty ? nil : Variable(name, $0) }
    }
  }

  /// The folders in which the clients are found, then those that every system has.
  private static func searchPath(
    _ configuration: Configuration, _ workspace: Workspace, _ path: String
  ) -> String {
    let settings = [
      configuration.opencode.path, configuration.codex.path, configuration.claude.path,
    ]
    var folders: [String] = []
    for name in settings + programs {
      guard
        let found = ExecutableSearch.find(name, searchPath: path, from: workspace.root)
      else { continue }
      let folder = found.folder.lexicallyNormalized().string
      // A colon would part it in two.
      if !folders.contains(folder), !folder.contains(":") { folders.append(folder) }
    }
    let own = folders.filter { !systemFolders.contains($0) }
    return (own + systemFolders).joined(separator: ":")
  }

  /// Sets a variable, in place of one that the environment had.
  package mutating func set(_ name: String, _ value: String) {
    variables.removeAll { $0.name == name }
    variables.append(Variable(name, value))
  }
}
