internal import Jobs
internal import Shared
internal import SystemPackage

/// What the views of windows share.
extension JobHarness {
  func bookLedgers(_ configuration: Configuration) -> BookLedgers {
    BookLedgers(
      workspace: workspace, tables: workspace.path(configuration.ledgers.folder), zone: .system)
  }

  func previewCache(_ configuration: Configuration) -> PreviewCache {
    PreviewCache(
      ledgers: bookLedgers(configuration), rules: configuration.telemetry.rules,
      version: Version.text, zone: world.environment["TZ"] ?? "")
  }

  /// Keeps what `preview` will show, after a job that writes ledgers.
  ///
  /// A help and no more: nothing is kept where there are no ledgers, and no failure is told.
  ///
  /// - Parameter isBusy: Whether the job had work to do.
  func renewViews(isBusy: Bool) {
    guard (try? Stat(workspace.state))?.type == .directory,
      let configuration = try? configuration()
    else { return }
    previewCache(configuration).renew(isBusy: isBusy)
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
