internal import Shared

/// What one agent did in some windows.
struct AgentEntry {
  let agent: String
  let figures: [ProviderFigures]
  /// Windows that it finalized.
  let finalized: Int
  let readings: [WindowReading]

  /// One for each agent that recorded anything, by name.
  static func all(_ windows: [WindowBook.Window]) -> [AgentEntry] {
    var readings: [String: [WindowReading]] = [:]
    var finalized: [String: Int] = [:]
    for window in windows {
      for row in window.readings { readings[row.agent, default: []].append(row) }
      for row in window.finalized { finalized[row.agent, default: 0] += 1 }
    }
    return Set(readings.keys).union(finalized.keys).sorted().map { agent in
      AgentEntry(
        agent: agent, figures: ProviderFigures.all(windows, agent: agent),
        finalized: finalized[agent] ?? 0, readings: readings[agent] ?? [])
    }
  }

  /// The providers that it used, by name.
  private var providers: [Provider] {
    let used = Set(readings.map(\.provider)).union(
      figures.filter { $0.provider != .glm || $0.delivered > 0 || $0.efficiency.count > 0 }
        .map(\.provider))
    return used.sorted { $0.rawValue < $1.rawValue }
  }

  private func latest(_ provider: Provider) -> Timestamp? {
    readings.filter { $0.provider == provider && $0.isReading }.map(\.capturedAt).max()
  }

  var lines: [String] {
    providers.map { provider in
      var parts = ["\(agent) \(provider.rawValue): finalized=\(finalized)".escapingControls]
      if let figures = figures.first(where: { $0.provider == provider }) {
        parts.append("features=\(figures.features)")
        parts.append(
          "capacity=\(PreviewNumber.text(figures.efficiency.capacity)) "
            + ProviderUse.unit(of: provider))
        parts.append("efficiency=\(PreviewNumber.two(figures.efficiency.value))")
      }
      parts.append("readings=\(readings.count { $0.provider == provider && $0.isReading })")
      if let latest = latest(provider) { parts.append("last=\(AgeMark.of(latest)) ago") }
      return parts.joined(separator: ", ")
    }
  }

  func write(into writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("agent_id", agent)
      writer.member("finalized", finalized)
      writer.key("providers")
      writer.array { writer in
        for provider in providers {
          writer.object { writer in
            if let figures = figures.first(where: { $0.provider == provider }) {
              figures.writeMembers(into: &writer)
            } else {
              writer.member("provider", provider.rawValue)
            }
            writer.member(
              "readings", readings.count { $0.provider == provider && $0.isReading })
            writer.member("captured_at", moment: latest(provider))
          }
        }
      }
    }
  }
}
