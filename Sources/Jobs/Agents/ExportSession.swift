internal import Shared
internal import Synchronization
internal import SystemPackage

/// What the exports of one run share: the client, what it learned, the windows, the files.
final class ExportSession: Sendable {
  private let job: RefreshUsageJob
  private let client: OpencodeClient
  private let startedAt: Timestamp
  private let command: Mutex<OpencodeClient.ExportCommand>
  private let windows: ContextWindowSource

  init(
    job: RefreshUsageJob, executable: FilePath, timeLeft: @escaping @Sendable () -> Duration
  ) throws(JobError) {
    self.job = job
    startedAt = job.world.clock.now()
    try StateFile.makeFolder(job.workspace.state)
    client = OpencodeClient(
      executable: executable, extraArguments: job.configuration.opencode.exportArguments,
      environment: job.world.environment, timeout: job.options.timeout, timeLeft: timeLeft,
      outputLimit: job.configuration.refresh.maximumExportBytes, scratch: job.workspace.state,
      children: job.world.children)
    command = Mutex(
      OpencodeMemory.command(of: executable, in: job.workspace.opencodeMemory) ?? .export)
    windows = ContextWindowSource(job: job, client: client)
  }

  // MARK: Exporting

  /// - Throws: `ExportFailure`, `OpencodeClient.Interruption` or `FileError`.
  func export(_ export: PlannedExport) async throws -> SessionExport {
    let reply = try await client.export(
      export.session.sessionID ?? "", in: folder(of: export),
      first: command.withLock { $0 })
    command.withLock { $0 = reply.command }
    return reply.export
  }

  /// The agent's own folder while it is there; any other will do, since opencode finds a session
  /// by its id alone.
  private func folder(of export: PlannedExport) -> FilePath {
    guard let folder = export.folder.map({ job.workspace.root.pushing(FilePath($0)) }),
      (try? Stat(folder))?.type == .directory
    else { return job.workspace.root }
    return folder
  }

  /// The numbers of an export, with the window of the model that answered.
  func usage(of export: SessionExport, for planned: PlannedExport) async -> Usage {
    let dialog =
      switch job.configuration.usage.dialogTokens {
      case .prompt: export.tokens?.prompt
      case .input: export.tokens?.input
      }
    var fraction: Double?
    if let dialog, let model = export.model,
      let window = await windows.tokens(of: model, in: folder(of: planned))
    {
      fraction = Double(dialog) / Double(window)
    }
    return Usage(
      messageCount: export.messageCount, dialogTokens: dialog, contextFullPct: fraction,
      contextTokens: export.tokens?.context)
  }

  // MARK: Committing

  /// Merges results into the registry, then logs the failures and keeps copies of the usage.
  func merge(_ results: [ExportResult]) throws(JobError) {
    let now = job.world.clock.now()
    let heartbeat = Heartbeat(pid: job.world.pid, startedAt: startedAt, lastHeartbeatAt: now)
    try RegistryFile.update(job.workspace, world: job.world) { registry throws(JSONError) in
      try RegistryMerge.merged(results, into: registry, heartbeat: heartbeat)
    }
    let lines = results.compactMap { ExportErrorLog.line(for: $0, at: now) }
    try ExportErrorLogFile(
      workspace: job.workspace, configuration: job.configuration, world: job.world
    ).append(lines.flatMap { $0 })
    try keepCopies(of: results, now: now)
  }

  private func keepCopies(of results: [ExportResult], now: Timestamp) throws(JobError) {
    var copies = UsageCopies(reading: StateFile.read(job.workspace.usageCopies))
    var newer: [String: UsageCopies.Copy] = [:]
    for result in results where result.sessionID == result.agentSessionID {
      guard case .usage(let usage, _) = result.outcome else { continue }
      let old = copies.sessions[result.sessionID]
        .flatMap { Usage($0.usage, at: 0..<$0.usage.count) }
      newer[result.sessionID] = UsageCopies.Copy(
        usage: usage.keepingFraction(of: old).json, updatedAt: result.startedAt)
    }
    guard !newer.isEmpty else { return }
    copies.merge(newer, now: now)
    try StateFile.write(copies.json, to: job.workspace.usageCopies)
  }

  /// Keeps what was learned of this opencode for the next run.
  func remember() {
    OpencodeMemory.keep(
      command.withLock { $0 }, of: client.executable, in: job.workspace.opencodeMemory)
  }
}
