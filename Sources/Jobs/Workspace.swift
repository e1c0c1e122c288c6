package import SystemPackage

/// The folder a run works for, and where its files are.
package struct Workspace: Sendable, Equatable {
  package let root: FilePath
  /// Folder of the shared registry and its log.
  package let agents: FilePath
  /// Our own locks, caches and marks.
  package let state: FilePath

  /// Finds the workspace: the flag, else `JOBRUNNER_WORKSPACE`, else the current folder.
  ///
  /// Relative overrides of single folders are taken from the workspace, not from where the run was
  /// started: cron starts every run in the home folder.
  package init(flag: String?, environment: [String: String], currentFolder: FilePath) {
    let chosen = Self.nonEmpty(flag) ?? Self.nonEmpty(environment["JOBRUNNER_WORKSPACE"]) ?? ""
    root = currentFolder.pushing(FilePath(chosen)).lexicallyNormalized()
    agents = root.pushing(
      FilePath(Self.nonEmpty(environment["OPENCODE_PSA_DIR"]) ?? ".opencode-subagent"))
    state = root.pushing(
      FilePath(Self.nonEmpty(environment["JOBRUNNER_STATE_DIR"]) ?? ".jobrunner"))
  }

  private static func nonEmpty(_ text: String?) -> String? {
    text.flatMap { $0.isEmpty ? nil : $0 }
  }

  package var registry: FilePath { agents.appending("registry.json") }
  package var registryLock: FilePath { agents.appending("registry.lock") }
  package var exportErrorLog: FilePath { agents.appending("usage-export.log") }

  package var locks: FilePath { state.appending("locks") }
  package var contextWindows: FilePath { state.appending("context-windows.json") }
  package var usageCopies: FilePath { state.appending("usage-copies.json") }
  package var opencodeMemory: FilePath { state.appending("opencode.json") }

  /// The lock that one run of a job holds at a time.
  package func lock(ofJob job: String) -> FilePath { locks.appending("\(job).lock") }

  /// The file whose modification time is the job's last success.
  package func lastSuccess(ofJob job: String) -> FilePath {
    state.appending("last-success").appending(job)
  }

  /// A path of the configuration, relative ones taken from the workspace.
  package func path(_ text: String) -> FilePath { root.pushing(FilePath(text)) }
}
