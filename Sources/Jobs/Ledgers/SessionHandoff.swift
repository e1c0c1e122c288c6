package import Shared

/// Our block in the note for whoever takes over: where the books stand after a checkpoint.
package struct SessionHandoff: Sendable, Equatable {
  /// A part with a heading, shown as it was printed.
  package struct Section: Sendable, Equatable {
    package let heading: String
    package let lines: [String]

    package init(_ heading: String, _ lines: [String]) {
      self.heading = heading
      self.lines = lines
    }
  }

  package var notes: CheckpointNotes
  package var writtenAt: Timestamp
  /// Tokens and churn, a line each.
  package var summary: [String]
  /// Files to look at, from the workspace on.
  package var artifacts: [String]
  package var sections: [Section]

  package init(
    notes: CheckpointNotes, writtenAt: Timestamp, summary: [String], artifacts: [String],
    sections: [Section]
  ) {
    self.notes = notes
    self.writtenAt = writtenAt
    self.summary = summary
    self.artifacts = artifacts
    self.sections = sections
  }

  /// Each agent has a block of its own, so that those who share a note do not take turns in it.
  package var block: MarkedBlock {
    let name = notes.agent == AgentID.main ? "checkpoint" : "checkpoint \(notes.agent)"
    return MarkedBlock(name: name, body: body)
  }

  private var body: String {
    let agent = notes.agent == AgentID.main ? "" : ", agent \(notes.agent)"
    var lines = [
      "## Checkpoint: \(notes.window), \(notes.kind.rawValue) (\(notes.provider)\(agent))", "",
      "Written \(writtenAt.tableText) UTC by `jobrunner ledger-checkpoint`; the next one replaces "
        + "what is between the two comments.",
      "",
    ]
    lines += summary.map { "- \($0)" }
    lines += ["", "Artifacts:", ""] + artifacts.map { "- `\($0)`" }
    for section in sections {
      lines += ["", "### \(section.heading)", ""] + Self.fenced(section.lines)
    }
    return lines.map(\.redactingAddresses.escapingControls).joined(separator: "\n")
  }

  /// Lines as they are, whatever Markdown would make of them.
  private static func fenced(_ lines: [String]) -> [String] {
    let longest =
      lines.map { line in
        line.split { $0 != "`" }.map(\.count).max() ?? 0
      }.max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return [fence + "text"] + lines + [fence]
  }
}
