package import Shared
package import SystemPackage

/// The files of readings that all commands of this wing share: one way to read them, to add to them
/// and to keep the anomalies beside them.
package struct WindowLedgers: Sendable {
  package let workspace: Workspace
  package let world: World
  package let stamp: RowStamp
  package let job: String
  /// The zone of labels and of days.
  package let days: LocalTime

  package init(
    workspace: Workspace, world: World, stamp: RowStamp, job: String, days: LocalTime
  ) {
    self.workspace = workspace
    self.world = world
    self.stamp = stamp
    self.job = job
    self.days = days
  }

  package func ledger(_ path: FilePath) -> RowLedger {
    RowLedger(path, workspace: workspace, world: world, job: job)
  }

  /// The snapshots that count, of bytes of the ledger.
  package func history(_ bytes: [UInt8]) -> SnapshotHistory {
    let reader = SnapshotReader(zone: days)
    return SnapshotHistory(RowLedger.lines(bytes).flatMap { reader.read(Array($0)) })
  }

  package func history() throws(JobError) -> SnapshotHistory {
    history(try ledger(workspace.snapshots).read())
  }

  /// Decides on the history and appends rows under one hold of the ledger's lock.
  package func append<Outcome>(
    deciding decide: (SnapshotHistory) throws(JobError) -> (rows: [Snapshot], outcome: Outcome)
  ) throws(JobError) -> Outcome {
    try ledger(workspace.snapshots).append { bytes throws(JobError) in
      let (rows, outcome) = try decide(history(bytes))
      return (rows.flatMap { $0.line(stamp: stamp) }, outcome)
    }
  }

  /// Appends anomalies that are not there yet.
  package func append(_ anomalies: [Anomaly]) throws(JobError) {
    guard !anomalies.isEmpty else { return }
    try ledger(workspace.anomalies).append { bytes throws(JobError) in
      var known = Set(AnomalyRow.read(bytes).map(\.id))
      let new = anomalies.filter { known.insert($0.id).inserted }
      return (new.flatMap { $0.line(stamp: stamp, source: job) }, ())
    }
  }

  /// Finds and appends what is odd around a window, after rows of it were written.
  package func noteAnomalies(around window: String, agent: String, _ provider: Provider)
    throws(JobError)
  {
    let history = try history()
    let known = history.rows.filter { $0.provider == provider && $0.isUsable }
    let own = history.rows(of: agent, provider)
    guard let last = own.last(where: { $0.window == window }) else { return }
    let near = known.filter { ($0.capturedAt - last.capturedAt).magnitude <= Self.reach }
    var found = AnomalyRules.find(in: near)
    if let pair = WindowPair(of: window, in: own, known: near) {
      found += AnomalyRules.find(in: pair, known: near)
    }
    try append(found)
    try settleAnomalies(of: window, agent: agent, provider, history, correctedBy: last.id)
  }

  /// Says of what was told of readings that were deleted or put right since that it no longer counts.
  private func settleAnomalies(
    of window: String, agent: String, _ provider: Provider, _ history: SnapshotHistory,
    correctedBy id: String
  ) throws(JobError) {
    let counted = Set(history.rows.map(\.id))
    func lines(_ bytes: [UInt8]) -> [UInt8] {
      AnomalyRow.read(bytes).filter { row in
        row.resolution == nil && row.window == window && row.agent == agent
          && row.provider == provider.rawValue && !row.readings.allSatisfy(counted.contains)
      }.flatMap { row in
        row.resolution(
          notes: "corrected: the reading was deleted or put right", correctedBy: id, agent: agent,
          now: world.clock.now(), stamp: stamp, source: job)
      }
    }
    // Mostly there is nothing to say, and then no lock is taken.
    guard !lines(try ledger(workspace.anomalies).read()).isEmpty else { return }
    try ledger(workspace.anomalies).append { bytes throws(JobError) in (lines(bytes), ()) }
  }

  /// How far back a reading can belong to the same window: the longest is a month.
  static let reach = Duration.seconds(35 * 86_400)
}

extension WindowPair {
  /// The pair of a window among an agent's rows; nil while an end is missing.
  init?(of window: String, in own: [Snapshot], known: [Snapshot]) {
    let befores = own.filter { $0.isReading(of: window, .before) }
    guard let before = befores.last(where: \.isUsable) ?? befores.last else { return nil }
    self.init(before: before, afters: own.rows(window, .after), known: known)
  }
}

extension AnomalyRow {
  /// The ids of the readings that it is about; none in rows of the tracker.
  fileprivate var readings: [String] {
    evidence.filter { Self.evidenceOfReadings.contains($0.name) }.map(\.value)
  }

  /// What a reading was held against (`newer`, `first`) may go: that it is odd was true then.
  private static let evidenceOfReadings: Set<String> = ["before", "after", "row", "second"]
}

extension Snapshot {
  func isReading(of window: String, _ phase: Phase) -> Bool {
    self.window == window && self.phase == phase && reading != nil
  }
}
