internal import Jobs
internal import Shared
internal import Synchronization
internal import SystemPackage

/// What the commands on a proxy's log share.
extension JobHarness {
  func telemetrySource(_ text: TextOptions) -> IngestTelemetryJob.Source {
    text.file.map { .file(live.currentFolder.pushing(FilePath($0))) } ?? .standardInput
  }

  func ingestTelemetry(
    _ options: IngestTelemetryJob.Options
  ) throws(JobError) -> JobReport {
    let ledgers = ledgers(for: IngestTelemetryJob.name)
    let progress = ByteProgress(
      line: ProgressLine(
        isOn: world.terminal.errIsTerminal && !self.options.quiet && !self.options.json
          && world.environment["TERM"] != "dumb",
        err: live.err))
    defer { progress.clear() }
    return try IngestTelemetryJob(
      workspace: workspace, configuration: try configuration(), options: options,
      stamp: ledgers.stamp, world: world,
      spans: { agent throws(JobError) in try ledgers.history().spans(of: agent) },
      progress: { progress.show($0, of: $1) }
    ).run()
  }
}

/// How far reading is, shown once it has taken a second.
private final class ByteProgress: Sendable {
  private let line: ProgressLine
  private let start = ContinuousClock.now
  private let shown = Mutex<ContinuousClock.Instant?>(nil)

  init(line: ProgressLine) {
    self.line = line
  }

  func show(_ bytes: Int64, of total: Int64?) {
    let now = ContinuousClock.now
    guard line.isOn, now - start > .seconds(1) else { return }
    let isDue = shown.withLock { last in
      if let last, now - last < .milliseconds(100) { return false }
      last = now
      return true
    }
    if isDue { line.show(bytes, of: total, after: now - start) }
  }

  func clear() {
    if shown.withLock({ $0 != nil }) { line.clear() }
  }
}
