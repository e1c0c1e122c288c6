internal import Jobs
internal import Shared

/// What the views of windows share.
extension JobHarness {
  func bookLedgers(_ configuration: Configuration) -> BookLedgers {
    BookLedgers(
      workspace: workspace, tables: workspace.path(configuration.ledgers.folder), zone: .system)
  }

  /// Shows an answer in the form that was asked for.
  func show(_ lines: [String], json: @autoclosure () -> String) {
    if options.json {
      live.out.write(json() + "\n")
    } else if !options.quiet {
      live.out.write(lines.map { $0.escapingControls + "\n" }.joined())
    }
  }
}
