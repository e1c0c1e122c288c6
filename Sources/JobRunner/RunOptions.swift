internal import ArgumentParser
internal import Jobs

/// The flags of the scheduled jobs that tell others how a run went.
struct RunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Run this line in a shell when the job fails.",
      discussion:
        "It finds JOBRUNNER_JOB, JOBRUNNER_EXIT and JOBRUNNER_MESSAGE in its environment.",
      valueName: "command"))
  var onFailure: String?

  @Option(
    help: ArgumentHelp(
      "Tell a watcher such as healthchecks.io: <url>/start, then <url>/<exit status>.",
      valueName: "url"))
  var ping: String?

  @Option(
    help: ArgumentHelp(
      "Write metrics for node_exporter's textfile collector after the run, as <file>.prom.",
      valueName: "file"), completion: .file())
  var metrics: String?

  func validate() throws {
    if let ping, let fault = RunHooks.fault(inPing: ping) {
      throw ValidationError("--ping: \(fault)")
    }
  }

  var hooks: RunHooks { RunHooks(ping: ping, onFailure: onFailure) }
}
