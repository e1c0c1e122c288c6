package import Shared

/// `Token_Churn_Ledger.csv`: tokens planned against tokens used, checkpoint by checkpoint.
package enum TokenLedger {
  package static let fileName = "Token_Churn_Ledger.csv"

  package static let header = [
    "date", "session_id", "task", "tokens_planned", "tokens_actual", "delta", "commits",
    "lines_added", "lines_deleted", "features_added", "tests_added", "notes",
  ]

  /// One row; what is not known is an empty cell.
  package struct Row: Sendable, Equatable {
    /// The day it was written on, in UTC.
    package var date: LocalDay
    package var session: String
    package var task: String
    package var planned: Int?
    package var actual: Int?
    package var commits: Int?
    package var linesAdded: Int?
    package var linesDeleted: Int?
    package var features: Int?
    package var tests: Int?
    package var notes: CheckpointNotes

    /// Tokens over the plan; negative below it.
    package var delta: Int? {
      guard let planned, let actual else { return nil }
      return actual - planned
    }

    package var cells: [String] {
      [date.text, session, task]
        + [planned, actual, delta, commits, linesAdded, linesDeleted, features, tests].map {
          $0.map { "\($0)" } ?? ""
        } + [notes.text]
    }
  }

  /// What a row says, apart from the day and the session it was written in: the same content again
  /// is no news.
  static func content(_ cells: [String]) -> [String] { Array(cells.dropFirst(2)) }
}

/// Which part of a session's books a checkpoint is.
package enum CheckpointKind: String, Sendable, CaseIterable {
  case plan, mid, final
}

/// The notes of a row, which begin with what the row belongs to:
/// `window=W0-21; provider=codex; checkpoint=final; agent=alpha; 5 features`.
///
/// The columns are those that every reader of the ledger knows; this is where the rest has its
/// place.
package struct CheckpointNotes: Sendable, Equatable {
  package var window: String
  package var provider: String
  package var kind: CheckpointKind
  package var agent: String
  /// What is said besides, in the order it is written.
  package var remarks: [String]

  package init(
    window: String, provider: String, kind: CheckpointKind, agent: String, remarks: [String]
  ) {
    self.window = window
    self.provider = provider
    self.kind = kind
    self.agent = agent
    self.remarks = remarks
  }

  package var text: String { (marks + remarks).joined(separator: "; ") }

  private var marks: [String] {
    let marks = ["window=\(window)", "provider=\(provider)", "checkpoint=\(kind.rawValue)"]
    return isAgentNamed ? marks + [Self.agentMark + agent] : marks
  }

  private static let agentMark = "agent="

  /// The main agent goes without saying, unless a remark could be taken for another's mark.
  private var isAgentNamed: Bool {
    agent != AgentID.main || remarks.first?.hasPrefix(Self.agentMark) == true
  }

  /// Whether a row's notes begin as these do: it is of the same window, provider, agent and kind.
  package func belongs(_ text: String) -> Bool {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false).map {
      $0.drop { $0 == " " }
    }
    let common = ["window=\(window)", "provider=\(provider)", "checkpoint=\(kind.rawValue)"]
    guard parts.starts(with: common.map { $0[...] }) else { return false }
    let next = parts.dropFirst(common.count).first
    let named = next.flatMap { next in
      next.hasPrefix(Self.agentMark) ? String(next.dropFirst(Self.agentMark.utf8.count)) : nil
    }
    return agent == named ?? AgentID.main
  }
}
