internal import ArgumentParser

/// The flags that every command takes, before its name or after.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder to work for.",
      discussion: "Default: $JOBRUNNER_WORKSPACE, else the current folder.", valueName: "dir"),
    completion: .directory)
  var workspace: String?

  @Option(
    help: ArgumentHelp(
      "The configuration file.", discussion: "Default: jobrunner.json5 in the workspace.",
      valueName: "file"), completion: .file())
  var config: String?

  @Option(
    help: ArgumentHelp(
      "The folder of readings, windows and telemetry.",
      discussion: "Default: $TRACKER_DATA_DIR, else data/week0/live.", valueName: "dir"),
    completion: .directory)
  var dataDir: String?

  @Option(
    help: ArgumentHelp(
      "The folder of each agent's own state.",
      discussion: "Default: $TRACKER_ALIAS_STATE_DIR, else state in the data folder.",
      valueName: "dir"), completion: .directory)
  var stateDir: String?

  @Flag(help: "Print the result as one JSON object, errors too.")
  var json = false

  @Flag(help: "Say what was done, also when nothing was due.")
  var verbose = false

  @Flag(help: "Print nothing but errors.")
  var quiet = false

  /// The flags that take a value, and those that take none, as they stand on a command line.
  static let valueFlags: Set<String> = ["--workspace", "--config", "--data-dir", "--state-dir"]
  static let plainFlags: Set<String> = ["--json", "--verbose", "--quiet"]
}

/// Puts flags that stand before the command's name behind it, where the parser looks for them.
enum ArgumentOrder {
  /// `--workspace X --json status -a` becomes `status --workspace X --json -a`.
  static func normalised(_ arguments: [String]) -> [String] {
    var rest = arguments[...]
    var flags: [String] = []
    while let first = rest.first, first.hasPrefix("-") {
      let name = String(first.prefix { $0 != "=" })
      if GlobalOptions.plainFlags.contains(first) {
        flags.append(rest.removeFirst())
      } else if GlobalOptions.valueFlags.contains(name) {
        flags.append(rest.removeFirst())
        if first == name, let value = rest.popFirst() { flags.append(value) }
      } else {
        break
      }
    }
    guard !flags.isEmpty, let command = rest.first, !command.hasPrefix("-") else {
      return arguments
    }
    return [command] + flags + rest.dropFirst()
  }
}
