/// A command that writes, and the workspace it finds.
package struct TortureScenario: Sendable {
  /// The name on the command line of `torture`; one command can have several.
  package let name: String
  /// What is tortured, without `jobrunner`.
  package let arguments: [String]
  /// A line of the shell that makes the workspace, with the functions of `TorturePrelude`.
  package let preparation: String
  /// Whether each run needs a workspace that was made for it: what remembers a file by its inode
  /// takes a copy for another.
  var isPreparedAnew = false
  /// The statuses of a run that finds the work done.
  var statusesWhenDone: Set<Int32> = [0]
  /// Whether status 0 says that all the work is done, and not that there is no need to worry.
  var acknowledges = true
  /// Files that a fault may bring and that stay.
  var mayBring: Set<String> = []
  /// A fault can put work off by some seconds; so many runs later it is done.
  var patience = 1
  /// Files of others, named by a part of their path: one that cannot be read is an answer of its
  /// own, which the ledger keeps.
  var inputs: String?
  /// Programs without which it cannot be made.
  var needs: [String] = []

  init(_ name: String, _ arguments: [String], _ preparation: String) {
    self.name = name
    self.arguments = arguments
    self.preparation = preparation
  }

  private func with(_ change: (inout TortureScenario) -> Void) -> TortureScenario {
    var scenario = self
    change(&scenario)
    return scenario
  }

  /// Whether a fault at a point leaves the work undone and nothing else.
  package func takes(_ fault: TortureFault, at point: SystemCallPoint) -> Bool {
    guard fault.mayCome(of: point) else { return false }
    return fault == .kill || inputs.map { !point.line.contains($0) } ?? true
  }

  /// The command, without its arguments.
  package var command: String {
    let isTwoWords = ["alias", "schedule"].contains(arguments.first)
    return arguments.prefix(isTwoWords ? 2 : 1).joined(separator: " ")
  }

  /// Every command that writes.
  package static let all: [TortureScenario] =
    [
      TortureScenario("refresh-usage", ["refresh-usage"], "opencode_program; registry")
        .with {
          $0.acknowledges = false
          $0.patience = 3
          $0.inputs = "child-output"
          // What failed is told; what broke a dead lock has a lock of its own.
          $0.mayBring = [
            "work/.opencode-subagent/usage-export.log",
            "work/.opencode-subagent/registry.lock.guard",
          ]
        },
      TortureScenario("rotate-log", ["rotate-log", "--archive"], "long_log"),
      TortureScenario("window-reset", ["window-reset"], "closed_window")
        .with { $0.inputs = "/.codex/" },
      TortureScenario(
        "alias-start",
        ["alias", "start", "codex", "--window", "W0-A", "--file", "one.txt", "--no-live"], "panes"),
      TortureScenario(
        "alias-end", ["alias", "end", "codex", "--file", "two.txt", "--no-live"],
        "panes; \(started)"),
      TortureScenario(
        "alias-cross",
        ["alias", "cross", "codex", "--window", "W0-A", "--file", "two.txt", "--no-live"],
        "panes; \(started)"),
      TortureScenario(
        "alias-delete", ["alias", "delete", "codex", "--window", "W0-A", "--phase", "after"],
        "panes; \(started) && \(ended)"
      ).with { $0.statusesWhenDone = [0, 1, 64, 65, 66] },
      TortureScenario(
        "complete",
        ["complete", "--window", "W0-A", "--codex-features", "2", "--outcome", "pass"],
        "panes; \(started) && \(ended)"),
      TortureScenario("ingest-telemetry", ["ingest-telemetry"], "events 0 20 >logs/usage.jsonl"),
      TortureScenario(
        "ingest-telemetry-more", ["ingest-telemetry"],
        "events 0 20 >logs/usage.jsonl; jobrunner ingest-telemetry && "
          + "events 20 30 >>logs/usage.jsonl"
      ).with { $0.isPreparedAnew = true },
      TortureScenario(
        "ingest-telemetry-cut", ["ingest-telemetry"],
        "events 0 20 >logs/usage.jsonl; jobrunner ingest-telemetry && cut_last_row && "
          + "mv logs/usage.jsonl logs/usage.jsonl.1 && events 20 40 >logs/usage.jsonl"
      ).with { $0.isPreparedAnew = true },
      TortureScenario(
        "cost-compare", ["cost-compare", "--reprice", "glm-4.6"],
        "events 0 20 >logs/usage.jsonl; jobrunner ingest-telemetry"),
      TortureScenario(
        "churn",
        ["churn", "--window", "W0-A", "--commit-start", "HEAD~1", "--features", "2"], "commits"
      ).with { $0.needs = ["git"] },
      TortureScenario(
        "churn-again",
        ["churn", "--window", "W0-B", "--commit-start", "HEAD~1", "--features", "2"],
        "commits; jobrunner churn --window W0-A --commit-start HEAD~1 --features 2"
      ).with { $0.needs = ["git"] },
      TortureScenario(
        "ledger-checkpoint",
        [
          "ledger-checkpoint", "--window", "W0-A", "--plan", "100", "--actual", "90", "--features",
          "2", "--commit-start", "HEAD~1", "--decision-card",
        ], "commits; books"
      ).with { $0.needs = ["git"] },
      TortureScenario(
        "schedule-install", ["schedule", "install", "--cron"], "crontab_program"),
    ]

  private static let started =
    "jobrunner alias start codex --window W0-A --file one.txt --no-live"
  private static let ended = "jobrunner alias end codex --file two.txt --no-live"
}
