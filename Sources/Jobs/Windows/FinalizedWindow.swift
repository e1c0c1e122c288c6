package import Shared

/// What `windows.jsonl` last said of a window, as far as other jobs take their defaults from it.
package struct FinalizedWindow: Sendable, Equatable {
  package var window: String
  package var agent: String
  package var finalizedAt: Timestamp?
  /// Features by provider, in the row's order.
  package var features: [Features]
  package var methodology: String?
  /// Commits as they stand there: full ids, in rows of the tracker whatever was typed.
  package var commitStart: String?
  package var commitEnd: String?

  package struct Features: Sendable, Equatable {
    package let provider: String
    package let count: Int
  }

  package var featureCount: Int { features.map(\.count).reduce(0, +) }

  /// The provider that features were delivered with: `unknown` for none, `multi` for several.
  package var provider: String {
    let names = features.filter { $0.count > 0 }.map(\.provider)
    return names.count > 1 ? "multi" : names.first ?? Self.unknownProvider
  }

  package static let unknownProvider = "unknown"

  /// The row of a window that was finalized last: the agent's own, else that of any agent.
  package static func latest(
    of window: String, agent: String, in bytes: [UInt8]
  ) -> FinalizedWindow? {
    var own: FinalizedWindow?
    var any: FinalizedWindow?
    for line in RowLedger.lines(bytes) {
      guard let row = FinalizedWindow(line: Array(line)), row.window == window else { continue }
      if row.agent == agent, row.isNotOlder(than: own) { own = row }
      if row.isNotOlder(than: any) { any = row }
    }
    return own ?? any
  }

  /// Of two of one moment the one that was written later counts.
  private func isNotOlder(than other: FinalizedWindow?) -> Bool {
    guard let theirs = other?.finalizedAt else { return true }
    return finalizedAt.map { $0 >= theirs } ?? false
  }
}

// MARK: - Reading

extension FinalizedWindow {
  /// Reads a line of `windows.jsonl`; nil when it is none.
  package init?(line: [UInt8]) {
    self.init(window: "", agent: AgentID.main, features: [])
    var shaStart: String?
    var shaEnd: String?
    var scanner = JSONScanner(line)
    do throws(JSONError) {
      guard try scanner.enterObject() else { return nil }
      while try scanner.nextKey() {
        switch scanner.text() {
        case "window": window = try scanner.nextString() ?? ""
        case "agent_id": agent = try scanner.nextString() ?? AgentID.main
        case "finalized_at": finalizedAt = try scanner.nextString().flatMap { Timestamp($0) }
        case "features": features = try Self.features(&scanner)
        case "methodology": methodology = try scanner.nextString()
        case "commit_start": commitStart = try Self.name(&scanner)
        case "commit_end": commitEnd = try Self.name(&scanner)
        case "commit_start_sha": shaStart = try Self.name(&scanner)
        case "commit_end_sha": shaEnd = try Self.name(&scanner)
        default: try scanner.skipValue()
        }
      }
      guard try scanner.next() == .end else { return nil }
    } catch {
      return nil
    }
    commitStart = commitStart ?? shaStart
    commitEnd = commitEnd ?? shaEnd
    if window.isEmpty { return nil }
  }

  private static func name(_ scanner: inout JSONScanner) throws(JSONError) -> String? {
    try scanner.nextString().flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func features(_ scanner: inout JSONScanner) throws(JSONError) -> [Features] {
    var result: [Features] = []
    guard try scanner.enterObject() else { return [] }
    while try scanner.nextKey() {
      let provider = scanner.text()
      if let count = try scanner.reportedCount() {
        result.append(Features(provider: provider, count: count))
      }
    }
    return result
  }
}
