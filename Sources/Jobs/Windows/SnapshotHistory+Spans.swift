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
    var ends: [String: End] = [:]
    for row in rows where row.reading != nil {
      if row.phase == .before, ends[row.window]?.isOpened != true {
        opened.append((row.window, row.capturedAt))
      }
      ends[row.window, default: End()].take(row)
    }
    return opened.indices.compactMap { index in
      let (window, from) = opened[index]
      let known = [ends[window]?.moment, opened.dropFirst(index + 1).first?.from]
      let end = known.compactMap { $0 }.min()
      if let end, end <= from { return nil }
      return WindowSpan(window: window, from: from, to: end)
    }
  }

  /// When a window ended, as far as its rows tell.
  private struct End {
    var isOpened = false
    /// The latest moment that an AFTER stands for.
    private var closed: Timestamp?
    /// The reset that the last BEFORE tells of.
    private var resetsAt: Timestamp?

    var moment: Timestamp? { closed ?? resetsAt }

    mutating func take(_ row: Snapshot) {
      switch row.phase {
      case .before:
        isOpened = true
        resetsAt = row.reading?.leadingLimit?.resetsAt
      case .after:
        let moment = row.capturedAt + (row.gap ?? .zero)
        closed = closed.map { max($0, moment) } ?? moment
      }
    }
  }
}
