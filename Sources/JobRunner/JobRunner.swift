import ArgumentParser

@main
struct JobRunner: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobrunner", abstract: "Keep the books on AI coding agents.")
}
