internal import Shared
package import SystemPackage

/// What the jobs have cached, for a monitoring system: the file that node_exporter's textfile
/// collector picks up.
///
/// Gauges in base units (seconds, ratios of 0 to 1), without timestamps. Labels that name agents,
/// models and providers are those of OpenTelemetry's conventions for generative AI
/// (opentelemetry.io/docs/specs/semconv/gen-ai), a dot being an underscore here. What is not known
/// has no sample.
package struct Metrics: Sendable {
  private let workspace: Workspace
  private let rules: ProxyRules
  private let world: World
  private let version: String

  package init(workspace: Workspace, rules: ProxyRules, world: World, version: String) {
    self.workspace = workspace
    self.rules = rules
    self.world = world
    self.version = version
  }

  /// All metrics, a line each; only reads.
  package func lines() -> [String] {
    let now = world.clock.now()
    var text = MetricsText()
    text.gauge(
      "jobrunner_build_info", "The program that wrote these metrics.",
      [([("version", version)], 1)])
    var readable: [(labels: [MetricsText.Label], value: Double)] = []
    /// What could be read; a part that cannot be costs itself.
    func part<Value>(_ source: String, _ read: () throws(JobError) -> Value) -> Value? {
      let value = try? read()
      readable.append(([("source", source)], value == nil ? 0 : 1))
      return value
    }
    if let jobs = part(
      "history",
      { () throws(JobError) in
        try JobOverview.all(in: workspace, world: world)
      })
    {
      JobMetrics.add(jobs, to: &text)
    }
    if let view = part("registry", { () throws(JobError) in try agents(now) }) {
      AgentMetrics.add(view, to: &text)
    }
    if let snapshots = part("snapshots", { () throws(JobError) in try snapshots() }) {
      WindowMetrics.add(snapshots, now: now, to: &text)
    }
    if let anomalies = part("anomalies", { () throws(JobError) in try anomalies() }) {
      WindowMetrics.add(anomalies, to: &text)
    }
    if let figures = part("telemetry", { () throws(JobError) in try telemetry() }) {
      TelemetryMetrics.add(figures, to: &text)
    }
    text.gauge(
      "jobrunner_source_readable", "Whether a file could be read; what it holds is absent if not.",
      readable)
    return text.lines
  }

  /// Writes them to a file in one step, readable by all, as node_exporter runs as somebody else.
  package func write(to path: FilePath) throws(JobError) {
    let bytes = Array(lines().map { "\($0)\n" }.joined().utf8)
    do throws(FileError) {
      let target = try resolvingLinks(path)
      if let name = target.lastComponent?.string {
        try Leftovers.sweep(in: target.folder, of: name, processes: world.processes)
      }
      // Written anew by the next run: nothing is lost with it.
      try AtomicReplace(
        durability: .off, newFileMode: [.ownerReadWrite, .groupRead, .otherRead],
        keepsOldMode: false
      ).write(bytes, to: target)
    } catch {
      // Not the temporary name, which is another one each time: the same failure is told once.
      throw JobError(FileError(operation: error.operation, path: path, errno: error.errno))
    }
  }

  // MARK: Sources

  private func agents(_ now: Timestamp) throws(JobError) -> StatusView {
    StatusView(
      registry: try RegistryFile.readForView(workspace.registry), name: nil, now: now,
      processes: world.processes,
      copies: { UsageCopies(reading: StateFile.read(workspace.usageCopies)) })
  }

  /// The newest rows are enough: what they tell is of windows that are still open.
  private func snapshots() throws(JobError) -> [Snapshot] {
    let ledger = RowLedger(workspace.snapshots, workspace: workspace, world: world, job: "metrics")
    let reader = SnapshotReader(zone: .system)
    let lines = RowLedger.lines(try ledger.readTail(upTo: Self.longestTail))
    return SnapshotHistory(lines.flatMap { reader.read(Array($0)) }).rows
  }

  private func anomalies() throws(JobError) -> [AnomalyRow] {
    let ledger = RowLedger(workspace.anomalies, workspace: workspace, world: world, job: "metrics")
    return AnomalyRow.read(try ledger.readTail(upTo: Self.longestTail))
  }

  /// nil for a ledger that is too long to be read whole every minute, and where there is none.
  private func telemetry() throws(JobError) -> TelemetrySummary.Figures? {
    guard let size = (try? Stat(workspace.proxyTelemetry))?.size, size <= Self.longestTelemetry
    else { return nil }
    return try TelemetryLog(ledger: workspace.proxyTelemetry, rules: rules)
      .summary(window: nil)?.total
  }

  private static let longestTail = 4 << 20
  private static let longestTelemetry: Int64 = 8 << 20
}
