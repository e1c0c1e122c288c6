internal import Shared

extension SnapshotHistory {
  /// When the windows of an agent were open, at any provider.
  package func spans(of agent: String) -> [WindowSpan] {
    [Provider.claude, .codex].flatMap { spans(of: agent, at: $0) }
  }

  /// When the windows of an agent at one provider were open.
  package func spans(of agent: String, at provider: Provider) -> [WindowSpan] {
    spans(of: rows(of: agent, provider))
  }

  /// A window is open from its first BEFORE to its AFTER, or to the reset that the AFTER stands for;
  /// without one to the reset its BEFORE tells of; never beyond the next BEFORE.
  private func spans(of written: [Snapshot]) -> [WindowSpan] {
    // Rows may be written long after the moment they are of.
    let rows = written.sorted { $0.capturedAt < $1.capturedAt }
    var opened: [(window: String, from: Timestamp)] = []
    for row in rows where row.phase == .before && row.reading != nil {
      guard !opened.contains(where: { $0.window == row.window }) else { continue }
      opened.append((row.window, row.capturedAt))
    }
    return opened.indices.compactMap { index in
      let (window, from) = opened[index]
      let ends = [end(of: window, in: rows), opened.dropFirst(index + 1).first?.from]
      let end = ends.compactMap { $0 }.min()
      if let end, end <= from { return nil }
      return WindowSpan(window: window, from: from, to: end)
    }
  }

  private func end(of window: String, in rows: [Snapshot]) -> Timestamp? {
    let afters = rows.filter { $0.window == window && $0.phase == .after && $0.reading != nil }
    let closed = afters.map { $0.capturedAt + ($0.gap ?? .zero) }.max()
    return closed
      ?? rows.last { $0.window == window && $0.phase == .before }?.reading?.leadingLimit?.resetsAt
  }
}
