import TestSupport
import Testing

/// What `--help` shows on a terminal of 80 columns.
@Suite(.fewAtOnce) struct HelpTests {
  @Test(
    "An example is one line that can be copied, or ends where a shell goes on",
    arguments: [
      "status", "refresh-usage", "rotate-log", "window-reset", "ingest-telemetry", "cost-compare",
      "ledger-checkpoint", "alias", "ingest", "override", "complete", "churn", "anomalies",
      "intents", "preview", "window-audit", "decision-card", "report", "schedule", "metrics",
      "history", "list", "doctor", "config",
    ])
  func examples(command: String) async throws {
    let run = try await BuiltBinary.run([command, "--help"], environment: ["COLUMNS": "80"])
    #expect(run.exit == 0, "\(run)")
    let lines = run.stdout.split(separator: "\n", omittingEmptySubsequences: false)
    let examples = lines.drop { $0 != "Examples:" }.dropFirst().prefix { !$0.isEmpty }
    #expect(!examples.isEmpty, "\(run)")
    for line in examples { #expect(line.hasPrefix("  ") && line.utf8.count <= 80, "\(line)") }
  }
}
