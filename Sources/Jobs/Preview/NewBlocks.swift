internal import Shared

/// What the tracker's preview does not show, below what it does.
enum NewBlocks {
  /// - Parameter isOne: Whether it is of one window: then every end is shown, else the newest.
  static func of(_ windows: [WindowBook.Window], isOne: Bool) -> [PreviewBlock] {
    [
      readings(windows, isOne: isOne), leftOut(windows), efficiency(windows), agents(windows),
      divergence(windows),
    ]
  }

  // MARK: Readings

  private static func readings(
    _ windows: [WindowBook.Window], isOne: Bool
  ) -> PreviewBlock {
    let all = windows.flatMap(\.readings)
    let newest = WindowReading.newest(all)
    let chosen =
      isOne ? newest + WindowReading.failures(all, beside: newest) : newest.latestOfEach
    let shown = chosen.sorted { ($0.capturedAt, $0.id) < ($1.capturedAt, $1.id) }
    return PreviewBlock(.readings, PreviewBlock.list("Readings", shown.map(line))) { writer in
      writer.array { writer in
        for row in shown { row.write(into: &writer) }
      }
    }
  }

  private static func line(_ row: WindowReading) -> String {
    let head = "\(row.window) \(row.provider.rawValue)/\(row.phase.rawValue) (\(row.agent))"
    var what = row.namedLimits.map { "\($0.name)=\(PercentText.of($0.limit.usedPercent))" }
    if let reason = row.unavailable { what.append("unavailable (\(reason))") }
    if what.isEmpty { what.append("n/a (\(row.errors.joined(separator: ", ")))") }
    let source = [row.source, row.method?.rawValue].compactMap { $0 }.filter { !$0.isEmpty }
    return "\(head): \(what.joined(separator: ", ")), ".escapingControls
      + "age=\(AgeMark.of(row.capturedAt)), "
      + "source=\(source.joined(separator: "/"))".escapingControls
  }

  // MARK: What does not count

  private static func leftOut(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let entries = windows.flatMap { window in
      window.finalized.flatMap { row in
        row.providers.flatMap { use in
          use.deltas.filter(\.isRejected).map { (row, use, $0) }
        }
      }
    }
    let lines = entries.map { row, use, delta in
      let agent = row.agent == AgentID.main ? "" : " (\(row.agent))"
      return "\(row.window) \(use.provider.rawValue) \(delta.field)\(agent): \(delta.fault ?? "")"
        .escapingControls
    }
    return PreviewBlock(.leftOut, PreviewBlock.list("Left out", lines)) { writer in
      writer.array { writer in
        for (row, use, delta) in entries {
          writer.object { writer in
            writer.member("window", row.window)
            writer.member("agent_id", row.agent)
            writer.member("provider", use.provider.rawValue)
            writer.member("field", delta.field)
            writer.member("reason", delta.fault)
          }
        }
      }
    }
  }

  // MARK: Efficiency

  /// Lines of code beside features: gross is what was worked on, net by how much the code grew.
  private static func efficiency(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let figures = ProviderFigures.all(windows).filter { $0.churn.windows > 0 }
    let lines = figures.map { entry in
      let unit = entry.provider == .glm ? "prompt" : "pp"
      return "\(entry.provider.rawValue): "
        + "features/\(unit)=\(PreviewNumber.two(entry.efficiency.value)), "
        + "lines/\(unit) gross=\(PreviewNumber.two(entry.churn.grossPerUnit)) "
        + "net=\(PreviewNumber.two(entry.churn.netPerUnit)), "
        + "lines/feature gross=\(PreviewNumber.two(entry.churn.grossPerFeature)) "
        + "net=\(PreviewNumber.two(entry.churn.netPerFeature)) "
        + "(windows=\(entry.churn.windows))"
    }
    return PreviewBlock(.efficiency, PreviewBlock.list("Efficiency", lines)) { writer in
      writer.array { writer in
        for entry in figures {
          writer.object { writer in
            writer.member("provider", entry.provider.rawValue)
            writer.member("features_per_unit", entry.efficiency.value)
            writer.member("unit", ProviderUse.unit(of: entry.provider))
            writer.member("windows", entry.churn.windows)
            writer.member("gross_lines", entry.churn.gross)
            writer.member("net_lines", entry.churn.net)
            writer.member("gross_lines_per_unit", entry.churn.grossPerUnit)
            writer.member("net_lines_per_unit", entry.churn.netPerUnit)
            writer.member("gross_lines_per_feature", entry.churn.grossPerFeature)
            writer.member("net_lines_per_feature", entry.churn.netPerFeature)
          }
        }
      }
    }
  }

