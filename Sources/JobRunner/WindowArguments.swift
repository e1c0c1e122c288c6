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
struct WindowArgument: Sendable {
  let name: String

  /// - Throws: Why the text cannot be a name.
  static func named(_ text: String) throws -> WindowArgument {
    if let fault = WindowName.fault(in: text) {
      throw ValidationError("it cannot be a window's name: \(fault)")
    }
    return WindowArgument(name: text)
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
