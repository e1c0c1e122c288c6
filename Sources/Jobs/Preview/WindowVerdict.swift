internal import Shared

/// Looks again at windows that the tracker finalized.
///
/// It took every fall for a reset and stored what was left before it plus what came after, so a pane
/// of yesterday became a large capacity. The two ends stand in its rows: they are paired here by the
/// same rules as ours.
struct WindowVerdict {
  private let reader: SnapshotReader
  private var places: [Place: Snapshot] = [:]
  /// What shows more than a stale pane did and came before it, by the pane's id.
  private let newer: [String: Snapshot]

  private struct Place: Hashable {
    let end: Snapshot.End
    let capturedAt: Timestamp
  }

  init(_ history: SnapshotHistory, zone: LocalTime) {
    reader = SnapshotReader(zone: zone)
    var newer: [String: Snapshot] = [:]
    for provider in [Provider.codex, .claude] {
      let rows = history.rows.filter { $0.provider == provider && $0.isUsable }
      let byID = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
      for anomaly in LimitSeries.stalePanes(rows) {
        let evidence = Dictionary(
          anomaly.evidence.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        guard let row = evidence["row"], let other = evidence["newer"] else { continue }
        newer[row] = byID[other]
      }
    }
    self.newer = newer
    for row in history.rows where row.reading != nil {
      places[Place(end: row.end, capturedAt: row.capturedAt)] = row
    }
  }

  /// The row with its numbers judged.
  func judge(_ row: WindowResultRow) -> WindowResult {
    var content = row.content
    for index in content.providers.indices {
      let use = content.providers[index]
      guard let ends = row.ends[use.provider], let pair = pair(row.content, use.provider, ends)
      else { continue }
      content.providers[index].deltas = use.deltas.map { delta in
        guard let found = pair.deltas.first(where: { $0.field.percentKey == delta.field }) else {
          return delta
        }
        return ProviderUse.Delta(
          field: delta.field, points: found.points, fault: found.fault?.rawValue)
      }
    }
    return content
  }

  private func pair(
    _ content: WindowResult, _ provider: Provider, _ ends: WindowResultRow.Ends
  ) -> WindowPair? {
    guard
      let before = snapshot(content, provider, .before, ends.before, ends.capturedBefore),
      let after = snapshot(content, provider, .after, ends.after, ends.capturedAfter)
    else { return nil }
    let known = [before, after].compactMap { newer[$0.id] }
    return WindowPair(before: before, afters: [after], known: known)
  }

  /// An end of a row: the reading it was made of, or, where that is gone, what the row says of it.
  private func snapshot(
    _ content: WindowResult, _ provider: Provider, _ phase: Phase, _ parsed: [UInt8]?,
    _ capturedAt: String?
  ) -> Snapshot? {
    guard let parsed, let moment = capturedAt ?? content.finalizedAt?.text else { return nil }
    let end = Snapshot.End(
      window: content.window, provider: provider, phase: phase, agent: content.agent)
    if let at = Timestamp(moment), let known = places[Place(end: end, capturedAt: at)] {
      return known
    }
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("window", content.window)
      writer.member("provider", provider.rawValue)
      writer.member("phase", phase.rawValue)
      writer.member("captured_at", moment)
      writer.member("agent_id", content.agent)
      writer.key("parsed")
      writer.raw(parsed)
    }
    return reader.read(writer.bytes).first
  }
}
