internal import Shared

/// The blocks of the tracker's preview, in its words.
enum OldBlocks {
  /// The blocks but for that of the proxy, which is of another file.
  static func of(_ windows: [WindowBook.Window], only name: String?) -> [PreviewBlock] {
    [
      list(of: windows, only: name), anomalies(windows), providers(windows),
      outcome(windows), churn(windows), ccusage(windows), snapshots(windows),
    ]
  }

  private static func list(
    of windows: [WindowBook.Window], only name: String?
  ) -> PreviewBlock {
    let names = windows.filter { !$0.finalized.isEmpty }.map(\.name)
    var text = names.map(\.escapingControls).joined(separator: ", ")
    if names.isEmpty { text = name.map { "\($0) (not finalized)" } ?? "none finalized" }
    return PreviewBlock(.windows, ["Windows: \(text)"]) { writer in
      writer.array { array in
        for name in names { array.string(name) }
      }
    }
  }

  private static func anomalies(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let open = windows.flatMap(\.openAnomalies)
    let explaining = windows.reduce(0) { $0 + $1.informationalAnomalies.count }
    let unwritten = windows.reduce(0) { sum, window in
      let found = Set(window.foundAnomalies.map(\.id))
      return sum + window.openAnomalies.count { found.contains($0.id) }
    }
    let line = "Anomalies: \(open.count) (see anomalies.jsonl)"
    return PreviewBlock(.anomalies, [line]) { writer in
      writer.object { writer in
        writer.member("count", open.count)
        writer.member("informational", explaining)
        writer.member("not_in_file", unwritten)
        writer.key("rows")
        writer.array { writer in
          for row in open { row.write(into: &writer) }
        }
      }
    }
  }

  // MARK: Providers

  private static func providers(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let figures = ProviderFigures.all(windows)
    let lines = PreviewBlock.list("Providers", figures.map(line))
    return PreviewBlock(.providers, lines) { writer in
      writer.array { writer in
        for entry in figures {
          writer.object { entry.writeMembers(into: &$0) }
        }
      }
    }
  }

  private static func line(_ figures: ProviderFigures) -> String {
    let efficiency = figures.efficiency
    let interval = efficiency.interval.map {
      "[\(Decimals.two($0.low)), \(Decimals.two($0.high))]"
    }
    return "\(figures.provider.rawValue): features=\(figures.features), "
      + "capacity=\(PreviewNumber.text(efficiency.capacity)) "
      + "\(ProviderUse.unit(of: figures.provider)), "
      + "efficiency=\(PreviewNumber.two(efficiency.value)), ci=\(interval ?? "n/a"), "
      + "n=\(efficiency.count), power=\(PreviewNumber.two(efficiency.power))"
  }

  // MARK: Outcome

  private static func outcome(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let rows = windows.compactMap(\.latest)
    var lines: [String] = []
    if rows.count == 1, let row = rows.first {
      lines = ["Outcome: \(outcome(of: row))"]
      if !row.notes.isEmpty { lines.append("Notes: \(row.notes.escapingControls)") }
    } else {
      lines = PreviewBlock.list(
        "Outcome", rows.map { "\($0.window.escapingControls): \(outcome(of: $0))" })
    }
    return PreviewBlock(.outcome, lines) { writer in
      writer.array { writer in
        for row in rows {
          writer.object { writer in
            writer.member("window", row.window)
            writer.member("agent_id", row.agent)
            writer.member("finalized_at", row.finalizedAt?.text)
            writer.member("quality", row.quality)
            writer.member("outcome", row.outcome)
            writer.member("methodology", row.methodology)
            writer.member("notes", row.notes)
          }
        }
      }
    }
  }

  private static func outcome(of row: WindowResult) -> String {
    let quality = row.quality.map { PreviewNumber.one($0) } ?? "n/a"
    return "quality=\(quality), outcome=\(row.outcome.escapingControls)"
  }

  // MARK: Churn

  private static func churn(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let rows = windows.flatMap { window in
      window.churn.enumerated().sorted {
        ($0.element.capturedAt, $0.offset) < ($1.element.capturedAt, $1.offset)
      }.map(\.element)
    }
    return PreviewBlock(.churn, PreviewBlock.list("Churn", rows.map(line))) { writer in
      writer.array { writer in
        for row in rows {
          writer.object { row.writeFigures(into: &$0) }
        }
      }
    }
  }

