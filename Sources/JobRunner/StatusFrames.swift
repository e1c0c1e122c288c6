internal import Jobs
internal import Shared
internal import Synchronization
internal import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What `status` prints, once or again and again.
struct StatusFrames: Sendable {
  enum Form: Sendable {
    case json
    case diagram
    case wideDiagram
    case line
  }

  let harness: JobHarness
  let configuration: Configuration
  let name: String?
  let form: Form

  /// Writes one look at the registry.
  ///
  /// - Throws: 65 for a damaged registry, 77 for an unreadable one. A missing one has no agents.
  func writeOnce() throws(JobError) {
    let view = try look()
    guard form == .json else { return harness.live.out.write(text(of: view)) }
    view.writeJSON { harness.live.out.write($0) }
  }

  private func look() throws(JobError) -> StatusView {
    let workspace = harness.workspace
    let registry = try RegistryFile.readForView(workspace.registry)
    return StatusView(
      registry: registry, name: name, now: harness.world.clock.now(),
      processes: harness.world.processes
    ) { UsageCopies(reading: StateFile.read(workspace.usageCopies)) }
  }

  /// A table or line, with its line feeds.
  private func text(of view: StatusView) -> String {
    guard form != .line else { return StatusLine.text(view) + "\n" }
    let diagram = StatusDiagram(view, isColoured: harness.isColoured)
    var lines = form == .wideDiagram ? diagram.wideLines : diagram.lines
    let lastRun = LastSuccess.of(RefreshUsageJob.name, in: harness.workspace)
    if let warning = RefreshHealth.warning(
      view, lastRun: lastRun, staleAfter: configuration.refresh.staleAfter)
    {
      lines.append(warning)
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Shows frames until stopped or until nobody reads them: drawn over in place on a terminal, one
  /// after the other elsewhere.
  func watch(every interval: Duration) throws(JobError) -> ExitStatus {
    let out = harness.live.out
    let isTerminal =
      harness.world.terminal.outIsTerminal && harness.world.environment["TERM"] != "dumb"
    if isTerminal { out.write(Screen.begin) }
    let wake = Wake()
    let watch = SignalWatch(of: [SIGINT, SIGTERM, SIGHUP] + (isTerminal ? [SIGTSTP] : [])) {
      number in
      if number == SIGTSTP { return Self.suspend(out, wake) }
      if isTerminal { out.write(Screen.end) }
      _exit((number == SIGINT ? ExitStatus.interrupted : .terminated).rawValue)
    }
    defer { if isTerminal { out.write(Screen.end) } }
    return try withExtendedLifetime(watch) { () throws(JobError) in
      while out.failure == nil {
        let frame = text(of: try look())
        out.write(
          isTerminal
            ? Screen.drawnOver(frame, rows: StandardStreams.rows(of: .standardOutput)) : frame)
        pause(interval, wake)
      }
      return harness.outputStatus(.success)
    }
  }

  /// Ctrl-Z gives the terminal back as it was; what goes on later draws anew, at once.
  private static func suspend(_ out: OutputStream, _ wake: Wake) {
    out.write(Screen.end)
    // To this thread: one that goes to the process may stop another first, and this one would still
    // hide the cursor.
    raise(SIGSTOP)
    out.write(Screen.begin)
    wake.isDue.store(true, ordering: .relaxed)
  }

  /// That a frame is due before its time.
  private final class Wake: Sendable {
    let isDue = Atomic(false)
  }

  private func pause(_ interval: Duration, _ wake: Wake) {
    let end = ContinuousClock.now + interval
    while ContinuousClock.now < end, harness.live.out.failure == nil {
      if wake.isDue.exchange(false, ordering: .relaxed) { return }
      // In short steps, so that no signal or overflow of a longer sleep matters.
      let rest = min((end - ContinuousClock.now).inSeconds, 0.5)
      usleep(UInt32(max(0, rest) * 1_000_000))
    }
  }
}

/// The few terminal controls that a watched table needs (ECMA-48).
private enum Screen {
  // No cursor, and no wrapping: a long line is cut at the edge and takes one row, as it is counted.
  static let begin = "\u{1B}[?25l\u{1B}[?7l"
  static let end = "\u{1B}[?7h\u{1B}[?25h"
  private static let home = "\u{1B}[H"
  private static let clearLine = "\u{1B}[K"
  private static let clearBelow = "\u{1B}[J"

  /// The frame over the last one, each line cleared behind its end: nothing flickers.
  ///
  /// A table higher than the terminal would scroll it with every frame; it is cut, and says so.
  static func drawnOver(_ frame: String, rows: Int?) -> String {
    var lines = frame.split(separator: "\n", omittingEmptySubsequences: false)
    if let rows, rows > 2, lines.count > rows {
      let hidden = lines.count - rows
      lines = lines.prefix(rows - 1) + ["... \(hidden) more lines"]
    }
    return home + lines.joined(separator: clearLine + "\n") + clearLine + clearBelow
  }
}
