internal import Shared

/// What one provider brought and took, over some windows.
package struct ProviderFigures: Sendable, Equatable {
  package let provider: Provider
  /// Of the windows that count.
  package let efficiency: Efficiency
  /// Features of all windows, those too whose capacity was rejected.
  package let delivered: Int
  /// Windows that were measured and do not count.
  package let leftOut: Int
  /// Lines of code over the windows that have both a capacity and a measurement of churn.
  package let churn: ChurnShare

  /// What the code changed for what was used.
  package struct ChurnShare: Sendable, Equatable {
    package var windows = 0
    package var gross = 0
    package var net = 0
    package var capacity = 0.0
    package var features = 0

    package var grossPerUnit: Double? { share(gross, capacity) }
    package var netPerUnit: Double? { share(net, capacity) }
    package var grossPerFeature: Double? { share(gross, Double(features)) }
    package var netPerFeature: Double? { share(net, Double(features)) }

    private func share(_ lines: Int, _ part: Double) -> Double? {
      part > 0 ? Double(lines) / part : nil
    }
  }

  /// The features that the capacity is held against, or all where none counts.
  package var features: Int { efficiency.count > 0 ? efficiency.features : delivered }
}

extension ProviderFigures {
  /// One for each provider that was measured or delivered anything, and for GLM; in the order of
  /// their names.
  ///
  /// - Parameter agent: Only the windows of this agent; nil for all.
  static func all(_ windows: [WindowBook.Window], agent: String? = nil) -> [ProviderFigures] {
    let rows = windows.flatMap { window in
      window.finalized.filter { agent == nil || $0.agent == agent }.map { (window, $0) }
    }
    guard !rows.isEmpty else { return [] }
    return Provider.allCases.sorted { $0.rawValue < $1.rawValue }.compactMap { provider in
      let isThere = rows.contains { _, row in
        (row.features[provider] ?? 0) > 0 || row.providers.contains { $0.provider == provider }
      }
      return isThere || provider == .glm ? ProviderFigures(provider, rows) : nil
    }
  }

  private init(_ provider: Provider, _ rows: [(WindowBook.Window, WindowResult)]) {
    var observations: [Efficiency.Observation] = []
    var share = ChurnShare()
    var ranges: Set<[String]> = []
    var delivered = 0
    var leftOut = 0
    for (window, row) in rows {
      let features = row.features[provider] ?? 0
      let delta = row.providers.first { $0.provider == provider }?.capacityDelta
      delivered = delivered.addingSaturated(features)
      guard delta?.isRejected != true else {
        leftOut += 1
        continue
      }
      let capacity = delta?.points ?? 0
      observations.append(.init(features: features, capacity: capacity))
      let churn = window.churn.filter {
        !$0.isSkipped && $0.provider == provider.rawValue && $0.agent == row.agent
      }
      guard capacity > 0, !churn.isEmpty else { continue }
      // Commits that several windows are charged with were made once.
      let new = churn.filter { ranges.insert([$0.commitStart, $0.commitEnd] + $0.paths).inserted }
      share.add(new, features: features, capacity)
    }
    self.provider = provider
    self.delivered = delivered
    self.leftOut = leftOut
    efficiency = Efficiency(observations)
    self.churn = share
  }
}

extension ProviderFigures.ChurnShare {
  fileprivate mutating func add(_ rows: [ChurnRow], features: Int, _ capacity: Double) {
    windows += 1
    gross = rows.reduce(gross) { $0.addingSaturated($1.gross) }
    net = rows.reduce(net) { $0.addingSaturated($1.net) }
    self.capacity += capacity
    self.features = self.features.addingSaturated(features)
  }
}