  private static func line(_ row: ChurnRow) -> String {
    let head =
      "provider=\(row.provider) window=\(row.window) method=\(row.methodology ?? "n/a")"
    guard !row.isSkipped else {
      return "\(head.escapingControls): skipped (missing-commit-range)"
    }
    return "\(head.escapingControls): files=\(row.files), +\(row.insertions)/-\(row.deletions) "
      + "(net=\(row.net)), per-feature=\(PreviewNumber.two(row.perFeature))"
  }

  // MARK: Snapshots

  private static func snapshots(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let newest = WindowReading.newest(windows.flatMap(\.readings))
    let providers = Set(newest.map(\.provider)).sorted { $0.rawValue < $1.rawValue }
    let entries = providers.map { provider in
      SnapshotEntry(provider: provider, rows: newest.filter { $0.provider == provider })
    }
    return PreviewBlock(.snapshots, PreviewBlock.list("Snapshots", entries.map(\.line))) {
      writer in
      writer.array { writer in
        for entry in entries { entry.write(into: &writer) }
      }
    }
  }
}

/// What of one provider was read.
private struct SnapshotEntry {
  let provider: Provider
  let rows: [WindowReading]

  private func distinct(_ part: (WindowReading) -> String) -> [String] {
    Set(rows.map(part)).filter { !$0.isEmpty }.sorted()
  }

  private var phases: [String] { distinct(\.phase.rawValue) }
  private var sources: [String] { distinct(\.source) }
  private var notes: [String] { distinct(\.notes) }

  var line: String {
    let sources = sources.isEmpty ? "unknown" : sources.joined(separator: "/")
    let notes = notes.isEmpty ? "n/a" : notes.joined(separator: "; ")
    return "\(provider.rawValue): \(phases.joined(separator: ", ")) "
      + "(source=\(sources), notes=\(notes))".escapingControls
  }

  func write(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("provider", provider.rawValue)
      writer.member("phases", list: phases)
      writer.member("sources", list: sources)
      writer.member("notes", list: notes)
    }
  }
}

extension WindowReading {
  /// Whether it tells of a main limit: a text that nobody can read is kept too.
  var isUsable: Bool { limits.contains(where: \.isMain) }

  /// Of each provider, end and agent the newest reading, one that can be read before any other.
  static func newest(_ readings: [WindowReading]) -> [WindowReading] {
    struct Place: Hashable {
      let provider: Provider
      let phase: Phase
      let agent: String
    }
    var found: [Place: WindowReading] = [:]
    for row in readings where row.isReading {
      let place = Place(provider: row.provider, phase: row.phase, agent: row.agent)
      if let old = found[place], old.counts(before: row) { continue }
      found[place] = row
    }
    return found.values.sorted {
      ($0.provider.rawValue, $0.agent, $0.phase.rawValue)
        < ($1.provider.rawValue, $1.agent, $1.phase.rawValue)
    }
  }

  private func counts(before other: WindowReading) -> Bool {
    isUsable == other.isUsable ? capturedAt > other.capturedAt : isUsable
  }
}

extension PreviewNumber {
  /// One decimal.
  static func one(_ value: Double) -> String {
    guard value.magnitude < 1e12 else { return JSONWriter.text(of: value) }
    let tenths = Int64((value * 10).rounded(.toNearestOrEven))
    return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
  }
}

extension ProviderFigures {
  func writeMembers(into writer: inout JSONWriter) {
    writer.member("provider", provider.rawValue)
    writer.member("features", features)
    writer.member("features_delivered", delivered)
    writer.member("capacity", efficiency.capacity)
    writer.member("unit", ProviderUse.unit(of: provider))
    writer.member("efficiency", efficiency.value)
    writer.key("ci")
    if let interval = efficiency.interval {
      writer.array { array in
        array.double(interval.low)
        array.double(interval.high)
      }
    } else {
      writer.null()
    }
    writer.member("n", efficiency.count)
    writer.member("power", efficiency.power)
    writer.member("windows_left_out", leftOut)
  }
}

extension ChurnRow {
  func writeFigures(into writer: inout JSONWriter) {
    writer.member("window", window)
    writer.member("provider", provider)
    writer.member("agent_id", agent)
    writer.member("methodology", methodology)
    writer.member("skipped", isSkipped)
    writer.member("commit_start", commitStart)
    writer.member("commit_end", commitEnd)
    writer.member("files_changed", files)
    writer.member("insertions", insertions)
    writer.member("deletions", deletions)
    writer.member("net", net)
    writer.member("gross", gross)
    writer.member("features", features)
    writer.member("normalized_churn", perFeature)
    writer.member("captured_at", capturedAt.text)
    writer.member("notes", notes)
    writer.member("paths", list: paths)
  }
}
