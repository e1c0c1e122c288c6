package import SystemPackage

/// The folder a run works for, and where its files are.
package struct Workspace: Sendable, Equatable {
  package let root: FilePath
  /// Folder of the shared registry and its log.
  package let agents: FilePath
  /// Our own locks, caches and marks.
  package let state: FilePath
  /// Folder of readings, windows and telemetry.
  package let data: FilePath
  /// Base of each agent's own state.
  package let agentStates: FilePath

  /// Finds the workspace: the flag, else `JOBRUNNER_WORKSPACE`, else the current folder.
  ///
  /// Relative overrides of single folders are taken from the workspace, not from where the run was
  /// started: cron starts every run in the home folder.
  package init(
    flag: String?, dataFlag: String? = nil, stateFlag: String? = nil,
    environment: [String: String], currentFolder: FilePath
  ) {
    let chosen = Self.nonEmpty(flag) ?? Self.nonEmpty(environment["JOBRUNNER_WORKSPACE"]) ?? ""
    root = currentFolder.pushing(FilePath(chosen)).lexicallyNormalized()
    agents = root.pushing(
      FilePath(Self.nonEmpty(environment["OPENCODE_PSA_DIR"]) ?? ".opencode-subagent"))
    state = root.pushing(
      FilePath(Self.nonEmpty(environment["JOBRUNNER_STATE_DIR"]) ?? ".jobrunner"))
    data = root.pushing(
      FilePath(
        Self.nonEmpty(dataFlag) ?? Self.nonEmpty(environment["TRACKER_DATA_DIR"])
          ?? "data/week0/live"))
    let states =
      Self.nonEmpty(stateFlag) ?? Self.nonEmpty(environment["TRACKER_ALIAS_STATE_DIR"])
    agentStates = states.map { [root] in root.pushing(FilePath($0)) } ?? data.appending("state")
  }

  private static func nonEmpty(_ text: String?) -> String? {
    text.flatMap { $0.isEmpty ? nil : $0 }
  }

  package var registry: FilePath { agents.appending("registry.json") }
  package var registryLock: FilePath { agents.appending("registry.lock") }
  package var exportErrorLog: FilePath { agents.appending("usage-export.log") }

  package var snapshots: FilePath { data.appending("snapshots.jsonl") }
  package var windows: FilePath { data.appending("windows.jsonl") }
  package var anomalies: FilePath { data.appending("anomalies.jsonl") }
  package var glmCounts: FilePath { data.appending("glm_counts.jsonl") }
  package var codexCcusage: FilePath { data.appending("codex_ccusage.jsonl") }
  package var proxyTelemetry: FilePath { data.appending("proxy_telemetry.jsonl") }
  package var costCompare: FilePath { data.appending("cost_compare.jsonl") }
  package var churn: FilePath { data.appending("churn.jsonl") }
  package var claudeMonitor: FilePath { data.appending("claude_monitor.jsonl") }

  /// The folder of an agent's own state: below the base, unless the base is that folder already.
  package func state(ofAgent agent: String) -> FilePath {
    agentStates.lastComponent?.string == agent ? agentStates : agentStates.appending(agent)
  }

  /// What an interrupted run was to change in several files.
  package var intents: FilePath { state.appending("intents") }
  package var locks: FilePath { state.appending("locks") }
  package var contextWindows: FilePath { state.appending("context-windows.json") }
  package var usageCopies: FilePath { state.appending("usage-copies.json") }
  package var opencodeMemory: FilePath { state.appending("opencode.json") }
  package var telemetryMemory: FilePath { state.appending("telemetry.json") }
  package var telemetryIndex: FilePath { state.appending("telemetry.index") }
  package var previewWindows: FilePath { state.appending("preview-windows.cache") }
  package var previewTelemetry: FilePath { state.appending("preview-telemetry.cache") }
  package var telemetryCells: FilePath { state.appending("telemetry-cells.cache") }
  package var rolloutMemory: FilePath { state.appending("rollouts.json") }

  /// The lock that one run of a job holds at a time.
  package func lock(ofJob job: String) -> FilePath { locks.appending("\(job).lock") }

  /// The file whose modification time is the job's last success.
  package func lastSuccess(ofJob job: String) -> FilePath {
    state.appending("last-success").appending(job)
  }

  /// A path of the configuration, relative ones taken from the workspace.
  package func path(_ text: String) -> FilePath { root.pushing(FilePath(text)) }
}
