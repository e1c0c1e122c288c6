internal import ArgumentParser
internal import Jobs
internal import Shared

/// What `status` was asked for.
struct StatusRequest: Equatable, Sendable {
  var options = JobHarness.Options()
  var name: String?
  var form = StatusFrames.Form.json
  /// The time between two frames; nil shows one.
  var watch: Duration?

  init() {}

  /// Reads a plain command line: long flags in full, each once at most, no abbreviation.
  ///
  /// `status` runs in prompts, and the parser takes longer to start than all the rest of it. This
  /// knows only what is beyond doubt and leaves everything else, errors and help above all, to the
  /// parser: nil. A test holds the two against each other.
  /// - Parameter arguments: What stands behind the word `status`.
  init?(plain arguments: [String]) {
    var seen: Set<String> = []
    var rest = arguments[...]
    while let flag = rest.popFirst() {
      guard seen.insert(flag).inserted else { return nil }
      switch flag {
      case "--json": options.json = true
      case "--quiet": options.quiet = true
      case "--verbose": options.verbose = true
      case "--line": form = .line
      case "--diagram": if form == .json { form = .diagram }
      case "--wide": form = .wideDiagram
      case "--workspace", "--name":
        guard let value = rest.popFirst(), !value.isEmpty, !value.hasPrefix("-") else {
          return nil
        }
        if flag == "--name" { name = value } else { options.workspace = value }
      default: return nil
      }
    }
    let isTable = seen.contains("--diagram") || seen.contains("--wide")
    guard form == .json || !options.json, !seen.contains("--line") || !isTable else { return nil }
  }

  /// Shows the agents and says how that ended.
  func run() -> ExitStatus {
    var harness = JobHarness(options)
    // An error is an object where the result would have been one.
    if form == .json { harness.options.json = true }
    return harness.end("status") { () throws(JobError) in
      let frames = StatusFrames(
        harness: harness, configuration: try harness.configuration(), name: name, form: form)
      if let watch { return try frames.watch(every: watch) }
      try frames.writeOnce()
      return harness.outputStatus(.success)
    }
  }
}
