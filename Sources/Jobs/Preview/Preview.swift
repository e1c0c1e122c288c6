package import Shared

/// `preview`: what the ledgers say of a window, or of all, block by block.
package struct Preview: Sendable {
  package static let name = "preview"

  private let workspace: Workspace
  private let window: String?
  private let rules: ProxyRules

  package init(workspace: Workspace, rules: ProxyRules, window: String?) {
    self.workspace = workspace
    self.rules = rules
    self.window = window
  }

  /// Reads the ledgers; makes none.
  package func blocks() throws(JobError) -> [any PreviewBlock] {
    let log = TelemetryLog(ledger: workspace.proxyTelemetry, rules: rules)
    return [ProxyBlock(summary: try log.summary(window: window), window: window)]
  }

  package func text(_ blocks: [any PreviewBlock]) -> [String] { blocks.flatMap(\.lines) }

  /// One object with a member for each block, without a line feed.
  package func json(_ blocks: [any PreviewBlock]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ok", true)
      writer.member("window", window)
      for block in blocks {
        writer.key(block.key)
        block.write(into: &writer)
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// A part of the preview: its lines, and what `--json` has in their place.
package protocol PreviewBlock: Sendable {
  /// The heading first.
  var lines: [String] { get }
  /// The member's name.
  var key: String { get }
  func write(into writer: inout JSONWriter)
}
