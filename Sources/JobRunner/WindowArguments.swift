internal import ArgumentParser
internal import Jobs

extension Provider: ExpressibleByArgument {}
extension Phase: ExpressibleByArgument {}
extension Reading.Method: ExpressibleByArgument {
  /// What the help page offers.
  public static var allValueStrings: [String] { askable.map(\.rawValue) }

  /// What can be asked for; a pane and an override are given.
  static let askable: [Reading.Method] = [.appServer, .rollouts, .claudeUsage, .claudeCache, .pane]
}

/// The name of a window on the command line.
struct WindowArgument: ExpressibleByArgument, Sendable {
  let name: String

  init?(argument: String) {
    guard WindowName.fault(in: argument) == nil else { return nil }
    name = argument
  }
}

/// Where a command's text comes from.
struct TextOptions: ParsableArguments {
  @Flag(help: "Read the text from standard input.")
  var stdin = false

  @Option(help: ArgumentHelp("Read the text from a file.", valueName: "file"), completion: .file())
  var file: String?

  func validate() throws {
    if stdin, file != nil { throw ValidationError("choose one input source") }
  }

  var isGiven: Bool { stdin || file != nil }

  func read(_ harness: JobHarness) throws(JobError) -> [UInt8] {
    try harness.text(fromFile: file)
  }
}