  // MARK: Agents

  private static func agents(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let entries = AgentEntry.all(windows)
    return PreviewBlock(.agents, PreviewBlock.list("Agents", entries.flatMap(\.lines))) { writer in
      writer.array { writer in
        for entry in entries { entry.write(into: &writer) }
      }
    }
  }

  // MARK: Divergence

  private static func divergence(_ windows: [WindowBook.Window]) -> PreviewBlock {
    let found = windows.flatMap(Divergence.of)
    let lines = found.map { entry in
      "\(entry.window) week (\(entry.agent)): ".escapingControls
        + "ccusage=\(PercentText.of(entry.counted)), bars=\(PercentText.of(entry.shown))"
    }
    return PreviewBlock(.divergence, PreviewBlock.list("Divergence", lines)) { writer in
      writer.array { writer in
        for entry in found {
          writer.object { writer in
            writer.member("window", entry.window)
            writer.member("agent_id", entry.agent)
            writer.member("ccusage_weekly_pct", entry.counted)
            writer.member("weekly_pct", entry.shown)
          }
        }
      }
    }
  }
}

/// Two shares of one week that contradict each other.
private struct Divergence {
  let window: String
  let agent: String
  let counted: Double
  let shown: Double

  /// One for each agent whose newest report and newest reading of a window are too far apart.
  static func of(_ window: WindowBook.Window) -> [Divergence] {
    let reports = window.reports.filter { $0.report.scope == .weekly && $0.isValid }
    return Set(reports.map(\.agent)).sorted().compactMap { agent in
      let own = window.readings.filter { $0.agent == agent && $0.provider == .codex }
      let ends = WindowReading.newest(own)
      let reading = ends.first { $0.phase == .after && $0.isUsable } ?? ends.last
      let report = UsageReport.newest(.weekly, in: reports.filter { $0.agent == agent })
      guard let counted = report?.report.week?.percentUsed,
        let shown = reading?.limits.first(where: { $0.isMain && $0.minutes == 10_080 }),
        CcusageDivergence.differ(counted: counted, shown: shown.usedPercent)
      else { return nil }
      return Divergence(
        window: window.name, agent: agent, counted: counted, shown: shown.usedPercent)
    }
  }
}

extension WindowReading {
  /// The news of no reading where nothing better is known of that end.
  fileprivate static func failures(
    _ readings: [WindowReading], beside newest: [WindowReading]
  ) -> [WindowReading] {
    readings.filter { row in
      !row.isReading
        && !newest.contains {
          ($0.provider, $0.phase, $0.agent) == (row.provider, row.phase, row.agent)
        }
    }
  }

  fileprivate func write(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", id)
      writer.member("window", window)
      writer.member("provider", provider.rawValue)
      writer.member("phase", phase.rawValue)
      writer.member("agent_id", agent)
      writer.member("captured_at", moment: capturedAt)
      writer.member("source", source)
      writer.member("method", method?.rawValue)
      writer.key("limits")
      writer.array { array in
        for limit in limits { limit.write(into: &array) }
      }
      writer.member("errors", list: errors)
      writer.member("unavailable", unavailable)
    }
  }
}

extension [WindowReading] {
  /// Of each provider and agent the newest.
  fileprivate var latestOfEach: [WindowReading] {
    var found: [[String]: WindowReading] = [:]
    for row in self {
      let place = [row.provider.rawValue, row.agent]
      if let old = found[place], old.capturedAt > row.capturedAt { continue }
      found[place] = row
    }
    return Array(found.values)
  }
}
